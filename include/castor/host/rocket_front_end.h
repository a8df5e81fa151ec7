// When an instruction reaches decode: fetch, its queue, and the way along guessed and real branches.
//
// RTL twin: Frontend.scala, IBuf.scala; BTB.scala through RocketBranchPredictor.
//   * A packet of 4 aligned bytes is asked of the instruction cache in fetch stage 0 and is in stage 2, at the entrance
//     of the queue of 5 (through which it may pass in the same cycle), two cycles later. One packet a cycle.
//   * Fetch stops when queue and stages hold 5 packets: a packet is in stage 2 three cycles after the fifth before it
//     has left the queue.
//   * Jumps known to the BTB cost nothing. In stage 2 the packet is scanned: jumps, returns and branches that the BHT
//     takes are followed from there, one packet later; what is found so enters the BTB if the queue holds at most one
//     packet.
//   * A wrong guess is noticed in MEM, and what replays, flushes or traps in WB: the first packet is in stage 2 two
//     cycles after that.
//   * An instruction of 4 bytes across packets needs both. Behind the queue stands a buffer of half a packet (IBuf):
//     when fetch goes on in the middle of a packet, with such an instruction, its first half takes a cycle of its own.
//   * No line is asked of the L2 on a guess (disableSpeculativeICacheRefill, set at reset): an instruction whose packet
//     missed goes on to WB and is fetched again from there. Sure are the first two packets after WB has redirected the
//     fetch, the second one unless the first jumps. The walker, however, is asked for a page on a guess, and the packet
//     that waited for its page then asks for its line.
// Not modelled: what is fetched on the wrong path (returns pushed there).
//
// Use for each instruction: fetch(), then leave() with the cycle in which it leaves decode, then follow() with where it
// led; or restart() when it has to come again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "castor/host/core_caches.h"
#include "castor/host/instruction.h"
#include "castor/host/rocket_branch_predictor.h"

namespace castor::host {

class RocketFrontEnd {
 public:
  explicit RocketFrontEnd(CoreCaches& caches) : caches_(caches) {}

  /// The cycle in which the instruction can be decoded; nothing: it misses, and answer() will come.
  std::optional<std::uint64_t> fetch(std::uint64_t pc, PhysAddr address, unsigned length) {
    const bool here = packet_.base == packet_of(pc + length - 2) && !waits_;
    if (!here && !fetch_packets(pc, address, length)) return std::nullopt;
    return std::max(packet_.arrival, half_taken_);
  }
  void answer(std::uint64_t s2);
  bool waits() const { return waits_; }

  /// It leaves decode in `cycle`.
  void leave(std::uint64_t cycle) {
    last_left_ = cycle;
    for (; entered_ != 0; --entered_) {
      left_[oldest_] = cycle;
      oldest_ = after(oldest_);
    }
  }
  /// Decode takes nothing before `cycle`, not even the half that takes a cycle of its own.
  void hold(std::uint64_t cycle) {
    const bool half_to_come = half_taken_ > last_left_;
    if (half_to_come) half_taken_ = std::max(half_taken_, cycle + 1);
  }
  /// It led to `next`, having left decode in `cycle`. True if that was guessed.
  bool follow(const Instruction& instruction, std::uint64_t pc, std::uint64_t next, std::uint64_t cycle) {
    return (!may_jump(instruction) && !packet_.guess.taken) || follow_flow(instruction, pc, next, cycle);
  }
  /// WB sends the core elsewhere, or through the same once more: the first packet can be decoded in `cycle`.
  void restart(std::uint64_t cycle);

  std::uint64_t mispredictions() const { return mispredictions_; }

 private:
  static constexpr std::uint64_t packet_bytes = 4, line_bytes = 64;
  static constexpr unsigned queue_depth = 5;
  static constexpr unsigned refetch = 3;        // from a place in the queue to stage 2 of what fills it
  static constexpr unsigned stage_2 = 2;        // after stage 0
  static constexpr unsigned mem_to_decode = 4;  // decode to MEM, and a redirect to decode
  static constexpr unsigned wb_to_decode = 5;
  static constexpr unsigned sure_packets = 2;  // after a redirect from WB
  static constexpr std::uint64_t nowhere_near = ~0ULL;

  /// The packet that was entered last.
  struct Packet {
    std::uint64_t base = nowhere_near;
    std::uint64_t arrival = 0;  // in stage 2
    RocketBranchPredictor::Guess guess;
    bool has_branch = false;  // the history knows
  };
  struct Path {
    std::uint64_t next;
    bool scanned;  // found in stage 2
  };

  static std::uint64_t packet_of(std::uint64_t address) { return address & ~(packet_bytes - 1); }
  static unsigned after(unsigned place) { return place + 1 == queue_depth ? 0 : place + 1; }
  static bool may_jump(const Instruction& instruction) {
    const TimingClass timing = instruction.timing;
    return timing == TimingClass::Branch || timing == TimingClass::Jump || timing == TimingClass::JumpRegister;
  }
  bool fetch_packets(std::uint64_t pc, PhysAddr address, unsigned length);
  bool misses_on_a_guess(std::uint64_t pc, PhysAddr address, unsigned length) const;
  void redirect(std::uint64_t cycle, unsigned sure);
  std::uint64_t next_place() const;
  bool follow_flow(const Instruction& instruction, std::uint64_t pc, std::uint64_t next, std::uint64_t cycle);
  bool enter(std::uint64_t pc, PhysAddr address);
  bool request(std::uint64_t s0, std::uint64_t pc, PhysAddr address);
  bool hits(PhysAddr address) const {
    return address.value() / line_bytes == line_ || caches_.holds_instructions(address);
  }
  void ask_ahead(std::uint64_t next, PhysAddr address);
  void arrive(std::uint64_t cycle);
  Path guess(const Instruction& instruction, std::uint64_t pc, std::uint64_t next, FlowKind kind);
  void learn_from_scan(std::uint64_t last_half, std::uint64_t target, FlowKind kind);
  void track_returns(const Instruction& instruction, std::uint64_t pc, FlowKind kind);
  void resolve(std::uint64_t last_half, std::uint64_t next, bool jumps, bool conditional, bool right, FlowKind kind);

  CoreCaches& caches_;
  RocketBranchPredictor predictor_;
  Packet packet_;
  std::uint64_t next_arrival_ = 0;                 // of the next packet, if nothing stops it
  std::uint64_t line_ = nowhere_near;              // of the last fetch that hit
  std::array<std::uint64_t, queue_depth> left_{};  // when the last packets left the queue
  unsigned oldest_ = 0;
  unsigned entered_ = 0;          // packets since leave()
  unsigned sure_ = sure_packets;  // packets to come that are no guess
  std::uint64_t last_left_ = 0;
  std::uint64_t half_taken_ = 0;  // the cycle after the buffer took half an instruction
  bool waits_ = false;
  std::uint64_t mispredictions_ = 0;
};

}  // namespace castor::host
