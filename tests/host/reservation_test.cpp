// A reservation against lrscCount of DCache.scala and NBDcache.scala, cycle by cycle.
#include "castor/host/reservation.h"

#include <gtest/gtest.h>

namespace castor::host {
namespace {

constexpr std::uint64_t t = 100;

struct ReservationTest : testing::Test {
  Reservation blocking{Reservation::back_off}, nonblocking{0};
};

TEST_F(ReservationTest, IsFreshFromTheCycleAfterTheHitForSeventySixCycles) {
  blocking.reserve(Cycle{t});
  EXPECT_FALSE(blocking.fresh(Cycle{t}));
  EXPECT_TRUE(blocking.fresh(Cycle{t + 1}));
  EXPECT_TRUE(blocking.fresh(Cycle{t + 76}));
  EXPECT_FALSE(blocking.fresh(Cycle{t + 77}));
}

TEST_F(ReservationTest, EndsBehindTheNextAccess) {
  blocking.reserve(Cycle{t});
  blocking.access(Cycle{t + 10});
  EXPECT_TRUE(blocking.fresh(Cycle{t + 10})) << "an sc is such an access";
  EXPECT_FALSE(blocking.fresh(Cycle{t + 11}));
}

TEST_F(ReservationTest, ComesNotAgainInTheThreeCyclesBehindThatAccess) {
  blocking.reserve(Cycle{t});
  blocking.access(Cycle{t + 10});
  blocking.reserve(Cycle{t + 13});
  EXPECT_FALSE(blocking.fresh(Cycle{t + 14}));
  blocking.reserve(Cycle{t + 14});
  EXPECT_TRUE(blocking.fresh(Cycle{t + 15}));
}

TEST_F(ReservationTest, ComesNotAgainInTheThreeCyclesAfterItsEnd) {
  blocking.reserve(Cycle{t});
  blocking.reserve(Cycle{t + 79});
  EXPECT_FALSE(blocking.fresh(Cycle{t + 80}));
  blocking.reserve(Cycle{t + 80});
  EXPECT_TRUE(blocking.fresh(Cycle{t + 81}));
}

TEST_F(ReservationTest, EndsWithASecondReservation) {
  blocking.reserve(Cycle{t});
  blocking.reserve(Cycle{t + 10});
  EXPECT_FALSE(blocking.fresh(Cycle{t + 11}));
}

TEST_F(ReservationTest, ComesAgainAtOnceBehindAnAccessOfAnOutOfOrderCore) {
  nonblocking.reserve(Cycle{t});
  nonblocking.access(Cycle{t + 10});
  nonblocking.reserve(Cycle{t + 11});
  EXPECT_TRUE(nonblocking.fresh(Cycle{t + 12}));
}

TEST_F(ReservationTest, IsLostToAProbeAndMayComeAgainThen) {
  blocking.reserve(Cycle{t});
  blocking.drop(Cycle{t + 5});
  EXPECT_FALSE(blocking.fresh(Cycle{t + 5}));
  blocking.reserve(Cycle{t + 5});
  EXPECT_TRUE(blocking.fresh(Cycle{t + 6}));
}

}  // namespace
}  // namespace castor::host
