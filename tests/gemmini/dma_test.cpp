// The rules of the DMA paths, one a test. Cycles count from the issue of the (first) command, memory answers in 10.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "castor/functional/oracle.h"
#include "dma_bench.h"

namespace castor::gemmini::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr std::uint64_t dram = 0x80000000;
constexpr std::uint64_t i = 100;  // cycle of issue

isa::Command config_load(std::uint64_t stride, std::uint32_t scale = float_one_bits, bool shrink = false,
                         std::uint32_t block_stride = 16, std::uint32_t pixel_repeats = 1) {
  isa::ConfigMvin config;
  config.stride = stride;
  config.scale = scale;
  config.shrink = shrink;
  config.block_stride = block_stride;
  config.pixel_repeats = pixel_repeats;
  return config.encode();
}
isa::Command config_store(std::uint32_t stride) {
  isa::ConfigMvout config;
  config.stride = stride;
  return config.encode();
}
isa::Command mvin(LocalAddr to, unsigned rows, unsigned cols, std::uint64_t from = dram) {
  return isa::Mvin{0, VirtAddr{from}, {to, rows, cols}}.encode();
}
isa::Command mvout(LocalAddr from, unsigned rows, unsigned cols, std::uint64_t to = dram) {
  return isa::Mvout{VirtAddr{to}, {from, rows, cols}}.encode();
}
constexpr std::uint32_t two = 0x40000000;  // 2.0f

std::vector<std::uint64_t> since(const std::vector<std::uint64_t>& cycles, std::uint64_t start) {
  std::vector<std::uint64_t> result;
  for (const std::uint64_t cycle : cycles) result.push_back(cycle - start);
  return result;
}
std::vector<std::uint64_t> distances(const std::vector<std::uint64_t>& cycles) {
  std::vector<std::uint64_t> result;
  for (std::size_t k = 1; k < cycles.size(); ++k) result.push_back(cycles[k] - cycles[k - 1]);
  return result;
}

/// A bench with load and store strides of 64 bytes, or as given.
struct Dma64 : DmaBench {
  explicit Dma64(std::uint64_t stride = 64, unsigned latency = 10, std::uint32_t scale = float_one_bits)
      : DmaBench(config::GemminiParams(), latency) {
    load(i - 50, config_load(stride, scale));
    store(i - 50, config_store(static_cast<std::uint32_t>(stride)));
  }
  std::vector<std::uint64_t> done() const { return since(recorder.cycles_of("done"), i); }
};

// ---- Request generation

// One row at a time, what a request of each size would cover: the definition, written out.
Packet best_packet(std::uint64_t address, unsigned left) {
  Packet best;
  for (unsigned size : {16u, 32u, 64u}) {
    unsigned covered = 0;
    for (std::uint64_t byte = address; byte < address + left; ++byte)
      if (byte / size == address / size) ++covered;
    if (covered > best.bytes)
      best = {VirtAddr{address / size * size}, log2_ceil(size), static_cast<unsigned>(address % size), covered};
  }
  return best;
}

TEST(PacketRule, TakesTheSmallestRequestThatCoversMostAtEveryOffsetAndLength) {
  const PacketRule rule{config::GemminiParams()};
  for (unsigned offset = 0; offset < 64; ++offset)
    for (unsigned length = 1; length <= 64; ++length) {
      const Packet packet = rule.choose(VirtAddr{dram + offset}, length), expected = best_packet(dram + offset, length);
      EXPECT_EQ(packet.base, expected.base) << offset << " " << length;
      EXPECT_EQ(packet.log2_size, expected.log2_size) << offset << " " << length;
      EXPECT_EQ(packet.shift, expected.shift) << offset << " " << length;
      EXPECT_EQ(packet.bytes, expected.bytes) << offset << " " << length;
    }
}

TEST(StreamReader, SplitsARowAtA64ByteLine) {
  Dma64 bench;
  bench.load(i, mvin(LocalAddr::sp(0), 1, 64, dram + 16));
  bench.run();
  const auto requests = bench.recorder.of("rda");
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_THAT(requests[0].fields, ElementsAre(0, dram, 6));
  EXPECT_THAT(requests[1].fields, ElementsAre(1, dram + 64, 4));
}

TEST(StreamReader, AsksFor32BytesForARowOf20) {
  Dma64 bench;
  bench.load(i, mvin(LocalAddr::sp(0), 1, 20));
  bench.run();
  ASSERT_EQ(bench.recorder.of("rda").size(), 1u);
  EXPECT_THAT(bench.recorder.of("rda")[0].fields, ElementsAre(0, dram, 5));
}

TEST(StreamReader, NeverMergesRowsThatTouch) {
  Dma64 bench(16);
  bench.load(i, mvin(LocalAddr::sp(0), 16, 16));
  bench.run();
  EXPECT_EQ(bench.recorder.of("rda").size(), 16u);
}

TEST(StreamReader, SendsItsFirstRequestFiveCyclesAfterTheIssueAndThenOneACycle) {
  Dma64 bench;
  bench.load(i, mvin(LocalAddr::sp(0), 16, 64));
  bench.run();
  std::vector<std::uint64_t> expected(16);
  std::iota(expected.begin(), expected.end(), 5);
  EXPECT_EQ(since(bench.recorder.cycles_of("rda"), i), expected);
}

TEST(StreamReader, ReusesATransactionThreeCyclesAfterItsLastBeat) {
  Dma64 bench(64, 100);
  for (unsigned n = 0; n < 2; ++n) bench.load(i + n, mvin(LocalAddr::sp(64 * n), 16, 64, dram + 1024 * n), n);
  bench.run();
  const auto requests = bench.recorder.cycles_of("rda");
  ASSERT_EQ(requests.size(), 32u);
  EXPECT_EQ(requests[16] - requests[0], 106u) << "round trip + 4 beats + 2";
}

TEST(StreamReader, TurnsAPacketRoundWhileTheBusIsBusyAndTriesAgainEverySecondCycle) {
  Dma64 bench;
  bench.dram.throttle_reader(4);
  bench.load(i, mvin(LocalAddr::sp(0), 1, 64, dram + 16));
  bench.run();
  // Packets 0 and 1 come in cycles 5 and 6; the bus is free again in 9: packet 1 tries in 6, 8, 10.
  EXPECT_THAT(since(bench.recorder.cycles_of("rda"), i), ElementsAre(5, 10));
}

// ---- mvin: measured completions

TEST(Mvin, Of16RowsOf64ColumnsCompletesAfter83Cycles) {
  Dma64 bench;
  bench.load(i, mvin(LocalAddr::sp(0), 16, 64));
  bench.run();
  EXPECT_THAT(bench.done(), ElementsAre(83));
  EXPECT_EQ(bench.recorder.cycles_of("spw").front(), i + 19);
  EXPECT_EQ(bench.recorder.cycles_of("spw").size(), 64u);
}

TEST(Mvin, Of16RowsOf16ColumnsCompletesAfter35Cycles) {
  Dma64 bench;
  bench.load(i, mvin(LocalAddr::sp(0), 16, 16));
  bench.run();
  EXPECT_THAT(bench.done(), ElementsAre(35));
}

TEST(Mvin, ToTheAccumulatorCompletesAfter81Cycles) {
  Dma64 bench;
  bench.load(i, mvin(LocalAddr::acc(0), 16, 16));
  bench.run();
  EXPECT_THAT(bench.done(), ElementsAre(81));
}

TEST(Mvin, OfStride0FetchesOneRowAndWritesItForEachRow) {
  Dma64 bench(0);
  bench.load(i, mvin(LocalAddr::sp(0), 16, 16));
  bench.run();
  EXPECT_THAT(bench.done(), ElementsAre(35));
  EXPECT_EQ(bench.recorder.of("rda").size(), 1u);
  EXPECT_EQ(bench.recorder.of("spw").size(), 16u);
}

TEST(Mvin, FromAddress0WritesZerosWithoutARequest) {
  Dma64 bench;
  bench.load(i, mvin(LocalAddr::sp(0), 16, 64, 0));
  bench.run();
  EXPECT_THAT(bench.done(), ElementsAre(67));
  EXPECT_EQ(bench.recorder.cycles_of("spw").front(), i + 3);
  EXPECT_EQ(bench.recorder.of("spw").size(), 64u);
  EXPECT_TRUE(bench.recorder.of("rda").empty());
}

TEST(Mvin, StreamOfFullRowsTakes64CyclesEach) {
  Dma64 bench;
  for (unsigned n = 0; n < 8; ++n) bench.load(i + n, mvin(LocalAddr::sp(64 * n), 16, 64, dram + 1024 * n), n);
  bench.run();
  EXPECT_THAT(distances(bench.done()), Each(64u));
}

TEST(Mvin, StreamOfSmallTilesTakesSeventeenAndAHalfCyclesEach) {
  Dma64 bench;
  for (unsigned n = 0; n < 8; ++n) bench.load(i + n, mvin(LocalAddr::sp(16 * n), 16, 16, dram + 1024 * n), n);
  bench.run();
  const auto done = bench.done();
  ASSERT_EQ(done.size(), 8u);
  for (std::size_t n = 2; n < 8; ++n) EXPECT_EQ(done[n] - done[n - 2], 35u);
}

TEST(Mvin, StreamOfReplicatedBiasRowsTakes18CyclesEach) {
  Dma64 bench(0);
  for (unsigned n = 0; n < 8; ++n) bench.load(i + n, mvin(LocalAddr::acc(16 * n), 16, 16), n);
  bench.run();
  const auto done = bench.done();
  for (std::size_t n = 2; n < 8; ++n) EXPECT_EQ(done[n] - done[n - 2], 36u);
}

TEST(Mvin, StreamOfSingleRowsTakesTenCyclesEach) {
  Dma64 bench;
  for (unsigned n = 0; n < 8; ++n) bench.load(i + n, mvin(LocalAddr::sp(16 * n), 1, 16), n);
  bench.run();
  const auto done = bench.done();
  for (std::size_t n = 2; n < 8; ++n) EXPECT_EQ(done[n] - done[n - 2], 20u);
}

TEST(Mvin, ThirdOneWaitsForTheFirstToCompleteThoughTransactionsAreFree) {
  Dma64 bench(64, 100);
  for (unsigned n = 0; n < 3; ++n) bench.load(i + n, mvin(LocalAddr::sp(64 * n), 4, 64, dram + 1024 * n), n);
  bench.run();
  const auto requests = bench.recorder.cycles_of("rda");
  ASSERT_EQ(requests.size(), 12u);
  EXPECT_LT(requests[7], i + 20);
  // Completion taken in c: slot free in c+1, row offered, queue c+2, packet c+3, A c+5.
  EXPECT_EQ(requests[8], bench.recorder.cycles_of("done")[0] + 5);
}

TEST(Mvin, HasThreeSlotsWith32RequestsInFlight) {
  config::GemminiParams params;
  params.max_in_flight_mem_reqs.set(32);
  DmaBench bench(params, 100);
  bench.load(i - 50, config_load(64));
  for (unsigned n = 0; n < 4; ++n) bench.load(i + n, mvin(LocalAddr::sp(64 * n), 4, 64, dram + 1024 * n), n);
  bench.run();
  const auto requests = bench.recorder.cycles_of("rda");
  EXPECT_LT(requests[11], i + 24);
  EXPECT_EQ(requests[12], bench.recorder.cycles_of("done")[0] + 5);
}

TEST(Mvin, IntoTheAccumulatorWaitsThreeCyclesBetweenSumsIntoOneRow) {
  Dma64 bench;
  bench.load(i, mvin(LocalAddr::acc(0, true), 1, 16, 0), 0);
  bench.load(i + 1, mvin(LocalAddr::acc(0, true), 1, 16, 0), 1);
  bench.run();
  const auto writes = bench.recorder.cycles_of("accw");
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_EQ(writes[1] - writes[0], 3u);
}

TEST(Mvin, QueueBeforeTheScaleUnitsCostsOneCycle) {
  config::GemminiParams params;
  params.mvin_queue_before_scale.set(true);
  DmaBench bench(params);
  bench.load(i - 50, config_load(64));
  bench.load(i, mvin(LocalAddr::sp(0), 16, 64));
  bench.run();
  EXPECT_THAT(bench.recorder.cycles_of("done"), ElementsAre(i + 84));
}

// ---- Scaling

TEST(MvinScale, BringsThreeRowsIn19Cycles) {
  Dma64 bench(64, 10, two);
  bench.load(i, mvin(LocalAddr::sp(0), 16, 64));
  bench.run();
  const auto writes = bench.recorder.cycles_of("spw");
  const std::uint64_t first_beat = bench.recorder.cycles_of("rdd").front();
  ASSERT_EQ(writes.size(), 64u);
  EXPECT_EQ(writes[0] - first_beat, 21u);
  for (std::size_t n = 3; n < 63; ++n) EXPECT_EQ(writes[n] - writes[n - 3], 19u) << n;
}

TEST(MvinScale, HoldsALoneRowFiveCyclesLongerThanTheIdentityPlusItsElements) {
  Dma64 scaled(64, 10, two);
  scaled.load(i, mvin(LocalAddr::sp(0), 1, 16));
  scaled.run();
  // slot at d+3, four elements a unit, results six cycles later, pixel repeater: d+13
  EXPECT_EQ(scaled.recorder.cycles_of("spw")[0] - scaled.recorder.cycles_of("rdd")[0], 13u);
}

TEST(MvinScale, PushesBackIntoTheBus) {
  Dma64 bench(64, 10, two);
  bench.load(i, mvin(LocalAddr::sp(0), 16, 64));
  bench.run();
  const auto beats = bench.recorder.cycles_of("rdd");
  EXPECT_EQ(beats.size(), 64u);
  EXPECT_GT(beats.back() - beats.front(), 300u) << "64 beats take as long as 64 scaled rows";
  EXPECT_GT(bench.dma.stream_reader.stats().beats_refused.value(), 100u);
}

// ---- mvout: measured rates

TEST(Mvout, FromTheAccumulatorReadsFiveRowsInEightCycles) {
  Dma64 bench;
  bench.store(i, mvout(LocalAddr::acc(0), 16, 16));
  bench.run();
  const auto reads = since(bench.recorder.cycles_of("accr"), i);
  EXPECT_EQ(reads[0], 2u);
  for (std::size_t n = 8; n < 16; ++n) EXPECT_EQ(reads[n] - reads[n - 5], 8u) << n;
}

TEST(Mvout, ReachesTheBusThirteenCyclesAfterAnAccumulatorRead) {
  Dma64 bench;
  bench.store(i, mvout(LocalAddr::acc(0), 1, 16));
  bench.run();
  EXPECT_EQ(bench.recorder.cycles_of("wra")[0] - bench.recorder.cycles_of("accr")[0], 13u);
}

TEST(Mvout, ReachesTheBusEightCyclesAfterAScratchpadRead) {
  Dma64 bench;
  bench.store(i, mvout(LocalAddr::sp(0), 1, 16));
  bench.run();
  EXPECT_EQ(bench.recorder.cycles_of("wra")[0] - bench.recorder.cycles_of("spr")[0], 8u);
}

TEST(Mvout, WithoutReadPipeStagesReachesTheBusSixCyclesAfterAScratchpadRead) {
  config::GemminiParams params;
  params.spad_read_pipe_in_latency.set(false);
  DmaBench bench(params);
  bench.store(i, mvout(LocalAddr::sp(0), 1, 16));
  bench.run();
  // norm_q, scale_q and issue_q take a cycle each, whatever the pipe.
  EXPECT_EQ(bench.recorder.cycles_of("wra")[0] - bench.recorder.cycles_of("spr")[0], 6u);
}

void expect_seven_cycles_a_row(LocalAddr from) {
  Dma64 bench;
  bench.store(i, mvout(from, 16, 64));
  bench.run();
  std::vector<std::uint64_t> first_beats;
  const auto beats = bench.recorder.cycles_of("wra");
  ASSERT_EQ(beats.size(), 64u);
  for (std::size_t n = 0; n < 64; n += 4) first_beats.push_back(beats[n]);
  EXPECT_THAT(distances(first_beats), Each(7u));
}
TEST(Mvout, Of64ColumnsFromTheAccumulatorTakesSevenCyclesARow) { expect_seven_cycles_a_row(LocalAddr::acc(0)); }
TEST(Mvout, Of64ColumnsFromTheScratchpadTakesSevenCyclesARow) { expect_seven_cycles_a_row(LocalAddr::sp(0)); }

TEST(Mvout, AtFullWidthTakesFourCyclesARow) {
  Dma64 bench;
  bench.store(i, mvout(LocalAddr::acc(0, false, true), 16, 16));
  bench.run();
  EXPECT_THAT(distances(bench.recorder.cycles_of("wra")), Each(1u));
}

// Measured from the config_mvout's acceptance (its issue is five cycles later) to the first idle cycle.
void expect_idle_after(const isa::Command& first, unsigned rows_apart, std::uint64_t cycles) {
  DmaBench bench;
  bench.store(i, config_store(64));
  for (unsigned n = 0; n < 4; ++n) {
    auto command = isa::Mvout::decode(first);
    command.dram = VirtAddr{dram + 1024 * n};
    command.local.addr = LocalAddr{command.local.addr.raw() + rows_apart * n};
    bench.store(i + 1 + n, command.encode(), n);
  }
  bench.run();
  EXPECT_EQ(bench.recorder.cycles_of("wrd").back() + 1 - (i - 5), cycles);
}
TEST(Mvout, FourOf64ColumnsTake476Cycles) { expect_idle_after(mvout(LocalAddr::acc(0), 16, 64), 64, 476); }
TEST(Mvout, FourAtFullWidthTake284Cycles) { expect_idle_after(mvout(LocalAddr::acc(0, false, true), 16, 16), 16, 284); }
TEST(Mvout, FourOf16ColumnsTake131Cycles) { expect_idle_after(mvout(LocalAddr::acc(0), 16, 16), 16, 131); }

TEST(Mvout, CompletesInTheCycleAfterItsLastReadLongBeforeItsWritesAreAcknowledged) {
  Dma64 bench;
  bench.store(i, mvout(LocalAddr::acc(0), 16, 16));
  bench.run();
  EXPECT_EQ(bench.recorder.cycles_of("done")[0], bench.recorder.cycles_of("accr").back() + 1);
  EXPECT_GT(bench.recorder.cycles_of("wrd").back(), bench.recorder.cycles_of("done")[0] + 10);
}

TEST(Mvout, SendsPartialPutsWhereARowDoesNotFillItsRequest) {
  Dma64 bench;
  bench.store(i, mvout(LocalAddr::sp(0), 1, 16, dram + 40));
  bench.run();
  const auto beats = bench.recorder.of("wra");
  ASSERT_EQ(beats.size(), 2u);  // 16 bytes at 40 lie in one half of a line: a request of 32
  EXPECT_THAT(beats[0].fields, ElementsAre(0, dram + 32, 5));
  EXPECT_EQ(bench.dma.stream_writer.stats().partial_requests.value(), 1u);
}

TEST(Mvout, PoolsAWindowElementACycle) {
  DmaBench bench;
  isa::ConfigMvout pool;
  pool.pool_stride = pool.pool_size = 2;
  pool.porows = pool.pocols = pool.pool_out_dim = 4;
  pool.orows = pool.ocols = 8;
  pool.stride = 64;
  bench.store(i - 50, pool.encode());
  bench.store(i, mvout(LocalAddr::acc(0), 1, 16));
  bench.run();
  EXPECT_EQ(bench.recorder.of("accr").size(), 64u);
  EXPECT_EQ(bench.recorder.of("wra").size(), 16u);
  const auto reads = bench.recorder.cycles_of("accr");
  for (std::size_t n = 16; n < 64; ++n) EXPECT_EQ(reads[n] - reads[n - 5], 8u);
}

TEST(Mvout, PaddingOfAPoolingWindowReadsNothing) {
  DmaBench bench;
  isa::ConfigMvout pool;
  pool.pool_stride = 1, pool.pool_size = 3, pool.upad = pool.lpad = 1;
  pool.porows = pool.pocols = pool.pool_out_dim = 4;
  pool.orows = pool.ocols = 4;
  pool.stride = 64;
  bench.store(i - 50, pool.encode());
  bench.store(i, mvout(LocalAddr::acc(0), 1, 16));
  bench.run();
  EXPECT_EQ(bench.recorder.of("accr").size(), 100u);  // 16 windows of 9, 44 elements outside
  EXPECT_EQ(bench.recorder.of("done").size(), 1u);
}

// ---- The command tracker

TEST(DmaCommandTracker, ReportsACommandInTheCycleAfterItsLastByteNotBefore) {
  DmaCommandTracker tracker(2);
  const unsigned slot = tracker.allocate(Cycle{1}, sim::RobId{3}, 64);
  tracker.returned(Cycle{10}, slot, 48);
  EXPECT_EQ(tracker.complete(Cycle{11}), DmaCommandTracker::none);
  tracker.returned(Cycle{12}, slot, 16);
  EXPECT_EQ(tracker.complete(Cycle{12}), DmaCommandTracker::none) << "one cycle early";
  EXPECT_EQ(tracker.complete(Cycle{13}), 0) << "on time";
  EXPECT_EQ(tracker.id(0).raw, 3);
}

TEST(DmaCommandTracker, RefusesAThirdCommandUntilASlotIsReleased) {
  DmaCommandTracker tracker(2);
  tracker.allocate(Cycle{1}, sim::RobId{0}, 1);
  tracker.allocate(Cycle{1}, sim::RobId{1}, 1);
  EXPECT_FALSE(tracker.can_allocate());
  tracker.release(1);
  EXPECT_TRUE(tracker.can_allocate());
  EXPECT_EQ(tracker.allocate(Cycle{2}, sim::RobId{2}, 1), 1);
}

TEST(XactTracker, GivesAFreedEntryAgainInTheNextCycleOnly) {
  XactTracker tracker(2);
  tracker.allocate(Cycle{1}, {});
  tracker.allocate(Cycle{2}, {});
  tracker.release(Cycle{5}, 0);
  EXPECT_FALSE(tracker.can_allocate(Cycle{5})) << "one cycle early";
  EXPECT_TRUE(tracker.can_allocate(Cycle{6})) << "on time";
  EXPECT_EQ(tracker.allocate(Cycle{6}, {}), 0u);
}

TEST(ScaleLanes, ServesThreeRowsInTurnSoThatTheyEndTogether) {
  ScaleLanes lanes(16, 4, 4);
  for (std::uint64_t t = 0; t < 3; ++t) lanes.step(Cycle{t}), lanes.load(Cycle{t}, static_cast<unsigned>(t), false);
  for (std::uint64_t t = 3; t < 20; ++t) lanes.step(Cycle{t});
  // Slot 0 is valid from 1. The unit's turn begins above element 0, so that one comes last of twelve: 1 + 11 + 6.
  EXPECT_FALSE(lanes.complete(0, Cycle{17}));
  EXPECT_TRUE(lanes.complete(0, Cycle{18}));
  EXPECT_TRUE(lanes.complete(1, Cycle{18}));
  EXPECT_TRUE(lanes.complete(2, Cycle{18}));
}

// ---- Address translation

/// Answers each request after a fixed number of cycles with the identity.
class StubWalker : public sim::PageTableWalker, public sim::Clocked {
 public:
  StubWalker(sim::ClockDomain& domain, unsigned cycles) : domain_(domain), cycles_(cycles) {
    domain.enrol(*this, sim::level::page_table_walker);
  }
  bool translates(const sim::TranslationStatus& status) const override { return !status.machine; }
  void walk(Cycle at, VirtAddr vaddr, sim::TranslationClient& client) override {
    asked.push_back(at.count());
    vaddr_ = vaddr, client_ = &client, told_ = Cycle{at.count() + cycles_ - 1};
    wake(told_);
  }
  Cycle step(Cycle now) override {
    if (now != told_) return Cycle::never();
    const sim::PagePermissions all{true, true, false, true};
    client_->translated(now + 1, {vaddr_, PhysAddr{vaddr_.value() & ~0xfffULL}, 12, all});
    return Cycle::never();
  }
  std::string block_name() const override { return "walker"; }
  std::vector<std::uint64_t> asked;

 private:
  sim::ClockDomain& domain_;
  unsigned cycles_;
  VirtAddr vaddr_;
  sim::TranslationClient* client_ = nullptr;
  Cycle told_ = Cycle::never();
};

struct DmaVm : Dma64 {
  explicit DmaVm(unsigned walk_cycles, std::uint64_t stride = 64) : Dma64(stride), walker(domain, walk_cycles) {
    dma.tlb.set_walker(&walker);
  }
  StubWalker walker;
};

TEST(FrontendTlb, DelaysALoadByTheWalkAndTwoCyclesAtAnIsolatedMiss) {
  DmaVm bench(20);
  bench.load(i, mvin(LocalAddr::sp(0), 1, 16));
  bench.run();
  EXPECT_THAT(since(bench.walker.asked, i), ElementsAre(6));
  EXPECT_THAT(since(bench.recorder.cycles_of("rda"), i), ElementsAre(5 + 20 + 2));
}

TEST(FrontendTlb, LaunchesARowEachWalkAndThreeCyclesWhenEveryRowIsInANewPage) {
  DmaVm bench(20, 4096);  // with an odd walk the retries' rhythm makes it one less
  bench.load(i, mvin(LocalAddr::sp(0), 16, 16));
  bench.run();
  EXPECT_EQ(bench.walker.asked.size(), 16u);
  const auto requests = bench.recorder.cycles_of("rda");
  for (std::size_t n = 2; n < requests.size(); ++n) EXPECT_EQ(requests[n] - requests[n - 1], 23u) << n;
}

std::size_t walks_of(const std::vector<unsigned>& pages) {
  DmaVm bench(10);
  for (std::size_t n = 0; n < pages.size(); ++n)
    bench.load(i + 100 * n, mvin(LocalAddr::sp(0), 1, 16, dram + 4096 * pages[n]), 0);
  bench.run();
  return bench.walker.asked.size();
}
TEST(FrontendTlb, WalksOncePerPageInOrder) { EXPECT_EQ(walks_of({0, 1, 2, 3, 4, 5, 6, 7}), 8u); }
TEST(FrontendTlb, LosesAllFourPagesWhenItLeavesTheir16KiB) { EXPECT_EQ(walks_of({0, 1, 2, 3, 4, 0, 1}), 7u); }
TEST(FrontendTlb, KeepsFourPagesOf16KiB) { EXPECT_EQ(walks_of({0, 1, 2, 3, 0, 1, 2, 3}), 4u); }
TEST(FrontendTlb, WalksAtEverySwitchBetweenDistantPages) { EXPECT_EQ(walks_of({0, 64, 0, 64, 64}), 4u); }

TEST(FrontendTlb, CostsNothingWithoutTranslation) {
  Dma64 bench(4096);
  bench.load(i, mvin(LocalAddr::sp(0), 16, 16));
  bench.run();
  EXPECT_THAT(distances(bench.recorder.cycles_of("rda")), Each(1u));
  EXPECT_EQ(bench.dma.tlb.stats().tlb_misses.value(), 0u);
}

TEST(FrontendTlb, AnswersOneOfTwoClientsThatNeedTheTlbInTheSameCycle) {
  const config::GemminiParams params;
  FrontendTlb tlb("tlb", params);
  tlb.present(FrontendTlb::Writer, Cycle{1}, VirtAddr{0x1000}, true);
  tlb.present(FrontendTlb::Reader, Cycle{1}, VirtAddr{0x2000}, true);
  EXPECT_TRUE(tlb.answer(FrontendTlb::Writer, Cycle{2}).miss);
  EXPECT_FALSE(tlb.answer(FrontendTlb::Reader, Cycle{2}).miss);
  tlb.present(FrontendTlb::Writer, Cycle{3}, VirtAddr{0x1000}, true);
  tlb.present(FrontendTlb::Reader, Cycle{3}, VirtAddr{0x2040}, true);
  EXPECT_FALSE(tlb.answer(FrontendTlb::Writer, Cycle{4}).miss) << "the reader's page is in its register";
  EXPECT_EQ(tlb.answer(FrontendTlb::Reader, Cycle{4}).paddr, PhysAddr{0x2040});
  EXPECT_EQ(tlb.stats().arbitration_losses.value(), 1u);
}

TEST(FrontendTlb, FlushForgetsRegistersAndEntries) {
  DmaVm bench(10);
  bench.load(i, mvin(LocalAddr::sp(0), 1, 16), 0);
  bench.run();
  bench.dma.tlb.flush(bench.domain.now());
  bench.dma.tlb.present(FrontendTlb::Reader, Cycle{1000}, VirtAddr{dram}, true);
  EXPECT_TRUE(bench.dma.tlb.answer(FrontendTlb::Reader, Cycle{1001}).miss);
}

// ---- Values, against the untimed oracle

std::uint8_t content(std::uint64_t address) {
  return static_cast<std::uint8_t>((address * 0x9E3779B97F4A7C15ULL) >> 56);
}

struct RandomProgram {
  RandomProgram(unsigned seed, bool pixel_repeats) : random(seed), pixel_repeats_(pixel_repeats) {}
  unsigned below(unsigned n) { return random() % n; }
  unsigned between(unsigned low, unsigned high) { return low + below(high - low + 1); }
  std::uint64_t address(unsigned alignment) { return dram + below(8192 / alignment) * alignment; }

  std::vector<isa::Command> group() {
    switch (below(4)) {
      case 0:
        return loads_to_scratchpad();
      case 1:
        return loads_to_accumulator();
      case 2:
        return stores();
      default:
        return pooled_store();
    }
  }
  std::vector<isa::Command> loads_to_scratchpad() {
    const bool repeats = pixel_repeats_ && below(4) == 0;
    const unsigned cols = repeats ? between(1, 4) : between(1, 64), rows = between(1, 16);
    const std::uint32_t scales[] = {float_one_bits, float_one_bits, two, 0x3f000000, 0xbfc00000};
    return {config_load(below(5) == 0 ? 0 : below(200), scales[below(5)], false, between(rows, 40),
                        repeats ? between(1, 4) : 1),
            mvin(LocalAddr::sp(below(16384 - 256)), rows, cols, below(6) == 0 ? 0 : address(1))};
  }
  std::vector<isa::Command> loads_to_accumulator() {
    const bool shrink = below(2) == 0;
    const unsigned rows = between(1, 16), cols = between(1, shrink ? 64 : 16);
    const bool zeros = !shrink && below(6) == 0;
    return {config_load(below(5) == 0 ? 0 : 4 * below(60), shrink && below(2) ? two : float_one_bits, shrink,
                        between(rows, 20)),
            mvin(LocalAddr::acc(below(1024 - 128), below(2) == 0), rows, cols, zeros ? 0 : address(4))};
  }
  isa::ConfigMvout store_config() {
    isa::ConfigMvout config;
    config.stride = below(200);
    config.activation = below(2) == 0 ? Activation::Relu : Activation::None;
    const std::uint32_t scales[] = {float_one_bits, 0x3d000000, 0x3c23d70a, isa::ConfigMvout::keep_scale};
    config.acc_scale = scales[below(4)];
    return config;
  }
  std::vector<isa::Command> stores() {
    const bool full = below(4) == 0, scratchpad = !full && below(2) == 0;
    const LocalAddr from =
        scratchpad ? LocalAddr::sp(below(16384 - 128)) : LocalAddr::acc(below(1024 - 128), false, full);
    return {store_config().encode(), mvout(from, between(1, 16), between(1, full ? 16 : 64), address(1))};
  }
  std::vector<isa::Command> pooled_store() {
    isa::ConfigMvout config = store_config();
    config.pool_stride = between(1, 3);
    config.pool_size = between(1, 3);
    config.upad = below(2), config.lpad = below(2);
    config.porows = between(1, 3), config.pocols = between(1, 3), config.pool_out_dim = 3;
    config.orows = between(1, 6), config.ocols = between(1, 6);
    return {config.encode(), mvout(LocalAddr::acc(below(512)), 1, between(1, 16), address(1))};
  }
  std::mt19937 random;
  bool pixel_repeats_;
};

void run_random_program(unsigned seed, const config::GemminiParams& params = config::GemminiParams()) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  DmaBench bench(params, 10, true);
  functional::SparseMemory expected_memory;
  for (std::uint64_t a = dram - 256; a < dram + 65536; ++a) {
    bench.dram.bytes[a] = content(a);
    expected_memory.put<std::uint8_t>(PhysAddr{a}, content(a));
  }
  functional::Oracle oracle(functional::OracleParams{bench.params}, expected_memory);
  RandomProgram program(seed, params.has_first_layer_optimizations);
  std::uint64_t cycle = i;
  for (unsigned n = 0; n < 200; ++n)
    for (const isa::Command& command : program.group()) {
      command.is_store() ? bench.store(cycle, command) : bench.load(cycle, command);
      oracle.execute(command);
      cycle += 3000;
    }
  bench.run();
  ASSERT_EQ(bench.station.late_issues, 0u);
  for (std::uint32_t row = 0; row < 16384; ++row)
    ASSERT_EQ(bench.memory.peek(LocalAddr::sp(row)), oracle.scratchpad_row(row)) << "scratchpad row " << row;
  for (std::uint32_t row = 0; row < 1024; ++row)
    ASSERT_EQ(bench.memory.peek(LocalAddr::acc(row)), oracle.accumulator_row(row)) << "accumulator row " << row;
  for (std::uint64_t a = dram - 256; a < dram + 65536; ++a)
    ASSERT_EQ(bench.dram.at(a), expected_memory.get<std::uint8_t>(PhysAddr{a})) << std::hex << a;
}
TEST(DmaValues, RandomMvinsAndMvoutsLeaveWhatTheOracleLeaves) { run_random_program(1); }
TEST(DmaValues, RandomMvinsAndMvoutsLeaveWhatTheOracleLeavesAgain) { run_random_program(std::random_device{}()); }
TEST(DmaValues, BringAnElementOfASumThatLiesAcrossTwoPackets) {
  DmaBench bench(config::GemminiParams(), 10, true);
  for (unsigned byte = 0; byte < 128; ++byte) bench.dram.bytes[dram + byte] = static_cast<std::uint8_t>(byte * 7 + 1);
  bench.load(i - 50, config_load(64));
  bench.load(i, mvin(LocalAddr::acc(0), 1, 16, dram + 18));
  bench.run();
  RowBytes expected(64);
  for (unsigned byte = 0; byte < 64; ++byte) expected.data()[byte] = bench.dram.at(dram + 18 + byte);
  EXPECT_EQ(bench.memory.peek(LocalAddr::acc(0)), expected);
}

TEST(DmaValues, RefuseToAccumulateAnElementThatLiesAcrossTwoPackets) {
  DmaBench bench;
  bench.load(i, mvin(LocalAddr::acc(0).with_accumulate(true), 1, 16, dram + 18));
  bench.run();
  EXPECT_THROW(bench.domain.rethrow_failure(), UserError);
}

TEST(DmaValues, DoNotDependOnHowTheScaleUnitsAreBuilt) {
  config::GemminiParams params;
  params.has_first_layer_optimizations.set(false);
  params.mvin_scale.units.set(-1);
  params.acc_scale.units.set(4);
  params.mvin_queue_before_scale.set(true);
  params.spad_read_pipe_in_latency.set(false);
  run_random_program(2, params);
}
TEST(DmaValues, SurviveASingleTransactionAtATime) {
  config::GemminiParams params;
  params.max_in_flight_mem_reqs.set(1);
  run_random_program(3, params);
}

// Statistics passes over rows of two blocks, then the pass that writes them; two rows with ids of their own.
void run_normalised(Activation activation, std::vector<NormCmd> passes) {
  config::GemminiParams params;
  params.has_normalizations.set(true);
  DmaBench bench(params, 10, true);
  functional::SparseMemory expected_memory;
  functional::Oracle oracle(functional::OracleParams{params}, expected_memory);
  for (unsigned row = 0; row < 32; ++row) {
    RowBytes values(64);
    for (unsigned lane = 0; lane < 16; ++lane)
      values.set<std::int32_t>(lane, static_cast<std::int8_t>(content(16 * row + lane)) * 5);
    bench.memory.poke(LocalAddr::acc(row), values);
    oracle.set_accumulator_row(row, values);
  }
  std::uint64_t cycle = i;
  const auto both = [&](const isa::Command& command) {
    bench.store(cycle, command);
    oracle.execute(command);
    cycle += 500;
  };
  isa::ConfigMvout config;
  config.stride = 32;
  config.acc_scale = activation == Activation::Softmax ? float_one_bits : 0x42000000;
  config.activation = activation == Activation::Softmax ? Activation::None : activation;
  both(config.encode());
  isa::ConfigNorm norm;
  norm.activation_msb = activation == Activation::Softmax;
  norm.qb = 100, norm.qc = 7000, norm.q_const = 30;
  both(norm.encode());
  norm.q_const_is_inverse = true, norm.q_const = 2184;
  both(norm.encode());
  for (const NormCmd pass : passes)
    for (unsigned row = 0; row < 2; ++row) {
      isa::ConfigNorm id;
      id.set_stats_id_only = true;
      id.stats_id = row;
      both(id.encode());
      both(mvout(LocalAddr::acc(row).with_norm_cmd(static_cast<unsigned>(pass)), 1, 32, dram + 64 * row));
    }
  bench.run();
  ASSERT_EQ(bench.station.late_issues, 0u);
  EXPECT_EQ(bench.recorder.of("done").size(), 2 * passes.size());
  unsigned different_from_zero = 0;
  for (std::uint64_t a = dram; a < dram + 128; ++a) {
    EXPECT_EQ(bench.dram.at(a), expected_memory.get<std::uint8_t>(PhysAddr{a})) << std::hex << a;
    different_from_zero += bench.dram.at(a) != 0;
  }
  EXPECT_GT(different_from_zero, 4u);
}
TEST(Normalizer, NormalisesALayer) {
  run_normalised(Activation::LayerNorm, {NormCmd::Mean, NormCmd::InvStddev, NormCmd::Reset});
}
TEST(Normalizer, MakesASoftmax) {
  run_normalised(Activation::Softmax, {NormCmd::Max, NormCmd::InvSumExp, NormCmd::Reset});
}
TEST(Normalizer, KeepsEveryIdWaitingWhileTheLanesOfAPassDrain) {
  config::GemminiParams params;
  params.has_normalizations.set(true);
  Normalizer normalizer(params, params.element_types());
  AccumulatorRow row;
  row.cmd = NormCmd::Mean;
  normalizer.accept(Cycle{10}, row);
  EXPECT_FALSE(normalizer.can_accept(Cycle{15}, 1)) << "one cycle early";
  EXPECT_TRUE(normalizer.can_accept(Cycle{16}, 1)) << "on time";
  EXPECT_FALSE(normalizer.can_accept(Cycle{16}, 0)) << "its own division is under way";
}

// ---- Cycles depend neither on values nor on the order of independent blocks

std::vector<Seen> busy_program(bool values, sim::StepOrder order) {
  DmaBench bench(config::GemminiParams(), 10, values, order);
  bench.load(i, config_load(48, two));
  bench.store(i, config_store(48));
  for (unsigned n = 0; n < 12; ++n) {
    bench.load(i + 1 + 8 * n, mvin(LocalAddr::sp(128 * n), 16, 3 + 5 * n, dram + 1024 * n), n % 8);
    bench.store(i + 1 + 30 * n,
                mvout(n % 2 == 0 ? LocalAddr::acc(32 * n) : LocalAddr::sp(4096 + 64 * n), 7, 64 - n, dram + 700 * n),
                n % 4);
  }
  bench.run();
  auto seen = bench.recorder.seen;
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) {
    return std::tie(a.cycle, a.kind, a.fields) < std::tie(b.cycle, b.kind, b.fields);
  });
  return seen;
}
std::uint64_t fingerprint(const std::vector<Seen>& events) {
  std::uint64_t hash = 1469598103934665603ULL;
  const auto mix = [&](std::uint64_t word) { hash = (hash ^ word) * 1099511628211ULL; };
  for (const Seen& event : events) {
    mix(event.cycle);
    for (const char c : event.kind) mix(static_cast<unsigned char>(c));
    for (const std::uint64_t field : event.fields) mix(field);
  }
  return hash;
}
constexpr std::uint64_t busy_program_fingerprint = 12062553930466930993ULL;
// ---- Event counters

std::uint64_t counted(const EventCounts& events, CounterEvent event) { return events.total(event, Cycle{100000}); }

TEST(DmaEvents, CountTheRowsOfAMvinBehindItsFirstAsActive) {
  Dma64 bench;
  EventCounts events;
  bench.dma.report_to(events);
  bench.load(i, mvin(LocalAddr::sp(0), 16, 64));
  bench.run();
  EXPECT_EQ(counted(events, CounterEvent::LoadActiveCycle), 15U);
  EXPECT_EQ(counted(events, CounterEvent::LoadDmaWaitCycle), 0U);
  EXPECT_EQ(counted(events, CounterEvent::MainLdCycles), 1U + 83U)
      << "its configuration; from issue + 1 to its completion";
}

TEST(DmaEvents, CountTheRowsThatTheReaderHasNoRoomFor) {
  Dma64 bench(64, 100);
  EventCounts events;
  bench.dma.report_to(events);
  for (unsigned k = 0; k < 2; ++k) bench.load(i + k, mvin(LocalAddr::sp(64 * k), 16, 64, dram + 0x1000 * k), k);
  bench.run();
  EXPECT_EQ(counted(events, CounterEvent::LoadScratchpadWaitCycle),
            bench.dma.load_controller.stats().cycles.value(LoadController::State::WaitingForReader));
  EXPECT_GT(counted(events, CounterEvent::LoadScratchpadWaitCycle), 50U);
}

TEST(DmaEvents, CountTheBytesOfAcknowledgedPutsAndTheirTimeInFlight) {
  Dma64 bench;
  EventCounts events;
  bench.dma.report_to(events);
  bench.store(i, mvout(LocalAddr::sp(0), 16, 64));
  bench.run();
  EXPECT_EQ(events.total(CounterExternal::WdmaBytesSent, Cycle{100000}), 1024U);
  EXPECT_EQ(events.total(CounterExternal::WdmaTotalLatency, Cycle{100000}),
            bench.dma.stream_writer.stats().in_flight.value());
  EXPECT_EQ(counted(events, CounterEvent::StoreActiveCycle),
            63U + counted(events, CounterEvent::StoreScratchpadWaitCycle));
}

TEST(DmaEvents, CountEachPageThatTheRegistersDidNotHold) {
  Dma64 bench;
  EventCounts events;
  bench.dma.report_to(events);
  bench.load(i, mvin(LocalAddr::sp(0), 16, 64));
  bench.load(i + 200, mvin(LocalAddr::sp(64), 16, 64, dram + 0x1000), 1);
  bench.run();
  EXPECT_EQ(counted(events, CounterEvent::DmaTlbTotalReq), bench.dma.tlb.stats().tlb_hits.value());
  EXPECT_EQ(counted(events, CounterEvent::DmaTlbHitReq), counted(events, CounterEvent::DmaTlbTotalReq));
}

TEST(DmaCycles, AreTheSameEveryTime) {
  EXPECT_EQ(fingerprint(busy_program(false, sim::StepOrder::Normal)), busy_program_fingerprint);
}
TEST(DmaCycles, DoNotDependOnValues) {
  EXPECT_EQ(fingerprint(busy_program(true, sim::StepOrder::Normal)), busy_program_fingerprint);
}
TEST(DmaCycles, DoNotDependOnTheOrderOfIndependentBlocks) {
  EXPECT_EQ(fingerprint(busy_program(false, sim::StepOrder::Reversed)), busy_program_fingerprint);
}

}  // namespace
}  // namespace castor::gemmini::test
