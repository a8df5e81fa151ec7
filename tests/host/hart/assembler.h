// Instruction words from mnemonics, through the instruction table read backwards.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "castor/common/bits.h"
#include "castor/host/instruction_table.h"

namespace castor::host::test {

inline const Operation& operation(const std::string& mnemonic) {
  for (const Operation& row : instruction_table())
    if (mnemonic == row.mnemonic) return row;
  throw std::runtime_error("no instruction is called " + mnemonic);
}

inline std::uint32_t immediate_bits(Immediate kind, std::int64_t value) {
  const auto v = static_cast<std::uint64_t>(value);
  switch (kind) {
    case Immediate::None:
      return 0;
    case Immediate::I:
    case Immediate::Csr:
      return static_cast<std::uint32_t>(place(v, 31, 20));
    case Immediate::S:
      return static_cast<std::uint32_t>(place(bits(v, 11, 5), 31, 25) | place(v, 11, 7));
    case Immediate::B:
      return static_cast<std::uint32_t>(place(bits(v, 12, 12), 31, 31) | place(bits(v, 10, 5), 30, 25) |
                                        place(bits(v, 4, 1), 11, 8) | place(bits(v, 11, 11), 7, 7));
    case Immediate::U:
      return static_cast<std::uint32_t>(place(bits(v, 31, 12), 31, 12));
    case Immediate::J:
      return static_cast<std::uint32_t>(place(bits(v, 20, 20), 31, 31) | place(bits(v, 10, 1), 30, 21) |
                                        place(bits(v, 11, 11), 20, 20) | place(bits(v, 19, 12), 19, 12));
    case Immediate::Shift:
      return static_cast<std::uint32_t>(place(v, 25, 20));
    case Immediate::ShiftWord:
      return static_cast<std::uint32_t>(place(v, 24, 20));
  }
  return 0;
}

/// Operands in the order rd, rs1, rs2, rs3, immediate, those that the format has; registers are 0 to 31 of their file.
/// A sixth kind, the 5 bits of csrrwi and its like, follows the number of the register. rm: dynamic where it is open.
inline std::uint32_t encode(const Operation& row, std::initializer_list<std::int64_t> operands, unsigned rm = 7) {
  std::uint32_t word = row.pattern.match;
  const std::int64_t* next = operands.begin();
  const auto take = [&] {
    if (next == operands.end()) throw std::runtime_error(std::string("too few operands of ") + row.mnemonic);
    return *next++;
  };
  const Format& format = row.format;
  if (format.rd != Operand::None) word |= static_cast<std::uint32_t>(take()) << 7;
  if (format.rs1 != Operand::None) word |= static_cast<std::uint32_t>(take()) << 15;
  if (format.rs2 != Operand::None) word |= static_cast<std::uint32_t>(take()) << 20;
  if (format.rs3 != Operand::None) word |= static_cast<std::uint32_t>(take()) << 27;
  if (format.immediate != Immediate::None) word |= immediate_bits(format.immediate, take());
  if (next != operands.end()) word |= static_cast<std::uint32_t>(take() & 31) << 15;
  const bool float_operation = (word & 0x7f) == 0x53 || (word & 0x73) == 0x43;
  if (float_operation && (row.pattern.mask & 0x7000) == 0) word |= rm << 12;
  return word;
}

inline std::uint32_t encode(const std::string& mnemonic, std::initializer_list<std::int64_t> operands,
                            unsigned rm = 7) {
  return encode(operation(mnemonic), operands, rm);
}

/// Words one after another.
class Assembler {
 public:
  explicit Assembler(std::uint64_t origin) : origin_(origin) {}

  std::uint64_t here() const { return origin_ + code_.size(); }
  void word(std::uint32_t word) {
    half(static_cast<std::uint16_t>(word)), half(static_cast<std::uint16_t>(word >> 16));
  }
  void half(std::uint16_t half) {
    code_.push_back(static_cast<std::uint8_t>(half));
    code_.push_back(static_cast<std::uint8_t>(half >> 8));
  }
  Assembler& operator()(const std::string& mnemonic, std::initializer_list<std::int64_t> operands, unsigned rm = 7) {
    word(encode(mnemonic, operands, rm));
    return *this;
  }
  /// rd = value, in at most eight instructions.
  void li(unsigned rd, std::uint64_t value) {
    const auto signed_value = static_cast<std::int64_t>(value);
    const std::int64_t low = sign_extend(value, 12);
    if (signed_value == low) {
      (*this)("addi", {rd, 0, low});
    } else if (signed_value == sign_extend(value, 32)) {
      (*this)("lui", {rd, (signed_value - low) & 0xffffffff});
      if (low != 0) (*this)("addiw", {rd, rd, low});
    } else {
      li(rd, static_cast<std::uint64_t>(sign_extend((value - static_cast<std::uint64_t>(low)) >> 12, 52)));
      (*this)("slli", {rd, rd, 12});
      if (low != 0) (*this)("addi", {rd, rd, low});
    }
  }
  const std::vector<std::uint8_t>& code() const { return code_; }

 private:
  std::uint64_t origin_;
  std::vector<std::uint8_t> code_;
};

}  // namespace castor::host::test
