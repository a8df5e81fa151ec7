// The data cache of a BOOM tile against the cycles of mshrs.scala and dcache.scala.
#include "castor/host/nonblocking_data_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "stand_in_l2.h"

namespace castor::host::test {
namespace {

using Event = StandInL2::Event;
using testing::ElementsAre;
using testing::Pair;

constexpr std::uint64_t base = 0x80000000, line = 64, same_set = 64 * 64;

/// Makes accesses in their cycles; the number of each is its place in the list.
struct Stand : sim::ClockedModule {
  struct Order {
    std::uint64_t cycle;
    std::uint64_t address;
    MemoryOp access;
  };

  Stand(const sc_core::sc_module_name& name, std::vector<Order> orders, sim::ClockDomain& domain,
        const config::L1Params& l1, const config::BusParams& bus)
      : ClockedModule(name, domain, sim::level::host),
        l2("l2", domain),
        cache("cache", domain, l1, bus),
        domain_(domain),
        orders_(std::move(orders)) {
    cache.socket.bind(l2.socket);
    cache.set_answer([this](std::uint64_t number, Cycle data) { there[number] = data.count(); });
  }

  Cycle step(Cycle now) override {
    for (; next_ < orders_.size() && orders_[next_].cycle <= now.count(); ++next_) {
      const Order& order = orders_[next_];
      if (cache.access(now, PhysAddr{order.address}, order.access, next_)) there[next_] = now.count() + 2;
    }
    if (now.count() >= 1000) domain_.finish();
    return next_ < orders_.size() ? Cycle{orders_[next_].cycle} : Cycle{1000};
  }

  StandInL2 l2;
  NonblockingDataCache cache;
  std::map<std::uint64_t, std::uint64_t> there;  // the data of an access

 private:
  sim::ClockDomain& domain_;
  std::vector<Order> orders_;
  std::size_t next_ = 0;
};

struct NonblockingData : testing::Test {
  NonblockingData() { l1.mshrs.set(2); }
  Stand& with(std::vector<Stand::Order> orders) {
    stand = std::make_unique<Stand>("stand", std::move(orders), domain, l1, bus);
    return *stand;
  }
  void run() {
    sc_core::sc_start();
    domain.rethrow_failure();
  }
  static Stand::Order load(std::uint64_t cycle, std::uint64_t address) { return {cycle, address, MemoryOp::Load}; }
  static Stand::Order store(std::uint64_t cycle, std::uint64_t address) { return {cycle, address, MemoryOp::Store}; }
  std::vector<std::uint64_t> cycles_of(const std::string& what) const {
    std::vector<std::uint64_t> cycles;
    for (const Event& event : stand->l2.events)
      if (event.what == what) cycles.push_back(event.cycle);
    return cycles;
  }

  config::HostParams host;
  config::L1Params& l1 = host.l1d;
  config::BusParams bus;
  sim::ClockDomain domain{"clock", sc_core::sc_time(1, sc_core::SC_NS)};
  std::unique_ptr<Stand> stand;
};

TEST_F(NonblockingData, AcquiresACycleAfterTheMissAndForwardsTheDataFromTheLastBeat) {
  Stand& stand = with({load(20, base), load(60, base + 8)});
  run();
  // t = 22; Acquire in 23; beats in 29 to 32; the load in 33, the tag of the victim in 34 to 36, the line in 37 to 40
  EXPECT_THAT(stand.there, ElementsAre(Pair(0, 33U), Pair(1, 62U)));
  EXPECT_THAT(stand.l2.events, ElementsAre(Event{23, "Acquire NtoB", base}, Event{43, "GrantAck", base}));
}

TEST_F(NonblockingData, HasAsManyMissesUnderWayAsMshrs) {
  with({load(20, base), load(20, base + line), load(20, base + 2 * line)});
  run();
  EXPECT_THAT(cycles_of("Acquire NtoB"), ElementsAre(23U, 24U, 46U));
  EXPECT_EQ(stand->cache.stats.refused.value(), 2U) << "one waits a cycle for its turn, one for an MSHR";
}

TEST_F(NonblockingData, HandlesOneMissAtATimeWithOneMshr) {
  l1.mshrs.set(1);
  with({load(20, base), load(20, base + line)});
  run();
  EXPECT_THAT(cycles_of("Acquire NtoB"), ElementsAre(23U, 46U));
}

TEST_F(NonblockingData, AttachesFurtherAccessesToTheLineOnItsWay) {
  Stand& stand = with({load(20, base), load(21, base + 8), load(24, base + 16)});
  run();
  EXPECT_EQ(cycles_of("Acquire NtoB").size(), 1U);
  EXPECT_THAT(stand.there, ElementsAre(Pair(0, 33U), Pair(1, 34U), Pair(2, 35U)));
  EXPECT_EQ(stand.cache.stats.secondary.value(), 2U);
}

TEST_F(NonblockingData, LetsHitsPassWhileMissesAreUnderWay) {
  Stand& stand = with({load(20, base), load(100, base + line), load(103, base)});
  run();
  EXPECT_EQ(stand.there[2], 105U);
}

TEST_F(NonblockingData, AsksAgainForAStoreToALineThatWasAskedForReading) {
  Stand& stand = with({load(20, base), store(22, base)});
  stand.l2.granted = sim::Cap::toB;
  run();
  EXPECT_THAT(cycles_of("Acquire NtoB"), ElementsAre(23U));
  EXPECT_EQ(cycles_of("Acquire BtoT").size(), 1U);
  EXPECT_EQ(stand.cache.tags().state_of(PhysAddr{base}), ClientState::Dirty);
}

TEST_F(NonblockingData, WritesStoresAfterTheLine) {
  Stand& stand = with({store(20, base)});
  run();
  // beats in 29 to 32; tag of the victim in 33 to 35, the line in 36 to 39, the store in 40, in the array in 42
  EXPECT_EQ(stand.there[0], 43U);
  EXPECT_EQ(stand.cache.tags().state_of(PhysAddr{base}), ClientState::Dirty);
}

TEST_F(NonblockingData, WorksOnOneMissOfASetAtATime) {
  with({load(20, base), load(20, base + same_set)});
  run();
  EXPECT_THAT(cycles_of("Acquire NtoB"), ElementsAre(23U, 46U));
}

TEST_F(NonblockingData, WritesADirtyVictimBackAfterItsSuccessorHasCome) {
  l1.ways.set(1);
  l1.capacity.set(4_KiB);
  Stand& stand = with({store(20, base), load(100, base + same_set)});
  run();
  EXPECT_THAT(cycles_of("Acquire NtoB"), ElementsAre(103U));
  EXPECT_EQ(stand.there[1], 113U);
  EXPECT_THAT(cycles_of("ReleaseData TtoN"), ElementsAre(113 + 1 + 3 + 2 + 4 + 2 + 2));
  EXPECT_EQ(stand.cache.stats.write_backs.value(), 1U);
  EXPECT_EQ(stand.cache.tags().state_of(PhysAddr{base}), ClientState::Nothing);
}

TEST_F(NonblockingData, AnswersAProbeOfALineThatItDoesNotHold) {
  Stand& stand = with({});
  stand.l2.probe(50, base, sim::Cap::toN);
  run();
  EXPECT_THAT(stand.l2.events, ElementsAre(Event{50, "Probe taken", base}, Event{56, "ProbeAck NtoN", base}));
}

TEST_F(NonblockingData, AnswersAProbeOfADirtyLineWithItsData) {
  Stand& stand = with({store(20, base)});
  stand.l2.probe(100, base, sim::Cap::toN);
  run();
  EXPECT_THAT(cycles_of("ProbeAckData TtoN"), ElementsAre(113U));
  EXPECT_EQ(stand.cache.tags().state_of(PhysAddr{base}), ClientState::Nothing);
}

TEST_F(NonblockingData, KeepsAReservationForSeventySixCyclesFromItsLookUp) {
  Stand& stand = with({store(20, base), {100, base, MemoryOp::Reserve}});
  run();
  EXPECT_TRUE(stand.cache.reserved(Cycle{100 + 76}));
  EXPECT_FALSE(stand.cache.reserved(Cycle{100 + 77}));
}

TEST_F(NonblockingData, TakesNoProbeOfASetBetweenGrantAndAcknowledgement) {
  Stand& stand = with({load(20, base)});
  stand.l2.probe(33, base, sim::Cap::toN);
  run();
  EXPECT_GE(cycles_of("Probe taken").at(0), cycles_of("GrantAck").at(0));
}

}  // namespace
}  // namespace castor::host::test
