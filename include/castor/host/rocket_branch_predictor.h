// What a Rocket core's front end guesses: branch target buffer, branch history table, return address stack.
//
// RTL twin: BTB.scala with the parameters of BTBParams (28 entries, fully associative, pseudo-LRU; 512 counters of one
// bit, 8 bits of global history hashed to 3; 6 return addresses). Not modelled: the table of 6 pages that holds the
// upper address bits of entries, and the guesses made on the wrong path.
//
// Looked up by the address at which a fetch packet (4 bytes) is entered. An entry lies at its packet's first byte, so a
// packet that is entered in its middle has none.
#pragma once

#include <array>
#include <cstdint>

namespace castor::host {

enum class FlowKind : std::uint8_t { Branch, Jump, Call, Return };

class RocketBranchPredictor {
 public:
  static constexpr unsigned btb_entries = 28;
  static constexpr unsigned no_entry = btb_entries;

  /// The answer for a packet.
  struct Guess {
    std::uint8_t entry = no_entry;  ///< of the BTB
    bool taken = false;             ///< the entry says so
    std::uint8_t half = 0;          ///< which half of the packet ends the instruction of the entry
    bool history_taken = false;     ///< the BHT's counter
    std::uint8_t history = 0;       ///< with which that was read
    std::uint64_t target = 0;
    bool hit() const { return entry != no_entry; }
  };

  RocketBranchPredictor();

  /// For the packet entered at `address` in fetch stage 1 of cycle `now`. Into its place: a copy of the small fields
  /// would wait for each of them.
  void look_up(std::uint64_t address, std::uint64_t now, Guess& guess);
  /// A packet with a branch, guessed so, is in fetch stage 2 of cycle `now`.
  void advance_history(const Guess& guess, std::uint64_t now);

  /// A branch in MEM: `address` of its last half.
  void resolve_branch(std::uint64_t address, const Guess& guess, bool taken);
  /// What a wrong guess leaves as history: after a branch, and after anything else.
  void repair_history(const Guess& guess, bool taken) { set_history(shifted(guess.history, taken)); }
  void repair_history(const Guess& guess) { set_history(guess.history); }

  /// Learns or, where nothing jumps, forgets: `address` is that of the last half of the instruction.
  void learn(const Guess& guess, std::uint64_t address, std::uint64_t target, FlowKind kind);
  void forget(const Guess& guess);

  void push_return(std::uint64_t address);
  void pop_return();
  bool returns() const { return return_count_ != 0; }
  std::uint64_t top_return() const { return returns_[return_top_]; }

 private:
  static constexpr unsigned history_bits = 8, hashed_bits = 3, counters = 512;
  static constexpr unsigned return_depth = 6;
  static constexpr std::uint64_t packet_bytes = 4;
  static constexpr unsigned slots = 4096;  // packets under one tag of nMatchBits = 14 address bits

  struct Entry {
    std::uint64_t packet = ~0ULL;
    std::uint64_t target = 0;
    FlowKind kind = FlowKind::Branch;
    std::uint8_t half = 0;
  };

  static std::uint8_t shifted(std::uint8_t history, bool taken) {
    return static_cast<std::uint8_t>(history >> 1 | (taken ? 1U << (history_bits - 1) : 0U));
  }
  static unsigned counter_of(std::uint64_t address, std::uint8_t history);
  void set_history(std::uint8_t history) { history_ = history_before_ = history; }
  void touch(unsigned entry);
  unsigned victim() const;

  std::array<Entry, btb_entries> entries_;
  std::array<std::uint8_t, slots> entry_at_;  // by the matched address bits
  std::uint32_t older_ = 0;                   // pseudo-LRU tree
  unsigned last_touched_ = no_entry;
  std::array<bool, counters> taken_{};
  std::uint8_t history_ = 0;
  std::uint8_t history_before_ = 0;  // what fetch stage 1 sees until then
  std::uint64_t history_from_ = 0;
  std::array<std::uint64_t, return_depth> returns_{};
  unsigned return_count_ = 0;
  unsigned return_top_ = 0;
};

}  // namespace castor::host
