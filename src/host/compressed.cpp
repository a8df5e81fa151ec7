#include "castor/host/compressed.h"

#include "castor/common/bits.h"

namespace castor::host {

namespace {

using Word = std::uint32_t;

// --- 32-bit words ---------------------------------------------------------------------------------------------------

constexpr Word load = 0x03, load_fp = 0x07, op_imm = 0x13, op_imm_32 = 0x1b, store = 0x23, store_fp = 0x27, op = 0x33,
               lui = 0x37, op_32 = 0x3b, branch = 0x63, jalr = 0x67, jal = 0x6f;
constexpr Word ebreak = 0x00100073;

constexpr Word r_type(Word opcode, Word funct3, Word funct7, Word rd, Word rs1, Word rs2) {
  return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}
constexpr Word i_type(Word opcode, Word funct3, Word rd, Word rs1, Word immediate) {
  return immediate << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}
constexpr Word s_type(Word opcode, Word funct3, Word rs1, Word rs2, Word immediate) {
  return (immediate >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (immediate & 0x1f) << 7 | opcode;
}
constexpr Word b_type(Word funct3, Word rs1, Word immediate) {
  return (immediate >> 12 & 1) << 31 | (immediate >> 5 & 0x3f) << 25 | rs1 << 15 | funct3 << 12 |
         (immediate >> 1 & 0xf) << 8 | (immediate >> 11 & 1) << 7 | branch;
}
constexpr Word j_type(Word rd, Word immediate) {
  return (immediate >> 20 & 1) << 31 | (immediate >> 1 & 0x3ff) << 21 | (immediate >> 11 & 1) << 20 |
         (immediate >> 12 & 0xff) << 12 | rd << 7 | jal;
}

// --- fields of 16-bit words
// -------------------------------------------------------------------------------------------

/// The bits of `word` from `high` to `low`, placed so that the lowest has the weight 2^`weight`.
constexpr Word field(Word word, unsigned high, unsigned low, unsigned weight) {
  return static_cast<Word>(bits(word, high, low)) << weight;
}
constexpr Word rd_full(Word w) { return field(w, 11, 7, 0); }
constexpr Word rs2_full(Word w) { return field(w, 6, 2, 0); }
constexpr Word upper_register(Word w) { return 8 + field(w, 9, 7, 0); }  // rd' or rs1'
constexpr Word lower_register(Word w) { return 8 + field(w, 4, 2, 0); }  // rd' or rs2'
constexpr Word sp = 2, ra = 1;

constexpr Word signed_immediate(Word w) {
  return static_cast<Word>(sign_extend(field(w, 12, 12, 5) | field(w, 6, 2, 0), 6));
}
constexpr Word shift_amount(Word w) { return field(w, 12, 12, 5) | field(w, 6, 2, 0); }
constexpr Word word_offset(Word w) { return field(w, 12, 10, 3) | field(w, 6, 6, 2) | field(w, 5, 5, 6); }
constexpr Word double_offset(Word w) { return field(w, 12, 10, 3) | field(w, 6, 5, 6); }
constexpr Word word_load_sp(Word w) { return field(w, 12, 12, 5) | field(w, 6, 4, 2) | field(w, 3, 2, 6); }
constexpr Word double_load_sp(Word w) { return field(w, 12, 12, 5) | field(w, 6, 5, 3) | field(w, 4, 2, 6); }
constexpr Word word_store_sp(Word w) { return field(w, 12, 9, 2) | field(w, 8, 7, 6); }
constexpr Word double_store_sp(Word w) { return field(w, 12, 10, 3) | field(w, 9, 7, 6); }
constexpr Word jump_offset(Word w) {
  const Word offset = field(w, 12, 12, 11) | field(w, 11, 11, 4) | field(w, 10, 9, 8) | field(w, 8, 8, 10) |
                      field(w, 7, 7, 6) | field(w, 6, 6, 7) | field(w, 5, 3, 1) | field(w, 2, 2, 5);
  return static_cast<Word>(sign_extend(offset, 12));
}
constexpr Word branch_offset(Word w) {
  const Word offset =
      field(w, 12, 12, 8) | field(w, 11, 10, 3) | field(w, 6, 5, 6) | field(w, 4, 3, 1) | field(w, 2, 2, 5);
  return static_cast<Word>(sign_extend(offset, 9));
}

// --- the three quadrants; 0: reserved
// ----------------------------------------------------------------------------------

Word addi4spn(Word w) {
  const Word immediate = field(w, 12, 11, 4) | field(w, 10, 7, 6) | field(w, 6, 6, 2) | field(w, 5, 5, 3);
  return immediate == 0 ? 0 : i_type(op_imm, 0, lower_register(w), sp, immediate);
}

Word quadrant_0(Word w) {
  const Word base = upper_register(w), other = lower_register(w);
  switch (bits(w, 15, 13)) {
    case 0:
      return addi4spn(w);
    case 1:
      return i_type(load_fp, 3, other, base, double_offset(w));
    case 2:
      return i_type(load, 2, other, base, word_offset(w));
    case 3:
      return i_type(load, 3, other, base, double_offset(w));
    case 5:
      return s_type(store_fp, 3, base, other, double_offset(w));
    case 6:
      return s_type(store, 2, base, other, word_offset(w));
    case 7:
      return s_type(store, 3, base, other, double_offset(w));
  }
  return 0;
}

Word lui_or_addi16sp(Word w) {
  if (signed_immediate(w) == 0) return 0;
  if (rd_full(w) != sp) return signed_immediate(w) << 12 | rd_full(w) << 7 | lui;
  const Word immediate =
      field(w, 12, 12, 9) | field(w, 6, 6, 4) | field(w, 5, 5, 6) | field(w, 4, 3, 7) | field(w, 2, 2, 5);
  return i_type(op_imm, 0, sp, sp, static_cast<Word>(sign_extend(immediate, 10)));
}

Word register_arithmetic(Word w) {
  const Word rd = upper_register(w), rs2 = lower_register(w);
  switch (bits(w, 12, 12) << 2 | bits(w, 6, 5)) {
    case 0:
      return r_type(op, 0, 0x20, rd, rd, rs2);  // sub
    case 1:
      return r_type(op, 4, 0, rd, rd, rs2);  // xor
    case 2:
      return r_type(op, 6, 0, rd, rd, rs2);  // or
    case 3:
      return r_type(op, 7, 0, rd, rd, rs2);  // and
    case 4:
      return r_type(op_32, 0, 0x20, rd, rd, rs2);
    case 5:
      return r_type(op_32, 0, 0, rd, rd, rs2);
  }
  return 0;
}

Word arithmetic(Word w) {
  const Word rd = upper_register(w);
  constexpr Word arithmetic_shift = 0x400;
  switch (bits(w, 11, 10)) {
    case 0:
      return i_type(op_imm, 5, rd, rd, shift_amount(w));
    case 1:
      return i_type(op_imm, 5, rd, rd, arithmetic_shift | shift_amount(w));
    case 2:
      return i_type(op_imm, 7, rd, rd, signed_immediate(w));
  }
  return register_arithmetic(w);
}

Word quadrant_1(Word w) {
  const Word rd = rd_full(w);
  switch (bits(w, 15, 13)) {
    case 0:
      return i_type(op_imm, 0, rd, rd, signed_immediate(w));
    case 1:
      return rd == 0 ? 0 : i_type(op_imm_32, 0, rd, rd, signed_immediate(w));
    case 2:
      return i_type(op_imm, 0, rd, 0, signed_immediate(w));
    case 3:
      return lui_or_addi16sp(w);
    case 4:
      return arithmetic(w);
    case 5:
      return j_type(0, jump_offset(w));
    case 6:
      return b_type(0, upper_register(w), branch_offset(w));
  }
  return b_type(1, upper_register(w), branch_offset(w));
}

Word jump_or_move(Word w) {
  const Word rd = rd_full(w), rs2 = rs2_full(w);
  const bool links_or_adds = bit(w, 12);
  if (rs2 != 0) return r_type(op, 0, 0, rd, links_or_adds ? rd : 0, rs2);
  if (rd == 0) return links_or_adds ? ebreak : 0;
  return i_type(jalr, 0, links_or_adds ? ra : 0, rd, 0);
}

Word quadrant_2(Word w) {
  const Word rd = rd_full(w), rs2 = rs2_full(w);
  switch (bits(w, 15, 13)) {
    case 0:
      return i_type(op_imm, 1, rd, rd, shift_amount(w));
    case 1:
      return i_type(load_fp, 3, rd, sp, double_load_sp(w));
    case 2:
      return rd == 0 ? 0 : i_type(load, 2, rd, sp, word_load_sp(w));
    case 3:
      return rd == 0 ? 0 : i_type(load, 3, rd, sp, double_load_sp(w));
    case 4:
      return jump_or_move(w);
    case 5:
      return s_type(store_fp, 3, sp, rs2, double_store_sp(w));
    case 6:
      return s_type(store, 2, sp, rs2, word_store_sp(w));
  }
  return s_type(store, 3, sp, rs2, double_store_sp(w));
}

}  // namespace

std::uint32_t expand_compressed(std::uint16_t word) {
  switch (word & 3) {
    case 0:
      return quadrant_0(word);
    case 1:
      return quadrant_1(word);
    case 2:
      return quadrant_2(word);
  }
  return 0;
}

}  // namespace castor::host
