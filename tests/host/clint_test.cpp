#include "castor/host/clint.h"

#include <gtest/gtest.h>

namespace castor::host {
namespace {

constexpr std::uint64_t msip = 0x0, mtimecmp = 0x4000, mtime = 0xbff8;

std::uint64_t read(Clint& clint, Cycle now, std::uint64_t offset, unsigned bytes = 8) {
  std::uint64_t value = 0;
  EXPECT_TRUE(clint.read(now, offset, bytes, value));
  return value;
}

TEST(Clint, CountsATickEachDividerCycles) {
  Clint clint(1, 100);
  EXPECT_EQ(clint.mtime(Cycle{99}), 0U);
  EXPECT_EQ(clint.mtime(Cycle{100}), 1U);
  EXPECT_EQ(read(clint, Cycle{12345}, mtime), 123U);
}

TEST(Clint, RaisesTheTimerInTheCycleInWhichTimeReachesTheComparator) {
  Clint clint(1, 100);
  clint.write(Cycle{250}, mtimecmp, 8, 5);
  EXPECT_FALSE(clint.timer(0).level());
  EXPECT_EQ(clint.next_change(Cycle{250}), Cycle{500});
  clint.settle(Cycle{499});
  EXPECT_FALSE(clint.timer(0).level());
  clint.settle(Cycle{500});
  EXPECT_TRUE(clint.timer(0).level());
  EXPECT_EQ(clint.next_change(Cycle{500}), Cycle::never());
}

TEST(Clint, LowersTheTimerWhenTheComparatorMovesOn) {
  Clint clint(1, 1);
  clint.write(Cycle{10}, mtimecmp, 8, 10);
  EXPECT_TRUE(clint.timer(0).level());
  clint.write(Cycle{10}, mtimecmp, 8, 11);
  EXPECT_FALSE(clint.timer(0).level());
}

TEST(Clint, HasNoTimerInterruptAfterReset) {
  Clint clint(2, 1);
  EXPECT_EQ(clint.next_change(Cycle{0}), Cycle{~0ULL}) << "mtimecmp is all ones";
  clint.settle(Cycle{1000});
  EXPECT_FALSE(clint.timer(1).level());
}

TEST(Clint, NeverReachesAComparatorBeyondTheLastCycle) {
  Clint clint(1, 1000);
  EXPECT_EQ(clint.next_change(Cycle{0}), Cycle::never());
}

TEST(Clint, WakesForTheNearestOfSeveralHarts) {
  Clint clint(3, 10);
  clint.write(Cycle{0}, mtimecmp, 8, 7);
  clint.write(Cycle{0}, mtimecmp + 8, 8, 3);
  clint.write(Cycle{0}, mtimecmp + 16, 8, 5);
  EXPECT_EQ(clint.next_change(Cycle{0}), Cycle{30});
  EXPECT_EQ(clint.next_change(Cycle{30}), Cycle{50});
  clint.settle(Cycle{30});
  EXPECT_FALSE(clint.timer(0).level());
  EXPECT_TRUE(clint.timer(1).level());
}

TEST(Clint, KeepsCountingFromATimeThatWasSet) {
  Clint clint(1, 10);
  clint.write(Cycle{55}, mtime, 8, 1000);
  EXPECT_EQ(clint.mtime(Cycle{59}), 1000U);
  EXPECT_EQ(clint.mtime(Cycle{60}), 1001U);
  clint.write(Cycle{60}, mtimecmp, 8, 1003);
  EXPECT_EQ(clint.next_change(Cycle{60}), Cycle{80});
}

TEST(Clint, ComparesAsUnsignedWhenTimeWrapsAround) {
  Clint clint(1, 1);
  clint.write(Cycle{0}, mtime, 8, ~0ULL);
  clint.write(Cycle{0}, mtimecmp, 8, 2);
  EXPECT_TRUE(clint.timer(0).level());
  clint.settle(Cycle{1});
  EXPECT_FALSE(clint.timer(0).level()) << "mtime is 0";
  EXPECT_EQ(clint.next_change(Cycle{1}), Cycle{3});
}

TEST(Clint, TakesRegistersInHalves) {
  Clint clint(1, 1);
  clint.write(Cycle{0}, mtimecmp + 4, 4, 0x12);
  clint.write(Cycle{0}, mtimecmp, 4, 0x34);
  EXPECT_EQ(read(clint, Cycle{0}, mtimecmp), 0x1200000034U);
  EXPECT_EQ(read(clint, Cycle{0}, mtimecmp + 4, 4), 0x12U);
  EXPECT_EQ(read(clint, Cycle{0}, mtimecmp + 4, 1), 0x12U);
  clint.write(Cycle{0}, mtimecmp + 2, 2, 0xabcd);
  EXPECT_EQ(read(clint, Cycle{0}, mtimecmp), 0x12abcd0034U);
}

TEST(Clint, InterruptsOtherHartsBySoftware) {
  Clint clint(2, 1);
  clint.write(Cycle{0}, msip + 4, 4, 0xffffffff);
  EXPECT_FALSE(clint.software(0).level());
  EXPECT_TRUE(clint.software(1).level());
  EXPECT_EQ(read(clint, Cycle{0}, msip, 8), 0x100000000U) << "only bit 0 of a register exists";
  clint.write(Cycle{0}, msip + 4, 4, 0);
  EXPECT_FALSE(clint.software(1).level());
}

TEST(Clint, ReadsZeroBetweenItsRegisters) {
  Clint clint(1, 1);
  EXPECT_EQ(read(clint, Cycle{9}, 0x8), 0U);
  EXPECT_EQ(read(clint, Cycle{9}, 0x4008), 0U);
  EXPECT_EQ(read(clint, Cycle{9}, 0xfff8), 0U);
}

}  // namespace
}  // namespace castor::host
