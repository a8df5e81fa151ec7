// RV64M.
#include <cstdint>
#include <limits>
#include <type_traits>

#include "castor/host/hart.h"
#include "castor/host/instruction_table.h"
#include "instruction_rows.h"

namespace castor::host {

namespace {

using L = std::int64_t;
using Lu = std::uint64_t;
using W = std::int32_t;
using Wu = std::uint32_t;
using Wide = __int128;
using UnsignedWide = unsigned __int128;

template <class Word>
Word multiply(Word a, Word b) {
  return a * b;
}

/// The upper half of a product of 128 bits; A and B tell which operands are signed.
template <class A, class B>
Lu multiply_high(Lu a, Lu b) {
  const auto product = static_cast<UnsignedWide>(static_cast<Wide>(static_cast<A>(a))) *
                       static_cast<UnsignedWide>(static_cast<Wide>(static_cast<B>(b)));
  return static_cast<Lu>(product >> 64);
}

/// By zero: all ones. The one overflow, the most negative number by -1, wraps.
template <class Word>
Word divide(Word a, Word b) {
  if (b == 0) return static_cast<Word>(-1);
  if (std::is_signed_v<Word> && b == static_cast<Word>(-1))
    return static_cast<Word>(0 - static_cast<std::make_unsigned_t<Word>>(a));
  return a / b;
}
template <class Word>
Word remainder(Word a, Word b) {
  if (b == 0) return a;
  if (std::is_signed_v<Word> && b == static_cast<Word>(-1)) return 0;
  return a % b;
}

template <class Word, Word (*function)(Word, Word)>
void registers(Hart& h, const Instruction& i) {
  h.set(i.rd, extended(function(static_cast<Word>(h.get(i.rs1)), static_cast<Word>(h.get(i.rs2)))));
}

using namespace format;  // NOLINT: the table is written in these words
using namespace timing;  // NOLINT

// clang-format off
constexpr Operation rows[] = {
  {"mul",    "0000001 ----- ----- 000 ----- 0110011", R, Mul, 'M', registers<Lu, multiply>},
  {"mulh",   "0000001 ----- ----- 001 ----- 0110011", R, Mul, 'M', registers<Lu, multiply_high<L, L>>},
  {"mulhsu", "0000001 ----- ----- 010 ----- 0110011", R, Mul, 'M', registers<Lu, multiply_high<L, Lu>>},
  {"mulhu",  "0000001 ----- ----- 011 ----- 0110011", R, Mul, 'M', registers<Lu, multiply_high<Lu, Lu>>},
  {"div",    "0000001 ----- ----- 100 ----- 0110011", R, Div, 'M', registers<L, divide>},
  {"divu",   "0000001 ----- ----- 101 ----- 0110011", R, Div, 'M', registers<Lu, divide>},
  {"rem",    "0000001 ----- ----- 110 ----- 0110011", R, Div, 'M', registers<L, remainder>},
  {"remu",   "0000001 ----- ----- 111 ----- 0110011", R, Div, 'M', registers<Lu, remainder>},

  {"mulw",   "0000001 ----- ----- 000 ----- 0111011", R, Mul, 'M', registers<Wu, multiply>},
  {"divw",   "0000001 ----- ----- 100 ----- 0111011", R, Div, 'M', registers<W, divide>},
  {"divuw",  "0000001 ----- ----- 101 ----- 0111011", R, Div, 'M', registers<Wu, divide>},
  {"remw",   "0000001 ----- ----- 110 ----- 0111011", R, Div, 'M', registers<W, remainder>},
  {"remuw",  "0000001 ----- ----- 111 ----- 0111011", R, Div, 'M', registers<Wu, remainder>},
};
// clang-format on

}  // namespace

std::vector<Operation> multiply_rows() { return {std::begin(rows), std::end(rows)}; }

}  // namespace castor::host
