// Scalars of the small IEEE formats (fp32, fp16, bf16) as doubles, which hold every one of their values exactly.
#pragma once

#include <cstdint>

#include "castor/common/arithmetic.h"

namespace castor {

/// One float format: bit patterns <-> doubles, and correctly rounded operations with a single rounding to the format.
class FloatFormat {
 public:
  explicit FloatFormat(ElementType type);

  double value(std::uint32_t bits) const;
  /// Nearest, ties to even; overflow becomes infinity, any NaN the canonical quiet one (hardfloat's).
  std::uint32_t bits(double value) const;
  double round(double x) const { return value(bits(x)); }
  /// a * b + c with one rounding. The operands are values of formats no wider than fp32.
  double fused(double a, double b, double c) const;
  double product(double a, double b) const { return fused(a, b, 0.0); }
  std::uint32_t one() const { return bits(1.0); }

 private:
  std::uint32_t infinity() const { return exponent_mask_ << (significand_ - 1); }

  unsigned exponent_;
  unsigned significand_;
  std::uint32_t exponent_mask_;
  int bias_;
};

/// a + b rounded to odd: the inexact last bit survives a second rounding to a narrower format.
double add_to_odd(double a, double b);

}  // namespace castor
