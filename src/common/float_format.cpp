#include "float_format.h"

#include <cfloat>
#include <cmath>
#include <cstring>

#include "castor/common/error.h"

static_assert(FLT_EVAL_METHOD == 0, "numerics need IEEE float and double without extra precision");

namespace castor {

FloatFormat::FloatFormat(ElementType type)
    : exponent_(type.exponent_bits),
      significand_(type.significand_bits),
      exponent_mask_((1U << type.exponent_bits) - 1),
      bias_((1 << (type.exponent_bits - 1)) - 1) {
  if (!type.is_float() || exponent_ + significand_ > 32 || exponent_ > 8)
    throw UserError("element type " + type.name() + " is no supported float; allowed: fp32, fp16, bf16");
}

double FloatFormat::value(std::uint32_t bits) const {
  const unsigned fraction_bits = significand_ - 1;
  const std::uint32_t fraction = bits & ((1U << fraction_bits) - 1);
  const std::uint32_t exponent = (bits >> fraction_bits) & exponent_mask_;
  const double sign = (bits >> (exponent_ + fraction_bits)) & 1 ? -1.0 : 1.0;
  if (exponent == exponent_mask_) return fraction ? std::nan("") : sign * HUGE_VAL;
  const int scale = static_cast<int>(exponent ? exponent : 1) - bias_ - static_cast<int>(fraction_bits);
  return sign * std::ldexp(static_cast<double>(exponent ? fraction | (1U << fraction_bits) : fraction), scale);
}

std::uint32_t FloatFormat::bits(double value) const {
  if (std::isnan(value)) return infinity() | (1U << (significand_ - 2));
  const std::uint32_t sign = std::signbit(value) ? 1U << (exponent_ + significand_ - 1) : 0;
  if (std::isinf(value)) return sign | infinity();
  if (value == 0.0) return sign;
  int exponent = 0;
  std::frexp(value, &exponent);
  const int normal = exponent - 1 > 1 - bias_ ? exponent - 1 : 1 - bias_;
  const int unit = normal - static_cast<int>(significand_ - 1);
  const auto count = static_cast<std::uint64_t>(std::nearbyint(std::ldexp(std::fabs(value), -unit)));
  // Adding the count to the exponent field lets a carry out of the significand, or out of the subnormals, step it up.
  const auto field = static_cast<std::uint64_t>(normal + bias_ - 1) << (significand_ - 1);
  const std::uint64_t magnitude = field + count;
  return sign | (magnitude >= infinity() ? infinity() : static_cast<std::uint32_t>(magnitude));
}

double add_to_odd(double a, double b) {
  const double sum = a + b;
  if (!std::isfinite(sum)) return sum;
  const double b_part = sum - a;
  const double error = (a - (sum - b_part)) + (b - b_part);
  std::uint64_t pattern;
  std::memcpy(&pattern, &sum, sizeof pattern);
  if (error == 0.0 || (pattern & 1)) return sum;
  return std::nextafter(sum, error > 0 ? HUGE_VAL : -HUGE_VAL);
}

double FloatFormat::fused(double a, double b, double c) const { return round(add_to_odd(a * b, c)); }

}  // namespace castor
