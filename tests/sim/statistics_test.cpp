#include "castor/sim/statistics.h"

#include <gtest/gtest.h>

namespace castor::sim {
namespace {

enum class Stall { Busy, Idle, count_ };

struct Stats : StatGroup {
  Counter hits{this, "hits", "count", "requests that hit"};
  ReasonCounts<Stall> stalls{this, "stalls", {"busy", "idle"}, "why nothing moved"};
};

TEST(Statistics, AreFoundInTheOrderOfTheirDeclaration) {
  Stats stats;
  ASSERT_EQ(stats.members().size(), 3U);
  EXPECT_EQ(stats.members()[0]->name(), "hits");
  EXPECT_EQ(stats.members()[0]->unit(), "count");
  EXPECT_EQ(stats.members()[0]->doc(), "requests that hit");
  EXPECT_EQ(stats.members()[1]->name(), "stalls.busy");
  EXPECT_EQ(stats.members()[2]->name(), "stalls.idle");
}

TEST(Statistics, ACounterGrows) {
  Stats stats;
  ++stats.hits;
  stats.hits += 4;
  EXPECT_EQ(stats.hits.value(), 5U);
}

TEST(Statistics, ReasonsAddUpToTheCyclesObserved) {
  Stats stats;
  stats.stalls.add(Stall::Busy, 3);
  stats.stalls.add(Stall::Idle);
  EXPECT_EQ(stats.stalls.value(Stall::Busy), 3U);
  EXPECT_EQ(stats.stalls.value(Stall::Idle), 1U);
  EXPECT_EQ(stats.stalls.total(), 4U);
}

}  // namespace
}  // namespace castor::sim
