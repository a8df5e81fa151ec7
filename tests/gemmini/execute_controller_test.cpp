// The rules of the execute side, one by one, on the default machine unless a test says otherwise.
#include <gtest/gtest.h>

#include <random>

#include "execute_bench.h"

namespace castor::gemmini::test {
namespace {

constexpr unsigned dim = 16;
using isa::LocalBlock;

LocalBlock block(LocalAddr addr, unsigned rows = dim, unsigned cols = dim) { return {addr, rows, cols}; }
LocalBlock none() { return block(LocalAddr::garbage()); }

isa::Command preload(LocalBlock source, LocalBlock destination) { return isa::Preload{source, destination}.encode(); }
isa::Command compute(LocalBlock a, LocalBlock bd = none(), bool preloaded = true) {
  return isa::Compute{preloaded, a, bd}.encode();
}

isa::Command config(bool weight_stationary, bool a_transpose = false, bool b_transpose = false) {
  isa::ConfigEx config;
  config.weight_stationary = weight_stationary;
  config.a_transpose = a_transpose;
  config.b_transpose = b_transpose;
  return config.encode();
}

const LocalAddr a0 = LocalAddr::sp(0), b0 = LocalAddr::sp(0x2000), c0 = LocalAddr::acc(0),
                bank1 = LocalAddr::sp(0x1000);

/// The bench with a config_ex behind it; commands follow from cycle 100 on, one a cycle.
class ExecuteControllerTest : public testing::Test {
 protected:
  explicit ExecuteControllerTest(const config::GemminiParams& params = {}) : bench(params) {}

  void configure(const isa::Command& command) { bench.issue(10, 0x10, command); }
  void issue(const isa::Command& command) { bench.issue(next_++, next_id_++, command); }
  void pair(LocalBlock b, LocalBlock c, LocalBlock a, LocalBlock bd = none(), bool preloaded = true) {
    issue(preload(b, c));
    issue(compute(a, bd, preloaded));
  }
  void run() { bench.run(5000); }

  std::vector<std::uint64_t> requests() const {
    std::vector<std::uint64_t> cycles;
    for (const auto& request : bench.seen.requests)
      if (!request.flush) cycles.push_back(request.cycle);
    return cycles;
  }
  std::size_t flushes() const { return bench.seen.requests.size() - requests().size(); }
  /// The cycle in which the pass of the n-th request read its first row.
  std::uint64_t pass(std::size_t n) const { return requests().at(n) - 5; }
  std::uint64_t pass_length(std::size_t n) const { return requests().at(n + 1) - requests().at(n); }

  ExecuteBench bench;
  unsigned next_id_ = 0x11;
  std::uint64_t next_ = 100;
};

TEST_F(ExecuteControllerTest, ReadsTheFirstRowTwoCyclesAfterTheComputeBehindThePreloadIssues) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  run();
  EXPECT_EQ(bench.seen.scratchpad_reads.front().cycle, 103U);
  EXPECT_EQ(pass(0), 103U);
}

TEST_F(ExecuteControllerTest, FetchesWeightsLastRowFirst) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  run();
  EXPECT_EQ(bench.seen.scratchpad_reads[0].row, 15U);
  EXPECT_EQ(bench.seen.scratchpad_reads[15].row, 0U);
  EXPECT_EQ(bench.seen.scratchpad_reads[16].row, 0U);
}

TEST_F(ExecuteControllerTest, WritesTheFirstRow38CyclesAfterItsPassBeganAndCompletesThePreloadWithTheLast) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  run();
  const std::uint64_t t = pass(1);
  EXPECT_EQ(bench.seen.accumulator_writes.front().cycle, t + 38);
  EXPECT_EQ(bench.seen.accumulator_writes.back().cycle, t + 38 + 15);
  EXPECT_EQ(bench.seen.done_at(0x12), t + 16);
  EXPECT_EQ(bench.seen.done_at(0x11), t + 38 + 15);
}

TEST_F(ExecuteControllerTest, WaitsForTheComputeBehindAPreload) {
  configure(config(true));
  issue(preload(block(b0), block(c0)));
  bench.issue(300, 0x12, compute(block(a0)));
  run();
  EXPECT_EQ(bench.seen.scratchpad_reads.front().cycle, 302U);
}

TEST_F(ExecuteControllerTest, ChainsPairsAtSixteenCyclesEach) {
  configure(config(true));
  for (unsigned i = 0; i < 8; ++i) pair(block(b0), block(LocalAddr::acc(16 * i)), block(a0));
  run();
  for (std::size_t n = 0; n + 1 < requests().size(); ++n) EXPECT_EQ(pass_length(n), 16U);
  EXPECT_EQ(requests().size(), 9U);
}

TEST_F(ExecuteControllerTest, LosesTheSharedPassWhenThePreloadIsNotInSightInTime) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  // The second pair's compute becomes visible with the first compute's decision in 119: issued in 118 it is too late.
  bench.issue(116, 0x13, preload(block(b0), block(LocalAddr::acc(16))));
  bench.issue(118, 0x14, compute(block(a0)));
  run();
  EXPECT_EQ(requests().size(), 4U);
}

TEST_F(ExecuteControllerTest, SharesThePassWhenTheThirdCommandIsInSightInTime) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  bench.issue(116, 0x13, preload(block(b0), block(LocalAddr::acc(16))));
  bench.issue(117, 0x14, compute(block(a0)));
  run();
  EXPECT_EQ(requests().size(), 3U);
}

TEST_F(ExecuteControllerTest, TakesTwiceAsLongWhenTwoOperandsShareABank) {
  configure(config(true));
  for (unsigned i = 0; i < 3; ++i) pair(block(LocalAddr::sp(0x100)), block(LocalAddr::acc(16 * i)), block(a0));
  run();
  EXPECT_EQ(pass_length(1), 32U);
}

TEST_F(ExecuteControllerTest, TakesThreeTimesAsLongWhenAllOperandsShareABank) {
  configure(config(true));
  const LocalBlock bias = block(LocalAddr::sp(0x200));
  for (unsigned i = 0; i < 3; ++i) pair(block(LocalAddr::sp(0x100)), block(LocalAddr::acc(16 * i)), block(a0), bias);
  run();
  EXPECT_EQ(pass_length(1), 48U);
}

TEST_F(ExecuteControllerTest, CountsPaddingRowsAsConflicts) {
  configure(config(true));
  for (unsigned i = 0; i < 3; ++i) pair(block(LocalAddr::sp(0x100)), block(LocalAddr::acc(16 * i)), block(a0, 4));
  run();
  EXPECT_EQ(pass_length(1), 32U);
}

TEST_F(ExecuteControllerTest, JudgesConflictsRowByRow) {
  configure(config(true));
  // A crosses from bank 0 into bank 1 after eight rows; D lies in bank 1, last row first.
  for (unsigned i = 0; i < 3; ++i)
    pair(block(LocalAddr::sp(0x1100)), block(LocalAddr::acc(16 * i)), block(LocalAddr::sp(0x1000 - 8)));
  run();
  EXPECT_EQ(pass_length(1), 24U);
}

TEST_F(ExecuteControllerTest, StopsWhileTheBankOfAnOperandIsWritten) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  for (unsigned i = 0; i < 64; ++i) bench.write(125 + i, 0, 0x800 + i);
  run();
  EXPECT_EQ(bench.seen.done_at(0x12), 103U + 16 + 16 + 64);
}

TEST_F(ExecuteControllerTest, IsNotDisturbedByWritesToAnotherBank) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  for (unsigned i = 0; i < 64; ++i) bench.write(105 + i, 1, 0x800 + i);
  run();
  EXPECT_EQ(bench.seen.done_at(0x12), 103U + 16 + 16);
}

TEST_F(ExecuteControllerTest, WaitsForAResultThatIsItsOperand) {
  configure(config(true));
  const LocalAddr c = LocalAddr::sp(0x3000);
  pair(block(b0), block(c), block(a0));
  pair(block(b0), block(c0), block(c));
  run();
  // The pass of the second preload begins in the cycle after the last row of C was written.
  EXPECT_EQ(pass(2), bench.seen.scratchpad_writes.back().cycle + 1);
}

TEST_F(ExecuteControllerTest, DoesNotSeeAResultThatStartsOneRowLower) {
  configure(config(true));
  pair(block(b0), block(LocalAddr::sp(0x3000)), block(a0));
  pair(block(b0), block(c0), block(LocalAddr::sp(0x3001)));
  run();
  EXPECT_EQ(requests().size(), 3U);
}

TEST_F(ExecuteControllerTest, PopsConfigFortyCyclesAfterThePassBeforeIt) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  issue(config(true));
  run();
  EXPECT_EQ(bench.seen.done_at(0x13), pass(1) + 16 + 40);
  EXPECT_EQ(flushes(), 2U);
}

TEST_F(ExecuteControllerTest, AppliesConfigAtOnceWhenNothingIsUnderWay) {
  bench.issue(100, 0x11, config(true));
  run();
  EXPECT_EQ(bench.seen.done_at(0x11), 102U);
  EXPECT_EQ(flushes(), 0U);
}

TEST_F(ExecuteControllerTest, NeverFlushesForAnEmptyQueueInWeightStationary) {
  configure(config(true));
  pair(block(b0), block(c0), block(a0));
  run();
  EXPECT_EQ(flushes(), 0U);
}

TEST_F(ExecuteControllerTest, FlushesAnOutputStationaryResultOutWhenTheQueueRunsDry) {
  configure(config(false));
  pair(none(), block(c0), block(a0), block(b0));
  run();
  EXPECT_EQ(bench.seen.accumulator_writes.size(), 16U);
  EXPECT_EQ(bench.seen.accumulator_writes.front().cycle, pass(1) + 54);
  EXPECT_EQ(bench.seen.accumulator_writes.front().row, 15U);
  EXPECT_GE(flushes(), 2U);
}

TEST_F(ExecuteControllerTest, ExpandsATransposedPreloadIntoTwoPassesMore) {
  configure(config(true, false, true));
  pair(block(b0), block(c0), block(a0));
  run();
  EXPECT_EQ(requests().size(), 3U);
  EXPECT_EQ(bench.seen.done.size(), 3U);  // config, preload, compute: the two added commands have no id
}

TEST_F(ExecuteControllerTest, PassesAPairThatKeepsItsWeightsUnexpanded) {
  configure(config(true, false, true));
  pair(block(b0), block(c0), block(a0), none(), false);
  run();
  EXPECT_EQ(requests().size(), 2U);
}

TEST_F(ExecuteControllerTest, CompletesAPreloadWithoutDestinationWhenItsRowsAreRead) {
  configure(config(true));
  pair(block(b0), none(), block(a0));
  run();
  EXPECT_EQ(bench.seen.done_at(0x11), pass(0) + 16);
}

TEST_F(ExecuteControllerTest, CountsEveryCycleOnce) {
  configure(config(true));
  for (unsigned i = 0; i < 5; ++i) pair(block(b0), block(LocalAddr::acc(16 * i)), block(a0));
  run();
  bench.controller.account(Cycle{4000});
  EXPECT_EQ(bench.controller.stats().cycles.total(), 4000U);
  EXPECT_EQ(bench.controller.stats().macs.value(), 5U * 16 * 16 * 16);
  EXPECT_EQ(bench.controller.stats().cycles.value(ExecuteCycle::Row), 6U * 16);
}

TEST_F(ExecuteControllerTest, ReportsWhatTheEventCountersCount) {
  EventCounts events;
  bench.controller.report_to(events);
  configure(config(true));
  for (unsigned i = 0; i < 5; ++i) pair(block(b0), block(LocalAddr::acc(16 * i)), block(a0));
  run();
  EXPECT_EQ(events.total(CounterEvent::ExeActiveCycle, Cycle{4000}), 6U * 15);  // the first cycle of a pass is Wait's
  EXPECT_EQ(events.total(CounterEvent::ExeFlushCycle, Cycle{4000}), 0U);
  // One cycle for the config_ex; then from issue+2 of the first command to the last row written.
  const std::uint64_t last = bench.seen.accumulator_writes.back().cycle;
  EXPECT_EQ(events.total(CounterEvent::MainExCycles, Cycle{4000}), 1 + last - 102 + 1);
}

/// Passes that keep their weights, each of so many rows.
class WeightReuseTest : public ExecuteControllerTest, public testing::WithParamInterface<unsigned> {};

TEST_P(WeightReuseTest, SustainsFivePassesInRowsPlus33CyclesUnlessTheRowsAreMore) {
  configure(config(true));
  const unsigned n = GetParam();
  for (unsigned i = 0; i < 31; ++i)
    pair(i == 0 ? block(b0) : none(), block(LocalAddr::acc(16 * i), n), block(a0, n), none(), i == 0);
  run();
  EXPECT_EQ(requests().at(25) - requests().at(5), 4 * std::max(5 * n, std::max(n, 4U) + 33));
}
INSTANTIATE_TEST_SUITE_P(Rows, WeightReuseTest, testing::Values(1U, 4U, 6U, 7U, 8U, 10U, 12U, 16U));

// ---- Values

using Matrix = std::vector<std::vector<std::int32_t>>;

class ExecuteValuesTest : public ExecuteControllerTest {
 protected:
  ExecuteValuesTest() { std::printf("seed %u\n", seed_); }

  Matrix random_tile(LocalAddr addr, int low = -128, int high = 127) {
    Matrix tile(dim, std::vector<std::int32_t>(dim));
    for (unsigned i = 0; i < dim; ++i) {
      RowBytes row(dim);
      for (unsigned j = 0; j < dim; ++j) {
        tile[i][j] = std::uniform_int_distribution<int>(low, high)(random_);
        row.set<std::int8_t>(j, static_cast<std::int8_t>(tile[i][j]));
      }
      bench.memory.poke(addr.with_offset(i, bench.memory.layout()), row);
    }
    return tile;
  }
  static Matrix product(const Matrix& a, const Matrix& b, const Matrix* d = nullptr) {
    Matrix c(dim, std::vector<std::int32_t>(dim));
    for (unsigned i = 0; i < dim; ++i)
      for (unsigned j = 0; j < dim; ++j) {
        c[i][j] = d != nullptr ? (*d)[i][j] : 0;
        for (unsigned k = 0; k < dim; ++k) c[i][j] += a[i][k] * b[k][j];
      }
    return c;
  }
  static Matrix transposed(const Matrix& m) {
    Matrix t = m;
    for (unsigned i = 0; i < dim; ++i)
      for (unsigned j = 0; j < dim; ++j) t[j][i] = m[i][j];
    return t;
  }
  Matrix accumulator(LocalAddr addr) const {
    Matrix tile(dim, std::vector<std::int32_t>(dim));
    for (unsigned i = 0; i < dim; ++i)
      for (unsigned j = 0; j < dim; ++j)
        tile[i][j] = bench.memory.peek(addr.with_offset(i, bench.memory.layout())).get<std::int32_t>(j);
    return tile;
  }

  unsigned seed_ = std::random_device{}();
  std::mt19937 random_{seed_};
};

TEST_F(ExecuteValuesTest, MultipliesWeightStationaryWithBias) {
  configure(config(true));
  const Matrix a = random_tile(a0), b = random_tile(b0), d = random_tile(bank1);
  pair(block(b0), block(c0), block(a0), block(bank1));
  run();
  EXPECT_EQ(accumulator(c0), product(a, b, &d));
}

TEST_F(ExecuteValuesTest, KeepsWeightsAcrossComputesAndAccumulates) {
  configure(config(true));
  const LocalAddr a1 = LocalAddr::sp(16);
  const Matrix x = random_tile(a0), y = random_tile(a1), b = random_tile(b0);
  pair(block(b0), block(c0), block(a0));
  pair(none(), block(LocalAddr::acc(16)), block(a1), none(), false);
  pair(none(), block(LocalAddr::acc(0, true)), block(a1), none(), false);
  run();
  const Matrix first = product(x, b);
  EXPECT_EQ(accumulator(LocalAddr::acc(16)), product(y, b));
  EXPECT_EQ(accumulator(c0), product(y, b, &first));
}

TEST_F(ExecuteValuesTest, ShortPassesBetweenNewWeightsDoNotDisturbThem) {
  configure(config(true));
  const LocalAddr b1 = LocalAddr::sp(0x2100);
  const Matrix a = random_tile(a0), b = random_tile(b0), w = random_tile(b1);
  pair(block(b0), block(c0), block(a0));
  for (unsigned i = 1; i < 4; ++i) pair(none(), block(LocalAddr::acc(16 * i), 5), block(a0, 5), none(), false);
  pair(block(b1), block(LocalAddr::acc(64)), block(a0));
  run();
  EXPECT_EQ(accumulator(c0), product(a, b));
  EXPECT_EQ(accumulator(LocalAddr::acc(64)), product(a, w));
  EXPECT_EQ(accumulator(LocalAddr::acc(48))[4], product(a, b)[4]);
  EXPECT_EQ(accumulator(LocalAddr::acc(48))[5], Matrix(1, std::vector<std::int32_t>(dim))[0]);
}

TEST_F(ExecuteValuesTest, TransposesBOnTheWayInWeightStationary) {
  configure(config(true, false, true));
  const Matrix a = random_tile(a0), b = random_tile(b0), e = random_tile(LocalAddr::sp(0x2100));
  pair(block(b0), block(c0), block(a0));
  pair(block(LocalAddr::sp(0x2100)), block(LocalAddr::acc(16)), block(a0));
  run();
  EXPECT_EQ(accumulator(c0), product(a, transposed(b)));
  EXPECT_EQ(accumulator(LocalAddr::acc(16)), product(a, transposed(e)));
}

TEST_F(ExecuteValuesTest, TransposesAOnTheWayInWeightStationary) {
  configure(config(true, true, false));
  const Matrix a = random_tile(a0), b = random_tile(b0), e = random_tile(LocalAddr::sp(16));
  pair(block(b0), block(c0), block(a0));
  pair(block(b0), block(LocalAddr::acc(16)), block(LocalAddr::sp(16)));
  run();
  EXPECT_EQ(accumulator(c0), product(transposed(a), b));
  EXPECT_EQ(accumulator(LocalAddr::acc(16)), product(transposed(e), b));
}

TEST_F(ExecuteValuesTest, MultipliesOutputStationary) {
  configure(config(false));
  const Matrix a = random_tile(a0), b = random_tile(b0), d = random_tile(bank1);
  pair(block(bank1), block(c0), block(a0), block(b0));
  run();
  EXPECT_EQ(accumulator(c0), product(a, b, &d));
}

TEST_F(ExecuteValuesTest, AccumulatesOutputStationaryOverK) {
  configure(config(false));
  const LocalAddr a1 = LocalAddr::sp(16), b1 = LocalAddr::sp(0x2010);
  const Matrix a = random_tile(a0), b = random_tile(b0), d = random_tile(bank1);
  const Matrix x = random_tile(a1), y = random_tile(b1);
  pair(block(bank1), none(), block(a0), block(b0));
  pair(none(), block(c0), block(a1), block(b1), false);
  pair(block(bank1), block(LocalAddr::acc(16)), block(a1), block(b0));
  run();
  const Matrix first = product(a, b, &d);
  EXPECT_EQ(accumulator(c0), product(x, y, &first));
  EXPECT_EQ(accumulator(LocalAddr::acc(16)), product(x, b, &d));
}

TEST_F(ExecuteValuesTest, TakesATransposedAUnturnedInOutputStationary) {
  configure(config(false, true, false));
  const Matrix a = random_tile(a0), b = random_tile(b0);
  pair(none(), block(c0), block(a0), block(b0));
  run();
  EXPECT_EQ(accumulator(c0), product(transposed(a), b));
}

TEST_F(ExecuteValuesTest, TransposesBothInOutputStationary) {
  configure(config(false, true, true));
  const Matrix a = random_tile(a0), b = random_tile(b0);
  pair(none(), block(c0), block(a0), block(b0));
  run();
  EXPECT_EQ(accumulator(c0), product(transposed(a), transposed(b)));
}

TEST_F(ExecuteValuesTest, ShiftsAnOutputStationaryResultOnceAndRoundsHalfToEven) {
  isa::ConfigEx shifted;
  shifted.weight_stationary = false;
  shifted.in_shift = 3;
  configure(shifted.encode());
  const Matrix a = random_tile(a0), b = random_tile(b0);
  pair(none(), none(), block(a0), block(b0));
  pair(none(), block(c0), block(a0), block(b0));
  run();
  Matrix c = product(a, b);
  for (auto& row : c)
    for (auto& x : row) x = rounding_shift(x, 3);
  EXPECT_EQ(accumulator(c0), c);
}

TEST_F(ExecuteValuesTest, SaturatesAndRectifiesIntoTheScratchpad) {
  isa::ConfigEx relu;
  relu.activation = Activation::Relu;
  configure(relu.encode());
  const Matrix a = random_tile(a0, -3, 3), b = random_tile(b0, -5, 5);
  const LocalAddr c = LocalAddr::sp(0x3000);
  pair(block(b0), block(c, 9, 5), block(a0));
  run();
  const Matrix expected = product(a, b);
  for (unsigned i = 0; i < dim; ++i)
    for (unsigned j = 0; j < dim; ++j) {
      const bool inside = i < 9 && j < 5;
      const std::int32_t value = inside ? std::clamp(expected[i][j], 0, 127) : 0;
      EXPECT_EQ(bench.memory.peek(c.with_offset(i, bench.memory.layout())).get<std::int8_t>(j), value);
    }
}

TEST_F(ExecuteValuesTest, StridesThroughAAndC) {
  isa::ConfigEx strides;
  strides.a_stride = 2;
  strides.c_stride = 3;
  configure(strides.encode());
  const Matrix low = random_tile(a0), high = random_tile(LocalAddr::sp(16)), b = random_tile(b0);
  pair(block(b0), block(c0), block(a0));
  run();
  Matrix a(dim);
  for (unsigned i = 0; i < dim; ++i) a[i] = i < 8 ? low[2 * i] : high[2 * i - 16];
  const Matrix c = product(a, b);
  for (unsigned i = 0; i < dim; ++i) EXPECT_EQ(bench.memory.peek(LocalAddr::acc(3 * i)).get<std::int32_t>(7), c[i][7]);
}

TEST_F(ExecuteValuesTest, ReadsAnOperandFromTheAccumulatorScaled) {
  isa::ConfigEx half;
  half.acc_scale = 0x3F000000;
  configure(half.encode());
  const Matrix b = random_tile(b0);
  Matrix a(dim, std::vector<std::int32_t>(dim));
  for (unsigned i = 0; i < dim; ++i) {
    RowBytes row(64);
    for (unsigned j = 0; j < dim; ++j) {
      a[i][j] = static_cast<std::int32_t>(i) - 2 * static_cast<std::int32_t>(j);
      row.set<std::int32_t>(j, 2 * a[i][j]);
    }
    bench.memory.poke(LocalAddr::acc(512 + i), row);
  }
  pair(block(b0), block(c0), block(LocalAddr::acc(512)));
  run();
  EXPECT_EQ(accumulator(c0), product(a, b));
}

TEST_F(ExecuteValuesTest, RefusesToAccumulateIntoARowStillUnderWay) {
  isa::ConfigEx same_row;
  same_row.c_stride = 0;
  configure(same_row.encode());
  pair(block(b0), block(LocalAddr::acc(0, true)), block(a0));
  EXPECT_THROW(run(), UserError);
}

TEST_F(ExecuteValuesTest, RefusesAWeightStationaryPassBehindAnOutputStationaryOneWithoutADestination) {
  configure(config(false));
  pair(block(b0), none(), block(a0), block(bank1));
  issue(config(true));
  pair(block(b0), block(c0), block(a0));
  EXPECT_THROW(run(), UserError);
}

TEST_F(ExecuteValuesTest, TakesAWeightStationaryPassBehindAnOutputStationaryOneWithADestination) {
  configure(config(false));
  pair(block(b0), block(LocalAddr::acc(512)), block(a0), block(bank1));
  issue(config(true));
  const Matrix a = random_tile(a0), b = random_tile(b0);
  pair(block(b0), block(c0), block(a0));
  run();
  EXPECT_EQ(accumulator(c0), product(a, b));
}

}  // namespace
}  // namespace castor::gemmini::test
