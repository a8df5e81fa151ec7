// RV64I and Zifencei.
#include <cstdint>

#include "castor/host/hart.h"
#include "castor/host/instruction_table.h"
#include "instruction_rows.h"

namespace castor::host {

namespace {

// --- arithmetic, generic in width
// -------------------------------------------------------------------------------------

using Double = std::uint64_t;
using Single = std::uint32_t;

template <class Word>
using Signed = std::make_signed_t<Word>;

template <class Word>
constexpr unsigned shift_mask = sizeof(Word) * 8 - 1;

template <class Word>
Word add(Word a, Word b) {
  return a + b;
}
template <class Word>
Word subtract(Word a, Word b) {
  return a - b;
}
template <class Word>
Word sll(Word a, Word b) {
  return a << (b & shift_mask<Word>);
}
template <class Word>
Word srl(Word a, Word b) {
  return a >> (b & shift_mask<Word>);
}
template <class Word>
Word sra(Word a, Word b) {
  return static_cast<Word>(static_cast<Signed<Word>>(a) >> (b & shift_mask<Word>));
}
Double less(Double a, Double b) { return static_cast<Signed<Double>>(a) < static_cast<Signed<Double>>(b); }
Double less_unsigned(Double a, Double b) { return a < b; }
Double bitwise_xor(Double a, Double b) { return a ^ b; }
Double bitwise_or(Double a, Double b) { return a | b; }
Double bitwise_and(Double a, Double b) { return a & b; }

// --- bodies
// -----------------------------------------------------------------------------------------------------------

template <class Word, Word (*function)(Word, Word)>
void registers(Hart& h, const Instruction& i) {
  h.set(i.rd, extended(function(static_cast<Word>(h.get(i.rs1)), static_cast<Word>(h.get(i.rs2)))));
}

template <class Word, Word (*function)(Word, Word)>
void immediate(Hart& h, const Instruction& i) {
  const auto operand = static_cast<Word>(static_cast<std::int64_t>(i.immediate));
  h.set(i.rd, extended(function(static_cast<Word>(h.get(i.rs1)), operand)));
}

std::uint64_t address_of(const Hart& h, const Instruction& i) {
  return h.get(i.rs1) + static_cast<std::uint64_t>(static_cast<std::int64_t>(i.immediate));
}
std::uint64_t target_of(const Hart& h, const Instruction& i) {
  return h.pc() + static_cast<std::uint64_t>(static_cast<std::int64_t>(i.immediate));
}

/// `Word` signed: the value is sign-extended.
template <class Word>
void load(Hart& h, const Instruction& i) {
  h.set(i.rd, static_cast<std::uint64_t>(static_cast<std::int64_t>(h.memory().load<Word>(address_of(h, i)))));
}

template <class Word>
void store(Hart& h, const Instruction& i) {
  h.memory().store<Word>(address_of(h, i), static_cast<Word>(h.get(i.rs2)));
}

bool equal(Double a, Double b) { return a == b; }
bool not_equal(Double a, Double b) { return a != b; }
bool below(Double a, Double b) { return static_cast<Signed<Double>>(a) < static_cast<Signed<Double>>(b); }
bool not_below(Double a, Double b) { return !below(a, b); }
bool below_unsigned(Double a, Double b) { return a < b; }
bool not_below_unsigned(Double a, Double b) { return a >= b; }

template <bool (*condition)(Double, Double)>
void branch(Hart& h, const Instruction& i) {
  if (condition(h.get(i.rs1), h.get(i.rs2))) h.jump(target_of(h, i));
}

void jal(Hart& h, const Instruction& i) {
  const std::uint64_t link = h.next_pc();
  h.jump(target_of(h, i));
  h.set(i.rd, link);
}

void jalr(Hart& h, const Instruction& i) {
  const std::uint64_t link = h.next_pc();
  h.jump(address_of(h, i) & ~1ULL);
  h.set(i.rd, link);
}

void lui(Hart& h, const Instruction& i) { h.set(i.rd, extended(static_cast<Single>(i.immediate))); }
void auipc(Hart& h, const Instruction& i) { h.set(i.rd, target_of(h, i)); }
void fence(Hart&, const Instruction&) {}
void fence_i(Hart& h, const Instruction&) { h.fence_instructions(); }

using namespace format;  // NOLINT: the table is written in these words
using namespace timing;  // NOLINT

// clang-format off
constexpr Operation rows[] = {
  {"lui",    "-------------------- ----- 0110111", U, Alu, 'I', lui},
  {"auipc",  "-------------------- ----- 0010111", U, Alu, 'I', auipc},
  {"jal",    "-------------------- ----- 1101111", J, Jal, 'I', jal},
  {"jalr",   "------------ ----- 000 ----- 1100111", I, Jalr, 'I', jalr},

  {"beq",    "------- ----- ----- 000 ----- 1100011", B, Branch, 'I', branch<equal>},
  {"bne",    "------- ----- ----- 001 ----- 1100011", B, Branch, 'I', branch<not_equal>},
  {"blt",    "------- ----- ----- 100 ----- 1100011", B, Branch, 'I', branch<below>},
  {"bge",    "------- ----- ----- 101 ----- 1100011", B, Branch, 'I', branch<not_below>},
  {"bltu",   "------- ----- ----- 110 ----- 1100011", B, Branch, 'I', branch<below_unsigned>},
  {"bgeu",   "------- ----- ----- 111 ----- 1100011", B, Branch, 'I', branch<not_below_unsigned>},

  {"lb",     "------------ ----- 000 ----- 0000011", I, Load, 'I', load<std::int8_t>},
  {"lh",     "------------ ----- 001 ----- 0000011", I, Load, 'I', load<std::int16_t>},
  {"lw",     "------------ ----- 010 ----- 0000011", I, Load, 'I', load<std::int32_t>},
  {"ld",     "------------ ----- 011 ----- 0000011", I, Load, 'I', load<std::int64_t>},
  {"lbu",    "------------ ----- 100 ----- 0000011", I, Load, 'I', load<std::uint8_t>},
  {"lhu",    "------------ ----- 101 ----- 0000011", I, Load, 'I', load<std::uint16_t>},
  {"lwu",    "------------ ----- 110 ----- 0000011", I, Load, 'I', load<std::uint32_t>},
  {"sb",     "------- ----- ----- 000 ----- 0100011", S, Store, 'I', store<std::uint8_t>},
  {"sh",     "------- ----- ----- 001 ----- 0100011", S, Store, 'I', store<std::uint16_t>},
  {"sw",     "------- ----- ----- 010 ----- 0100011", S, Store, 'I', store<std::uint32_t>},
  {"sd",     "------- ----- ----- 011 ----- 0100011", S, Store, 'I', store<std::uint64_t>},

  {"addi",   "------------ ----- 000 ----- 0010011", I, Alu, 'I', immediate<Double, add>},
  {"slti",   "------------ ----- 010 ----- 0010011", I, Alu, 'I', immediate<Double, less>},
  {"sltiu",  "------------ ----- 011 ----- 0010011", I, Alu, 'I', immediate<Double, less_unsigned>},
  {"xori",   "------------ ----- 100 ----- 0010011", I, Alu, 'I', immediate<Double, bitwise_xor>},
  {"ori",    "------------ ----- 110 ----- 0010011", I, Alu, 'I', immediate<Double, bitwise_or>},
  {"andi",   "------------ ----- 111 ----- 0010011", I, Alu, 'I', immediate<Double, bitwise_and>},
  {"slli",   "000000 ------ ----- 001 ----- 0010011", Shift, Alu, 'I', immediate<Double, sll>},
  {"srli",   "000000 ------ ----- 101 ----- 0010011", Shift, Alu, 'I', immediate<Double, srl>},
  {"srai",   "010000 ------ ----- 101 ----- 0010011", Shift, Alu, 'I', immediate<Double, sra>},

  {"addiw",  "------------ ----- 000 ----- 0011011", I, Alu, 'I', immediate<Single, add>},
  {"slliw",  "0000000 ----- ----- 001 ----- 0011011", ShiftWord, Alu, 'I', immediate<Single, sll>},
  {"srliw",  "0000000 ----- ----- 101 ----- 0011011", ShiftWord, Alu, 'I', immediate<Single, srl>},
  {"sraiw",  "0100000 ----- ----- 101 ----- 0011011", ShiftWord, Alu, 'I', immediate<Single, sra>},

  {"add",    "0000000 ----- ----- 000 ----- 0110011", R, Alu, 'I', registers<Double, add>},
  {"sub",    "0100000 ----- ----- 000 ----- 0110011", R, Alu, 'I', registers<Double, subtract>},
  {"sll",    "0000000 ----- ----- 001 ----- 0110011", R, Alu, 'I', registers<Double, sll>},
  {"slt",    "0000000 ----- ----- 010 ----- 0110011", R, Alu, 'I', registers<Double, less>},
  {"sltu",   "0000000 ----- ----- 011 ----- 0110011", R, Alu, 'I', registers<Double, less_unsigned>},
  {"xor",    "0000000 ----- ----- 100 ----- 0110011", R, Alu, 'I', registers<Double, bitwise_xor>},
  {"srl",    "0000000 ----- ----- 101 ----- 0110011", R, Alu, 'I', registers<Double, srl>},
  {"sra",    "0100000 ----- ----- 101 ----- 0110011", R, Alu, 'I', registers<Double, sra>},
  {"or",     "0000000 ----- ----- 110 ----- 0110011", R, Alu, 'I', registers<Double, bitwise_or>},
  {"and",    "0000000 ----- ----- 111 ----- 0110011", R, Alu, 'I', registers<Double, bitwise_and>},

  {"addw",   "0000000 ----- ----- 000 ----- 0111011", R, Alu, 'I', registers<Single, add>},
  {"subw",   "0100000 ----- ----- 000 ----- 0111011", R, Alu, 'I', registers<Single, subtract>},
  {"sllw",   "0000000 ----- ----- 001 ----- 0111011", R, Alu, 'I', registers<Single, sll>},
  {"srlw",   "0000000 ----- ----- 101 ----- 0111011", R, Alu, 'I', registers<Single, srl>},
  {"sraw",   "0100000 ----- ----- 101 ----- 0111011", R, Alu, 'I', registers<Single, sra>},

  {"fence",   "------------ ----- 000 ----- 0001111", None, Fence, 'I', fence},
  {"fence.i", "------------ ----- 001 ----- 0001111", None, FenceI, 'I', fence_i},
};
// clang-format on

}  // namespace

std::vector<Operation> integer_rows() { return {std::begin(rows), std::end(rows)}; }

}  // namespace castor::host
