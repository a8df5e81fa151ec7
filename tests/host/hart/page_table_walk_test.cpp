#include "castor/host/page_table_walk.h"

#include <gtest/gtest.h>

#include <map>

namespace castor::host {
namespace {

constexpr std::uint64_t valid = 1, readable = 2, writable = 4, executable = 8, user = 16, accessed = 64, dirty = 128;
constexpr std::uint64_t everything = valid | readable | writable | executable | accessed | dirty;
constexpr PhysAddr root{0x80001000};

std::uint64_t entry(std::uint64_t physical, std::uint64_t flags) { return physical >> 12 << 10 | flags; }

struct Tables : std::map<std::uint64_t, std::uint64_t> {
  PageTableWalk walk(std::uint64_t vaddr) const {
    PageTableWalk walk(root, VirtAddr{vaddr});
    while (walk.wants_entry()) {
      const auto found = find(walk.entry_address().value());
      walk.take(found == end() ? 0 : found->second);
    }
    return walk;
  }
};

TEST(PageTableWalk, GoesDownThreeLevelsToASmallPage) {
  Tables tables;
  tables[0x80001000 + 8 * 1] = entry(0x80002000, valid);
  tables[0x80002000 + 8 * 2] = entry(0x80003000, valid);
  tables[0x80003000 + 8 * 3] = entry(0x90000000, everything);
  const PageTableWalk walk = tables.walk(1ULL << 30 | 2ULL << 21 | 3ULL << 12 | 0x123);
  EXPECT_FALSE(walk.fault());
  EXPECT_EQ(walk.physical(), PhysAddr{0x90000123});
  EXPECT_EQ(walk.log2_page(), 12U);
}

TEST(PageTableWalk, EndsAtASuperpage) {
  Tables tables;
  tables[0x80001000 + 8 * 511] = entry(0xc0000000, everything);
  const PageTableWalk walk = tables.walk(0xffffffffc0000000 | 0x12345678);
  EXPECT_FALSE(walk.fault());
  EXPECT_EQ(walk.physical(), PhysAddr{0xc0000000 + 0x12345678});
  EXPECT_EQ(walk.log2_page(), 30U);
}

TEST(PageTableWalk, FaultsOnAnAddressThatIsNoSignExtension) {
  EXPECT_TRUE(Tables().walk(1ULL << 39).fault());
  EXPECT_FALSE(PageTableWalk(root, VirtAddr{1ULL << 38}).wants_entry());
  EXPECT_TRUE(PageTableWalk(root, VirtAddr{~0ULL << 38}).wants_entry());
}

TEST(PageTableWalk, FaultsOnAMisalignedSuperpage) {
  Tables tables;
  tables[0x80001000] = entry(0xc0001000, everything);
  EXPECT_TRUE(tables.walk(0).fault());
}

TEST(PageTableWalk, FaultsOnATableAtTheLastLevel) {
  Tables tables;
  tables[0x80001000] = entry(0x80002000, valid);
  tables[0x80002000] = entry(0x80003000, valid);
  tables[0x80003000] = entry(0x80004000, valid);
  EXPECT_TRUE(tables.walk(0).fault());
}

TEST(PageTableWalk, FaultsOnReservedAndOnInvalidEntries) {
  for (const std::uint64_t flags :
       {std::uint64_t{0}, everything & ~valid, valid | writable, valid | writable | executable, valid | dirty,
        valid | accessed, valid | user, everything | std::uint64_t{1} << 54, everything | std::uint64_t{1} << 63,
        valid | std::uint64_t{1} << 61}) {
    Tables tables;
    tables[0x80001000] = entry(0xc0000000, flags);
    EXPECT_TRUE(tables.walk(0).fault()) << std::hex << flags;
  }
}

bool allowed(std::uint64_t flags, Access access, Privilege privilege, bool sum = false, bool mxr = false) {
  return permits(PageTableEntry{flags}, access, privilege, {sum, mxr});
}

TEST(PagePermissions, FollowTheBitsOfTheLeaf) {
  EXPECT_TRUE(allowed(everything, Access::Store, Privilege::Supervisor));
  EXPECT_FALSE(allowed(everything & ~writable, Access::Store, Privilege::Supervisor));
  EXPECT_FALSE(allowed(everything & ~executable, Access::Fetch, Privilege::Supervisor));
  EXPECT_FALSE(allowed(valid | executable | accessed, Access::Load, Privilege::Supervisor));
}

TEST(PagePermissions, LetExecutablePagesBeReadWithMxr) {
  EXPECT_TRUE(allowed(valid | executable | accessed, Access::Load, Privilege::Supervisor, false, true));
}

TEST(PagePermissions, KeepUsersOutOfSupervisorPages) {
  for (const Access access : {Access::Load, Access::Store, Access::Fetch}) {
    EXPECT_FALSE(allowed(everything, access, Privilege::User, true));
    EXPECT_TRUE(allowed(everything | user, access, Privilege::User));
  }
}

TEST(PagePermissions, LetASupervisorTouchUserPagesOnlyWithSumAndNeverExecuteThem) {
  EXPECT_FALSE(allowed(everything | user, Access::Load, Privilege::Supervisor));
  EXPECT_TRUE(allowed(everything | user, Access::Load, Privilege::Supervisor, true));
  EXPECT_TRUE(allowed(everything | user, Access::Store, Privilege::Supervisor, true));
  EXPECT_FALSE(allowed(everything | user, Access::Fetch, Privilege::Supervisor, true));
}

TEST(PagePermissions, WantAccessedAndDirtySetBySoftware) {
  EXPECT_FALSE(allowed(everything & ~accessed, Access::Load, Privilege::Supervisor));
  EXPECT_FALSE(allowed(everything & ~dirty, Access::Store, Privilege::Supervisor));
  EXPECT_TRUE(allowed(everything & ~dirty, Access::Load, Privilege::Supervisor));
}

}  // namespace
}  // namespace castor::host
