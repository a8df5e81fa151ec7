#include "castor/host/rocket_pipeline.h"

#include "castor/common/bits.h"
#include "castor/host/rocket_multiplier.h"

namespace castor::host {
namespace {

bool is_float(Register number) { return number >= f(0) && number != nowhere; }
bool double_precision(const Instruction& instruction) { return bit(instruction.bits, 25); }

/// funct3 of loads and atomics: bytes and halves need another stage to be shifted into place.
std::uint64_t load_latency(const Instruction& instruction) {
  const unsigned size = instruction.length == 4 ? static_cast<unsigned>(bits(instruction.bits, 13, 12)) : 2;
  return size < 2 ? 3 : 2;
}

/// DivSqrtRecFNToRaw_small: sigWidth + 2 iterations, a cycle to round; MEM is the request, and the scoreboard is a
/// cycle late.
std::uint64_t iterative_latency(const Instruction& instruction) {
  const unsigned significand = double_precision(instruction) ? 53 : 24;
  return RocketPipeline::to_mem + significand + 2 + 1 + 1;
}

}  // namespace

std::uint64_t RocketPipeline::latency_of_class(const Instruction& instruction) {
  switch (instruction.timing) {
    case TimingClass::Load:
      return is_float(instruction.rd) ? 4 : load_latency(instruction);
    case TimingClass::LoadReserved:
    case TimingClass::Amo:
    case TimingClass::JumpRegister:
      return 2;
    case TimingClass::StoreConditional:
    case TimingClass::Csr:
      return 3;
    case TimingClass::FloatArithmetic:
      return double_precision(instruction) ? 6 : 4;
    case TimingClass::FloatMove:
      return is_float(instruction.rd) ? 4 : 3;
    case TimingClass::FloatDivide:
    case TimingClass::FloatSquareRoot:
      return iterative_latency(instruction);
    default:
      return 1;
  }
}

void RocketPipeline::occupy_unit(const Instruction& instruction, std::uint64_t cycle, std::uint64_t rs1,
                                 std::uint64_t rs2) {
  const unsigned work = instruction.timing == TimingClass::Multiply ? multiply_cycles(instruction, rs1)
                                                                    : divide_cycles(instruction, rs1, rs2);
  unit_free_ = cycle + to_ex + 1 + work;
  unit_rd_ = instruction.rd;
  set_ready(unit_rd_, unit_free_);
}

void RocketPipeline::leave_again(const Instruction& instruction, std::uint64_t cycle) {
  last_ = cycle;
  if (instruction.writes_register()) set_ready(instruction.rd, cycle + latency(instruction));
}

}  // namespace castor::host
