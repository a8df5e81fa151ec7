#include "castor/host/rocket_branch_predictor.h"

#include <algorithm>

#include "castor/common/bits.h"

namespace castor::host {
namespace {

/// The pseudo-LRU tree of rocket-chip (Replacement.scala, PseudoLRU) over any number of ways: the lower ways, a power
/// of two, are the right subtree. A node's bit says that its left subtree is older. Bits lie as there.
struct Subtree {
  unsigned ways;
  unsigned first_bit;  // of ways - 1

  unsigned right_ways() const { return 1U << (log2_ceil(ways) - 1); }
  unsigned left_ways() const { return ways - right_ways(); }
  unsigned node() const { return first_bit + ways - 2; }
  Subtree right() const { return {right_ways(), first_bit}; }
  Subtree left() const { return {left_ways(), first_bit + right_ways() - 1}; }
};

}  // namespace

RocketBranchPredictor::RocketBranchPredictor() { entry_at_.fill(no_entry); }

void RocketBranchPredictor::touch(unsigned entry) {
  if (entry == last_touched_) return;
  last_touched_ = entry;
  for (Subtree tree{btb_entries, 0}; tree.ways > 1;) {
    const bool left = entry >= tree.right_ways();
    older_ = (older_ & ~(1U << tree.node())) | static_cast<std::uint32_t>(!left) << tree.node();
    if (left) entry -= tree.right_ways();
    tree = left ? tree.left() : tree.right();
  }
}

unsigned RocketBranchPredictor::victim() const {
  unsigned way = 0;
  for (Subtree tree{btb_entries, 0}; tree.ways > 1;) {
    const bool left = older_ >> tree.node() & 1;
    if (left) way += tree.right_ways();
    tree = left ? tree.left() : tree.right();
  }
  return way;
}

/// BHT.index: the packet's address folded, exclusive or the hashed history in the upper bits.
unsigned RocketBranchPredictor::counter_of(std::uint64_t address, std::uint8_t history) {
  constexpr unsigned multiplier = 221;  // sqrt(3) / 2 * 2^8
  constexpr unsigned index_bits = 9;
  const std::uint64_t packet = address / packet_bytes;
  const std::uint64_t folded = (packet ^ (packet >> index_bits & 3)) % counters;
  const unsigned hashed = (multiplier * history >> (history_bits - hashed_bits)) & ((1U << hashed_bits) - 1);
  return static_cast<unsigned>(folded) ^ hashed << (index_bits - hashed_bits);
}

void RocketBranchPredictor::look_up(std::uint64_t address, std::uint64_t now, Guess& guess) {
  guess.entry = no_entry;
  guess.taken = false;
  guess.history = now >= history_from_ ? history_ : history_before_;
  guess.history_taken = taken_[counter_of(address, guess.history)];
  const unsigned candidate = entry_at_[address / packet_bytes % slots];
  if (candidate == no_entry || entries_[candidate].packet != address) return;
  const Entry& entry = entries_[candidate];
  guess.entry = static_cast<std::uint8_t>(candidate);
  guess.half = entry.half;
  guess.taken = entry.kind != FlowKind::Branch || guess.history_taken;
  guess.target = entry.kind == FlowKind::Return && returns() ? top_return() : entry.target;
  if (guess.taken) touch(candidate);
}

void RocketBranchPredictor::advance_history(const Guess& guess, std::uint64_t now) {
  history_before_ = history_;
  history_ = shifted(history_, guess.history_taken);
  history_from_ = now + 1;
}

void RocketBranchPredictor::resolve_branch(std::uint64_t address, const Guess& guess, bool taken) {
  taken_[counter_of(address, guess.history)] = taken;
}

void RocketBranchPredictor::learn(const Guess& guess, std::uint64_t address, std::uint64_t target, FlowKind kind) {
  const unsigned way = guess.hit() ? guess.entry : victim();
  const std::uint64_t packet = address & ~(packet_bytes - 1);
  Entry& entry = entries_[way];
  std::uint8_t& old = entry_at_[entry.packet / packet_bytes % slots];
  if (old == way) old = no_entry;
  entry = {packet, target, kind, static_cast<std::uint8_t>(address / 2 % 2)};
  entry_at_[packet / packet_bytes % slots] = static_cast<std::uint8_t>(way);
  touch(way);
}

void RocketBranchPredictor::forget(const Guess& guess) {
  if (!guess.hit()) return;
  Entry& entry = entries_[guess.entry];
  entry_at_[entry.packet / packet_bytes % slots] = no_entry;
  entry = Entry{};
}

void RocketBranchPredictor::push_return(std::uint64_t address) {
  return_count_ = std::min(return_count_ + 1, return_depth);
  return_top_ = (return_top_ + 1) % return_depth;
  returns_[return_top_] = address;
}

void RocketBranchPredictor::pop_return() {
  if (!returns()) return;
  --return_count_;
  return_top_ = (return_top_ + return_depth - 1) % return_depth;
}

}  // namespace castor::host
