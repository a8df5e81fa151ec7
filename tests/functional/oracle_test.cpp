// Plain commands, one rule a test.
#include "castor/functional/oracle.h"

#include <gtest/gtest.h>

#include <numeric>

#include "castor/common/error.h"
#include "machine.h"

namespace castor::functional {
namespace {

constexpr std::uint64_t dram = 0x80000000;

std::vector<std::int8_t> counting(std::size_t count) {
  std::vector<std::int8_t> values(count);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

// ------------------------------------------------------------------------------------------------------ mvin

TEST(Mvin, PutsColumnsBeyondSixteenABlockStrideFurther) {
  Machine m;
  m.put(dram, counting(80));
  isa::ConfigMvin config;
  config.stride = 40;
  config.block_stride = 100;
  m.run(config);
  m.mvin(dram, LocalAddr::sp(5), 2, 20);
  EXPECT_EQ(m.sp(5, 0), 1);
  EXPECT_EQ(m.sp(6, 0), 41);
  EXPECT_EQ(m.sp(105, 0), 17);
  EXPECT_EQ(m.sp(106, 3), 60);
}

TEST(Mvin, KeepsTheLanesItDoesNotCover) {
  Machine m;
  m.put(dram, counting(16));
  m.set_sp(0, std::vector<std::int8_t>(16, 99));
  const auto writes = m.mvin(dram, LocalAddr::sp(0), 1, 3);
  EXPECT_EQ(m.sp(0, 2), 3);
  EXPECT_EQ(m.sp(0, 3), 99);
  ASSERT_EQ(writes.size(), 1u);
  ASSERT_EQ(writes[0].local.size(), 1u);
  EXPECT_EQ(writes[0].local[0].value.size(), 3u);
}

TEST(Mvin, ReplicatesOneRowWhenTheStrideIsZero) {
  Machine m;
  m.put(dram, counting(64));
  m.load_config(0);
  m.mvin(dram, LocalAddr::sp(0), 4, 16);
  for (unsigned row = 0; row < 4; ++row) EXPECT_EQ(m.sp(row, 15), 16);
}

TEST(Mvin, WritesZerosFromAddressZeroWhateverTheStride) {
  Machine m;
  m.put(64, counting(64));
  m.load_config(64);
  for (unsigned row = 0; row < 4; ++row) m.set_sp(row, std::vector<std::int8_t>(16, 5));
  m.mvin(0, LocalAddr::sp(0), 3, 16);
  EXPECT_EQ(m.sp(1, 0), 0);
  EXPECT_EQ(m.sp(2, 15), 0);
  EXPECT_EQ(m.sp(3, 0), 5);
}

TEST(Mvin, AccumulatesOnlyWhenTheAddressSaysSo) {
  Machine m;
  m.put(dram, std::vector<std::int32_t>{10, -20, INT32_MAX});
  m.set_acc(3, {1, 1, 1, 7});
  m.mvin(dram, LocalAddr::acc(3, true), 1, 3);
  EXPECT_EQ(m.acc(3, 0), 11);
  EXPECT_EQ(m.acc(3, 2), INT32_MIN);
  EXPECT_EQ(m.acc(3, 3), 7);
  m.mvin(dram, LocalAddr::acc(3), 1, 3);
  EXPECT_EQ(m.acc(3, 1), -20);
}

TEST(Mvin, ScalesAndWidensShrunkRowsButNotFullOnes) {
  Machine m;
  m.put(dram, std::vector<std::int8_t>{3, -3, 100});
  m.put(dram + 64, std::vector<std::int32_t>{3});
  m.load_config(0, 0, 1.5F, true);
  m.mvin(dram, LocalAddr::acc(0), 1, 3);
  EXPECT_EQ(m.acc(0, 0), 4);
  EXPECT_EQ(m.acc(0, 1), -4);
  EXPECT_EQ(m.acc(0, 2), 127);
  m.load_config(0, 0, 1.5F, false);
  m.mvin(dram + 64, LocalAddr::acc(1), 1, 1);
  EXPECT_EQ(m.acc(1, 0), 3);
}

TEST(Mvin, UsesTheStateItsMnemonicNames) {
  Machine m;
  m.put(dram, counting(32));
  m.load_config(16, 0, 1.0F);
  m.load_config(1, 1, 2.0F);
  m.run(isa::Mvin{1, VirtAddr{dram}, {LocalAddr::sp(0), 2, 2}});
  EXPECT_EQ(m.sp(1, 0), 4);
  EXPECT_EQ(m.sp(1, 1), 6);
}

TEST(PixelRepeats, WriteEachPixelBesideItsPredecessors) {
  Machine m;
  m.put(dram, counting(6));
  isa::ConfigMvin config;
  config.stride = 3;
  config.pixel_repeats = 3;
  m.run(config);
  const auto writes = m.mvin(dram, LocalAddr::sp(10), 2, 3);
  EXPECT_EQ(m.sp(10, 0), 1);
  EXPECT_EQ(m.sp(9, 3), 1);
  EXPECT_EQ(m.sp(8, 6), 1);
  EXPECT_EQ(m.sp(10, 3), 4);
  EXPECT_EQ(m.sp(9, 6), 4);
  EXPECT_EQ(m.sp(11, 2), 6);
  EXPECT_EQ(writes[0].local.size(), 6u);
}

TEST(PixelRepeats, StopAtRowZeroAndAtTheStartOfTheUpperHalf) {
  Machine m;
  m.put(dram, counting(4));
  isa::ConfigMvin config;
  config.pixel_repeats = 2;
  m.run(config);
  EXPECT_EQ(m.mvin(dram, LocalAddr::sp(0), 1, 4)[0].local.size(), 1u);
  EXPECT_EQ(m.mvin(dram, LocalAddr::sp(8192), 1, 4)[0].local.size(), 1u);
  EXPECT_EQ(m.sp(8191, 4), 0);
  EXPECT_EQ(m.mvin(dram, LocalAddr::sp(8193), 1, 4)[0].local.size(), 2u);
}

TEST(PixelRepeats, LoseLanesShiftedBeyondTheRow) {
  Machine m;
  m.put(dram, counting(10));
  isa::ConfigMvin config;
  config.pixel_repeats = 3;
  m.run(config);
  m.mvin(dram, LocalAddr::sp(5), 1, 10);
  EXPECT_EQ(m.sp(4, 10), 1);
  EXPECT_EQ(m.sp(4, 15), 6);
  EXPECT_EQ(m.sp(3, 0), 0);
}

// ----------------------------------------------------------------------------------------------------- mvout

TEST(Mvout, CopiesScratchpadRowsUnchanged) {
  Machine m;
  m.store_config(8, 0.25F, Activation::Relu);
  m.set_sp(2, {-4, 8});
  m.mvout(dram, LocalAddr::sp(2), 1, 2);
  EXPECT_EQ(m.get<std::int8_t>(dram, 2), (std::vector<std::int8_t>{-4, 8}));
}

TEST(Mvout, RectifiesThenScalesThenClipsTheAccumulator) {
  Machine m;
  m.store_config(16, -2.0F, Activation::Relu);
  m.set_acc(0, {-10, 10, 100});
  m.mvout(dram, LocalAddr::acc(0), 1, 3);
  EXPECT_EQ(m.get<std::int8_t>(dram, 3), (std::vector<std::int8_t>{0, -20, -128}));
}

TEST(Mvout, LeavesFullWidthRowsAlone) {
  Machine m;
  m.store_config(64, 0.5F, Activation::Relu);
  m.set_acc(0, {-1000000, 7});
  m.mvout(dram, LocalAddr::acc(0, false, true), 1, 2);
  EXPECT_EQ(m.get<std::int32_t>(dram, 2), (std::vector<std::int32_t>{-1000000, 7}));
}

TEST(Mvout, MergesTheBlocksOfARow) {
  Machine m;
  m.store_config(40);
  m.set_sp(0, counting(16));
  m.set_sp(16, {50, 51});
  m.set_sp(17, {60});
  const auto writes = m.mvout(dram, LocalAddr::sp(0), 2, 18);
  ASSERT_EQ(writes[0].memory.size(), 2u);
  EXPECT_EQ(writes[0].memory[0].bytes.size(), 18u);
  EXPECT_EQ(m.get<std::int8_t>(dram + 16, 2), (std::vector<std::int8_t>{50, 51}));
  EXPECT_EQ(m.get<std::int8_t>(dram + 40 + 16, 1), (std::vector<std::int8_t>{60}));
}

TEST(Mvout, WritesZerosFromTheGarbageAddress) {
  Machine m;
  m.store_config(16);
  m.put(dram, counting(32));
  m.mvout(dram, LocalAddr::garbage(), 2, 4);
  EXPECT_EQ(m.get<std::int8_t>(dram, 5), (std::vector<std::int8_t>{0, 0, 0, 0, 5}));
  EXPECT_EQ(m.get<std::int8_t>(dram + 16, 2), (std::vector<std::int8_t>{0, 0}));
}

TEST(Mvout, KeepsTheOldScaleWhenToldNoChange) {
  Machine m;
  m.store_config(16, 0.5F);
  isa::ConfigMvout config;
  config.stride = 16;
  config.acc_scale = isa::ConfigMvout::keep_scale;
  m.run(config);
  m.set_acc(0, {10});
  m.mvout(dram, LocalAddr::acc(0), 1, 1);
  EXPECT_EQ(m.get<std::int8_t>(dram, 1)[0], 5);
}

TEST(Mvout, RefusesNoRowsUnlessPooling) {
  Machine m;
  m.store_config(16);
  EXPECT_THROW(m.mvout(dram, LocalAddr::acc(0), 0, 4), UserError);
}

isa::ConfigMvout pooling(std::uint32_t orows, std::uint32_t ocols) {
  isa::ConfigMvout config;
  config.stride = 1;
  config.pool_stride = 2;
  config.pool_size = 2;
  config.pool_out_dim = 2;
  config.porows = 2;
  config.pocols = 2;
  config.orows = orows;
  config.ocols = ocols;
  return config;
}

TEST(Pooling, TakesTheMaximumAfterScaling) {
  Machine m;
  isa::ConfigMvout config = pooling(4, 4);
  config.acc_scale = bits_of(-1.0F);
  m.run(config);
  for (std::int32_t pixel = 0; pixel < 16; ++pixel) m.set_acc(static_cast<std::uint32_t>(pixel), {pixel - 8});
  m.mvout(dram, LocalAddr::acc(0), 0, 1);
  EXPECT_EQ(m.get<std::int8_t>(dram, 4), (std::vector<std::int8_t>{8, 6, 0, -2}));
}

TEST(Pooling, CountsPaddingAsZero) {
  Machine m;
  isa::ConfigMvout config = pooling(3, 3);
  config.upad = config.lpad = 1;
  m.run(config);
  for (std::uint32_t pixel = 0; pixel < 9; ++pixel) m.set_acc(pixel, {-5});
  m.mvout(dram, LocalAddr::acc(0), 0, 1);
  EXPECT_EQ(m.get<std::int8_t>(dram, 4), (std::vector<std::int8_t>{0, 0, 0, -5}));
}

TEST(Pooling, StartsWithTheFirstElementNotWithTheLastMaximum) {
  Machine m;
  m.run(pooling(4, 4));
  for (std::uint32_t pixel = 0; pixel < 16; ++pixel) m.set_acc(pixel, {pixel < 8 ? 100 : -100});
  m.mvout(dram, LocalAddr::acc(0), 0, 1);
  EXPECT_EQ(m.get<std::int8_t>(dram, 4), (std::vector<std::int8_t>{100, 100, -100, -100}));
}

TEST(Pooling, RefusesMoreThanOneBlock) {
  Machine m;
  m.run(pooling(4, 4));
  EXPECT_THROW(m.mvout(dram, LocalAddr::acc(0), 0, 17), UserError);
}

TEST(Pooling, IsSwitchedOffByAZeroStrideAndKeepsItsGeometry) {
  Machine m;
  m.run(pooling(4, 4));
  isa::ConfigMvout off;
  off.stride = 16;
  m.run(off);
  m.set_acc(0, {9});
  m.mvout(dram, LocalAddr::acc(0), 1, 1);
  EXPECT_EQ(m.get<std::int8_t>(dram, 1)[0], 9);
}

TEST(OneDimensionalMvout, WalksAnImage) {
  Machine m;
  isa::ConfigMvout config;
  config.stride = 1;
  config.pool_size = 1;
  config.pool_out_dim = 10;
  config.orows = 2;
  config.ocols = 3;
  m.run(config);
  for (std::int32_t row = 0; row < 6; ++row) m.set_acc(static_cast<std::uint32_t>(row), {row + 1});
  m.mvout(dram, LocalAddr::acc(0), 1, 1);
  EXPECT_EQ(m.get<std::int8_t>(dram, 3), (std::vector<std::int8_t>{1, 2, 3}));
  EXPECT_EQ(m.get<std::int8_t>(dram + 10, 3), (std::vector<std::int8_t>{4, 5, 6}));
}

// --------------------------------------------------------------------------------------------------- execute

class Execute : public ::testing::Test {
 protected:
  using Tile = Matrix<std::int8_t>;

  void configure(bool ws, bool a_transpose = false, bool b_transpose = false) {
    isa::ConfigEx config;
    config.weight_stationary = ws;
    config.a_transpose = a_transpose;
    config.b_transpose = b_transpose;
    m.run(config);
  }
  std::vector<Writes> preload(LocalAddr bd, LocalAddr c, std::uint32_t rows = 16, std::uint32_t cols = 16) {
    return m.run(isa::Preload{{bd, 16, 16}, {c, rows, cols}});
  }
  std::vector<Writes> compute(bool flip, LocalAddr a, LocalAddr bd, std::uint32_t rows = 16, std::uint32_t cols = 16) {
    return m.run(isa::Compute{flip, {a, rows, cols}, {bd, 16, 16}});
  }
  Tile tile(std::uint32_t row, int low = -128, int high = 127) {
    Tile t = random_matrix<std::int8_t>(16, 16, random, low, high);
    m.set_sp_tile(row, t);
    return t;
  }
  static std::int32_t dot(const Tile& a, const Tile& b, unsigned i, unsigned j, unsigned depth = 16) {
    std::int32_t sum = 0;
    for (unsigned k = 0; k < depth; ++k) sum += a(i, k) * b(k, j);
    return sum;
  }

  Machine m;
  std::mt19937 random{42};
};

TEST_F(Execute, MultipliesWeightStationaryWithD) {
  configure(true);
  const Tile a = tile(0), b = tile(16), d = tile(32);
  preload(LocalAddr::sp(16), LocalAddr::acc(0));
  compute(true, LocalAddr::sp(0), LocalAddr::sp(32));
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 16; ++j) ASSERT_EQ(m.acc(i, j), dot(a, b, i, j) + d(i, j));
}

TEST_F(Execute, KeepsTheWeightsUntilTheNextFlip) {
  configure(true);
  const Tile a = tile(0), b = tile(16), a2 = tile(32);
  preload(LocalAddr::sp(16), LocalAddr::acc(0));
  compute(true, LocalAddr::sp(0), LocalAddr::garbage());
  preload(LocalAddr::garbage(), LocalAddr::acc(16));
  compute(false, LocalAddr::sp(32), LocalAddr::garbage());
  EXPECT_EQ(m.acc(16 + 3, 5), dot(a2, b, 3, 5));
  EXPECT_EQ(m.acc(7, 9), dot(a, b, 7, 9));
}

TEST_F(Execute, HonoursTheAccumulateBitOfC) {
  configure(true);
  const Tile a = tile(0), b = tile(16);
  for (unsigned pass = 0; pass < 3; ++pass) {
    preload(LocalAddr::sp(16), LocalAddr::acc(0, pass != 0));
    compute(true, LocalAddr::sp(0), LocalAddr::garbage());
  }
  EXPECT_EQ(m.acc(2, 2), 3 * dot(a, b, 2, 2));
}

TEST_F(Execute, ReadsZerosOutsideTheGivenSizes) {
  configure(true);
  const Tile a = tile(0), b = tile(16);
  m.run(isa::Preload{{LocalAddr::sp(16), 5, 7}, {LocalAddr::acc(0), 16, 16}});
  compute(true, LocalAddr::sp(0), LocalAddr::garbage(), 9, 16);
  EXPECT_EQ(m.acc(8, 6), dot(a, b, 8, 6, 5));
  EXPECT_EQ(m.acc(8, 7), 0);
  EXPECT_EQ(m.acc(9, 6), 0);
}

TEST_F(Execute, WritesOnlyTheRowsAndLanesOfC) {
  configure(true);
  tile(0, 1, 5), tile(16, 1, 5);
  for (unsigned row = 0; row < 16; ++row) m.set_acc(row, std::vector<std::int32_t>(16, -1));
  preload(LocalAddr::sp(16), LocalAddr::acc(0), 3, 4);
  compute(true, LocalAddr::sp(0), LocalAddr::garbage());
  EXPECT_GT(m.acc(2, 3), 0);
  EXPECT_EQ(m.acc(2, 4), -1);
  EXPECT_EQ(m.acc(3, 3), -1);
}

TEST_F(Execute, StridesThroughAAndC) {
  isa::ConfigEx config;
  config.a_stride = 2;
  config.c_stride = 3;
  m.run(config);
  const Tile a = tile(0), a_high = tile(16), b = tile(32);
  preload(LocalAddr::sp(32), LocalAddr::acc(0), 4);
  compute(true, LocalAddr::sp(1), LocalAddr::garbage(), 4);
  EXPECT_EQ(m.acc(9, 1), dot(a, b, 7, 1));
  EXPECT_EQ(m.acc(8, 1), 0);
  isa::ConfigEx strides;
  strides.set_only_strides = true;
  strides.weight_stationary = false;
  m.run(strides);
  preload(LocalAddr::garbage(), LocalAddr::acc(100), 4);
  compute(false, LocalAddr::sp(16), LocalAddr::garbage(), 4);
  EXPECT_EQ(m.acc(101, 1), dot(a_high, b, 1, 1));
}

TEST_F(Execute, SaturatesAndRectifiesIntoTheScratchpad) {
  isa::ConfigEx config;
  config.activation = Activation::Relu;
  m.run(config);
  tile(0, 10, 20), tile(16, -20, 20);
  const Tile b = tile(16, -20, 20);
  preload(LocalAddr::sp(16), LocalAddr::sp(64));
  compute(true, LocalAddr::sp(0), LocalAddr::garbage());
  for (unsigned j = 0; j < 16; ++j) {
    EXPECT_GE(m.sp(64, j), 0);
    EXPECT_LE(m.sp(64, j), 127);
  }
}

TEST_F(Execute, TransposesTheWeights) {
  configure(true, false, true);
  const Tile a = tile(0), b = tile(16);
  preload(LocalAddr::sp(16), LocalAddr::acc(0));
  compute(true, LocalAddr::sp(0), LocalAddr::garbage());
  std::int32_t sum = 0;
  for (unsigned k = 0; k < 16; ++k) sum += a(3, k) * b(5, k);
  EXPECT_EQ(m.acc(3, 5), sum);
}

TEST_F(Execute, TransposesAWithSizesAsTheMatrixIsUsed) {
  configure(true, true, false);
  const Tile a = tile(0), b = tile(16);
  preload(LocalAddr::sp(16), LocalAddr::acc(0));
  compute(true, LocalAddr::sp(0), LocalAddr::garbage(), 6, 9);  // six rows of nine, stored as nine rows of six
  std::int32_t sum = 0;
  for (unsigned k = 0; k < 9; ++k) sum += a(k, 5) * b(k, 2);
  EXPECT_EQ(m.acc(5, 2), sum);
  EXPECT_EQ(m.acc(6, 2), 0);
}

TEST_F(Execute, EmitsAnOutputStationaryResultAtTheNextFlip) {
  configure(false);
  const Tile a = tile(0), b = tile(16), d = tile(32), a2 = tile(48), b2 = tile(64);
  preload(LocalAddr::sp(32), LocalAddr::garbage());
  compute(true, LocalAddr::sp(0), LocalAddr::sp(16));
  preload(LocalAddr::garbage(), LocalAddr::acc(0));
  EXPECT_EQ(compute(false, LocalAddr::sp(48), LocalAddr::sp(64)).size(), 1u);
  EXPECT_EQ(m.acc(4, 4), 0);
  preload(LocalAddr::garbage(), LocalAddr::acc(16));
  const auto finished = compute(true, LocalAddr::sp(0), LocalAddr::sp(16));
  ASSERT_EQ(finished.size(), 2u);
  EXPECT_EQ(finished[0].sequence, 3u);  // config_ex, preload, compute, preload
  EXPECT_EQ(finished[0].local.size(), 16u);
  EXPECT_EQ(finished[0].local[0].row, 15u);  // last row first
  const std::int32_t expected = dot(a, b, 4, 4) + d(4, 4) + dot(a2, b2, 4, 4);
  EXPECT_EQ(m.acc(4, 4), expected);
}

TEST_F(Execute, DrainsOutputStationaryResultsBeforeAStore) {
  configure(false);
  const Tile a = tile(0), b = tile(16);
  m.store_config(64);
  preload(LocalAddr::garbage(), LocalAddr::acc(0));
  compute(true, LocalAddr::sp(0), LocalAddr::sp(16));
  m.mvout(dram, LocalAddr::acc(1, false, true), 1, 16);
  EXPECT_EQ(m.get<std::int32_t>(dram, 16)[2], dot(a, b, 1, 2));
}

TEST_F(Execute, DrainsOutputStationaryResultsBeforeTheirRowsAreUsed) {
  configure(false);
  tile(0, 0, 3), tile(16, 0, 2);
  preload(LocalAddr::garbage(), LocalAddr::sp(100));
  compute(true, LocalAddr::sp(0), LocalAddr::sp(16));
  preload(LocalAddr::garbage(), LocalAddr::acc(0));
  EXPECT_EQ(compute(false, LocalAddr::sp(100), LocalAddr::sp(16)).size(), 2u);
}

TEST_F(Execute, ShiftsAndSaturatesOutputStationaryResults) {
  isa::ConfigEx config;
  config.weight_stationary = false;
  config.in_shift = 4;
  m.run(config);
  const Tile a = tile(0), b = tile(16);
  preload(LocalAddr::garbage(), LocalAddr::acc(0));
  compute(true, LocalAddr::sp(0), LocalAddr::sp(16));
  m.oracle.drain();
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 16; ++j) ASSERT_EQ(m.acc(i, j), rounding_shift(dot(a, b, i, j), 4));
}

TEST_F(Execute, WrapsLongOutputStationarySumsAtTwentyBits) {
  configure(false);
  tile(0, 127, 127), tile(16, 127, 127);
  for (unsigned k = 0; k < 4; ++k) {
    preload(LocalAddr::garbage(), LocalAddr::acc(0));
    compute(k == 0, LocalAddr::sp(0), LocalAddr::sp(16));
  }
  m.oracle.drain();
  EXPECT_EQ(m.acc(0, 0), -16320);
}

TEST_F(Execute, TransposesBothOperandsOutputStationary) {
  configure(false, true, true);
  const Tile a = tile(0), b = tile(16);
  preload(LocalAddr::garbage(), LocalAddr::acc(0));
  compute(true, LocalAddr::sp(0), LocalAddr::sp(16));
  m.oracle.drain();
  std::int32_t sum = 0;
  for (unsigned k = 0; k < 16; ++k) sum += a(k, 1) * b(2, k);
  EXPECT_EQ(m.acc(1, 2), sum);
}

TEST_F(Execute, ScalesOperandsReadFromTheAccumulator) {
  isa::ConfigEx config;
  config.acc_scale = bits_of(0.5F);
  config.activation = Activation::Relu;
  m.run(config);
  m.set_acc(200, {-9, 3, 1000});
  Matrix<std::int8_t> identity(16, 16);
  for (unsigned i = 0; i < 16; ++i) identity(i, i) = 1;
  m.set_sp_tile(16, identity);
  preload(LocalAddr::sp(16), LocalAddr::acc(0));
  compute(true, LocalAddr::acc(200), LocalAddr::garbage(), 1);
  EXPECT_EQ(m.acc(0, 0), 0);
  EXPECT_EQ(m.acc(0, 1), 2);
  EXPECT_EQ(m.acc(0, 2), 127);
}

TEST_F(Execute, ReportsTheRowsOfCUnderThePreload) {
  configure(true);
  tile(0), tile(16);
  EXPECT_TRUE(preload(LocalAddr::sp(16), LocalAddr::acc(0), 2).empty());
  const auto finished = compute(true, LocalAddr::sp(0), LocalAddr::garbage());
  ASSERT_EQ(finished.size(), 2u);
  EXPECT_EQ(finished[0].sequence, 1u);
  EXPECT_EQ(finished[0].command.function(), isa::Funct::Preload);
  ASSERT_EQ(finished[0].local.size(), 2u);
  EXPECT_TRUE(finished[0].local[1].accumulator);
  EXPECT_EQ(finished[0].local[1].value, m.oracle.accumulator_row(1));
  EXPECT_EQ(finished[1].sequence, 2u);
  EXPECT_TRUE(finished[1].local.empty());
}

TEST_F(Execute, ReportsEveryCommandExactlyOnce) {
  configure(false);
  std::vector<std::uint64_t> seen;
  const auto note = [&](const std::vector<Writes>& finished) {
    for (const Writes& writes : finished) seen.push_back(writes.sequence);
  };
  for (unsigned n = 0; n < 20; ++n) {
    note(preload(LocalAddr::garbage(), n % 3 ? LocalAddr::acc(16 * (n % 4)) : LocalAddr::garbage()));
    note(compute(n % 2 == 0, LocalAddr::sp(0), LocalAddr::sp(16)));
    if (n % 5 == 4) note(m.mvout(dram, LocalAddr::acc(0), 1, 1));
  }
  note(m.oracle.drain());
  std::sort(seen.begin(), seen.end());
  std::vector<std::uint64_t> all(m.oracle.next_sequence() - 1);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(seen, all);
}

TEST(IllegalUse, IsAUserErrorThatNamesTheRow) {
  Machine m;
  EXPECT_THROW(m.run(isa::Preload{{LocalAddr::sp(0), 16, 16}, {LocalAddr::acc(0), 16, 16}}), UserError);
  m.run(isa::ConfigEx{});
  m.run(isa::Preload{{LocalAddr::garbage(), 16, 16}, {LocalAddr::acc(0), 16, 16}});
  try {
    m.run(isa::Compute{true, {LocalAddr::sp(16380), 16, 16}, {LocalAddr::garbage(), 16, 16}});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "compute: scratchpad row 16384 out of range; allowed: 0..16383");
  }
  EXPECT_THROW(m.mvin(dram, LocalAddr::sp(16384 - 4), 16, 16), UserError);
  EXPECT_THROW(m.run(isa::ConfigNorm{}), UserError);
  EXPECT_THROW(m.run(isa::StoreSpad{}), UserError);
}

TEST(OracleParams, TakesItsShapeFromTheConfiguration) {
  const OracleParams params{config::GemminiParams()};
  EXPECT_EQ(params.layout.data_bits(), 14u);
  EXPECT_EQ(params.max_mvin_cols, 64u);
  EXPECT_EQ(params.loops.max_block_len_acc, 1u);
  EXPECT_EQ(params.loops.conv_encoding, isa::ConvEncoding::Square);
  EXPECT_FALSE(params.loops.has_resadd);
  EXPECT_EQ(params.loops.norm_rows, 4u);
}

TEST(StoreSpad, WritesScaledRowsIntoTheScratchpad) {
  OracleParams params;
  params.stores_to_scratchpad = true;
  Machine m(params);
  m.store_config(16, 0.5F);
  m.set_acc(0, {8, 9});
  m.set_acc(1, {-8, 300});
  m.run(isa::StoreSpad{LocalAddr::sp(50), 2, {LocalAddr::acc(0), 2, 2}});
  EXPECT_EQ(m.sp(50, 0), 4);
  EXPECT_EQ(m.sp(52, 0), -4);
  EXPECT_EQ(m.sp(52, 1), 127);
}

TEST(StoreSpad, WritesRowsOfAccumulatorWidthAcrossTheScratchpadRowsBehind) {
  OracleParams params;
  params.stores_to_scratchpad = true;
  Machine m(params);
  m.store_config(16, 1.0F);
  m.set_acc(0, {1, 2, 3, 4, 5});
  m.run(isa::StoreSpad{LocalAddr::sp(50), 4, {LocalAddr::acc(0, false, true), 1, 5}});
  EXPECT_EQ(m.sp(50, 0), 1);
  EXPECT_EQ(m.sp(50, 12), 4);
  EXPECT_EQ(m.sp(51, 0), 5);
}

TEST(StoreSpad, NeedsAScratchpadThatTileLinkReaches) {
  config::GemminiParams params;
  params.rtl_generation.set(config::RtlGeneration::Head);
  params.settle();
  EXPECT_FALSE(OracleParams(params).stores_to_scratchpad);
  params.use_tl_ext_mem.set(true);
  EXPECT_FALSE(OracleParams(params).stores_to_scratchpad) << "the banks are not that memory";
  params.use_shared_ext_mem.set(true);
  EXPECT_TRUE(OracleParams(params).stores_to_scratchpad);
}

TEST(Counters, AndFlushesChangeNothing) {
  Machine m;
  const auto finished = m.run(isa::Counter{});
  ASSERT_EQ(finished.size(), 1u);
  EXPECT_TRUE(finished[0].local.empty());
  EXPECT_TRUE(m.run(isa::Flush{})[0].memory.empty());
}

TEST(VirtualAddresses, AreTranslatedPageByPage) {
  SparseMemory memory;
  Oracle oracle({}, memory, [](VirtAddr v) { return PhysAddr{v.value() ^ 0x1000}; });
  for (std::uint64_t i = 0; i < 16; ++i)
    memory.put<std::int8_t>(PhysAddr{(0x80000ff8 + i) ^ 0x1000}, static_cast<std::int8_t>(i + 1));
  oracle.execute(isa::Mvin{0, VirtAddr{0x80000ff8}, {LocalAddr::sp(0), 1, 16}}.encode());
  EXPECT_EQ(oracle.scratchpad_row(0).get<std::int8_t>(15), 16);
}

// --------------------------------------------------------------------------------------------- normalisation

OracleParams with_normalisation() {
  OracleParams params;
  params.has_normalizations = true;
  return params;
}

TEST(NormalisedMvout, LayerNormWritesOnlyInTheLastPass) {
  Machine m(with_normalisation());
  m.store_config(16, 8.0F, Activation::LayerNorm);
  m.set_acc(0, {10, 20, 30, 41});
  for (const NormCmd cmd : {NormCmd::Mean, NormCmd::InvStddev}) {
    const LocalAddr from = LocalAddr::acc(0).with_norm_cmd(static_cast<unsigned>(cmd));
    EXPECT_TRUE(m.mvout(dram, from, 1, 4)[0].memory.empty());
  }
  m.mvout(dram, LocalAddr::acc(0), 1, 4);
  // mean 25, deviation 11: (x - 25) * 8 / 11
  EXPECT_EQ(m.get<std::int8_t>(dram, 4), (std::vector<std::int8_t>{-11, -4, 4, 12}));
}

TEST(NormalisedMvout, AddsUpTheBlocksOfAWideRow) {
  Machine m(with_normalisation());
  m.store_config(32, 1.0F, Activation::LayerNorm);
  m.set_acc(0, std::vector<std::int32_t>(16, 2));
  m.set_acc(16, {50, 60});
  const auto at = [](NormCmd cmd) { return LocalAddr::acc(0).with_norm_cmd(static_cast<unsigned>(cmd)); };
  m.mvout(dram, at(NormCmd::Mean), 1, 18);  // (32 + 110) / 18 = 7
  m.mvout(dram, at(NormCmd::InvStddev), 1, 18);
  m.mvout(dram, at(NormCmd::Reset), 1, 18);
  // squares: 16 * 25 + 43^2 + 53^2 = 5058; / 18 = 281; deviation 16
  EXPECT_EQ(m.get<std::int8_t>(dram + 15, 3), (std::vector<std::int8_t>{0, 3, 3}));
}

TEST(NormalisedMvout, KeepsOneStatisticForEachId) {
  Machine m(with_normalisation());
  m.store_config(16, 1.0F, Activation::LayerNorm);
  m.set_acc(0, {10, 10, 30, 30});
  m.set_acc(1, {0, 0, 4, 4});
  const auto pass = [&](NormCmd cmd) {
    for (std::uint32_t id = 0; id < 2; ++id) {
      isa::ConfigNorm select;
      select.set_stats_id_only = true;
      select.stats_id = id;
      m.run(select);
      m.mvout(dram + 16 * id, LocalAddr::acc(id).with_norm_cmd(static_cast<unsigned>(cmd)), 1, 4);
    }
  };
  pass(NormCmd::Mean), pass(NormCmd::InvStddev), pass(NormCmd::Reset);
  EXPECT_EQ(m.get<std::int8_t>(dram, 4), (std::vector<std::int8_t>{-1, -1, 1, 1}));
  EXPECT_EQ(m.get<std::int8_t>(dram + 16, 4), (std::vector<std::int8_t>{-1, -1, 1, 1}));
}

TEST(NormalisedMvout, ComputesIgeluWithTheConfiguredConstants) {
  Machine m(with_normalisation());
  m.store_config(16, 0.01F, Activation::Igelu);
  isa::ConfigNorm norm;
  norm.qb = -20;
  norm.qc = 50;
  m.run(norm);
  m.set_acc(0, {10, -10, 1000});
  m.mvout(dram, LocalAddr::acc(0), 1, 3);
  EXPECT_EQ(m.get<std::int8_t>(dram, 3), (std::vector<std::int8_t>{20, 10, 127}));
}

TEST(NormalisedMvout, TakesTheActivationMsbFromConfigNorm) {
  Machine m(with_normalisation());
  m.store_config(16);  // activation 0; config_norm's bit makes it softmax (4)
  isa::ConfigNorm norm;
  norm.activation_msb = true;
  norm.qb = 140;
  norm.qc = 900;
  norm.q_const = 100;
  m.run(norm);
  norm.q_const_is_inverse = true;
  norm.q_const = 656;
  m.run(norm);
  m.set_acc(0, {0, 700, 0, 0});
  for (const NormCmd cmd : {NormCmd::Max, NormCmd::InvSumExp, NormCmd::Reset})
    m.mvout(dram, LocalAddr::acc(0).with_norm_cmd(static_cast<unsigned>(cmd)), 1, 4);
  EXPECT_EQ(m.get<std::int8_t>(dram, 4), (std::vector<std::int8_t>{1, 124, 1, 1}));
}

}  // namespace
}  // namespace castor::functional
