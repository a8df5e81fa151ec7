#include "castor/host/plic.h"

#include <gtest/gtest.h>

namespace castor::host {
namespace {

constexpr unsigned machine = 0, supervisor = 1;
constexpr std::uint64_t pending = 0x1000;
constexpr std::uint64_t priority(unsigned source) { return 4 * source; }
constexpr std::uint64_t enable(unsigned context, unsigned word = 0) { return 0x2000 + 0x80 * context + 4 * word; }
constexpr std::uint64_t threshold(unsigned context) { return 0x200000 + 0x1000 * context; }
constexpr std::uint64_t claim(unsigned context) { return threshold(context) + 4; }

struct Bench {
  std::uint64_t read(std::uint64_t offset, unsigned bytes = 4) {
    std::uint64_t value = 0;
    EXPECT_TRUE(plic.read(Cycle{}, offset, bytes, value));
    return value;
  }
  void write(std::uint64_t offset, std::uint64_t value) { EXPECT_TRUE(plic.write(Cycle{}, offset, 4, value)); }
  void allow(unsigned source, unsigned level, unsigned context = machine) {
    write(priority(source), level);
    write(enable(context, source / 32), read(enable(context, source / 32)) | 1U << (source % 32));
  }
  bool wire(unsigned context = machine) { return plic.external(context).level(); }

  Plic plic{40, 2, 7};
};

TEST(Plic, ForwardsAnEnabledInterruptToItsContextOnly) {
  Bench bench;
  bench.allow(3, 1, supervisor);
  bench.plic.set_source(3, true);
  EXPECT_TRUE(bench.wire(supervisor));
  EXPECT_FALSE(bench.wire(machine));
  EXPECT_FALSE(bench.wire(Plic::supervisor_context(1)));
  EXPECT_EQ(bench.read(pending), 1U << 3);
}

TEST(Plic, ForwardsNothingOfPriorityZero) {
  Bench bench;
  bench.allow(3, 0);
  bench.plic.set_source(3, true);
  EXPECT_FALSE(bench.wire());
  EXPECT_EQ(bench.read(claim(machine)), 0U);
  EXPECT_EQ(bench.read(pending), 1U << 3) << "it waits";
}

TEST(Plic, ForwardsOnlyWhatIsAboveTheThreshold) {
  Bench bench;
  bench.allow(3, 4);
  bench.plic.set_source(3, true);
  bench.write(threshold(machine), 4);
  EXPECT_FALSE(bench.wire());
  bench.write(threshold(machine), 3);
  EXPECT_TRUE(bench.wire());
}

TEST(Plic, GivesClaimsWhateverTheThreshold) {
  Bench bench;
  bench.allow(3, 4);
  bench.write(threshold(machine), 7);
  bench.plic.set_source(3, true);
  EXPECT_EQ(bench.read(claim(machine)), 3U);
}

TEST(Plic, GivesTheHighestPriorityFirstAndTheLowestNumberAmongEquals) {
  Bench bench;
  for (const unsigned source : {35U, 9U, 5U, 7U}) {
    bench.allow(source, source == 35 ? 6 : 2);
    bench.plic.set_source(source, true);
  }
  for (const unsigned source : {35U, 5U, 7U, 9U}) EXPECT_EQ(bench.read(claim(machine)), source);
  EXPECT_EQ(bench.read(claim(machine)), 0U);
}

TEST(Plic, LowersTheWireWhenClaimedUntilCompleted) {
  Bench bench;
  bench.allow(3, 1);
  bench.plic.set_source(3, true);
  EXPECT_EQ(bench.read(claim(machine)), 3U);
  EXPECT_FALSE(bench.wire()) << "the device's wire is still high, but the gateway waits";
  bench.write(claim(machine), 3);
  EXPECT_TRUE(bench.wire()) << "high again: once more";
  EXPECT_EQ(bench.read(claim(machine)), 3U);
  bench.plic.set_source(3, false);
  bench.write(claim(machine), 3);
  EXPECT_FALSE(bench.wire());
}

TEST(Plic, KeepsAnInterruptPendingWhenItsWireFalls) {
  Bench bench;
  bench.allow(3, 1);
  bench.plic.set_source(3, true);
  bench.plic.set_source(3, false);
  EXPECT_TRUE(bench.wire());
  EXPECT_EQ(bench.read(claim(machine)), 3U);
}

TEST(Plic, IgnoresACompletionByAContextThatDoesNotEnableTheSource) {
  Bench bench;
  bench.allow(3, 1);
  bench.plic.set_source(3, true);
  bench.read(claim(machine));
  bench.write(claim(supervisor), 3);
  EXPECT_FALSE(bench.wire());
  bench.write(claim(machine), 3);
  EXPECT_TRUE(bench.wire());
}

TEST(Plic, IgnoresACompletionOfASourceThatDoesNotExist) {
  Bench bench;
  bench.write(claim(machine), 1000);
  bench.write(claim(machine), 0);
  EXPECT_FALSE(bench.wire());
}

TEST(Plic, KeepsOnlyTheBitsThatExist) {
  Bench bench;
  bench.write(priority(1), 0xff);
  bench.write(priority(0), 7);
  bench.write(threshold(machine), 0x1f);
  bench.write(enable(machine), ~0U);
  bench.write(enable(machine, 1), ~0U);
  EXPECT_EQ(bench.read(priority(1)), 7U);
  EXPECT_EQ(bench.read(priority(0)), 0U);
  EXPECT_EQ(bench.read(threshold(machine)), 7U);
  EXPECT_EQ(bench.read(enable(machine)), 0xfffffffeU) << "source 0 does not exist";
  EXPECT_EQ(bench.read(enable(machine, 1)), 0x1ffU) << "there are 40 sources";
}

TEST(Plic, ReadsZeroWhereThereIsNoRegister) {
  Bench bench;
  EXPECT_EQ(bench.read(priority(41)), 0U);
  EXPECT_EQ(bench.read(enable(4)), 0U);
  EXPECT_EQ(bench.read(claim(4)), 0U);
  EXPECT_EQ(bench.read(0x200008), 0U);
  bench.write(enable(4), 1);
}

}  // namespace
}  // namespace castor::host
