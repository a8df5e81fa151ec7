#include "castor/common/replacement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace castor {
namespace {

using testing::ElementsAre;

std::vector<unsigned> victims_of(Replacement rule, unsigned ways, const std::vector<unsigned>& uses) {
  ReplacementOrder order(rule, ways);
  std::vector<unsigned> victims{order.victim()};
  for (const unsigned way : uses) order.touch(way), victims.push_back(order.victim());
  return victims;
}

TEST(ReplacementOrder, PseudoLruTurnsAwayFromTheHalvesUsedLast) {
  EXPECT_THAT(victims_of(Replacement::Plru, 4, {0, 1, 2, 3, 0, 2}), ElementsAre(0, 2, 2, 0, 0, 2, 1));
}

TEST(ReplacementOrder, PseudoLruForgetsWhatTrueLruRemembers) {
  const std::vector<unsigned> uses{0, 1, 2, 3, 0};  // 1 is the oldest now
  EXPECT_EQ(victims_of(Replacement::Lru, 4, uses).back(), 1u);
  EXPECT_EQ(victims_of(Replacement::Plru, 4, uses).back(), 2u);
}

TEST(ReplacementOrder, FirstInFirstOutHeedsFillsOnly) {
  ReplacementOrder order(Replacement::Fifo, 2);
  order.fill(0);
  order.fill(1);
  order.touch(0);
  EXPECT_EQ(order.victim(), 0u);
}

TEST(ReplacementOrder, RandomMovesOnWithEachFillAndIsTheSameInEveryRun) {
  ReplacementOrder one(Replacement::Random, 8), other(Replacement::Random, 8);
  std::vector<unsigned> seen;
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(one.victim(), other.victim());
    seen.push_back(one.victim());
    one.fill(seen.back());
    other.fill(seen.back());
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_GT(std::unique(seen.begin(), seen.end()) - seen.begin(), 4);
}

TEST(ReplacementOrder, NeverChoosesTheWayUsedLastNorOneThatIsNot) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (const unsigned ways : {2U, 3U, 4U, 6U, 8U})
    for (const Replacement rule : {Replacement::Plru, Replacement::Lru}) {
      ReplacementOrder order(rule, ways);
      for (int i = 0; i < 200; ++i) {
        const unsigned used = random() % ways;
        order.touch(used);
        ASSERT_LT(order.victim(), ways);
        ASSERT_NE(order.victim(), used) << ways;
      }
    }
}

}  // namespace
}  // namespace castor
