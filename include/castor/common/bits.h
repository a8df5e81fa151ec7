// Bit fields and the small integer functions of hardware descriptions.
#pragma once

#include <cstdint>

namespace castor {

/// Bits [high:low] of `word`, right-aligned.
constexpr std::uint64_t bits(std::uint64_t word, unsigned high, unsigned low) {
  const unsigned width = high - low + 1;
  return (word >> low) & (width >= 64 ? ~0ULL : (1ULL << width) - 1);
}

constexpr bool bit(std::uint64_t word, unsigned position) { return (word >> position) & 1; }

/// `value` placed at bits [high:low]; upper bits of `value` are cut off as a wire would.
constexpr std::uint64_t place(std::uint64_t value, unsigned high, unsigned low) {
  return bits(value, high - low, 0) << low;
}

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }
constexpr std::uint64_t round_up(std::uint64_t a, std::uint64_t b) { return ceil_div(a, b) * b; }
constexpr bool is_pow2(std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

/// Chisel's log2Ceil: the number of bits that count n things; 0 for n <= 1.
constexpr unsigned log2_ceil(std::uint64_t n) {
  return n <= 1 ? 0 : 64 - static_cast<unsigned>(__builtin_clzll(n - 1));
}

/// Chisel's log2Up: like log2_ceil, but at least 1.
constexpr unsigned log2_up(std::uint64_t n) { return n <= 2 ? 1 : log2_ceil(n); }

/// The low `width` bits as a signed two's complement number.
constexpr std::int64_t sign_extend(std::uint64_t value, unsigned width) {
  const unsigned shift = 64 - width;
  return static_cast<std::int64_t>(value << shift) >> shift;
}

}  // namespace castor
