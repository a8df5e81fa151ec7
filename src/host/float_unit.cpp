#include "castor/host/float_unit.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace castor::host {

namespace {

using Wide = unsigned __int128;

template <class Float>
struct Format;
template <>
struct Format<std::uint32_t> {
  using Host = float;
  static constexpr int precision = 24;
};
template <>
struct Format<std::uint64_t> {
  using Host = double;
  static constexpr int precision = 53;
};

template <class Float>
constexpr int fraction_bits = Format<Float>::precision - 1;
template <class Float>
constexpr int exponent_bits = static_cast<int>(sizeof(Float)) * 8 - Format<Float>::precision;
template <class Float>
constexpr int max_field = (1 << exponent_bits<Float>)-1;
template <class Float>
constexpr int bias = max_field<Float> / 2;
template <class Float>
constexpr Float infinity = static_cast<Float>(Float{max_field<Float>} << fraction_bits<Float>);
template <class Float>
constexpr Float quiet_bit = static_cast<Float>(Float{1} << (fraction_bits<Float> - 1));

template <class Float>
bool sign_of(Float a) {
  return a >> (sizeof(Float) * 8 - 1);
}
template <class Float>
Float magnitude(Float a) {
  return a & ~sign_bit<Float>;
}
template <class Float>
bool is_nan(Float a) {
  return magnitude(a) > infinity<Float>;
}
template <class Float>
bool is_signalling(Float a) {
  return is_nan(a) && !(a & quiet_bit<Float>);
}
template <class Float>
bool is_infinite(Float a) {
  return magnitude(a) == infinity<Float>;
}
template <class Float>
bool is_zero(Float a) {
  return magnitude(a) == 0;
}
template <class Float>
Float with_sign(bool sign, Float magnitude) {
  return sign ? magnitude | sign_bit<Float> : magnitude;
}

/// A finite number other than zero: (-1)^sign * significand / 2^top * 2^exponent, with bit `top` of it set. The lowest
/// bit stands for anything below it ("sticky"): there are always at least two bits more than a result keeps.
struct Exact {
  static constexpr int top = 125;
  bool sign = false;
  int exponent = 0;
  Wide significand = 0;
};

int leading_zeros(Wide value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  return high != 0 ? __builtin_clzll(high) : 64 + __builtin_clzll(static_cast<std::uint64_t>(value));
}

/// Right shift that keeps in the lowest bit whether ones were lost.
Wide shift_right_sticky(Wide value, int count) {
  if (count == 0) return value;
  if (count > 127) return value != 0;
  return value >> count | ((value << (128 - count)) != 0);
}

/// significand * 2^(exponent - top), significand anything but zero.
Exact normalised(bool sign, int exponent, Wide significand) {
  const int shift = leading_zeros(significand) - (127 - Exact::top);
  return {sign, exponent - shift, shift >= 0 ? significand << shift : shift_right_sticky(significand, -shift)};
}

template <class Float>
Exact unpack(Float a) {
  const int field = static_cast<int>(magnitude(a) >> fraction_bits<Float>);
  const Float fraction = a & ((Float{1} << fraction_bits<Float>)-1);
  const Float hidden = field != 0 ? Float{1} << fraction_bits<Float> : 0;
  const int exponent = (field != 0 ? field : 1) - bias<Float>;
  return normalised(sign_of(a), exponent, static_cast<Wide>(fraction | hidden) << (Exact::top - fraction_bits<Float>));
}

/// Whether an integer with bits of weight below one, `rest` (the highest is a half), is rounded away from zero.
bool rounds_away(Rounding rounding, bool sign, bool odd, Wide rest) {
  constexpr Wide half = Wide{1} << 127;
  switch (rounding) {
    case Rounding::NearestEven:
      return rest > half || (rest == half && odd);
    case Rounding::TowardZero:
      return false;
    case Rounding::Down:
      return sign && rest != 0;
    case Rounding::Up:
      return !sign && rest != 0;
    case Rounding::NearestMaxMagnitude:
      return rest >= half;
  }
  return false;
}

/// The upper bits of a significand as an integer that was rounded at `drop` bits from the right.
struct Rounded {
  std::uint64_t value;
  bool inexact;
};
Rounded round_off(const Exact& exact, Rounding rounding, int drop) {
  Wide rest = exact.significand;
  std::uint64_t kept = 0;
  if (drop <= Exact::top) {
    kept = static_cast<std::uint64_t>(exact.significand >> drop);
    rest = exact.significand << (128 - drop);
  } else {
    rest = drop >= 128 ? shift_right_sticky(exact.significand, drop - 128) : exact.significand << (128 - drop);
  }
  return {kept + rounds_away(rounding, exact.sign, kept & 1, rest), rest != 0};
}

template <class Float>
Float overflowed(FloatUnit& unit, bool sign, Rounding rounding) {
  unit.flags |= float_flag::overflow | float_flag::inexact;
  const bool to_infinity = rounding == Rounding::NearestEven || rounding == Rounding::NearestMaxMagnitude ||
                           rounding == (sign ? Rounding::Down : Rounding::Up);
  return with_sign<Float>(sign, to_infinity ? infinity<Float> : infinity<Float> - 1);
}

/// The one place where results are rounded. A result is tiny if it is below the smallest normal number even when
/// rounded as if exponents had no limit.
template <class Float>
Float round(FloatUnit& unit, const Exact& exact, Rounding rounding) {
  constexpr int normal_drop = Exact::top + 1 - Format<Float>::precision;
  constexpr int smallest = 1 - bias<Float>;
  const bool subnormal = exact.exponent < smallest;
  const int drop = normal_drop + (subnormal ? smallest - exact.exponent : 0);
  const Rounded result = round_off(exact, rounding, drop);
  // The hidden bit adds one to the exponent field, and so does a carry out of the fraction.
  const std::uint64_t field = subnormal ? 0 : static_cast<std::uint64_t>(exact.exponent + bias<Float> - 1);
  const std::uint64_t packed = (field << fraction_bits<Float>)+result.value;
  if (packed >= infinity<Float>) return overflowed<Float>(unit, exact.sign, rounding);
  if (result.inexact) {
    unit.flags |= float_flag::inexact;
    const auto carries = [&] {
      return exact.exponent == smallest - 1 &&
             round_off(exact, rounding, normal_drop).value >> Format<Float>::precision;
    };
    if (subnormal && !carries()) unit.flags |= float_flag::underflow;
  }
  return with_sign<Float>(exact.sign, static_cast<Float>(packed));
}

template <class Float>
Float invalid(FloatUnit& unit) {
  unit.flags |= float_flag::invalid;
  return canonical_nan<Float>;
}

template <class Float>
Float propagate_nan(FloatUnit& unit, bool signalling) {
  if (signalling) unit.flags |= float_flag::invalid;
  return canonical_nan<Float>;
}

Exact product(const Exact& a, const Exact& b) {
  // Both have at most 53 significant bits, at the top.
  const Wide significand = (a.significand >> 63) * (b.significand >> 63);  // of 2^(2 * (top - 63))
  return normalised(a.sign != b.sign, a.exponent + b.exponent, significand << 1);
}

/// A sum that is not exactly zero. Whichever is shifted by more than a bit loses only bits far below the rounding
/// position, because both have many zeros at the end.
bool sum(Exact a, Exact b, Exact& result) {
  if (a.exponent < b.exponent || (a.exponent == b.exponent && a.significand < b.significand)) std::swap(a, b);
  const Wide aligned = shift_right_sticky(b.significand, a.exponent - b.exponent);
  const Wide significand = a.sign == b.sign ? a.significand + aligned : a.significand - aligned;
  if (significand == 0) return false;
  result = normalised(a.sign, a.exponent, significand);
  return true;
}

/// x + y = 0 exactly: the sign follows the rounding mode.
template <class Float>
Float exact_zero(Rounding rounding) {
  return with_sign<Float>(rounding == Rounding::Down, 0);
}

template <class Float>
Float soft_add(FloatUnit& unit, Float a, Float b, Rounding rounding) {
  if (is_nan(a) || is_nan(b)) return propagate_nan<Float>(unit, is_signalling(a) || is_signalling(b));
  if (is_infinite(a)) return is_infinite(b) && a != b ? invalid<Float>(unit) : a;
  if (is_infinite(b)) return b;
  if (is_zero(a) && is_zero(b)) return a == b ? a : exact_zero<Float>(rounding);
  if (is_zero(a)) return b;
  if (is_zero(b)) return a;
  Exact result;
  return sum(unpack(a), unpack(b), result) ? round<Float>(unit, result, rounding) : exact_zero<Float>(rounding);
}

template <class Float>
Float soft_multiply(FloatUnit& unit, Float a, Float b, Rounding rounding) {
  const bool sign = sign_of(a) != sign_of(b);
  if (is_nan(a) || is_nan(b)) return propagate_nan<Float>(unit, is_signalling(a) || is_signalling(b));
  if (is_infinite(a) || is_infinite(b))
    return is_zero(a) || is_zero(b) ? invalid<Float>(unit) : with_sign(sign, infinity<Float>);
  if (is_zero(a) || is_zero(b)) return with_sign<Float>(sign, 0);
  return round<Float>(unit, product(unpack(a), unpack(b)), rounding);
}

template <class Float>
Float soft_multiply_add(FloatUnit& unit, Float a, Float b, Float c, Rounding rounding) {
  const bool sign = sign_of(a) != sign_of(b);
  const bool no_product = (is_infinite(a) && is_zero(b)) || (is_zero(a) && is_infinite(b));
  const bool signalling = is_signalling(a) || is_signalling(b) || is_signalling(c);
  if (no_product && !signalling) return invalid<Float>(unit);  // even if c is a quiet NaN
  if (is_nan(a) || is_nan(b) || is_nan(c)) return propagate_nan<Float>(unit, signalling);
  if (is_infinite(a) || is_infinite(b)) {
    const Float product = with_sign(sign, infinity<Float>);
    return is_infinite(c) && c != product ? invalid<Float>(unit) : product;
  }
  if (is_infinite(c)) return c;
  if (is_zero(a) || is_zero(b)) {
    if (!is_zero(c)) return c;
    return sign == sign_of(c) ? c : exact_zero<Float>(rounding);
  }
  const Exact exact_product = product(unpack(a), unpack(b));
  if (is_zero(c)) return round<Float>(unit, exact_product, rounding);
  Exact result;
  return sum(exact_product, unpack(c), result) ? round<Float>(unit, result, rounding) : exact_zero<Float>(rounding);
}

template <class Float>
Float soft_divide(FloatUnit& unit, Float a, Float b, Rounding rounding) {
  const bool sign = sign_of(a) != sign_of(b);
  if (is_nan(a) || is_nan(b)) return propagate_nan<Float>(unit, is_signalling(a) || is_signalling(b));
  if (is_infinite(a)) return is_infinite(b) ? invalid<Float>(unit) : with_sign(sign, infinity<Float>);
  if (is_infinite(b)) return with_sign<Float>(sign, 0);
  if (is_zero(b)) {
    if (is_zero(a)) return invalid<Float>(unit);
    unit.flags |= float_flag::divide_by_zero;
    return with_sign(sign, infinity<Float>);
  }
  if (is_zero(a)) return with_sign<Float>(sign, 0);
  const Exact x = unpack(a), y = unpack(b);
  const Wide divisor = y.significand >> 62;  // exact: 64 bits, the highest set
  const Wide quotient = x.significand / divisor, remainder = x.significand % divisor;
  return round<Float>(unit, normalised(sign, x.exponent - y.exponent + 62, quotient << 1 | (remainder != 0)), rounding);
}

/// The integer square root, digit by digit.
std::uint64_t integer_square_root(Wide value, Wide& remainder) {
  std::uint64_t root = 0;
  remainder = 0;
  for (int pair = 126; pair >= 0; pair -= 2) {
    remainder = remainder << 2 | static_cast<unsigned>(value >> pair & 3);
    const Wide trial = static_cast<Wide>(root) << 2 | 1;
    root <<= 1;
    if (remainder >= trial) {
      remainder -= trial;
      root |= 1;
    }
  }
  return root;
}

template <class Float>
Float soft_square_root(FloatUnit& unit, Float a, Rounding rounding) {
  if (is_nan(a)) return propagate_nan<Float>(unit, is_signalling(a));
  if (is_zero(a)) return a;
  if (sign_of(a)) return invalid<Float>(unit);
  if (is_infinite(a)) return a;
  const Exact x = unpack(a);
  const bool odd = x.exponent & 1;
  Wide remainder;
  const Wide radicand = odd ? x.significand << 2 : x.significand << 1;  // of 2^126 * 2^(even exponent)
  const std::uint64_t root = integer_square_root(radicand, remainder);  // of 2^63 * 2^(exponent / 2)
  const int exponent = (x.exponent - odd) / 2;
  return round<Float>(
      unit, normalised(false, exponent + Exact::top - 63 - 1, static_cast<Wide>(root) << 1 | (remainder != 0)),
      rounding);
}

// --- the short cut -------------------------------------------------------------------------------------------------

template <class To, class From>
To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(To));
  return to;
}

/// Rounded to nearest even with inexact already accrued, the host's result is the answer and changes no flag if it is
/// a normal number above the smallest: then nothing was invalid, divided by zero, overflowed or underflowed.
template <class Float, class Compute>
bool on_host(const FloatUnit& unit, Rounding rounding, Float& result, Compute compute) {
  if (rounding != Rounding::NearestEven || !(unit.flags & float_flag::inexact)) return false;
  result = bit_cast<Float>(compute());
  const int field = static_cast<int>(magnitude(result) >> fraction_bits<Float>);
  return field > 1 && field < max_field<Float>;
}

template <class Float>
typename Format<Float>::Host host(Float a) {
  return bit_cast<typename Format<Float>::Host>(a);
}

}  // namespace

template <class Float>
Float FloatUnit::add(Float a, Float b, Rounding rounding) {
  Float result;
  if (on_host(*this, rounding, result, [&] { return host(a) + host(b); })) return result;
  return soft_add(*this, a, b, rounding);
}

template <class Float>
Float FloatUnit::subtract(Float a, Float b, Rounding rounding) {
  Float result;
  if (on_host(*this, rounding, result, [&] { return host(a) - host(b); })) return result;
  if (is_nan(b)) return propagate_nan<Float>(*this, is_signalling(a) || is_signalling(b));
  return soft_add<Float>(*this, a, b ^ sign_bit<Float>, rounding);
}

template <class Float>
Float FloatUnit::multiply(Float a, Float b, Rounding rounding) {
  Float result;
  if (on_host(*this, rounding, result, [&] { return host(a) * host(b); })) return result;
  return soft_multiply(*this, a, b, rounding);
}

template <class Float>
Float FloatUnit::multiply_add(Float a, Float b, Float c, Rounding rounding) {
  Float result;
  if (on_host(*this, rounding, result, [&] { return std::fma(host(a), host(b), host(c)); })) return result;
  return soft_multiply_add(*this, a, b, c, rounding);
}

template <class Float>
Float FloatUnit::divide(Float a, Float b, Rounding rounding) {
  Float result;
  if (on_host(*this, rounding, result, [&] { return host(a) / host(b); })) return result;
  return soft_divide(*this, a, b, rounding);
}

template <class Float>
Float FloatUnit::square_root(Float a, Rounding rounding) {
  Float result;
  if (!sign_of(a) && on_host(*this, rounding, result, [&] { return std::sqrt(host(a)); })) return result;
  return soft_square_root(*this, a, rounding);
}

namespace {

/// Of two numbers, neither a NaN.
template <class Float>
bool ordered_less(Float a, Float b) {
  if (is_zero(a) && is_zero(b)) return false;
  if (sign_of(a) != sign_of(b)) return sign_of(a);
  return sign_of(a) ? a > b : a < b;
}

template <class Float>
Float choose(FloatUnit& unit, Float a, Float b, bool maximum) {
  if (is_signalling(a) || is_signalling(b)) unit.flags |= float_flag::invalid;
  if (is_nan(a)) return is_nan(b) ? canonical_nan<Float> : b;
  if (is_nan(b)) return a;
  const bool a_below = ordered_less(a, b) || (a != b && is_zero(a) && is_zero(b) && sign_of(a));
  return a_below != maximum ? a : b;
}

}  // namespace

template <class Float>
Float FloatUnit::minimum(Float a, Float b) {
  return choose(*this, a, b, false);
}

template <class Float>
Float FloatUnit::maximum(Float a, Float b) {
  return choose(*this, a, b, true);
}

template <class Float>
bool FloatUnit::equal(Float a, Float b) {
  if (is_signalling(a) || is_signalling(b)) flags |= float_flag::invalid;
  if (is_nan(a) || is_nan(b)) return false;
  return a == b || (is_zero(a) && is_zero(b));
}

template <class Float>
bool FloatUnit::less(Float a, Float b) {
  if (is_nan(a) || is_nan(b)) return flags |= float_flag::invalid, false;
  return ordered_less(a, b);
}

template <class Float>
bool FloatUnit::less_equal(Float a, Float b) {
  if (is_nan(a) || is_nan(b)) return flags |= float_flag::invalid, false;
  return !ordered_less(b, a);
}

template <class To, class From>
To FloatUnit::convert(From a, Rounding rounding) {
  if (is_nan(a)) return propagate_nan<To>(*this, is_signalling(a));
  if (is_infinite(a)) return with_sign(sign_of(a), infinity<To>);
  if (is_zero(a)) return with_sign<To>(sign_of(a), 0);
  return round<To>(*this, unpack(a), rounding);
}

template <class Integer, class Float>
Integer FloatUnit::to_integer(Float a, Rounding rounding) {
  using Limits = std::numeric_limits<Integer>;
  const auto out_of_range = [&](bool negative) {
    flags |= float_flag::invalid;
    return negative ? Limits::min() : Limits::max();
  };
  if (is_nan(a) || is_infinite(a)) return out_of_range(!is_nan(a) && sign_of(a));
  if (is_zero(a)) return 0;
  const Exact exact = unpack(a);
  if (exact.exponent >= 64) return out_of_range(exact.sign);
  const Rounded integer = round_off(exact, rounding, Exact::top - exact.exponent);
  const std::uint64_t limit = exact.sign ? std::uint64_t{0} - static_cast<std::uint64_t>(Limits::min())
                                         : static_cast<std::uint64_t>(Limits::max());
  if (integer.value > limit) return out_of_range(exact.sign);
  if (integer.inexact) flags |= float_flag::inexact;
  return static_cast<Integer>(exact.sign ? std::uint64_t{0} - integer.value : integer.value);
}

template <class Float, class Integer>
Float FloatUnit::from_integer(Integer a, Rounding rounding) {
  if (a == 0) return 0;
  const bool sign = std::is_signed_v<Integer> && a < 0;
  const auto magnitude = sign ? std::uint64_t{0} - static_cast<std::uint64_t>(a) : static_cast<std::uint64_t>(a);
  return round<Float>(*this, normalised(sign, Exact::top, magnitude), rounding);
}

template <class Float>
std::uint64_t classify(Float a) {
  const bool negative = sign_of(a);
  const bool subnormal = magnitude(a) >> fraction_bits<Float> == 0;
  if (is_nan(a)) return is_signalling(a) ? 1 << 8 : 1 << 9;
  if (is_infinite(a)) return negative ? 1 << 0 : 1 << 7;
  if (is_zero(a)) return negative ? 1 << 3 : 1 << 4;
  if (subnormal) return negative ? 1 << 2 : 1 << 5;
  return negative ? 1 << 1 : 1 << 6;
}

#define CASTOR_FLOAT(Float)                                                     \
  template Float FloatUnit::add(Float, Float, Rounding);                        \
  template Float FloatUnit::subtract(Float, Float, Rounding);                   \
  template Float FloatUnit::multiply(Float, Float, Rounding);                   \
  template Float FloatUnit::multiply_add(Float, Float, Float, Rounding);        \
  template Float FloatUnit::divide(Float, Float, Rounding);                     \
  template Float FloatUnit::square_root(Float, Rounding);                       \
  template Float FloatUnit::minimum(Float, Float);                              \
  template Float FloatUnit::maximum(Float, Float);                              \
  template bool FloatUnit::equal(Float, Float);                                 \
  template bool FloatUnit::less(Float, Float);                                  \
  template bool FloatUnit::less_equal(Float, Float);                            \
  template std::int32_t FloatUnit::to_integer<std::int32_t>(Float, Rounding);   \
  template std::uint32_t FloatUnit::to_integer<std::uint32_t>(Float, Rounding); \
  template std::int64_t FloatUnit::to_integer<std::int64_t>(Float, Rounding);   \
  template std::uint64_t FloatUnit::to_integer<std::uint64_t>(Float, Rounding); \
  template Float FloatUnit::from_integer<Float>(std::int32_t, Rounding);        \
  template Float FloatUnit::from_integer<Float>(std::uint32_t, Rounding);       \
  template Float FloatUnit::from_integer<Float>(std::int64_t, Rounding);        \
  template Float FloatUnit::from_integer<Float>(std::uint64_t, Rounding);       \
  template std::uint64_t classify(Float);

CASTOR_FLOAT(std::uint32_t)
CASTOR_FLOAT(std::uint64_t)
template std::uint32_t FloatUnit::convert<std::uint32_t>(std::uint64_t, Rounding);
template std::uint64_t FloatUnit::convert<std::uint64_t>(std::uint32_t, Rounding);

}  // namespace castor::host
