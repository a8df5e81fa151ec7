// A decoded instruction: what executes it, its operands, and what core timing must know about it without executing it.
#pragma once

#include <cstdint>

namespace castor::host {

class Hart;
struct Instruction;

/// Executes one instruction. The hart's pc is the instruction's own, and next_pc the following one until it jumps.
using Body = void (*)(Hart&, const Instruction&);

/// What a pipeline does with an instruction.
enum class TimingClass : std::uint8_t {
  Alu,
  Multiply,
  Divide,
  Load,
  Store,
  LoadReserved,
  StoreConditional,
  Amo,
  Branch,
  Jump,             ///< jal
  JumpRegister,     ///< jalr
  FloatArithmetic,  ///< add, subtract, multiply, fused
  FloatMove,        ///< sign injection, minimum, comparison, conversion, moves between the register files
  FloatDivide,
  FloatSquareRoot,
  Csr,
  Fence,
  FenceI,
  System,  ///< ecall, ebreak, xret, wfi, sfence.vma, illegal: the pipeline is flushed
  Rocc,    ///< custom-0 to custom-3
};

/// Both register files under one numbering: x0 to x31, then f0 to f31. A write of x0 goes to `nowhere`.
using Register = std::uint8_t;
constexpr Register x(unsigned number) { return static_cast<Register>(number); }
constexpr Register f(unsigned number) { return static_cast<Register>(32 + number); }
constexpr Register nowhere = 64;
constexpr unsigned registers = 65;

/// How an immediate lies in the word.
enum class Immediate : std::uint8_t { None, I, S, B, U, J, Shift, ShiftWord, Csr };

enum class Operand : std::uint8_t { None, X, F };

/// Which operands a word names, and in which register file they are.
struct Format {
  Operand rd = Operand::None;
  Operand rs1 = Operand::None;
  Operand rs2 = Operand::None;
  Operand rs3 = Operand::None;
  Immediate immediate = Immediate::None;
};

/// The fixed bits of an instruction word, from text as in the manual: "0000000 ----- ----- 000 ----- 0110011".
struct Pattern {
  // NOLINTNEXTLINE: a pattern reads as its text
  constexpr Pattern(const char* text) {
    unsigned count = 0;
    for (; *text != '\0'; ++text) {
      if (*text == ' ') continue;
      match = match << 1 | (*text == '1');
      mask = mask << 1 | (*text != '-');
      ++count;
    }
    if (count != 32) throw "a pattern has 32 bits";
  }
  constexpr bool matches(std::uint32_t word) const { return (word & mask) == match; }

  std::uint32_t match = 0;
  std::uint32_t mask = 0;
};

/// A row of the instruction table.
struct Operation {
  const char* mnemonic;
  Pattern pattern;
  Format format;
  TimingClass timing;
  char extension;  ///< its letter in misa
  Body body;
};

/// 32 bytes: two to a cache line of the computer that simulates.
struct Instruction {
  Body body = nullptr;
  const Operation* operation = nullptr;
  std::int32_t immediate = 0;
  std::uint32_t bits = 0;  ///< the word as fetched; 16 bits of a compressed one
  Register rd = nowhere;
  Register rs1 = 0, rs2 = 0, rs3 = 0;  ///< x0 when there is no such operand
  std::uint8_t length = 4;             ///< in bytes
  std::uint8_t rounding = 0;           ///< the field rm
  TimingClass timing = TimingClass::Alu;

  bool stores() const {
    return timing == TimingClass::Store || timing == TimingClass::StoreConditional || timing == TimingClass::Amo;
  }
  bool writes_register() const { return rd != nowhere; }
  /// The bits aq and rl of an atomic instruction.
  bool acquires() const { return bits >> 26 & 1; }
  bool releases() const { return bits >> 25 & 1; }
};

}  // namespace castor::host
