#include "castor/host/boot_rom.h"

#include <gtest/gtest.h>

namespace castor::host {
namespace {

std::uint64_t word(BootRom& rom, std::uint64_t offset, unsigned bytes) {
  std::uint64_t value = 0;
  EXPECT_TRUE(rom.read(Cycle{}, offset, bytes, value));
  return value;
}

TEST(BootRom, BeginsWithAProgramThatJumpsToTheEntryWithTheTree) {
  BootRom rom(4_KiB, VirtAddr{0x80001234}, {0xd0, 0x0d, 0xfe, 0xed});
  EXPECT_EQ(word(rom, 0, 4), 0x297U) << "auipc t0, 0: the ROM's own address";
  EXPECT_EQ(word(rom, 4, 4), 0x28593U | BootRom::tree_offset << 20) << "addi a1, t0, tree_offset";
  EXPECT_EQ(word(rom, 12, 4) >> 20, 0x18U) << "ld t0, 0x18(t0)";
  EXPECT_EQ(word(rom, 0x18, 8), 0x80001234U);
  EXPECT_EQ(word(rom, BootRom::tree_offset, 4), 0xedfe0dd0U);
}

TEST(BootRom, ReadsZeroBehindItsContents) {
  BootRom rom(4_KiB, VirtAddr{0}, {});
  EXPECT_EQ(word(rom, 4088, 8), 0U);
  EXPECT_EQ(word(rom, 4096, 8), 0U);
}

TEST(BootRom, RefusesWrites) {
  BootRom rom(4_KiB, VirtAddr{0}, {});
  EXPECT_FALSE(rom.write(Cycle{}, 0, 4, 1));
  EXPECT_EQ(word(rom, 0, 4), 0x297U);
}

TEST(ErrorDevice, RefusesEverything) {
  ErrorDevice device;
  std::uint64_t value = 0;
  EXPECT_FALSE(device.read(Cycle{}, 0, 4, value));
  EXPECT_FALSE(device.write(Cycle{}, 0, 4, 0));
}

}  // namespace
}  // namespace castor::host
