// The sections of the instruction table, one a file.
#pragma once

#include <vector>

#include "castor/host/instruction.h"

namespace castor::host {

// Short names for the rows of the table.
namespace timing {
constexpr TimingClass Alu = TimingClass::Alu, Mul = TimingClass::Multiply, Div = TimingClass::Divide;
constexpr TimingClass Load = TimingClass::Load, Store = TimingClass::Store, Amo = TimingClass::Amo;
constexpr TimingClass Lr = TimingClass::LoadReserved, Sc = TimingClass::StoreConditional;
constexpr TimingClass Branch = TimingClass::Branch, Jal = TimingClass::Jump, Jalr = TimingClass::JumpRegister;
constexpr TimingClass Arith = TimingClass::FloatArithmetic, Move = TimingClass::FloatMove;
constexpr TimingClass FDiv = TimingClass::FloatDivide, FSqrt = TimingClass::FloatSquareRoot;
constexpr TimingClass Csr = TimingClass::Csr, Fence = TimingClass::Fence, FenceI = TimingClass::FenceI;
constexpr TimingClass System = TimingClass::System, Rocc = TimingClass::Rocc;
}  // namespace timing

std::vector<Operation> integer_rows();
std::vector<Operation> multiply_rows();
std::vector<Operation> atomic_rows();
std::vector<Operation> float_rows();
std::vector<Operation> system_rows();

/// A result of 32 bits is sign-extended, whatever its type.
template <class Word>
constexpr std::uint64_t extended(Word value) {
  if constexpr (sizeof(Word) == 4)
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(value)));
  else
    return static_cast<std::uint64_t>(value);
}

}  // namespace castor::host
