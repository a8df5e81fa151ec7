// The instruction cache of a Rocket tile against the cycles of ICache.scala and Frontend.scala.
#include "castor/host/l1_instruction_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stand_in_l2.h"

namespace castor::host::test {
namespace {

using Event = StandInL2::Event;
using Outcome = L1InstructionCache::Outcome;
using testing::ElementsAre;

constexpr std::uint64_t base = 0x80000000;

struct L1Instruction : testing::Test, sim::Clocked {
  L1Instruction() {
    domain.enrol(*this, sim::level::host);
    cache.socket.bind(l2.socket);
    cache.set_answer([this](Cycle s2) { hits.push_back(s2.count()); });
  }
  Cycle step(Cycle now) override {
    for (; next < fetches.size() && fetches[next].first <= now.count(); ++next)
      outcomes.push_back(cache.fetch(now, PhysAddr{fetches[next].second}));
    if (now.count() == invalidate_at) cache.invalidate();
    if (now.count() >= 500) domain.finish();
    return now + 1;
  }
  std::string block_name() const override { return "test"; }
  void run() {
    sc_core::sc_start();
    domain.rethrow_failure();
  }

  config::HostParams host;
  config::BusParams bus;
  sim::ClockDomain domain{"clock", sc_core::sc_time(1, sc_core::SC_NS)};
  StandInL2 l2{"l2", domain};
  L1InstructionCache cache{"cache", domain, host.l1i, bus};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> fetches;
  std::size_t next = 0;
  std::uint64_t invalidate_at = ~0ull;
  std::vector<Outcome> outcomes;
  std::vector<std::uint64_t> hits;
};

// Last beat in 31: the front end, which fetches again in 22, 24, ..., finds the line with the fetch of 32.
TEST_F(L1Instruction, AsksForALineInS2AndFindsItWithTheFirstReplayAfterTheLastBeat) {
  fetches = {{20, base + 8}};
  run();
  EXPECT_THAT(l2.events, ElementsAre(Event{22, "Get", base}));
  EXPECT_THAT(hits, ElementsAre(34u));
}

TEST_F(L1Instruction, ReplaysEveryOtherCycleSoThatALaterRefillMayCostOneMore) {
  l2.grant_after = 7;
  fetches = {{20, base}};
  run();
  EXPECT_THAT(hits, ElementsAre(36u)) << "last beat in 32, fetch in 34";
}

TEST_F(L1Instruction, HitsInALineThatItHoldsWhileAnotherIsOnItsWay) {
  fetches = {{20, base}, {40, base + 64}, {41, base + 4}};
  run();
  EXPECT_THAT(outcomes, ElementsAre(Outcome::Waits, Outcome::Waits, Outcome::Hit));
  EXPECT_THAT(hits, ElementsAre(34u)) << "the core was redirected: nobody waits for the second line";
  EXPECT_TRUE(cache.holds(PhysAddr{base}));
}

TEST_F(L1Instruction, AsksForOneLineAtATime) {
  fetches = {{20, base}, {23, base + 64}};
  run();
  EXPECT_THAT(l2.events, ElementsAre(Event{22, "Get", base}, Event{35, "Get", base + 64}));
}

TEST_F(L1Instruction, KeepsNothingOfARefillThatAFenceOvertook) {
  fetches = {{20, base}};
  invalidate_at = 29;
  run();
  EXPECT_THAT(l2.events, ElementsAre(Event{22, "Get", base}, Event{34, "Get", base}));
  EXPECT_EQ(hits.size(), 1u);
}

TEST_F(L1Instruction, ForgetsEverythingWhenItIsInvalidated) {
  fetches = {{20, base}, {100, base}};
  invalidate_at = 50;
  run();
  EXPECT_EQ(l2.events.size(), 2u);
}

}  // namespace
}  // namespace castor::host::test
