// Integer numerics: every rule of the reference's numerics section with values worked out by hand.
#include "castor/common/arithmetic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "castor/common/error.h"
#include "rows.h"

namespace castor {
namespace {

using Ints = std::vector<std::int32_t>;
using Bytes8 = std::vector<std::int8_t>;

class IntArithmetic : public ::testing::Test {
 protected:
  std::unique_ptr<const Arithmetic> unit = Arithmetic::make({});

  std::int8_t mvin_scaled(std::int8_t x, float scale) const {
    RowBytes row = row_of<std::int8_t>(16, {x});
    unit->mvin_scale(row, float_bits(scale));
    return row.get<std::int8_t>(0);
  }
  std::int8_t acc_scaled(std::int32_t x, float scale, Activation activation = Activation::None) const {
    AccScaling how;
    how.scale = float_bits(scale);
    how.activation = activation;
    return unit->acc_to_input(row_of<std::int32_t>(16, {x}), how).get<std::int8_t>(0);
  }
};

TEST_F(IntArithmetic, LeavesAMvinUntouchedWhenTheScaleIsExactlyOne) {
  for (int x = -128; x <= 127; ++x) EXPECT_EQ(mvin_scaled(static_cast<std::int8_t>(x), 1.0F), x);
}

TEST_F(IntArithmetic, RoundsAScaledMvinHalfToEven) {
  EXPECT_EQ(mvin_scaled(1, 0.5F), 0);
  EXPECT_EQ(mvin_scaled(3, 0.5F), 2);
  EXPECT_EQ(mvin_scaled(5, 0.5F), 2);
  EXPECT_EQ(mvin_scaled(-1, 0.5F), 0);
  EXPECT_EQ(mvin_scaled(-3, 0.5F), -2);
}

TEST_F(IntArithmetic, SaturatesAScaledMvinBySign) {
  EXPECT_EQ(mvin_scaled(100, 2.0F), 127);
  EXPECT_EQ(mvin_scaled(-100, 2.0F), -128);
  EXPECT_EQ(mvin_scaled(1, 127.5F), 127);
  EXPECT_EQ(mvin_scaled(1, std::numeric_limits<float>::infinity()), 127);
  EXPECT_EQ(mvin_scaled(-1, std::numeric_limits<float>::infinity()), -128);
}

TEST_F(IntArithmetic, TurnsANotANumberScaleIntoTheLargestElement) {
  EXPECT_EQ(mvin_scaled(-5, std::nanf("")), 127);
  EXPECT_EQ(mvin_scaled(0, std::numeric_limits<float>::infinity()), 127);
  EXPECT_EQ(acc_scaled(-5, std::nanf("")), 127);
}

TEST_F(IntArithmetic, ScalesRowsOfAnyLength) {
  std::vector<std::int8_t> bytes(37, 6);
  unit->mvin_scale(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), float_bits(-1.5F));
  EXPECT_EQ(bytes, std::vector<std::int8_t>(37, -9));
}

TEST_F(IntArithmetic, SignExtendsAShrunkMvin) {
  const RowBytes wide = unit->widen(row_of<std::int8_t>(16, {-128, 127, -1, 0, 5}));
  EXPECT_EQ(elements<std::int32_t>(wide), (Ints{-128, 127, -1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_F(IntArithmetic, AccumulatesWithThirtyTwoBitWrap) {
  RowBytes row = row_of<std::int32_t>(16, {INT32_MAX, -1, 7});
  unit->accumulate(row, row_of<std::int32_t>(16, {1, INT32_MIN, -9}));
  EXPECT_EQ(row.get<std::int32_t>(0), INT32_MIN);
  EXPECT_EQ(row.get<std::int32_t>(1), INT32_MAX);
  EXPECT_EQ(row.get<std::int32_t>(2), -2);
}

TEST_F(IntArithmetic, RoundsAccumulatorScalingHalfToEven) {
  EXPECT_EQ(acc_scaled(1, 0.5F), 0);
  EXPECT_EQ(acc_scaled(3, 0.5F), 2);
  EXPECT_EQ(acc_scaled(-1, 0.5F), 0);
  EXPECT_EQ(acc_scaled(-3, 0.5F), -2);
}

TEST_F(IntArithmetic, ClipsScaledAccumulators) {
  EXPECT_EQ(acc_scaled(128, 1.0F), 127);
  EXPECT_EQ(acc_scaled(-129, 1.0F), -128);
  EXPECT_EQ(acc_scaled(INT32_MAX, 1e30F), 127);
  EXPECT_EQ(acc_scaled(INT32_MIN, 1e30F), -128);
}

TEST_F(IntArithmetic, AppliesReluBeforeTheScale) {
  EXPECT_EQ(acc_scaled(-40, -1.0F, Activation::Relu), 0);
  EXPECT_EQ(acc_scaled(40, -1.0F, Activation::Relu), -40);
  EXPECT_EQ(acc_scaled(-40, -1.0F, Activation::None), 40);
}

TEST_F(IntArithmetic, LosesAccumulatorBitsAboveTwentyFour) {
  EXPECT_EQ(scale_to_int32(16777217, float_one_bits), 16777216);
  EXPECT_EQ(scale_to_int32(16777219, float_one_bits), 16777220);
  EXPECT_EQ(scale_to_int32(INT32_MAX, float_one_bits), INT32_MAX);
  EXPECT_EQ(scale_to_int32(INT32_MIN, float_one_bits), INT32_MIN);
  EXPECT_EQ(scale_to_int32(INT32_MIN, float_bits(1.5F)), INT32_MIN);
  // 16777217 becomes 2^24 before the product: 64.0, not 64.000004 rounded the other way by a later tie.
  EXPECT_EQ(acc_scaled(16777217, 64.5F / 16777216.0F), 64);
}

TEST_F(IntArithmetic, TakesTheSignedMaximumWhenPooling) {
  RowBytes running = row_of<std::int8_t>(16, {-128, 127, -1, 0, 3});
  unit->max_pool(running, row_of<std::int8_t>(16, {127, -128, 0, -1, 4}));
  EXPECT_EQ(running, row_of<std::int8_t>(16, {127, 127, 0, 0, 4}));
}

TEST_F(IntArithmetic, SaturatesAndRectifiesWhatGoesToTheScratchpad) {
  const RowBytes sums = row_of<std::int32_t>(16, {300, -300, 5, -5});
  EXPECT_EQ(unit->array_to_input(sums, false), row_of<std::int8_t>(16, {127, -128, 5, -5}));
  EXPECT_EQ(unit->array_to_input(sums, true), row_of<std::int8_t>(16, {127, 0, 5, 0}));
}

TEST_F(IntArithmetic, MultipliesARowByTheWeightsAndAddsD) {
  PeMatrix weights = unit->make_matrix();
  for (unsigned k = 16; k-- > 0;)
    unit->set_weights_row(weights, k, row_of<std::int8_t>(16, Bytes8(16, static_cast<std::int8_t>(k))));
  RowBytes out;
  unit->ws_row(weights, row_of<std::int8_t>(16, {1, 2, 3}), row_of<std::int8_t>(16, {10, -10}), out);
  EXPECT_EQ(out.get<std::int32_t>(0), 10 + 0 + 2 + 6);
  EXPECT_EQ(out.get<std::int32_t>(1), -10 + 8);
  EXPECT_EQ(out.get<std::int32_t>(15), 8);
}

TEST_F(IntArithmetic, WritesZeroWeightsForAnEmptyRow) {
  PeMatrix weights = unit->make_matrix();
  for (unsigned k = 0; k < 16; ++k) unit->set_weights_row(weights, k, row_of<std::int8_t>(16, Bytes8(16, -77)));
  for (unsigned k = 0; k < 16; ++k) unit->set_weights_row(weights, k, RowBytes());
  RowBytes out;
  unit->ws_row(weights, row_of<std::int8_t>(16, Bytes8(16, 127)), RowBytes(), out);
  EXPECT_EQ(elements<std::int32_t>(out), Ints(16, 0));
}

TEST_F(IntArithmetic, KeepsTheLargestWeightStationarySumsUnwrapped) {
  PeMatrix weights = unit->make_matrix();
  for (unsigned k = 0; k < 16; ++k) unit->set_weights_row(weights, k, row_of<std::int8_t>(16, Bytes8(16, -128)));
  RowBytes out;
  unit->ws_row(weights, row_of<std::int8_t>(16, Bytes8(16, -128)), RowBytes(), out);
  EXPECT_EQ(out.get<std::int32_t>(3), 262144);
}

TEST(NarrowArray, WrapsWeightStationarySumsAtTheOutputWidth) {
  ElementTypes types;
  types.array_output = ElementType::sint(18);
  const auto unit = Arithmetic::make(types);
  PeMatrix weights = unit->make_matrix();
  for (unsigned k = 0; k < 16; ++k) unit->set_weights_row(weights, k, row_of<std::int8_t>(16, Bytes8(16, -128)));
  RowBytes out;
  unit->ws_row(weights, row_of<std::int8_t>(16, Bytes8(16, -128)), RowBytes(), out);
  EXPECT_EQ(out.get<std::int32_t>(3), 0);
  EXPECT_EQ(static_cast<std::int32_t>(unit->ws_mac(131071, 1, 1)), -131072);
}

TEST_F(IntArithmetic, WrapsOutputStationarySumsAtTwentyBits) {
  PeMatrix sums = unit->make_matrix();
  const RowBytes all = row_of<std::int8_t>(16, Bytes8(16, 127));
  for (unsigned k = 0; k < 64; ++k) unit->os_rank1(sums, all, all);
  RowBytes out;
  unit->os_row(sums, 5, 0, out);
  EXPECT_EQ(out.get<std::int32_t>(9), 64 * 127 * 127 - (1 << 20));
  EXPECT_EQ(out.get<std::int32_t>(9), -16320);
}

TEST(WideOutputStationaryRegister, SaturatesWhenReadOutInsteadOfWrapping) {
  ElementTypes types;
  types.os_register_bits = 32;
  const auto unit = Arithmetic::make(types);
  PeMatrix sums = unit->make_matrix();
  const RowBytes all = row_of<std::int8_t>(16, Bytes8(16, 127));
  for (unsigned k = 0; k < 64; ++k) unit->os_rank1(sums, all, all);
  RowBytes out;
  unit->os_row(sums, 5, 0, out);
  EXPECT_EQ(out.get<std::int32_t>(9), 524287);
  unit->os_row(sums, 5, 2, out);
  EXPECT_EQ(out.get<std::int32_t>(9), 258064);
}

TEST_F(IntArithmetic, SeedsOutputStationarySumsWithD) {
  PeMatrix sums = unit->make_matrix();
  unit->set_accumulators_row(sums, 2, row_of<std::int8_t>(16, {-7, 9}));
  unit->os_rank1(sums, row_of<std::int8_t>(16, {0, 0, 3}), row_of<std::int8_t>(16, {5, -6}));
  RowBytes out;
  unit->os_row(sums, 2, 0, out);
  EXPECT_EQ(out.get<std::int32_t>(0), 8);
  EXPECT_EQ(out.get<std::int32_t>(1), -9);
  unit->os_row(sums, 1, 0, out);
  EXPECT_EQ(elements<std::int32_t>(out), Ints(16, 0));
}

TEST(RoundingShift, RoundsHalfToEven) {
  EXPECT_EQ(rounding_shift(5, 0), 5);
  EXPECT_EQ(rounding_shift(1, 1), 0);
  EXPECT_EQ(rounding_shift(3, 1), 2);
  EXPECT_EQ(rounding_shift(-1, 1), 0);
  EXPECT_EQ(rounding_shift(-3, 1), -2);
  EXPECT_EQ(rounding_shift(6, 2), 2);
  EXPECT_EQ(rounding_shift(10, 2), 2);
  EXPECT_EQ(rounding_shift(11, 2), 3);
  EXPECT_EQ(rounding_shift(-6, 2), -2);
  EXPECT_EQ(rounding_shift(-10, 2), -2);
  EXPECT_EQ(rounding_shift(INT32_MIN, 31), -1);
  EXPECT_EQ(rounding_shift(1 << 30, 31), 0);
  EXPECT_EQ(rounding_shift((1 << 30) + 1, 31), 1);
}

TEST(OutputStationaryReadOut, RoundsEveryValueAtEveryShift) {
  ElementTypes types;
  types.os_register_bits = 32;
  const auto unit = Arithmetic::make(types);
  PeMatrix sums = unit->make_matrix();
  std::mt19937 random(11);
  RowBytes out;
  for (unsigned trial = 0; trial < 4000; ++trial) {
    const unsigned shift = trial % 32;
    for (unsigned j = 0; j < 16; ++j) {
      const auto value = static_cast<std::uint32_t>(random()) >> (random() % 32);
      // Half of the values sit on or beside a tie.
      sums.cells[j] = j % 2 || shift == 0 ? value : ((value << shift) | (1U << (shift - 1))) + random() % 3 - 1;
      if (random() % 2) sums.cells[j] = ~sums.cells[j];
    }
    unit->os_row(sums, 0, shift, out);
    for (unsigned j = 0; j < 16; ++j) {
      const std::int32_t rounded = rounding_shift(static_cast<std::int32_t>(sums.cells[j]), shift);
      ASSERT_EQ(out.get<std::int32_t>(j), std::clamp(rounded, -524288, 524287)) << sums.cells[j] << " >> " << shift;
      ASSERT_EQ(static_cast<std::int32_t>(unit->os_output(sums.cells[j], shift)), out.get<std::int32_t>(j));
    }
  }
}

TEST(ElementTypeNames, ReadBackAndRefuseTheUnknown) {
  for (const char* name : {"int8", "int16", "int20", "int32", "fp32", "fp16", "bf16"})
    EXPECT_EQ(ElementType::parse(name).name(), name);
  EXPECT_THROW(ElementType::parse("int7"), UserError);
}

TEST(ArithmeticMake, RefusesMixedAndOversizedTypes) {
  ElementTypes mixed;
  mixed.accumulator = ElementType::parse("fp32");
  EXPECT_THROW(Arithmetic::make(mixed), UserError);
  ElementTypes large;
  large.dim = 128;
  EXPECT_THROW(Arithmetic::make(large), UserError);
}

// ------------------------------------------------------------------ whole rows against plain loops, many shapes

class IntRows : public ::testing::TestWithParam<std::pair<unsigned, const char*>> {
 protected:
  void SetUp() override {
    types.dim = GetParam().first;
    types.input = ElementType::parse(GetParam().second);
    if (types.input.bits == 16) types.array_output = ElementType::sint(32), types.os_register_bits = 32;
    unit = Arithmetic::make(types);
  }
  std::int64_t lane(const RowBytes& row, unsigned i) const {
    return types.input.bits == 8 ? row.get<std::int8_t>(i) : row.get<std::int16_t>(i);
  }
  RowBytes random_row() {
    RowBytes row(unit->input_row_bytes());
    for (std::size_t i = 0; i < row.size(); ++i) row.data()[i] = static_cast<std::uint8_t>(random());
    return row;
  }
  std::int32_t wrapped(std::int64_t sum, unsigned bits) const {
    return static_cast<std::int32_t>(static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) << (64 - bits)) >>
                                     (64 - bits));
  }

  ElementTypes types;
  std::unique_ptr<const Arithmetic> unit;
  std::mt19937 random{GetParam().first};
};

TEST_P(IntRows, AgreeWithPlainLoops) {
  std::vector<RowBytes> w;
  PeMatrix weights = unit->make_matrix(), sums = unit->make_matrix();
  std::vector<std::vector<std::int64_t>> reference(types.dim, std::vector<std::int64_t>(types.dim));
  for (unsigned k = 0; k < types.dim; ++k) {
    w.push_back(random_row());
    unit->set_weights_row(weights, k, w[k]);
  }
  RowBytes out;
  for (unsigned trial = 0; trial < 40; ++trial) {
    const RowBytes a = random_row(), d = random_row();
    unit->ws_row(weights, a, d, out);
    unit->os_rank1(sums, a, d);
    for (unsigned j = 0; j < types.dim; ++j) {
      std::int64_t sum = lane(d, j);
      std::uint32_t chained = unit->widen_element(static_cast<std::uint32_t>(lane(d, j)));
      for (unsigned k = 0; k < types.dim; ++k) {
        sum += lane(a, k) * lane(w[k], j);
        chained =
            unit->ws_mac(chained, static_cast<std::uint32_t>(lane(a, k)), static_cast<std::uint32_t>(lane(w[k], j)));
        reference[k][j] += lane(a, k) * lane(d, j);
      }
      ASSERT_EQ(out.get<std::int32_t>(j), wrapped(sum, types.array_output.bits));
      ASSERT_EQ(static_cast<std::int32_t>(chained), out.get<std::int32_t>(j));
    }
  }
  for (unsigned i = 0; i < types.dim; ++i) {
    unit->os_row(sums, i, 3, out);
    for (unsigned j = 0; j < types.dim; ++j)
      ASSERT_EQ(out.get<std::int32_t>(j), rounding_shift(wrapped(reference[i][j], types.os_register_bits), 3));
  }
}

TEST_P(IntRows, ScaleLikeOneElementAtATime) {
  for (unsigned trial = 0; trial < 200; ++trial) {
    RowBytes acc(unit->acc_row_bytes()), row = random_row();
    for (unsigned i = 0; i < types.dim; ++i)
      acc.set<std::int32_t>(i, static_cast<std::int32_t>(random() >> (random() % 32)));
    AccScaling how;
    how.scale =
        float_bits(std::ldexp(1.0F + static_cast<float>(random() % 1000) / 1000.0F, -static_cast<int>(random() % 30)));
    how.activation = trial % 2 ? Activation::Relu : Activation::None;
    const RowBytes scaled = unit->acc_to_input(acc, how), before = row;
    unit->mvin_scale(row, how.scale);
    const std::int64_t high = (1 << (types.input.bits - 1)) - 1;
    for (unsigned i = 0; i < types.dim; ++i) {
      const std::int32_t x = acc.get<std::int32_t>(i);
      const std::int32_t product = scale_to_int32(trial % 2 && x < 0 ? 0 : x, how.scale);
      ASSERT_EQ(lane(scaled, i), std::clamp<std::int64_t>(product, -high - 1, high));
      ASSERT_EQ(lane(row, i),
                std::clamp<std::int64_t>(scale_to_int32(static_cast<std::int32_t>(lane(before, i)), how.scale),
                                         -high - 1, high));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, IntRows,
                         ::testing::Values(std::pair{16u, "int8"}, std::pair{32u, "int8"}, std::pair{64u, "int8"},
                                           std::pair{4u, "int8"}, std::pair{8u, "int8"}, std::pair{2u, "int8"},
                                           std::pair{1u, "int8"}, std::pair{16u, "int16"}),
                         [](const auto& info) {
                           return std::string(info.param.second) + "x" + std::to_string(info.param.first);
                         });

}  // namespace
}  // namespace castor
