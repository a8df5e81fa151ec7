// When an instruction leaves decode: in order, one a cycle, behind its operands.
//
// RTL twin: RocketCore.scala, with FPU.scala for the latencies of floating point. All cycles are those in which an
// instruction leaves decode (ID); EX, MEM and WB follow one a cycle. With t the cycle of the producer, an instruction
// that reads or writes the same register leaves, at the earliest, in
//   t+1  integer arithmetic, lui, auipc, jal        t+4  loads of f registers, single-precision arithmetic (3 stages),
//   t+2  lw, ld, lr, amo, jalr                           comparisons, conversions and moves into f (2 stages)
//   t+3  lb, lh, sc, csr, float into x              t+6  double-precision arithmetic (4 stages and the scoreboard)
// Multiplication and division: EX in t+1 is the request, then RocketMultiplier's cycles; the response writes in a cycle
// in which no instruction in WB writes an x register, and its reader leaves in that cycle. The unit takes the next
// request when it has answered. Division and square root of floats: an iteration for each bit of the fraction.
// Not modelled: the FPU's write port (an operation that would write with another one is replayed).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "castor/host/instruction.h"

namespace castor::host {

class RocketPipeline {
 public:
  static constexpr std::uint64_t to_ex = 1, to_mem = 2, to_wb = 3;
  static constexpr std::uint64_t wb_to_decode = 2;  ///< from a redirect in WB to its first instruction in decode
  static constexpr std::uint64_t replay = to_wb + wb_to_decode;

  /// The first cycle in which it can leave decode, if it is there in `arrival`.
  std::uint64_t ready(const Instruction& instruction, std::uint64_t arrival) const {
    std::uint64_t cycle = std::max(arrival, last_ + 1);
    cycle = std::max(cycle, std::max(ready_[instruction.rs1], ready_[instruction.rs2]));
    cycle = std::max(cycle, std::max(ready_[instruction.rd], ready_[instruction.rs3]));
    return uses_unit(instruction) ? std::max(cycle, unit_free_) : cycle;
  }

  /// It leaves in `cycle`, with these operands.
  void leave(const Instruction& instruction, std::uint64_t cycle, std::uint64_t rs1, std::uint64_t rs2) {
    last_ = cycle;
    if (uses_unit(instruction)) return occupy_unit(instruction, cycle, rs1, rs2);
    if (!instruction.writes_register()) return;
    set_ready(instruction.rd, cycle + latency(instruction));
    if (instruction.rd < f(0)) write_back(cycle + to_wb);
  }
  /// It left before in vain; now in `cycle`.
  void leave_again(const Instruction& instruction, std::uint64_t cycle);
  /// Nothing leaves before `cycle` + 1.
  void hold(std::uint64_t cycle) { last_ = std::max(last_, cycle); }
  /// A response of the accelerator writes `number` in `cycle`.
  void respond(Register number, std::uint64_t cycle) { set_ready(number, cycle); }
  std::uint64_t last() const { return last_; }

  static bool uses_unit(const Instruction& instruction) {
    return instruction.timing == TimingClass::Multiply || instruction.timing == TimingClass::Divide;
  }

 private:
  static std::uint64_t latency(const Instruction& instruction) {
    return instruction.timing == TimingClass::Alu ? 1 : latency_of_class(instruction);
  }
  static std::uint64_t latency_of_class(const Instruction& instruction);
  void occupy_unit(const Instruction& instruction, std::uint64_t cycle, std::uint64_t rs1, std::uint64_t rs2);
  void set_ready(Register number, std::uint64_t cycle) {
    ready_[number] = cycle;
    ready_[0] = ready_[nowhere] = 0;
  }
  /// An instruction in WB writes an x register; a response that would write then waits.
  void write_back(std::uint64_t wb) {
    if (unit_free_ == wb) set_ready(unit_rd_, ++unit_free_);
  }

  std::array<std::uint64_t, registers> ready_{};
  std::uint64_t last_ = 0;
  std::uint64_t unit_free_ = 0;  // when the multiplier has answered
  Register unit_rd_ = nowhere;
};

}  // namespace castor::host
