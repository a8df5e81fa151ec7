// Float numerics: one rounding to the hardware's format for each operation.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "castor/common/arithmetic.h"
#include "rows.h"

namespace castor {
namespace {

ElementTypes types_of(const char* input, const char* output, unsigned dim = 4) {
  ElementTypes types;
  types.dim = dim;
  types.input = ElementType::parse(input);
  types.array_output = ElementType::parse(output);
  types.accumulator = ElementType::parse("fp32");
  return types;
}

TEST(Fp32, MultiplyAccumulateRoundsOnce) {
  const auto unit = Arithmetic::make(types_of("fp32", "fp32"));
  std::mt19937 random(7);
  for (unsigned trial = 0; trial < 100000; ++trial) {
    const float a = float_from(static_cast<std::uint32_t>(random())),
                b = float_from(static_cast<std::uint32_t>(random())),
                c = float_from(static_cast<std::uint32_t>(random()));
    const float exact = std::fma(a, b, c);
    const std::uint32_t result = unit->os_mac(float_bits(c), float_bits(a), float_bits(b));
    const std::uint32_t expected = std::isnan(exact) ? 0x7FC00000u : float_bits(exact);
    ASSERT_EQ(result, expected) << a << " * " << b << " + " << c;
  }
}

TEST(Fp32, MultipliesARowInOrderDownTheColumn) {
  const auto unit = Arithmetic::make(types_of("fp32", "fp32"));
  PeMatrix weights = unit->make_matrix();
  for (unsigned k = 0; k < 4; ++k) unit->set_weights_row(weights, k, row_of<float>(4, {1, 1, 1, 1}));
  RowBytes out;
  unit->ws_row(weights, row_of<float>(4, {1e8F, 1, -1e8F, 1}), RowBytes(), out);
  EXPECT_EQ(out.get<float>(2), 1.0F);  // 1e8 + 1 loses the one
}

TEST(Fp32, RectifiesScalesAndPools) {
  const auto unit = Arithmetic::make(types_of("fp32", "fp32"));
  AccScaling how;
  how.scale = float_bits(0.5F);
  how.activation = Activation::Relu;
  EXPECT_EQ(elements<float>(unit->acc_to_input(row_of<float>(4, {-3, 3, 0, 1e30F}), how)),
            (std::vector<float>{0, 1.5F, 0, 5e29F}));
  RowBytes running = row_of<float>(4, {1, -2, 3, -4});
  unit->max_pool(running, row_of<float>(4, {0, -1, 5, -9}));
  EXPECT_EQ(elements<float>(running), (std::vector<float>{1, -1, 5, -4}));
}

TEST(Fp32, ScalesFullWidthMvins) {
  const auto unit = Arithmetic::make(types_of("fp32", "fp32"));
  RowBytes row = row_of<float>(4, {1, 2, 3, 4});
  unit->mvin_scale_acc(row, float_bits(0.25F));
  EXPECT_EQ(elements<float>(row), (std::vector<float>{0.25F, 0.5F, 0.75F, 1}));
}

TEST(Fp32, ShiftsTheOutputByAPowerOfTwo) {
  const auto unit = Arithmetic::make(types_of("fp32", "fp32"));
  EXPECT_EQ(float_from(unit->os_output(float_bits(12.0F), 3)), 1.5F);
}

TEST(Bf16, KeepsEightSignificantBits) {
  const auto unit = Arithmetic::make(types_of("bf16", "bf16"));
  // 1 + 2^-8 is a tie between 1 and 1 + 2^-7: the even one wins; a little more goes up.
  AccScaling how;
  const RowBytes row = unit->acc_to_input(row_of<float>(4, {1.00390625F, 1.01171875F, 1.003907F, 3.4e38F}), how);
  EXPECT_EQ(elements<std::uint16_t>(row), (std::vector<std::uint16_t>{0x3F80, 0x3F82, 0x3F81, 0x7F80}));
}

TEST(Bf16, DoesNotRoundTwiceInAMultiplyAccumulate) {
  const auto unit = Arithmetic::make(types_of("bf16", "bf16"));
  // 1.0 * 1.0 + 2^-8 is exactly half way (stays 1.0); the tiny product 2^-100 more must carry it up.
  const std::uint32_t one = 0x3F80, half_step = float_bits(std::ldexp(1.0F, -8));
  EXPECT_EQ(float_from(unit->ws_mac(half_step, one, one)), 1.0F);
  // (1 + 2^-4) * (1 + 2^-4) = 1 + 2^-3 + 2^-8 is a tie; plus or minus 2^-60 it is not.
  const std::uint32_t a = 0x3F88;
  EXPECT_EQ(float_from(unit->ws_mac(0, a, a)), 1.125F);
  EXPECT_EQ(float_from(unit->ws_mac(float_bits(std::ldexp(1.0F, -60)), a, a)), 1.1328125F);
  EXPECT_EQ(float_from(unit->ws_mac(float_bits(-std::ldexp(1.0F, -60)), a, a)), 1.125F);
}

TEST(Fp16, WidensAndRoundsSubnormalsAndOverflow) {
  const auto unit = Arithmetic::make(types_of("fp16", "fp16"));
  const RowBytes wide = unit->widen(row_of<std::uint16_t>(4, {0x0001, 0x7BFF, 0xC000, 0x7C00}));
  EXPECT_EQ(elements<float>(wide), (std::vector<float>{std::ldexp(1.0F, -24), 65504.0F, -2.0F, HUGE_VALF}));
  AccScaling how;
  const RowBytes narrow =
      unit->acc_to_input(row_of<float>(4, {std::ldexp(1.0F, -25), std::ldexp(1.5F, -25), 65520.0F, 65519.0F}), how);
  EXPECT_EQ(elements<std::uint16_t>(narrow), (std::vector<std::uint16_t>{0x0000, 0x0001, 0x7C00, 0x7BFF}));
}

TEST(Fp16, BypassesItsOwnScaleOfOne) {
  ElementTypes types = types_of("fp16", "fp16");
  types.mvin_scale = ElementType::parse("fp16");
  const auto unit = Arithmetic::make(types);
  RowBytes row = row_of<std::uint16_t>(4, {0x7E01, 0x3C00, 0x8000, 0x0001});
  const RowBytes before = row;
  unit->mvin_scale(row, 0x3C00);
  EXPECT_EQ(row, before);
  unit->mvin_scale(row, 0x4000);
  EXPECT_EQ(elements<std::uint16_t>(row), (std::vector<std::uint16_t>{0x7E00, 0x4000, 0x0000, 0x0002}));
}

TEST(FloatFormats, ReadBackEveryHalfPrecisionPattern) {
  const auto unit = Arithmetic::make(types_of("fp16", "fp16", 1));
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    if ((bits & 0x7C00) == 0x7C00 && (bits & 0x3FF)) continue;
    const RowBytes wide = unit->widen(row_of<std::uint16_t>(1, {static_cast<std::uint16_t>(bits)}));
    ASSERT_EQ(unit->array_to_input(wide, false).get<std::uint16_t>(0), bits);
  }
}

}  // namespace
}  // namespace castor
