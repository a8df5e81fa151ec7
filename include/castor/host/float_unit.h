// IEEE 754 arithmetic on single and double precision to the bit: results, flags, all five rounding modes.
// RTL twin: the results of FPU.scala (rocket-chip, berkeley-hardfloat): NaNs are canonical, tininess is detected after
// rounding, minimum and maximum as in version 2.2 of the extension. Untimed. docs/decisions says why it is our own.
//
// Formats are named by the unsigned integer that holds their bits: std::uint32_t, std::uint64_t.
#pragma once

#include <cstdint>

namespace castor::host {

/// Codes of frm.
enum class Rounding : std::uint8_t { NearestEven, TowardZero, Down, Up, NearestMaxMagnitude };

/// Bits of fflags.
namespace float_flag {
constexpr std::uint8_t inexact = 1;
constexpr std::uint8_t underflow = 2;
constexpr std::uint8_t overflow = 4;
constexpr std::uint8_t divide_by_zero = 8;
constexpr std::uint8_t invalid = 16;
}  // namespace float_flag

class FloatUnit {
 public:
  std::uint8_t flags = 0;  ///< accrued

  template <class Float>
  Float add(Float a, Float b, Rounding rounding);
  template <class Float>
  Float subtract(Float a, Float b, Rounding rounding);
  template <class Float>
  Float multiply(Float a, Float b, Rounding rounding);
  /// a * b + c, rounded once.
  template <class Float>
  Float multiply_add(Float a, Float b, Float c, Rounding rounding);
  template <class Float>
  Float divide(Float a, Float b, Rounding rounding);
  template <class Float>
  Float square_root(Float a, Rounding rounding);

  template <class Float>
  Float minimum(Float a, Float b);
  template <class Float>
  Float maximum(Float a, Float b);
  /// Quiet: only a signalling NaN is invalid.
  template <class Float>
  bool equal(Float a, Float b);
  template <class Float>
  bool less(Float a, Float b);
  template <class Float>
  bool less_equal(Float a, Float b);

  template <class To, class From>
  To convert(From a, Rounding rounding);
  /// Out of range: the nearest integer, and of a NaN the largest; invalid instead of inexact.
  template <class Integer, class Float>
  Integer to_integer(Float a, Rounding rounding);
  template <class Float, class Integer>
  Float from_integer(Integer a, Rounding rounding);
};

/// fclass: one of ten bits.
template <class Float>
std::uint64_t classify(Float a);

template <class Float>
constexpr Float sign_bit = static_cast<Float>(Float{1} << (sizeof(Float) * 8 - 1));

template <class Float>
constexpr Float canonical_nan = sizeof(Float) == 4 ? static_cast<Float>(0x7fc00000)
                                                   : static_cast<Float>(0x7ff8000000000000);

}  // namespace castor::host
