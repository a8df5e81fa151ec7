// RV64A.
#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "castor/host/hart.h"
#include "castor/host/instruction_table.h"
#include "instruction_rows.h"

namespace castor::host {

namespace {

using Double = std::uint64_t;
using Single = std::uint32_t;

template <class Word>
using Signed = std::make_signed_t<Word>;

template <class Word>
Word swap(Word, Word operand) {
  return operand;
}
template <class Word>
Word add(Word old, Word operand) {
  return old + operand;
}
template <class Word>
Word bitwise_xor(Word old, Word operand) {
  return old ^ operand;
}
template <class Word>
Word bitwise_and(Word old, Word operand) {
  return old & operand;
}
template <class Word>
Word bitwise_or(Word old, Word operand) {
  return old | operand;
}
template <class Word>
Word minimum(Word old, Word operand) {
  return static_cast<Word>(std::min(static_cast<Signed<Word>>(old), static_cast<Signed<Word>>(operand)));
}
template <class Word>
Word maximum(Word old, Word operand) {
  return static_cast<Word>(std::max(static_cast<Signed<Word>>(old), static_cast<Signed<Word>>(operand)));
}
template <class Word>
Word minimum_unsigned(Word old, Word operand) {
  return std::min(old, operand);
}
template <class Word>
Word maximum_unsigned(Word old, Word operand) {
  return std::max(old, operand);
}

template <class Word, Word (*function)(Word, Word)>
void amo(Hart& h, const Instruction& i) {
  const auto operand = static_cast<Word>(h.get(i.rs2));
  h.set(i.rd, extended(h.memory().exchange<Word>(h.get(i.rs1), [&](Word old) { return function(old, operand); })));
}

template <class Word>
void load_reserved(Hart& h, const Instruction& i) {
  h.set(i.rd, extended(h.memory().load_reserved<Word>(h.get(i.rs1))));
}

template <class Word>
void store_conditional(Hart& h, const Instruction& i) {
  h.set(i.rd, !h.memory().store_conditional<Word>(h.get(i.rs1), static_cast<Word>(h.get(i.rs2))));
}

using namespace format;  // NOLINT: the table is written in these words
using namespace timing;  // NOLINT

// clang-format off
constexpr Operation rows[] = {
  {"lr.w",      "00010 -- 00000 ----- 010 ----- 0101111", Unary, Lr, 'A', load_reserved<Single>},
  {"sc.w",      "00011 -- ----- ----- 010 ----- 0101111", R, Sc, 'A', store_conditional<Single>},
  {"amoswap.w", "00001 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, swap>},
  {"amoadd.w",  "00000 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, add>},
  {"amoxor.w",  "00100 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, bitwise_xor>},
  {"amoand.w",  "01100 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, bitwise_and>},
  {"amoor.w",   "01000 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, bitwise_or>},
  {"amomin.w",  "10000 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, minimum>},
  {"amomax.w",  "10100 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, maximum>},
  {"amominu.w", "11000 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, minimum_unsigned>},
  {"amomaxu.w", "11100 -- ----- ----- 010 ----- 0101111", R, Amo, 'A', amo<Single, maximum_unsigned>},

  {"lr.d",      "00010 -- 00000 ----- 011 ----- 0101111", Unary, Lr, 'A', load_reserved<Double>},
  {"sc.d",      "00011 -- ----- ----- 011 ----- 0101111", R, Sc, 'A', store_conditional<Double>},
  {"amoswap.d", "00001 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, swap>},
  {"amoadd.d",  "00000 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, add>},
  {"amoxor.d",  "00100 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, bitwise_xor>},
  {"amoand.d",  "01100 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, bitwise_and>},
  {"amoor.d",   "01000 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, bitwise_or>},
  {"amomin.d",  "10000 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, minimum>},
  {"amomax.d",  "10100 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, maximum>},
  {"amominu.d", "11000 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, minimum_unsigned>},
  {"amomaxu.d", "11100 -- ----- ----- 011 ----- 0101111", R, Amo, 'A', amo<Double, maximum_unsigned>},
};
// clang-format on

}  // namespace

std::vector<Operation> atomic_rows() { return {std::begin(rows), std::end(rows)}; }

}  // namespace castor::host
