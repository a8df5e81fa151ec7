#include "castor/host/rocket_multiplier.h"

#include "castor/common/bits.h"

namespace castor::host {
namespace {

constexpr unsigned width = 64;
constexpr unsigned multiply_unroll = 8;
constexpr unsigned last_multiply_iteration = width / multiply_unroll - 1;

unsigned funct3(const Instruction& instruction) { return static_cast<unsigned>(bits(instruction.bits, 14, 12)); }
/// mulw, divw, divuw, remw, remuw.
bool half_width(const Instruction& instruction) { return bit(instruction.bits, 3); }
bool upper_half(const Instruction& instruction) { return funct3(instruction) != 0; }
bool is_signed(const Instruction& instruction) { return funct3(instruction) % 2 == 0; }
bool is_remainder(const Instruction& instruction) { return funct3(instruction) >= 6; }

std::uint64_t operand(const Instruction& instruction, std::uint64_t value) {
  if (!half_width(instruction)) return value;
  const auto word = static_cast<std::uint32_t>(value);
  return is_signed(instruction) ? static_cast<std::uint64_t>(static_cast<std::int32_t>(word)) : word;
}

bool negative(const Instruction& instruction, std::uint64_t value) { return is_signed(instruction) && value >> 63; }

/// The highest bit that is set; 0 if none is, as Log2 of Chisel.
unsigned highest_bit(std::uint64_t value) {
  return value == 0 ? 0 : width - 1 - static_cast<unsigned>(__builtin_clzll(value));
}

/// s_div: iterations with the counter at 0, then from where the first has put it to 64.
unsigned divide_iterations(std::uint64_t dividend, std::uint64_t divisor) {
  constexpr unsigned all = width + 1;
  if (divisor == 0) return all;
  const unsigned skipped = (width - 1 - highest_bit(dividend) + highest_bit(divisor)) % width;
  return skipped == 0 ? all : 1 + (width - skipped + 1);
}

}  // namespace

unsigned multiply_cycles(const Instruction& instruction, std::uint64_t rs1) {
  const unsigned first = half_width(instruction) ? (last_multiply_iteration + 1) / 2 : 0;
  std::uint64_t left = half_width(instruction) ? static_cast<std::uint32_t>(rs1) : rs1;
  unsigned iteration = first;
  for (; iteration < last_multiply_iteration; ++iteration, left >>= multiply_unroll)
    if (iteration != 0 && left == 0 && !upper_half(instruction)) break;
  return iteration - first + 1;
}

unsigned divide_cycles(const Instruction& instruction, std::uint64_t rs1, std::uint64_t rs2) {
  const std::uint64_t dividend = operand(instruction, rs1), divisor = operand(instruction, rs2);
  const bool left_negative = negative(instruction, dividend), right_negative = negative(instruction, divisor);
  const bool changes_sign = is_remainder(instruction) ? left_negative : left_negative != right_negative;
  const bool negates_result = changes_sign && (divisor != 0 || is_remainder(instruction));
  return (left_negative || right_negative) + negates_result +
         divide_iterations(left_negative ? -dividend : dividend, right_negative ? -divisor : divisor);
}

}  // namespace castor::host
