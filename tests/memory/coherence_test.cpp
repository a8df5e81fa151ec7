// Cores' data caches and the L2: cycles of every exchange, and what each leaves behind.
//
// A core's access enters its cache in s0; t = s0 + 2 is the cycle of the miss. The L2 accepts in t+1, its first D beat
// leaves in t+5, is at the L1 in t+6, the last in t+9; the access enters again in t+10 and hits in t+12.
#include <gtest/gtest.h>

#include "coherent_bench.h"

namespace castor::memory::test {
namespace {

constexpr std::uint64_t base = 0x80000000;
constexpr std::uint64_t clean_refill = 2 + 12;  // s0 to the hit, for an L2 hit that nobody else holds

TEST(Coherence, HandsALineThatNobodyHoldsOutForWritingThoughOnlyAReadWasAskedFor) {
  CoherentBench bench(1);
  bench.warm_up(base);
  bench.cores[0]->load(20, base);
  bench.cores[0]->store(100, base + 8);
  bench.run_all();
  EXPECT_EQ(bench.cores[0]->hit(0), 20 + clean_refill);
  EXPECT_EQ(bench.cores[0]->hit(1), 102u) << "a hit: no upgrade is needed";
  EXPECT_EQ(bench.caches[0]->tags().state_of(PhysAddr{base}), ClientState::Dirty);
  EXPECT_EQ(bench.l2_entry(base).state, LineState::Trunk);
  EXPECT_EQ(bench.l2_entry(base).clients, 1u);
}

// The probe leaves in t+3 (directory, MSHR), is taken in t+4, answered in t+6; SinkC sees it in t+8, the grant's first
// beat leaves in t+11: six cycles later than without a probe.
TEST(Coherence, ProbesAReaderOutOfItsExclusiveCopyInSixCycles) {
  CoherentBench bench;
  bench.warm_up(base);
  bench.cores[0]->load(20, base);
  bench.cores[1]->load(100, base);
  bench.run_all();
  EXPECT_EQ(bench.cores[1]->hit(0), 100 + clean_refill + 6);
  EXPECT_EQ(bench.caches[0]->tags().state_of(PhysAddr{base}), ClientState::Branch);
  EXPECT_EQ(bench.caches[1]->tags().state_of(PhysAddr{base}), ClientState::Branch);
  EXPECT_EQ(bench.l2_entry(base).state, LineState::Tip);
  EXPECT_EQ(bench.l2_entry(base).clients, 3u);
}

// With data the answer begins three cycles later, and SourceD's read of a beat follows SinkC's write of it by one.
TEST(Coherence, ProbesAWriterInTenCyclesAndLeavesItsDataDirtyInTheL2) {
  CoherentBench bench;
  bench.warm_up(base);
  bench.cores[0]->store(20, base);
  bench.cores[1]->load(100, base);
  bench.run_all();
  EXPECT_EQ(bench.cores[1]->hit(0), 100 + clean_refill + 10);
  EXPECT_EQ(bench.caches[0]->tags().state_of(PhysAddr{base}), ClientState::Branch);
  EXPECT_TRUE(bench.l2_entry(base).dirty);
  EXPECT_EQ(bench.memory.l2().stats.probe_data.value(), 1u);
}

TEST(Coherence, TakesALineFromAllOthersForAWriterAndUpgradesItWithoutData) {
  CoherentBench bench(3);
  bench.warm_up(base);
  for (unsigned i = 0; i < 3; ++i) bench.cores[i]->load(20 + 100 * i, base);
  bench.cores[2]->store(400, base);
  bench.run_all();
  EXPECT_EQ(bench.caches[0]->tags().state_of(PhysAddr{base}), ClientState::Nothing);
  EXPECT_EQ(bench.caches[1]->tags().state_of(PhysAddr{base}), ClientState::Nothing);
  EXPECT_EQ(bench.caches[2]->tags().state_of(PhysAddr{base}), ClientState::Dirty);
  EXPECT_EQ(bench.caches[2]->stats.upgrades.value(), 1u);
  EXPECT_EQ(bench.l2_entry(base).clients, 4u);
  // Two probes, the second a cycle after the first; one beat instead of four.
  EXPECT_EQ(bench.cores[2]->hit(1), 400 + clean_refill + 6 + 1 - 3);
}

TEST(Coherence, SendsTheDataAlongIfTheUpgradeLostItsLineOnTheWay) {
  CoherentBench bench;
  bench.warm_up(base);
  bench.cores[0]->load(20, base);
  bench.cores[1]->load(100, base);
  bench.cores[0]->store(200, base);
  bench.cores[1]->store(200, base);
  bench.run_all();
  EXPECT_EQ(bench.caches[0]->stats.upgrades.value() + bench.caches[1]->stats.upgrades.value(), 2u);
  const bool first_lost = bench.cores[0]->hit(1) < bench.cores[1]->hit(1);
  EXPECT_EQ(bench.caches[first_lost ? 0 : 1]->tags().state_of(PhysAddr{base}), ClientState::Nothing);
  EXPECT_EQ(bench.caches[first_lost ? 1 : 0]->tags().state_of(PhysAddr{base}), ClientState::Dirty);
}

// The L1 has 4 ways a set of 64 lines; its register, 1 at first, steps with every refill: 2, 4, 8, ... its low two bits
// name the way, so the fifth line of the set falls on one of the first four at the latest then.
TEST(Coherence, ReleasesADirtyVictimAndAcquiresTwelveCyclesLater) {
  CoherentBench bench(1);
  for (unsigned i = 0; i < 8; ++i) {
    bench.warm_up(base + 0x1000 * i);
    bench.cores[0]->store(20 + 100 * i, base + 0x1000 * i);
  }
  bench.run_all();
  const auto& stats = bench.caches[0]->stats;
  ASSERT_GE(stats.write_backs.value(), 1u);
  EXPECT_EQ(bench.memory.l2().stats.releases.value(), stats.write_backs.value());
  std::uint64_t late = 0;
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint64_t took = bench.cores[0]->hit(i) - (20 + 100 * i);
    if (took == clean_refill) continue;
    EXPECT_EQ(took, clean_refill + 12);  // ready in t+8, back in s0 in t+10, in s2 in t+12
    ++late;
  }
  EXPECT_EQ(late, stats.write_backs.value());
}

TEST(Coherence, AsksTheCacheForALineThatTheAcceleratorReads) {
  CoherentBench bench(1);
  bench.warm_up(base);
  bench.cores[0]->store(20, base);
  bench.reader.order(get(100, base));
  bench.run_all();
  EXPECT_EQ(bench.reader.orders()[0].beats.front(), 110u + 10);
  EXPECT_EQ(bench.caches[0]->tags().state_of(PhysAddr{base}), ClientState::Branch);
  EXPECT_EQ(bench.l2_entry(base).state, LineState::Tip);
  EXPECT_TRUE(bench.l2_entry(base).dirty);
}

TEST(Coherence, TakesALineAwayThatTheAcceleratorWrites) {
  CoherentBench bench(1);
  bench.warm_up(base);
  bench.cores[0]->load(20, base);
  bench.writer.order(put(100, base));
  bench.run_all();
  EXPECT_EQ(bench.writer.orders()[0].beats.front(), 110u + 6);
  EXPECT_EQ(bench.caches[0]->tags().state_of(PhysAddr{base}), ClientState::Nothing);
  EXPECT_EQ(bench.l2_entry(base).clients, 0u);
}

TEST(Coherence, LeavesTheCacheAloneForALineThatItOnlyReads) {
  CoherentBench bench;
  bench.warm_up(base);
  bench.cores[0]->load(20, base);
  bench.cores[1]->load(100, base);
  bench.reader.order(get(200, base));
  bench.run_all();
  EXPECT_EQ(bench.reader.orders()[0].beats.front(), 210u);
  EXPECT_EQ(bench.memory.l2().stats.permission_probes.value(), 1u) << "the second core's";
}

// The L2 wants the line's way (its register: 1, stepped to 2 by the store, to 4 by the read: way 0). The probe leaves
// in the third cycle after the request reaches the L2; its answer's first beat is seen eight cycles later, then the
// Release goes, then the Acquire: nine cycles after that of a victim that nobody holds.
TEST(Coherence, EvictsALineOfTheL2OnlyWhenTheCacheHasGivenItUp) {
  CoherentBench bench(1);
  bench.warm_up(base);
  bench.cores[0]->store(20, base);
  bench.reader.order(get(100, base + 0x10000));
  bench.run_all();
  EXPECT_EQ(bench.memory.l2().stats.evicting_probes.value(), 1u);
  EXPECT_EQ(bench.memory.l2().stats.dirty_evictions.value(), 1u) << "with the data that the probe brought";
  EXPECT_EQ(bench.caches[0]->tags().state_of(PhysAddr{base}), ClientState::Nothing);
  EXPECT_EQ(bench.l2_entry(base).state, LineState::Invalid);
  EXPECT_EQ(bench.port.reads.at(0).cycle, 100 + 6 + 1 + 9u);
}

TEST(Coherence, FetchesInstructionsThroughAPortThatIsNeverProbed) {
  CoherentBench bench(1);
  host::L1InstructionCache instructions("l1i", bench.domain, bench.config.host.l1i, bench.config.bus);
  instructions.socket.bind(bench.memory.bus().socket(bench.memory.bus().add_core("l1i")));
  bench.warm_up(base);
  std::uint64_t hit = 0;
  instructions.set_answer([&hit](Cycle s2) { hit = s2.count(); });
  EXPECT_EQ(instructions.fetch(Cycle{20}, PhysAddr{base}), host::L1InstructionCache::Outcome::Waits);
  bench.cores[0]->store(100, base);
  bench.run_all();
  EXPECT_EQ(hit, 20 + clean_refill);
  EXPECT_EQ(bench.l2_entry(base).clients, 1u) << "the store's cache alone";
  EXPECT_TRUE(instructions.holds(PhysAddr{base})) << "until a fence.i";
}

}  // namespace
}  // namespace castor::memory::test
