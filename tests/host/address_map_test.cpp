#include "castor/host/address_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "castor/common/error.h"
#include "castor/host/device_port.h"
#include "device_bench.h"

namespace castor::host {
namespace {

using testing::ElementsAre;

constexpr PhysAddr memory{0x80000000}, window{0x10000000};

struct Bench {
  Bench() {
    map.add_memory(memory, Bytes{bytes.size()}, bytes.data());
    map.add_device("to_device", window, 4_KiB, port.socket);
  }
  std::uint64_t read(PhysAddr address, unsigned count) {
    std::uint64_t value = 0;
    EXPECT_TRUE(map.read(address, count, value)) << address;
    return value;
  }

  sim::ClockDomain domain{"clock", test::ns(1)};
  test::RememberingDevice device;
  DevicePort port{"device", domain, device};
  AddressMap map{"map"};
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(16384);
};

TEST(AddressMap, HandsOutPagesOfMemory) {
  Bench bench;
  EXPECT_EQ(bench.map.plain_page(memory), bench.bytes.data());
  EXPECT_EQ(bench.map.plain_page(memory + 0x3000), bench.bytes.data() + 0x3000);
  EXPECT_EQ(bench.map.plain_page(memory + 0x4000), nullptr);
  EXPECT_EQ(bench.map.plain_page(window), nullptr) << "a device is not plain";
}

TEST(AddressMap, ReadsAndWritesMemoryOfEverySize) {
  Bench bench;
  for (const unsigned count : {1U, 2U, 4U, 8U}) {
    EXPECT_TRUE(bench.map.write(memory + 8 * count, count, 0x8877665544332211));
    EXPECT_EQ(bench.read(memory + 8 * count, 8), 0x8877665544332211 & (~0ULL >> (64 - 8 * count)));
  }
}

TEST(AddressMap, ReachesADeviceByTheOffsetInItsWindow) {
  Bench bench;
  EXPECT_EQ(bench.read(window + 0x10, 4), 0x55667788U);
  EXPECT_TRUE(bench.map.write(window + 0xffe, 2, 0xabcd));
  EXPECT_EQ(bench.device.written, 0xabcdU);
  EXPECT_THAT(bench.device.accesses, ElementsAre("read 16+4 @0", "write 4094+2 @0"));
}

TEST(AddressMap, TellsThatNobodyAnswers) {
  Bench bench;
  std::uint64_t value = 0;
  for (const PhysAddr nowhere : {PhysAddr{0}, window + 0x1000, memory + 0x4000, PhysAddr{~0ULL - 7}}) {
    EXPECT_FALSE(bench.map.read(nowhere, 8, value)) << nowhere;
    EXPECT_FALSE(bench.map.write(nowhere, 8, 0)) << nowhere;
    EXPECT_FALSE(bench.map.is_memory(nowhere)) << nowhere;
    EXPECT_FALSE(bench.map.answers(nowhere)) << nowhere;
  }
  EXPECT_TRUE(bench.map.answers(memory));
  EXPECT_TRUE(bench.map.answers(window + 0xfff));
  EXPECT_TRUE(bench.device.accesses.empty());
}

TEST(AddressMap, TellsThatADeviceRefuses) {
  Bench bench;
  bench.device.answers = false;
  std::uint64_t value = 0;
  EXPECT_FALSE(bench.map.read(window, 4, value));
  EXPECT_FALSE(bench.map.write(window, 4, 0));
  EXPECT_EQ(bench.device.accesses.size(), 2U);
}

TEST(AddressMap, KeepsTheBytesOfAWatchedWordAndTellsOfEachWrite) {
  Bench bench;
  int seen = 0;
  bench.map.watch(memory + 0x1040, [&] { ++seen; });
  EXPECT_EQ(bench.map.plain_page(memory + 0x1000), nullptr);
  EXPECT_NE(bench.map.plain_page(memory + 0x2000), nullptr);
  bench.map.write(memory + 0x1048, 8, 1);
  bench.map.write(memory + 0x103f, 1, 1);
  EXPECT_EQ(seen, 0) << "beside the word";
  bench.map.write(memory + 0x1047, 1, 0x12);
  bench.map.write(memory + 0x1040, 4, 0x34);
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(bench.read(memory + 0x1040, 8), 0x1200000000000034U);
  EXPECT_EQ(seen, 2) << "a read is nothing to tell";
}

TEST(AddressMap, RefusesTwoThingsInOnePlace) {
  Bench bench;
  for (const PhysAddr taken : {memory + 0x3000, PhysAddr{memory.value() - 0x1000}, PhysAddr{window.value() - 0x1000}})
    EXPECT_THROW(bench.map.add_memory(taken, 8_KiB, bench.bytes.data()), InternalError) << taken;
  EXPECT_NO_THROW(bench.map.add_memory(memory + 0x4000, 8_KiB, bench.bytes.data()));
}

}  // namespace
}  // namespace castor::host
