#include "castor/host/periphery.h"

#include <gtest/gtest.h>

#include <sstream>

#include "device_bench.h"

namespace castor::host {
namespace {

struct Bench {
  std::uint64_t read(std::uint64_t address, unsigned bytes) {
    std::uint64_t value = 0;
    EXPECT_TRUE(periphery.addresses().read(PhysAddr{address}, bytes, value)) << PhysAddr{address};
    return value;
  }
  void write(std::uint64_t address, unsigned bytes, std::uint64_t value) {
    EXPECT_TRUE(periphery.addresses().write(PhysAddr{address}, bytes, value)) << PhysAddr{address};
  }

  config::SocConfig config = config::SocConfig::load("");
  sim::ClockDomain domain{"clock", test::ns(1)};
  std::ostringstream console;
  std::istringstream keyboard{"k"};
  Periphery periphery{"periphery", domain, config, {1, VirtAddr{0x80000040}, console, &keyboard}};
};

TEST(Periphery, StartsHartsInTheBootRomWhichKnowsTheEntry) {
  Bench bench;
  const PhysAddr reset = bench.periphery.reset_vector();
  EXPECT_EQ(reset, PhysAddr{0x10000});
  EXPECT_EQ(bench.read(reset.value() + 0x18, 8), 0x80000040U);
  EXPECT_EQ(bench.read(reset.value() + BootRom::tree_offset, 4), 0xedfe0dd0U) << "the magic of a device tree";
}

TEST(Periphery, HasEveryDeviceAtItsAddress) {
  Bench bench;
  bench.write(0x02004000, 8, 77);
  EXPECT_EQ(bench.read(0x02004000, 8), 77U) << "CLINT: mtimecmp";
  bench.write(0x0c000004, 4, 5);
  EXPECT_EQ(bench.read(0x0c000004, 4), 5U) << "PLIC: priority of source 1";
  bench.write(0x10020007, 1, 0x3c);
  EXPECT_EQ(bench.read(0x10020007, 1), 0x3cU) << "UART: scratch";
}

TEST(Periphery, RefusesTheErrorDeviceAndWhatIsBetweenTheDevices) {
  Bench bench;
  std::uint64_t value = 0;
  for (const std::uint64_t nowhere : {0x3000ULL, 0x0ULL, 0x03000000ULL, 0x10021000ULL, 0x80000000ULL})
    EXPECT_FALSE(bench.periphery.addresses().read(PhysAddr{nowhere}, 4, value)) << PhysAddr{nowhere};
}

TEST(Periphery, LeadsTheUartsInterruptThroughThePlicToTheHart) {
  Bench bench;
  bench.write(0x0c000004, 4, 1);        // priority of source 1
  bench.write(0x0c002080, 4, 1U << 1);  // enabled in S-mode
  EXPECT_FALSE(bench.periphery.plic().external(Plic::supervisor_context(0)).level());
  bench.write(0x10020001, 1, 0x01);  // the UART's receiver
  EXPECT_TRUE(bench.periphery.plic().external(Plic::supervisor_context(0)).level());
  EXPECT_EQ(bench.read(0x0c201004, 4), uart_interrupt) << "claimed";
  EXPECT_EQ(bench.read(0x10020000, 1), 'k');
  bench.write(0x0c201004, 4, uart_interrupt);
  EXPECT_FALSE(bench.periphery.plic().external(Plic::supervisor_context(0)).level());
}

TEST(Periphery, PrintsTheUartOnTheConsole) {
  Bench bench;
  bench.write(0x10020000, 1, '!');
  EXPECT_EQ(bench.console.str(), "!");
}

}  // namespace
}  // namespace castor::host
