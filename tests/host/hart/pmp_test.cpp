#include "castor/host/pmp.h"

#include <gtest/gtest.h>

namespace castor::host {
namespace {

constexpr std::uint8_t read = 1, write = 2, execute = 4, top_of_range = 1 << 3, four = 2 << 3, power_of_two = 3 << 3,
                       locked = 0x80;

bool permits(const Pmp& pmp, std::uint64_t address, Access access, Privilege privilege = Privilege::User,
             unsigned bytes = 4) {
  return pmp.permits(PhysAddr{address}, bytes, access, privilege);
}

TEST(Pmp, LeavesOnlyMachineModeInWithoutARegion) {
  const Pmp pmp;
  EXPECT_TRUE(permits(pmp, 0x1000, Access::Load, Privilege::Machine));
  EXPECT_FALSE(permits(pmp, 0x1000, Access::Load, Privilege::Supervisor));
}

TEST(Pmp, HoldsThePermissionsOfANaturallyAlignedRegion) {
  Pmp pmp;
  pmp.set_address(0, (0x80000000 >> 2) | 0x1ff);  // 4 KiB
  pmp.set_config(0, power_of_two | read | execute);
  EXPECT_TRUE(permits(pmp, 0x80000000, Access::Load));
  EXPECT_TRUE(permits(pmp, 0x80000ffc, Access::Fetch));
  EXPECT_FALSE(permits(pmp, 0x80000000, Access::Store));
  EXPECT_FALSE(permits(pmp, 0x80001000, Access::Load));
  EXPECT_FALSE(permits(pmp, 0x7ffffffc, Access::Load));
}

TEST(Pmp, CoversEverythingWithAllOnes) {
  Pmp pmp;
  pmp.set_address(0, ~0ULL);
  pmp.set_config(0, power_of_two | read);
  EXPECT_TRUE(permits(pmp, 0, Access::Load));
  EXPECT_TRUE(permits(pmp, (1ULL << 55) + 0x1234560, Access::Load));
}

TEST(Pmp, CoversFourBytes) {
  Pmp pmp;
  pmp.set_address(3, 0x1000 >> 2);
  pmp.set_config(3, four | read);
  EXPECT_TRUE(permits(pmp, 0x1000, Access::Load));
  EXPECT_FALSE(permits(pmp, 0x1004, Access::Load));
}

TEST(Pmp, ReachesFromTheAddressBeforeToTheTopOfARange) {
  Pmp pmp;
  pmp.set_address(0, 0x1000 >> 2);
  pmp.set_address(1, 0x3000 >> 2);
  pmp.set_config(1, top_of_range | write | read);
  EXPECT_FALSE(permits(pmp, 0xffc, Access::Store));
  EXPECT_TRUE(permits(pmp, 0x1000, Access::Store));
  EXPECT_TRUE(permits(pmp, 0x2ffc, Access::Store));
  EXPECT_FALSE(permits(pmp, 0x3000, Access::Store));
}

TEST(Pmp, BeginsTheFirstRangeAtZero) {
  Pmp pmp;
  pmp.set_address(0, 0x1000 >> 2);
  pmp.set_config(0, top_of_range | read);
  EXPECT_TRUE(permits(pmp, 0, Access::Load));
}

TEST(Pmp, LetsTheFirstMatchingRegionDecide) {
  Pmp pmp;
  pmp.set_address(0, (0x1000 >> 2) | 0x1ff);
  pmp.set_config(0, power_of_two);
  pmp.set_address(1, ~0ULL);
  pmp.set_config(1, power_of_two | read);
  EXPECT_FALSE(permits(pmp, 0x1000, Access::Load));
  EXPECT_TRUE(permits(pmp, 0x2000, Access::Load));
}

TEST(Pmp, RefusesAnAccessThatARegionHoldsInPart) {
  Pmp pmp;
  pmp.set_address(0, 0x1000 >> 2);
  pmp.set_config(0, four | read);
  pmp.set_address(1, ~0ULL);
  pmp.set_config(1, power_of_two | read);
  EXPECT_FALSE(permits(pmp, 0x1000, Access::Load, Privilege::User, 8));
  EXPECT_FALSE(permits(pmp, 0x1000, Access::Load, Privilege::Machine, 8));
  EXPECT_TRUE(permits(pmp, 0x1008, Access::Load, Privilege::User, 8));
}

TEST(Pmp, BindsMachineModeOnlyByLockedRegions) {
  Pmp pmp;
  pmp.set_address(0, ~0ULL);
  pmp.set_config(0, power_of_two);
  EXPECT_TRUE(permits(pmp, 0x1000, Access::Store, Privilege::Machine));
  pmp.set_config(0, power_of_two | locked);
  EXPECT_FALSE(permits(pmp, 0x1000, Access::Store, Privilege::Machine));
}

TEST(Pmp, KeepsLockedRegionsAndTheBottomOfALockedRange) {
  Pmp pmp;
  pmp.set_address(0, 0x400);
  pmp.set_address(1, 0x800);
  pmp.set_config(1, top_of_range | locked | read);
  pmp.set_config(1, 0);
  pmp.set_address(1, 0x900);
  pmp.set_address(0, 0x500);
  EXPECT_EQ(pmp.config(1), top_of_range | locked | read);
  EXPECT_EQ(pmp.address(1), 0x800U);
  EXPECT_EQ(pmp.address(0), 0x400U);
}

TEST(Pmp, TakesNoRegionThatIsWritableButNotReadable) {
  Pmp pmp;
  pmp.set_config(0, power_of_two | write | execute);
  EXPECT_EQ(pmp.config(0), power_of_two | execute);
}

TEST(Pmp, SaysWhetherABoundaryCutsAPage) {
  Pmp pmp;
  pmp.set_address(0, 0x1800 >> 2);
  pmp.set_config(0, top_of_range | read);
  EXPECT_TRUE(pmp.uniform(PhysAddr{0}, 0x1000));
  EXPECT_FALSE(pmp.uniform(PhysAddr{0x1000}, 0x1000));
  EXPECT_TRUE(pmp.uniform(PhysAddr{0x2000}, 0x1000));
}

}  // namespace
}  // namespace castor::host
