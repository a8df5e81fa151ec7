#include "castor/host/float_unit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

namespace castor::host {
namespace {

using Single = std::uint32_t;
using Double = std::uint64_t;
using namespace float_flag;

Single bits_of(float value) {
  Single bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
Double bits_of(double value) {
  Double bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

constexpr Rounding every_mode[] = {Rounding::NearestEven, Rounding::TowardZero, Rounding::Down, Rounding::Up,
                                   Rounding::NearestMaxMagnitude};

// The result and what it accrued, from clean flags: never the short cut.
template <class Function>
std::pair<std::uint64_t, unsigned> clean(Function function) {
  FloatUnit unit;
  const std::uint64_t result = function(unit);
  return {result, unit.flags};
}

TEST(FloatUnit, RoundsATieInEachMode) {
  const Single one = bits_of(1.0F), half_ulp = bits_of(std::ldexp(1.0F, -24));
  const Single expected[] = {one, one, one, one + 1, one + 1};
  for (const Rounding mode : every_mode) {
    const auto [sum, flags] = clean([&](FloatUnit& u) { return u.add(one, half_ulp, mode); });
    EXPECT_EQ(sum, expected[static_cast<int>(mode)]) << static_cast<int>(mode);
    EXPECT_EQ(flags, inexact);
  }
}

TEST(FloatUnit, OverflowsToInfinityOrToTheLargestByMode) {
  const Single largest = 0x7f7fffff, infinite = 0x7f800000;
  const Single positive[] = {infinite, largest, largest, infinite, infinite};
  const Single negative[] = {infinite, largest, infinite, largest, infinite};
  for (const Rounding mode : every_mode) {
    const auto up = clean([&](FloatUnit& u) { return u.add(largest, largest, mode); });
    const auto down = clean([&](FloatUnit& u) { return u.multiply(largest | sign_bit<Single>, largest, mode); });
    EXPECT_EQ(up, std::make_pair(std::uint64_t{positive[static_cast<int>(mode)]}, unsigned{overflow | inexact}));
    EXPECT_EQ(down.first, negative[static_cast<int>(mode)] | sign_bit<Single>);
  }
}

TEST(FloatUnit, DetectsTininessAfterRounding) {
  // (1 - 2^-24) * 2^-126, halfway below the smallest normal number: rounds up to it even with unlimited exponents only
  // if there are 24 bits to round to, which there are: not tiny.
  const Single below_one = 0x3f7fffff, smallest_normal = 0x00800000;
  const auto exact_subnormal =
      clean([&](FloatUnit& u) { return u.multiply(smallest_normal, bits_of(0.5F), Rounding::NearestEven); });
  EXPECT_EQ(exact_subnormal, std::make_pair(std::uint64_t{0x00400000}, 0U)) << "exact results do not underflow";
  const auto tiny = clean([&](FloatUnit& u) { return u.multiply(smallest_normal, below_one, Rounding::NearestEven); });
  EXPECT_EQ(tiny, std::make_pair(std::uint64_t{smallest_normal}, unsigned{inexact | underflow}));
  const Double wide = bits_of(std::ldexp(1.0 - std::ldexp(1.0, -30), -126));
  const auto not_tiny = clean([&](FloatUnit& u) { return u.convert<Single>(wide, Rounding::NearestEven); });
  EXPECT_EQ(not_tiny, std::make_pair(std::uint64_t{smallest_normal}, unsigned{inexact}));
}

TEST(FloatUnit, RoundsAFusedOperationOnce) {
  const Double a = bits_of(1.0 + std::ldexp(1.0, -52)), minus_rounded = bits_of(-1.0 - std::ldexp(1.0, -51));
  const auto result = clean([&](FloatUnit& u) { return u.multiply_add(a, a, minus_rounded, Rounding::NearestEven); });
  EXPECT_EQ(result.first, bits_of(std::ldexp(1.0, -104)));
  EXPECT_EQ(result.second, 0U);
}

TEST(FloatUnit, CallsInfinityTimesZeroInvalidEvenBesideAQuietNan) {
  const auto result =
      clean([](FloatUnit& u) { return u.multiply_add<Single>(0x7f800000, 0, 0x7fc00000, Rounding::NearestEven); });
  EXPECT_EQ(result, std::make_pair(std::uint64_t{canonical_nan<Single>}, unsigned{invalid}));
}

TEST(FloatUnit, GivesAnExactZeroTheSignOfTheMode) {
  const Double one = bits_of(1.0), minus_one = bits_of(-1.0);
  for (const Rounding mode : every_mode) {
    const auto zero = clean([&](FloatUnit& u) { return u.add(one, minus_one, mode); });
    EXPECT_EQ(zero.first, mode == Rounding::Down ? sign_bit<Double> : 0);
  }
}

TEST(FloatUnit, ReturnsOneCanonicalNan) {
  const auto result = clean([](FloatUnit& u) { return u.add<Double>(0xfff8dead00000000, 0, Rounding::NearestEven); });
  EXPECT_EQ(result, std::make_pair(canonical_nan<Double>, 0U));
}

TEST(FloatUnit, TakesTheNumberOfANumberAndANan) {
  const Single one = bits_of(1.0F), signalling = 0x7f800001, quiet = 0x7fc00000;
  EXPECT_EQ(clean([&](FloatUnit& u) { return u.minimum(one, quiet); }), std::make_pair(std::uint64_t{one}, 0U));
  EXPECT_EQ(clean([&](FloatUnit& u) { return u.maximum(signalling, one); }),
            std::make_pair(std::uint64_t{one}, unsigned{invalid}));
  EXPECT_EQ(clean([&](FloatUnit& u) { return u.minimum(0U, sign_bit<Single>); }).first, sign_bit<Single>);
  EXPECT_EQ(clean([&](FloatUnit& u) { return u.maximum(sign_bit<Single>, 0U); }).first, 0U);
}

TEST(FloatUnit, SaturatesConversionsToIntegers) {
  const auto to_w = [](double value) {
    return clean([&](FloatUnit& u) {
      return static_cast<std::uint32_t>(u.to_integer<std::int32_t>(bits_of(value), Rounding::TowardZero));
    });
  };
  EXPECT_EQ(to_w(2147483647.5), std::make_pair(std::uint64_t{0x7fffffff}, unsigned{inexact}));
  EXPECT_EQ(to_w(2147483648.0), std::make_pair(std::uint64_t{0x7fffffff}, unsigned{invalid}));
  EXPECT_EQ(to_w(-2147483648.9), std::make_pair(std::uint64_t{0x80000000}, unsigned{inexact}));
  EXPECT_EQ(to_w(-2147483649.0), std::make_pair(std::uint64_t{0x80000000}, unsigned{invalid}));
  EXPECT_EQ(to_w(std::nan("")), std::make_pair(std::uint64_t{0x7fffffff}, unsigned{invalid}));
  const auto negative = clean([](FloatUnit& u) { return u.to_integer<std::uint64_t>(bits_of(-0.5), Rounding::Down); });
  EXPECT_EQ(negative, std::make_pair(std::uint64_t{0}, unsigned{invalid}));
}

TEST(FloatUnit, AnswersTheSameByItsShortCut) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200000; ++i) {
    // Exponents close to each other, so that the operands meet.
    const auto number = [&] {
      return bits_of(std::ldexp(1.0, static_cast<int>(random() % 60))) ^ (random() & 0x800fffffffffffff);
    };
    const Double a = number(), b = number(), c = number();
    FloatUnit slow, fast;
    fast.flags = inexact;
    const Rounding mode = Rounding::NearestEven;
    EXPECT_EQ(slow.add(a, b, mode), fast.add(a, b, mode));
    slow.flags = 0;
    EXPECT_EQ(slow.subtract(a, b, mode), fast.subtract(a, b, mode));
    slow.flags = 0;
    EXPECT_EQ(slow.multiply(a, b, mode), fast.multiply(a, b, mode));
    slow.flags = 0;
    EXPECT_EQ(slow.multiply_add(a, b, c, mode), fast.multiply_add(a, b, c, mode));
    slow.flags = 0;
    EXPECT_EQ(slow.divide(a, b, mode), fast.divide(a, b, mode));
    slow.flags = 0;
    EXPECT_EQ(slow.square_root(a, mode), fast.square_root(a, mode));
    EXPECT_EQ(fast.flags, slow.flags | inexact);
    if (HasFailure()) break;
  }
}

TEST(FloatUnit, ClassifiesEveryKind) {
  const Single kinds[] = {0xff800000, 0xff7fffff, 0x807fffff, 0x80000000, 0x00000000,
                          0x00000001, 0x00800000, 0x7f800000, 0x7f800001, 0x7fc00000};
  for (unsigned bit = 0; bit < 10; ++bit) EXPECT_EQ(classify(kinds[bit]), 1U << bit);
}

}  // namespace
}  // namespace castor::host
