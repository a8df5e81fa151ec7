#include "castor/host/rocket_front_end.h"

#include <algorithm>

namespace castor::host {
namespace {

constexpr std::uint64_t page_bytes = 4096;

bool link_register(Register number) { return number == x(1) || number == x(5); }

/// As the scan of Frontend.scala tells them apart.
FlowKind kind_of(const Instruction& instruction) {
  if (instruction.timing == TimingClass::Branch) return FlowKind::Branch;
  if (instruction.rd % 2 == 1) return FlowKind::Call;
  const bool indirect = instruction.timing == TimingClass::JumpRegister;
  return indirect && link_register(instruction.rs1) ? FlowKind::Return : FlowKind::Jump;
}

}  // namespace

bool RocketFrontEnd::fetch_packets(std::uint64_t pc, PhysAddr address, unsigned length) {
  if (waits_) return false;
  if (misses_on_a_guess(pc, address, length)) restart(std::max(next_place(), last_left_ + 1) + wb_to_decode);
  const std::uint64_t last = packet_of(pc + length - 2);
  if (packet_.base != packet_of(pc) && !enter(pc, address)) return false;
  if (packet_.base == last) return true;
  const bool jumped_here = entered_ != 0;
  if (jumped_here) half_taken_ = std::max(packet_.arrival, last_left_ + 1) + 1;
  return enter(last, address + (last - pc));
}

bool RocketFrontEnd::misses_on_a_guess(std::uint64_t pc, PhysAddr address, unsigned length) const {
  if (sure_ != 0) return false;
  if (!hits(address + (length - 2))) return true;
  const bool first_is_here = packet_.base == packet_of(pc);
  return !first_is_here && !hits(address);
}

/// The cycle in which the next packet is in stage 2.
std::uint64_t RocketFrontEnd::next_place() const {
  return std::max(next_arrival_, left_[entered_ == 0 ? oldest_ : after(oldest_)] + refetch);
}

bool RocketFrontEnd::enter(std::uint64_t pc, PhysAddr address) {
  next_arrival_ = next_place();
  packet_.base = packet_of(pc);
  packet_.arrival = next_arrival_;
  packet_.has_branch = false;
  predictor_.look_up(pc, next_arrival_ - 1, packet_.guess);
  ++entered_;
  if (!request(next_arrival_ - stage_2, pc, address)) return false;
  if (sure_ == sure_packets) ask_ahead(packet_.base + packet_bytes, address + (packet_bytes - pc % packet_bytes));
  arrive(next_arrival_);
  return true;
}

/// For the packet after this one: it is asked for even if this one's instruction must wait in decode.
void RocketFrontEnd::ask_ahead(std::uint64_t next, PhysAddr address) {
  const bool new_page = next % page_bytes == 0;
  if (new_page || packet_.guess.taken || hits(address)) return;
  caches_.fetch(Cycle{next_arrival_ + 1 - stage_2}, VirtAddr{next}, address);
}

bool RocketFrontEnd::request(std::uint64_t s0, std::uint64_t pc, PhysAddr address) {
  const std::uint64_t line = address.value() / line_bytes;
  if (line == line_) return true;
  if (caches_.fetch(Cycle{s0}, VirtAddr{pc}, address)) {
    line_ = line;
    return true;
  }
  line_ = line;
  waits_ = true;
  return false;
}

void RocketFrontEnd::answer(std::uint64_t s2) {
  waits_ = false;
  arrive(s2);
}

void RocketFrontEnd::arrive(std::uint64_t cycle) {
  sure_ -= std::min(sure_, 1U);
  packet_.arrival = cycle;
  next_arrival_ = cycle + 1;
}

void RocketFrontEnd::restart(std::uint64_t cycle) {
  line_ = nowhere_near;
  redirect(cycle, sure_packets);
}

void RocketFrontEnd::redirect(std::uint64_t cycle, unsigned sure) {
  sure_ = sure;
  packet_.base = nowhere_near;
  next_arrival_ = cycle;
  left_.fill(0);
  entered_ = 0;
  if (waits_) line_ = nowhere_near;
  waits_ = false;
}

bool RocketFrontEnd::follow_flow(const Instruction& instruction, std::uint64_t pc, std::uint64_t next,
                                 std::uint64_t cycle) {
  const std::uint64_t last_half = pc + instruction.length - 2;
  const bool jumps = may_jump(instruction);
  const FlowKind kind = jumps ? kind_of(instruction) : FlowKind::Jump;
  const bool conditional = jumps && kind == FlowKind::Branch;
  if (conditional && !packet_.has_branch) {
    predictor_.advance_history(packet_.guess, packet_.arrival);
    packet_.has_branch = true;
  }
  const Path path = guess(instruction, pc, next, kind);
  if (jumps) track_returns(instruction, pc, kind);
  const bool right = path.next == next;
  resolve(last_half, next, jumps && next != pc + instruction.length, conditional, right, kind);
  if (!right) {
    ++mispredictions_;
    redirect(cycle + mem_to_decode, 0);
  } else if (next != pc + instruction.length) {
    sure_ = 0;
    if (path.scanned) next_arrival_ = packet_.arrival + 2;
    packet_.base = nowhere_near;
  }
  return right;
}

/// Where the front end goes after this instruction.
RocketFrontEnd::Path RocketFrontEnd::guess(const Instruction& instruction, std::uint64_t pc, std::uint64_t next,
                                           FlowKind kind) {
  const std::uint64_t last_half = pc + instruction.length - 2, sequential = pc + instruction.length;
  const RocketBranchPredictor::Guess& guess = packet_.guess;
  if (guess.taken) return {guess.half == last_half / 2 % 2 ? guess.target : sequential, false};
  std::uint64_t target = sequential;
  if (kind == FlowKind::Return && predictor_.returns())
    target = predictor_.top_return();
  else if (instruction.timing == TimingClass::Jump)
    target = next;
  else if (kind == FlowKind::Branch && guess.history_taken)
    target = pc + static_cast<std::uint64_t>(static_cast<std::int64_t>(instruction.immediate));
  if (target != sequential) learn_from_scan(last_half, target, kind);
  return {target, true};
}

void RocketFrontEnd::learn_from_scan(std::uint64_t last_half, std::uint64_t target, FlowKind kind) {
  const unsigned before_last = (oldest_ + queue_depth - 3) % queue_depth;  // the packet itself has left
  const bool bubble_likely = left_[before_last] < packet_.arrival;
  if (!packet_.guess.hit() && bubble_likely) predictor_.learn(packet_.guess, last_half, target, kind);
}

void RocketFrontEnd::track_returns(const Instruction& instruction, std::uint64_t pc, FlowKind kind) {
  if (kind == FlowKind::Call) predictor_.push_return(pc + instruction.length);
  if (kind == FlowKind::Return) predictor_.pop_return();
}

/// In MEM.
void RocketFrontEnd::resolve(std::uint64_t last_half, std::uint64_t next, bool jumps, bool conditional, bool right,
                             FlowKind kind) {
  const RocketBranchPredictor::Guess& guess = packet_.guess;
  if (conditional) predictor_.resolve_branch(last_half, guess, jumps);
  if (right) return;
  if (jumps)
    predictor_.learn(guess, last_half, next, kind);
  else if (!conditional)
    predictor_.forget(guess);
  conditional ? predictor_.repair_history(guess, jumps) : predictor_.repair_history(guess);
}

}  // namespace castor::host
