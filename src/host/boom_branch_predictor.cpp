#include "castor/host/boom_branch_predictor.h"

#include <algorithm>

#include "castor/common/bits.h"

namespace castor::host {
namespace {

constexpr std::uint64_t ones(unsigned width) { return width >= 64 ? ~0ULL : (1ULL << width) - 1; }

/// The last `length` branches, folded to `width` bits.
std::uint64_t folded(std::uint64_t history, unsigned length, unsigned width) {
  std::uint64_t rest = history & ones(length);
  std::uint64_t result = 0;
  for (; rest != 0; rest >>= width) result ^= rest & ones(width);
  return result;
}

void count(std::uint8_t& counter, bool up, std::uint8_t most) {
  if (up && counter < most) ++counter;
  if (!up && counter > 0) --counter;
}

}  // namespace

const std::array<BoomBranchPredictor::Shape, BoomBranchPredictor::tables> BoomBranchPredictor::shapes_{
    {{128, 2, 7}, {128, 4, 7}, {256, 8, 8}, {256, 16, 8}, {128, 32, 9}, {128, 64, 9}}};

BoomBranchPredictor::BoomBranchPredictor() {
  base_.fill(1);
  for (unsigned i = 0; i < tables; ++i) tagged_[i].resize(shapes_[i].entries);
}

BoomBranchPredictor::Guess BoomBranchPredictor::follow(const Flow& flow) {
  Direction told{true, true};
  if (flow.kind == Kind::Branch) told = direction(flow.pc);
  const std::uint64_t first_guess = first(flow), second_guess = second(flow), third_guess = third(flow, told);
  if (flow.kind == Kind::Branch) learn_direction(flow, told);
  learn_recent(flow);
  if (flow.taken()) learn_target(flow);
  track_returns(flow);
  if (second_guess != third_guess) return {third_guess == flow.next, 3};
  return {third_guess == flow.next, first_guess != second_guess ? 2U : 1U};
}

std::uint64_t BoomBranchPredictor::first(const Flow& flow) const {
  const auto found =
      std::find_if(recent_.begin(), recent_.end(), [&](const Recent& recent) { return recent.pc == flow.pc; });
  return found == recent_.end() || found->counter < 2 ? flow.sequential : found->target;
}

std::uint64_t BoomBranchPredictor::second(const Flow& flow) const {
  if (flow.kind == Kind::Branch && !base_taken(flow.pc)) return flow.sequential;
  const Target* set = &targets_[flow.pc / 2 % btb_sets * btb_ways];
  for (unsigned way = 0; way < btb_ways; ++way)
    if (set[way].pc == flow.pc) return set[way].target;
  return flow.sequential;
}

std::uint64_t BoomBranchPredictor::third(const Flow& flow, const Direction& direction) const {
  switch (flow.kind) {
    case Kind::Branch:
      return direction.taken ? flow.target : flow.sequential;
    case Kind::Jump:
      return flow.target;
    case Kind::Return:
      return returns_[return_top_];
    case Kind::Indirect:
      break;
  }
  return second(flow);
}

void BoomBranchPredictor::find_entries(std::uint64_t pc) {
  for (unsigned i = 0; i < tables; ++i) {
    const Shape& shape = shapes_[i];
    const unsigned index_bits = log2_ceil(shape.entries);
    const std::uint64_t packet = pc / 2;
    const std::uint64_t index = packet ^ packet >> index_bits ^ folded(history_, shape.history, index_bits);
    at_[i] = &tagged_[i][index & (shape.entries - 1)];
    const std::uint64_t tag = packet >> index_bits ^ folded(history_, shape.history, shape.tag_bits);
    tag_[i] = static_cast<std::uint16_t>(tag & ones(shape.tag_bits));
  }
}

/// The longest history that knows the branch; `alternative`: what the next shorter one says.
BoomBranchPredictor::Direction BoomBranchPredictor::direction(std::uint64_t pc) {
  find_entries(pc);
  Direction result{base_taken(pc), base_taken(pc)};
  for (unsigned i = 0; i < tables; ++i) {
    if (at_[i]->tag != tag_[i]) continue;
    result.alternative = result.taken;
    result.taken = at_[i]->counter >= 4;
    result.provider = i;
  }
  return result;
}

void BoomBranchPredictor::learn_direction(const Flow& flow, const Direction& told) {
  const bool taken = flow.taken(), known = told.provider != tables;
  count(base_[flow.pc / 2 % base_counters], taken, 3);
  if (known) {
    count(at_[told.provider]->counter, taken, 7);
    if (told.taken != told.alternative) count(at_[told.provider]->useful, told.taken == taken, 3);
  }
  if (told.taken != taken) allocate(known ? told.provider + 1 : 0, taken);
  history_ = history_ << 1 | taken;
}

/// An entry that nobody finds useful, in a table of longer history; else all of them age.
void BoomBranchPredictor::allocate(unsigned above, bool taken) {
  for (unsigned i = above; i < tables; ++i) {
    if (at_[i]->useful != 0) continue;
    *at_[i] = {tag_[i], static_cast<std::uint8_t>(taken ? 4 : 3), 0};
    break;
  }
  if (++updates_ % useful_period != 0) return;
  for (std::vector<Tagged>& table : tagged_)
    for (Tagged& entry : table) entry.useful >>= 1;
}

void BoomBranchPredictor::learn_target(const Flow& flow) {
  const std::size_t set = flow.pc / 2 % btb_sets;
  Target* ways = &targets_[set * btb_ways];
  for (unsigned way = 0; way < btb_ways; ++way) {
    if (ways[way].pc != flow.pc) continue;
    ways[way].target = flow.next;
    return;
  }
  ways[target_next_[set]++ % btb_ways] = {flow.pc, flow.next};
}

void BoomBranchPredictor::learn_recent(const Flow& flow) {
  const auto found =
      std::find_if(recent_.begin(), recent_.end(), [&](const Recent& recent) { return recent.pc == flow.pc; });
  if (found != recent_.end()) {
    count(found->counter, flow.taken(), 3);
    if (flow.taken()) found->target = flow.next;
  } else if (flow.taken()) {
    recent_[recent_next_++ % recent_entries] = {flow.pc, flow.next, 2};
  }
}

void BoomBranchPredictor::track_returns(const Flow& flow) {
  if (flow.kind == Kind::Return) return_top_ = (return_top_ + return_depth - 1) % return_depth;
  if (!flow.calls) return;
  return_top_ = (return_top_ + 1) % return_depth;
  returns_[return_top_] = flow.sequential;
}

}  // namespace castor::host
