// The TLBs before a core's caches, with the walker that the accelerator shares: cycles of TLB.scala, DCache.scala and
// Frontend.scala.
#include "castor/host/core_tlb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "castor/host/boom_caches.h"
#include "castor/host/page_table_walker.h"
#include "castor/host/page_tables.h"
#include "castor/host/rocket_caches.h"
#include "stand_in_l2.h"

namespace castor::host::test {
namespace {

using testing::ElementsAre;
using Outcome = CoreCaches::Outcome;
using Use = CoreCaches::Use;

constexpr std::uint64_t page = 4096;
constexpr VirtAddr base{0x1'0000'0000};
constexpr PhysAddr frame{0x8800'0000};
constexpr std::uint64_t offset = 0x400;  // another set of the data cache than the tables
constexpr PhysAddr word{frame + offset};
VirtAddr word_in(unsigned number) { return base + (number * page + offset); }

constexpr std::uint64_t s1_after_s0 = 1, s2_after_s0 = 2;
constexpr std::uint64_t request = 2;  // s0 to the walker's port
constexpr std::uint64_t walk = 7;     // upper levels known, the leaf in the data cache

/// The caches of one of the two cores; pages that all lie in one frame.
template <class Caches>
struct TranslatedCore : testing::Test, sim::Clocked {
  TranslatedCore() {
    domain.enrol(*this, sim::level::host);
    domain.set_max_cycles(Cycle{2000});
    caches.data_socket().bind(data_l2.socket);
    caches.instruction_socket().bind(instruction_l2.socket);
    walker.set_root([this] { return tables.root(); });
    for (unsigned i = 0; i < 16; ++i) tables.map(base + i * page, frame, 12, data_page_flags);
    for (CoreTlb* tlb : {&caches.data_tlb(), &caches.instruction_tlb()})
      tlb->connect(csrs, walker.add_port(PageTableWalker::Caller::Above));
    csrs.write(0x180, 8ULL << 60 | tables.root().value() / page);
    supervisor();
  }
  void supervisor() {
    csrs.write(0x300, 1ULL << 11);
    csrs.return_from_machine();
  }
  /// Something that the core does in a cycle.
  void in(std::uint64_t cycle, std::function<void()> action) { actions.emplace(cycle, std::move(action)); }
  Cycle step(Cycle now) override {
    for (; !actions.empty() && actions.begin()->first <= now.count(); actions.erase(actions.begin()))
      actions.begin()->second();
    return actions.empty() ? Cycle::never() : Cycle{actions.begin()->first};
  }
  std::string block_name() const override { return "core"; }
  void run() {
    sc_core::sc_start();
    domain.rethrow_failure();
  }

  static config::SocConfig machine() {
    config::SocConfig machine;
    machine.host.l1d.mshrs.set(2);
    return machine;
  }

  config::SocConfig config = machine();
  std::uint64_t retired = 0;
  FloatUnit float_unit;
  CsrFile csrs{0, false, float_unit, nullptr, retired};
  functional::SparseMemory memory;
  sim::Probes probes;
  sim::ClockDomain domain{"clock", sc_core::sc_time(1, sc_core::SC_NS)};
  PageTables tables{memory, PhysAddr{0x8010'0000}};
  StandInL2 data_l2{"data_l2", domain}, instruction_l2{"instruction_l2", domain};
  Caches caches{"caches", domain, config};
  PageTableWalker walker{"walker", domain, config.ptw, config.soc, caches.table_reader(), memory, probes};
  std::multimap<std::uint64_t, std::function<void()>> actions;
};

struct TranslatedRocket : TranslatedCore<RocketCaches> {
  TranslatedRocket() {
    caches.when_answered([this](Cycle s2) { loaded.push_back(s2.count()); },
                         [this](Cycle s2) { fetched.push_back(s2.count()); });
  }
  /// In cycle `now`, an access that entered, or enters, in s0.
  void load(std::uint64_t now, std::uint64_t s0, unsigned number) {
    in(now, [=] { outcomes.push_back(caches.access(Cycle{s0}, word_in(number), word, Use::Load)); });
  }
  void fetch(std::uint64_t now, std::uint64_t s0, unsigned number) {
    in(now, [=] { hits.push_back(caches.fetch(Cycle{s0}, word_in(number), word)); });
  }
  /// The tables are in the data cache, the frame in both.
  void warm_up() {
    load(20, 20, 0);
    fetch(200, 200, 0);
    in(399, [this] { loaded.clear(), fetched.clear(), outcomes.clear(), hits.clear(); });
  }
  std::vector<std::uint64_t> loaded, fetched;
  std::vector<Outcome> outcomes;
  std::vector<bool> hits;
};

TEST_F(TranslatedRocket, LoadsAgainTwoCyclesAfterTheWalkersAnswer) {
  warm_up();
  load(400, 400, 1);
  run();
  EXPECT_THAT(outcomes, ElementsAre(Outcome::Waits));
  EXPECT_THAT(loaded, ElementsAre(400 + request + walk + 2 + s2_after_s0));
}

TEST_F(TranslatedRocket, AsksTheWalkerInTheSameCycleAfterTheFactOrAheadOfTheClock) {
  warm_up();
  load(502, 500, 2);  // in WB
  load(600, 620, 3);
  run();
  EXPECT_THAT(loaded, ElementsAre(500 + request + walk + 4, 620 + request + walk + 4));
  EXPECT_EQ(walker.stats().waits.value(), 0u);
}

TEST_F(TranslatedRocket, FetchesAgainEveryOtherCycleUntilItsPageIsThere) {
  warm_up();
  fetch(400, 400, 1);  // in s1 in 401, 403, ...; answered in 409, found from 410 on
  run();
  EXPECT_THAT(hits, ElementsAre(false));
  EXPECT_THAT(fetched, ElementsAre(411 - s1_after_s0 + s2_after_s0));
}

TEST_F(TranslatedRocket, FindsAPageThatIsThere) {
  warm_up();
  load(400, 400, 0);
  fetch(402, 402, 0);
  run();
  EXPECT_THAT(outcomes, ElementsAre(Outcome::Hit));
  EXPECT_THAT(hits, ElementsAre(true));
  EXPECT_EQ(walker.stats().requests.value(), 2u) << "one of each side, warming up";
}

TEST_F(TranslatedRocket, AsksAnewAfterAnSfence) {
  warm_up();
  in(398, [this] { caches.data_tlb().flush(), caches.instruction_tlb().flush(); });
  load(400, 400, 0);
  fetch(450, 450, 0);
  run();
  EXPECT_EQ(loaded.size(), 1u);
  EXPECT_EQ(fetched.size(), 1u);
}

TEST_F(TranslatedRocket, AsksNobodyInMachineMode) {
  warm_up();
  in(398, [this] {
    Trap trap{};
    csrs.enter_trap(trap);
  });
  load(400, 400, 5);
  fetch(402, 402, 6);
  run();
  EXPECT_THAT(outcomes, ElementsAre(Outcome::Hit));
  EXPECT_THAT(hits, ElementsAre(true));
}

TEST_F(TranslatedRocket, GivesUpAFetchThatWasRedirectedForTheNextOne) {
  warm_up();
  fetch(400, 400, 1);
  fetch(405, 405, 2);  // joins nothing: its walk begins when the first one has ended
  run();
  EXPECT_THAT(hits, ElementsAre(false, false));
  EXPECT_EQ(fetched.size(), 1u);
  EXPECT_GT(fetched.at(0), 409 + walk);
}

struct TranslatedBoom : TranslatedCore<BoomCaches> {
  TranslatedBoom() {
    caches.when_answered([this](WindowCaches::Number number, Cycle cycle) { loaded[number] = cycle.count(); },
                         [](Cycle) {});
  }
  void load(std::uint64_t now, unsigned number) {
    in(now, [=] { hits[number] = caches.access(Cycle{now}, word_in(number), word, MemoryOp::Load, number); });
  }
  std::map<WindowCaches::Number, std::uint64_t> loaded;
  std::map<unsigned, bool> hits;
};

TEST_F(TranslatedBoom, LetsLoadsOfOtherPagesWaitBesideEachOtherAndPassWhatHits) {
  load(20, 0);
  load(400, 1);
  load(401, 2);
  load(402, 0);
  run();
  EXPECT_FALSE(hits.at(1));
  EXPECT_FALSE(hits.at(2));
  EXPECT_TRUE(hits.at(0)) << "its page is there";
  EXPECT_GT(loaded.at(2), loaded.at(1)) << "one walk after the other";
}

TEST_F(TranslatedBoom, ReadsTheTablesThroughTheCoresDataCache) {
  load(20, 0);
  load(400, 1);
  run();
  EXPECT_EQ(walker.stats().loads.value(), 4u);
  const auto gets = std::count_if(data_l2.events.begin(), data_l2.events.end(),
                                  [](const auto& event) { return event.what.rfind("Acquire", 0) == 0; });
  EXPECT_EQ(gets, 4) << "three lines of tables and the frame, once each";
}

}  // namespace
}  // namespace castor::host::test
