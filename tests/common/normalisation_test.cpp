// IGELU, layer normalisation and softmax on integers.
#include <gtest/gtest.h>

#include <cmath>

#include "castor/common/arithmetic.h"
#include "rows.h"

namespace castor {
namespace {

TEST(Igelu, FollowsThePolynomialOnBothSides) {
  // q = 10, qb = -20, qc = 50: a = 10, p = (10 - 20)^2 + 50 = 150, y = 10 * (150 + 50).
  EXPECT_EQ(igelu(10, -20, 50), 2000);
  EXPECT_EQ(igelu(-10, -20, 50), -10 * (-150 + 50));
  EXPECT_EQ(igelu(0, -20, 50), 0);
}

TEST(Igelu, ClipsTheMagnitudeAtMinusQb) {
  // a = 20: p = 0 + 50, so y = q * 100 for every large q, and 0 on the negative side.
  EXPECT_EQ(igelu(1000, -20, 50), 100000);
  EXPECT_EQ(igelu(-1000, -20, 50), 0);
}

TEST(Iexp, DecomposesIntoAShiftAndAPolynomial) {
  // ln2 in steps is 100: q = -250 -> z = 2, remainder = -50, ((-50 + 140)^2 + 900) >> 2 = 9000 / 4.
  const NormConstants constants{140, 900, 100, 65536 / 100 + 1};
  EXPECT_EQ(iexp(-250, constants, false), 2250);
  EXPECT_EQ(iexp(0, constants, false), 140 * 140 + 900);
}

TEST(Iexp, IsTheGeluPolynomialAtHead) {
  const NormConstants constants{-20, 50, 100, 656};
  EXPECT_EQ(iexp(-10, constants, true), igelu(-10, -20, 50));
}

TEST(LayerNorm, FindsMeanAndInverseDeviation) {
  NormStatistics statistics;
  const RowBytes row = row_of<std::int32_t>(16, {10, 20, 30, 41});
  statistics.observe(NormCmd::Mean, row, 4, {}, float_one_bits);
  EXPECT_EQ(statistics.result().mean, 25);  // 101 / 4, toward zero
  statistics.observe(NormCmd::InvStddev, row, 4, {}, float_bits(2.0F));
  // 225 + 25 + 25 + 256 = 531; / 4 = 132; floor(sqrt) = 11
  EXPECT_EQ(statistics.result().inv_stddev, float_bits(1.0F / 11.0F * 2.0F));
}

TEST(LayerNorm, AddsUpOverSeveralRowsBeforeTheMean) {
  NormStatistics statistics;
  statistics.observe(NormCmd::Sum, row_of<std::int32_t>(16, {100, 100}), 2, {}, 0);
  statistics.observe(NormCmd::Mean, row_of<std::int32_t>(16, {-10, 99}), 1, {}, 0);
  EXPECT_EQ(statistics.result().mean, 63);
}

TEST(LayerNorm, TruncatesANegativeMeanTowardZero) {
  NormStatistics statistics;
  statistics.observe(NormCmd::Mean, row_of<std::int32_t>(16, {-7}), 2, {}, 0);
  EXPECT_EQ(statistics.result().mean, -3);
}

TEST(LayerNorm, TakesOneForAZeroDeviation) {
  NormStatistics statistics;
  const RowBytes row = row_of<std::int32_t>(16, {5, 5, 5});
  statistics.observe(NormCmd::Mean, row, 3, {}, 0);
  statistics.observe(NormCmd::InvStddev, row, 3, {}, float_one_bits);
  EXPECT_EQ(statistics.result().inv_stddev, float_one_bits);
}

TEST(LayerNorm, ScalesTheCentredRow) {
  const auto unit = Arithmetic::make({});
  AccScaling how;
  how.activation = Activation::LayerNorm;
  how.norm.mean = 25;
  how.norm.inv_stddev = float_bits(0.5F);
  how.scale = float_bits(100.0F);  // already inside the statistic
  EXPECT_EQ(unit->acc_to_input(row_of<std::int32_t>(16, {26, 28, 24, 425}), how).get<std::int8_t>(1), 2);
  EXPECT_EQ(unit->acc_to_input(row_of<std::int32_t>(16, {26, 28, 24, 425}), how).get<std::int8_t>(3), 127);
}

TEST(LayerNorm, RoundsTwiceInTheOlderHardware) {
  ElementTypes types;
  types.norm_scales_once = false;
  const auto unit = Arithmetic::make(types);
  AccScaling how;
  how.activation = Activation::LayerNorm;
  how.norm.mean = 0;
  how.norm.inv_stddev = float_bits(0.3F);
  how.scale = float_bits(10.0F);
  EXPECT_EQ(unit->acc_to_input(row_of<std::int32_t>(16, {6}), how).get<std::int8_t>(0), 10);  // trunc(1.8) * 10
}

TEST(Softmax, SumsExponentialsBelowTheMaximum) {
  const NormConstants constants{140, 900, 100, 656};
  NormStatistics statistics;
  const RowBytes row = row_of<std::int32_t>(16, {0, 250, -5, 250});
  statistics.observe(NormCmd::Max, row, 4, constants, 0);
  EXPECT_EQ(statistics.result().max, 250);
  statistics.observe(NormCmd::InvSumExp, row, 4, constants, float_one_bits);
  const std::int32_t sum = 2 * 20500 + iexp(-250, constants, false) + iexp(-255, constants, false);
  EXPECT_EQ(statistics.result().inv_sum_exp, float_bits(127.0F / static_cast<float>(sum)));
}

TEST(Softmax, GivesTheLargestElementMostOfTheHundredAndTwentySeven) {
  const NormConstants constants{140, 900, 100, 656};
  const auto unit = Arithmetic::make({});
  NormStatistics statistics;
  const RowBytes row = row_of<std::int32_t>(16, {0, 700, 0, 0});
  statistics.observe(NormCmd::Max, row, 4, constants, 0);
  statistics.observe(NormCmd::InvSumExp, row, 4, constants, float_one_bits);
  AccScaling how;
  how.activation = Activation::Softmax;
  how.constants = constants;
  how.norm = statistics.result();
  const RowBytes out = unit->acc_to_input(row, how);
  // exp(0) = 20500, exp(-700) = 20500 >> 7 = 160: 127 * 20500 / 20980 = 124.09, 127 * 160 / 20980 = 0.97.
  EXPECT_EQ(out.get<std::int8_t>(1), 124);
  EXPECT_EQ(out.get<std::int8_t>(0), 1);
}

}  // namespace
}  // namespace castor
