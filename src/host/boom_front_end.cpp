#include "castor/host/boom_front_end.h"

#include <algorithm>

namespace castor::host {
namespace {

bool link_register(Register number) { return number == x(1) || number == x(5); }

BoomBranchPredictor::Kind kind_of(const Instruction& instruction) {
  using Kind = BoomBranchPredictor::Kind;
  if (instruction.timing == TimingClass::Branch) return Kind::Branch;
  if (instruction.timing == TimingClass::Jump) return Kind::Jump;
  const bool returns = link_register(instruction.rs1) && !link_register(instruction.rd);
  return returns ? Kind::Return : Kind::Indirect;
}

}  // namespace

BoomFrontEnd::BoomFrontEnd(const config::BoomParams& params, WindowCaches& caches)
    : caches_(caches),
      packet_bytes_(params.fetch_bytes().count()),
      stages_(params.front_end_stages),
      dispatched_(params.fetch_buffer) {}

/// The packet of its first half, then that of its last.
bool BoomFrontEnd::fetch_packets(std::uint64_t pc, PhysAddr address, std::uint64_t last) {
  if (packet_ != packet_of(pc) && !enter(packet_of(pc), address)) return false;
  return packet_ == last || enter(last, address + (last - pc));
}

bool BoomFrontEnd::enter(std::uint64_t packet, PhysAddr address) {
  packet_ = packet;
  packet_f0_ = std::max(next_f0_, room());
  next_f0_ = packet_f0_ + 1;
  const std::uint64_t line = address.value() / line_bytes;
  if (line == line_) return true;
  line_ = line;
  waits_ = !caches_.fetch(Cycle{packet_f0_}, VirtAddr{packet}, address);
  return !waits_;
}

/// The F0 with which a packet finds room in the buffer.
std::uint64_t BoomFrontEnd::room() const {
  const std::uint64_t left = dispatched_[dispatches_ % dispatched_.size()];
  return left > to_buffer ? left - to_buffer : 0;
}

void BoomFrontEnd::answer(std::uint64_t f2) {
  waits_ = false;
  packet_f0_ = std::max(packet_f0_, f2 - to_third_stage);
  next_f0_ = packet_f0_ + 1;
}

void BoomFrontEnd::restart(std::uint64_t cycle) {
  packet_ = nowhere_near;
  next_f0_ = cycle;
  std::fill(dispatched_.begin(), dispatched_.end(), 0);
  if (waits_) line_ = nowhere_near;
  waits_ = false;
}

bool BoomFrontEnd::follow(const Instruction& instruction, std::uint64_t pc, std::uint64_t next) {
  const std::uint64_t target = pc + static_cast<std::uint64_t>(static_cast<std::int64_t>(instruction.immediate));
  const BoomBranchPredictor::Kind kind = kind_of(instruction);
  const bool calls = kind != BoomBranchPredictor::Kind::Branch && link_register(instruction.rd);
  const BoomBranchPredictor::Guess guess = predictor_.follow({pc, pc + instruction.length, target, next, kind, calls});
  if (!guess.right) {
    ++mispredictions_;
    return false;
  }
  const bool taken = next != pc + instruction.length;
  if (taken) packet_ = nowhere_near;
  if (taken || guess.stage > 1) next_f0_ = std::max(next_f0_, packet_f0_ + guess.stage);
  return true;
}

}  // namespace castor::host
