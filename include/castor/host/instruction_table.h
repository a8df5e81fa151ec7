// The instruction set as data: one row an instruction, one short body each.
// RV64IMAFD, Zicsr, Zifencei, the privileged instructions, and custom-0 to custom-3. Compressed instructions are
// rewritten to rows of this table (compressed.h).
#pragma once

#include <vector>

#include "castor/host/instruction.h"

namespace castor::host {

// The formats of the manual's chapter "RV32/64G Instruction Set Listings", and their variants over two register files.
namespace format {
constexpr Format R{Operand::X, Operand::X, Operand::X};
constexpr Format Unary{Operand::X, Operand::X};
constexpr Format I{Operand::X, Operand::X, Operand::None, Operand::None, Immediate::I};
constexpr Format Shift{Operand::X, Operand::X, Operand::None, Operand::None, Immediate::Shift};
constexpr Format ShiftWord{Operand::X, Operand::X, Operand::None, Operand::None, Immediate::ShiftWord};
constexpr Format S{Operand::None, Operand::X, Operand::X, Operand::None, Immediate::S};
constexpr Format B{Operand::None, Operand::X, Operand::X, Operand::None, Immediate::B};
constexpr Format U{Operand::X, Operand::None, Operand::None, Operand::None, Immediate::U};
constexpr Format J{Operand::X, Operand::None, Operand::None, Operand::None, Immediate::J};
constexpr Format None{};
constexpr Format TwoSources{Operand::None, Operand::X, Operand::X};
constexpr Format CsrRegister{Operand::X, Operand::X, Operand::None, Operand::None, Immediate::Csr};
constexpr Format CsrImmediate{Operand::X, Operand::None, Operand::None, Operand::None, Immediate::Csr};
constexpr Format FloatLoad{Operand::F, Operand::X, Operand::None, Operand::None, Immediate::I};
constexpr Format FloatStore{Operand::None, Operand::X, Operand::F, Operand::None, Immediate::S};
constexpr Format FloatR{Operand::F, Operand::F, Operand::F};
constexpr Format FloatR4{Operand::F, Operand::F, Operand::F, Operand::F};
constexpr Format FloatUnary{Operand::F, Operand::F};
constexpr Format FloatCompare{Operand::X, Operand::F, Operand::F};
constexpr Format FloatToInteger{Operand::X, Operand::F};
constexpr Format IntegerToFloat{Operand::F, Operand::X};
}  // namespace format

/// All rows. No two match the same word.
const std::vector<Operation>& instruction_table();

/// What a word that no row matches, or whose extension is off, does: it raises an illegal instruction.
const Operation& illegal_instruction();

}  // namespace castor::host
