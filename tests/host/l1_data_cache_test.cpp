// The data cache of a Rocket tile against the cycles of DCache.scala. An access that enters in s0 misses in t = s0 + 2.
#include "castor/host/l1_data_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stand_in_l2.h"

namespace castor::host::test {
namespace {

using Event = StandInL2::Event;
using Outcome = L1DataCache::Outcome;
using Requestor = L1DataCache::Requestor;
using testing::ElementsAre;

constexpr std::uint64_t base = 0x80000000;

/// Runs a list of accesses, each in its cycle, and notes when those that waited hit.
struct Stand : sim::ClockedModule {
  struct Order {
    std::uint64_t cycle;
    Requestor who;
    std::uint64_t address;
    MemoryOp access;
    std::uint64_t told_late = 0;  // s0 lies this far back
  };

  Stand(const sc_core::sc_module_name& name, std::vector<Order> orders, sim::ClockDomain& domain,
        const config::L1Params& l1, const config::BusParams& bus)
      : ClockedModule(name, domain, sim::level::host),
        l2("l2", domain),
        cache("cache", domain, l1, bus),
        domain_(domain),
        orders_(std::move(orders)) {
    cache.socket.bind(l2.socket);
    for (const Requestor who : {Requestor::Walker, Requestor::Core})
      cache.set_answer(who,
                       [this, who](Cycle s2) { (who == Requestor::Core ? hits : walker_hits).push_back(s2.count()); });
  }

  Cycle step(Cycle now) override {
    for (; next_ < orders_.size() && orders_[next_].cycle <= now.count(); ++next_) {
      const Order& order = orders_[next_];
      const Cycle s0{now.count() - order.told_late};
      outcomes.push_back(cache.access(order.who, s0, PhysAddr{order.address}, order.access));
      if (outcomes.back() == Outcome::Waits) continue;
      (order.who == Requestor::Core ? hits : walker_hits).push_back(s0.count() + 2);
    }
    if (now.count() >= 1000) domain_.finish();
    return next_ < orders_.size() ? Cycle{orders_[next_].cycle} : Cycle{1000};
  }

  StandInL2 l2;
  L1DataCache cache;
  std::vector<Outcome> outcomes;
  std::vector<std::uint64_t> hits, walker_hits;

 private:
  sim::ClockDomain& domain_;
  std::vector<Order> orders_;
  std::size_t next_ = 0;
};

struct L1Data : testing::Test {
  Stand& with(std::vector<Stand::Order> orders) {
    host.settle();
    stand = std::make_unique<Stand>("stand", std::move(orders), domain, l1, bus);
    return *stand;
  }
  void run() {
    sc_core::sc_start();
    domain.rethrow_failure();
  }
  static Stand::Order load(std::uint64_t cycle, std::uint64_t address) {
    return {cycle, Requestor::Core, address, MemoryOp::Load};
  }
  static Stand::Order store(std::uint64_t cycle, std::uint64_t address) {
    return {cycle, Requestor::Core, address, MemoryOp::Store};
  }
  static Stand::Order reserve(std::uint64_t cycle, std::uint64_t address) {
    return {cycle, Requestor::Core, address, MemoryOp::Reserve};
  }
  static Stand::Order walk(std::uint64_t cycle, std::uint64_t address) {
    return {cycle, Requestor::Walker, address, MemoryOp::Load};
  }

  config::HostParams host;
  config::L1Params& l1 = host.l1d;
  config::BusParams bus;
  sim::ClockDomain domain{"clock", sc_core::sc_time(1, sc_core::SC_NS)};
  std::unique_ptr<Stand> stand;
};

TEST_F(L1Data, AcquiresInS2AndHitsThreeCyclesAfterTheLastBeat) {
  Stand& stand = with({load(20, base)});
  run();
  EXPECT_THAT(stand.l2.events, ElementsAre(Event{22, "Acquire NtoB", base}, Event{28, "GrantAck", base}));
  EXPECT_THAT(stand.hits, ElementsAre(31 + 3u));
}

TEST_F(L1Data, AcquiresAtOnceWhenItIsToldInS2) {
  Stand& stand = with({{22, Requestor::Core, base, MemoryOp::Load, 2}, {42, Requestor::Core, base, MemoryOp::Load, 2}});
  run();
  EXPECT_THAT(stand.l2.events, ElementsAre(Event{22, "Acquire NtoB", base}, Event{28, "GrantAck", base}));
  EXPECT_THAT(stand.hits, ElementsAre(31 + 3u, 42u));
}

TEST_F(L1Data, CostsAHitNothingAndSaysWhichStoreRewritesTheTag) {
  Stand& stand = with({load(20, base), load(40, base), load(41, base + 56), store(42, base), store(43, base)});
  run();
  EXPECT_THAT(stand.outcomes,
              ElementsAre(Outcome::Waits, Outcome::Hit, Outcome::Hit, Outcome::FirstWrite, Outcome::Hit));
  EXPECT_EQ(stand.l2.events.size(), 2u);
}

TEST_F(L1Data, AsksForTheUpgradeOfALineThatItMayOnlyRead) {
  Stand& stand = with({load(20, base), store(60, base)});
  stand.l2.granted = sim::Cap::toB;
  run();
  EXPECT_EQ(stand.l2.events.at(2), (Event{62, "Acquire BtoT", base}));
  EXPECT_THAT(stand.hits, ElementsAre(34u, 68 + 3u)) << "one beat";
}

// 64 sets of 4 ways; the register, 1 at first, steps with every refill: ways 1, 2, 0, 0.
TEST_F(L1Data, ReleasesADirtyVictimThreeCyclesAfterTheMissAndAcquiresTwelveAfter) {
  Stand& stand = with({load(20, base), load(60, base + 0x1000), store(100, base + 0x2000), load(140, base + 0x3000)});
  run();
  EXPECT_EQ(stand.l2.events.at(6), (Event{145, "ReleaseData TtoN", base + 0x2000}));
  EXPECT_EQ(stand.l2.events.at(7), (Event{154, "Acquire NtoB", base + 0x3000}));
  EXPECT_EQ(stand.cache.stats.write_backs.value(), 1u);
  EXPECT_EQ(stand.cache.tags().state_of(PhysAddr{base + 0x1000}), ClientState::Trunk) << "another way";
}

TEST_F(L1Data, AnswersAProbeOfWhatItLacksInTwoCycles) {
  Stand& stand = with({});
  stand.l2.probe(50, base, sim::Cap::toN);
  stand.l2.probe(51, base + 64, sim::Cap::toB);
  run();
  EXPECT_THAT(stand.l2.events, ElementsAre(Event{50, "Probe taken", base}, Event{52, "ProbeAck NtoN", base},
                                           Event{53, "Probe taken", base + 64}, Event{55, "ProbeAck NtoN", base + 64}));
}

TEST_F(L1Data, AnswersAProbeOfACleanLineInTwoCyclesAndTakesTheNextAfterTheTagIsWritten) {
  Stand& stand = with({load(20, base)});
  stand.l2.probe(50, base, sim::Cap::toB);
  stand.l2.probe(51, base, sim::Cap::toN);
  run();
  EXPECT_EQ(stand.l2.events.at(3), (Event{52, "ProbeAck TtoB", base}));
  EXPECT_EQ(stand.l2.events.at(4), (Event{54, "Probe taken", base}));
  EXPECT_EQ(stand.l2.events.at(5), (Event{56, "ProbeAck BtoN", base}));
}

TEST_F(L1Data, AnswersAProbeOfADirtyLineWithItsDataFromTheFifthCycleOnAndIsReadyInTheTenth) {
  Stand& stand = with({store(20, base)});
  stand.l2.probe(50, base, sim::Cap::toB);
  stand.l2.probe(51, base, sim::Cap::toN);
  run();
  EXPECT_EQ(stand.l2.events.at(3), (Event{55, "ProbeAckData TtoB", base}));
  EXPECT_EQ(stand.l2.events.at(4), (Event{60, "Probe taken", base}));
  EXPECT_EQ(stand.cache.tags().state_of(PhysAddr{base}), ClientState::Nothing);
}

// The last beat of the grant comes in 31.
TEST_F(L1Data, TakesNoProbeForSevenCyclesAfterAGrantAndTakesItInTheEighth) {
  Stand& stand = with({load(20, base)});
  stand.l2.probe(32, base, sim::Cap::toN);
  run();
  EXPECT_EQ(stand.l2.events.at(2), (Event{31 + 8, "Probe taken", base}));
}

TEST_F(L1Data, TakesAProbeOnlyWhenNothingIsInS1OrS2) {
  Stand& stand = with({load(20, base), load(50, base)});
  stand.l2.probe(51, base, sim::Cap::toN);
  run();
  EXPECT_EQ(stand.l2.events.at(2), (Event{53, "Probe taken", base}));
}

TEST_F(L1Data, KeepsAccessesOutWhileAProbeIsOffered) {
  Stand& stand = with({load(20, base), load(50, base + 8), load(51, base)});
  stand.l2.probe(51, base + 64, sim::Cap::toN);
  run();
  EXPECT_EQ(stand.l2.events.at(2), (Event{53, "Probe taken", base + 64})) << "only the access of 50 was let in";
  EXPECT_EQ(stand.outcomes.at(2), Outcome::Waits);
}

TEST_F(L1Data, ProtectsAReservationForSeventySixCycles) {
  Stand& stand = with({reserve(20, base)});
  stand.l2.probe(60, base, sim::Cap::toN);
  run();
  EXPECT_EQ(stand.l2.events.at(2), (Event{34 + 76 + 1, "Probe taken", base})) << "the reservation hit in 34";
}

TEST_F(L1Data, EndsTheProtectionWithTheNextAccess) {
  Stand& stand = with({reserve(20, base), store(70, base)});
  stand.l2.probe(60, base, sim::Cap::toN);
  run();
  EXPECT_EQ(stand.l2.events.at(2), (Event{73, "Probe taken", base})) << "the store is in s2 in 72";
}

TEST_F(L1Data, KeepsAReservationAsLongAsItProtectsIt) {
  Stand& stand = with({reserve(20, base)});
  run();
  EXPECT_FALSE(stand.cache.reserved(Cycle{34})) << "the reservation hit in 34";
  EXPECT_TRUE(stand.cache.reserved(Cycle{35}));
  EXPECT_TRUE(stand.cache.reserved(Cycle{34 + 76}));
  EXPECT_FALSE(stand.cache.reserved(Cycle{34 + 77}));
}

TEST_F(L1Data, LosesAReservationToAnAccessThatMisses) {
  Stand& stand = with({reserve(20, base), load(70, base + 64)});
  run();
  EXPECT_TRUE(stand.cache.reserved(Cycle{72}));
  EXPECT_FALSE(stand.cache.reserved(Cycle{73}));
}

TEST_F(L1Data, LetsTheWalkerGoBeforeTheCoreAndTheCoreComeBackAfterTheRefill) {
  Stand& stand = with({walk(20, base + 64), load(20, base)});
  run();
  EXPECT_EQ(stand.l2.events.at(0), (Event{22, "Acquire NtoB", base + 64}));
  EXPECT_THAT(stand.walker_hits, ElementsAre(34u));
  EXPECT_EQ(stand.l2.events.at(2).what, "Acquire NtoB");
  EXPECT_EQ(stand.l2.events.at(2).line, base);
}

TEST_F(L1Data, MakesASecondDirtyVictimWaitForTheAcknowledgementOfTheFirst) {
  l1.ways.set(1);
  l1.capacity.set(4_KiB);
  Stand& stand = with({store(20, base), store(60, base + 0x1000), store(100, base + 0x2000)});
  stand.l2.release_ack_after = 200;
  run();
  std::vector<std::uint64_t> releases;
  for (const Event& event : stand.l2.events)
    if (event.what == "ReleaseData TtoN") releases.push_back(event.cycle);
  EXPECT_THAT(releases, ElementsAre(65u, 265u));
}

TEST_F(L1Data, DoesNotAskForTheLineThatItReleasesBeforeTheAcknowledgement) {
  l1.ways.set(1);
  l1.capacity.set(4_KiB);
  Stand& stand = with({store(20, base), load(60, base + 0x1000), load(100, base)});
  stand.l2.release_ack_after = 200;
  run();
  const Event& last_acquire = *std::find_if(stand.l2.events.rbegin(), stand.l2.events.rend(),
                                            [](const Event& event) { return event.what == "Acquire NtoB"; });
  EXPECT_EQ(last_acquire.line, base);
  EXPECT_GE(last_acquire.cycle, 265u);
  EXPECT_LE(last_acquire.cycle, 265u + 8) << "the core comes back every few cycles";
}

}  // namespace
}  // namespace castor::host::test
