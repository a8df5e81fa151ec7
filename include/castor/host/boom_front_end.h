// When an instruction can be dispatched: fetch of a BOOM core, its buffer, the way along guessed and real branches.
//
// RTL twin: BOOM's ifu/frontend.scala, fetch-buffer.scala.
//   * A packet of fetch_bytes, aligned, is fetched a cycle; an instruction across two packets needs both.
//   * An instruction can be dispatched front_end_stages after the first stage of its packet (F0).
//   * After a branch or jump that was guessed, F0 of the next packet lies as many cycles behind as the stage that
//     guessed: 1 (no bubble), 2 or 3.
//   * A wrong guess stops fetch until the core restarts it.
//   * Fetch waits while the buffer of fetch_buffer instructions is full.
//   * The instruction cache is asked once a line; a miss holds fetch until it is answered.
// Not modelled: what is fetched on the wrong path, and misses ahead of dispatch: a line is asked for when the first
// instruction in it is needed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "castor/config/boom_params.h"
#include "castor/host/boom_branch_predictor.h"
#include "castor/host/instruction.h"
#include "castor/host/window_caches.h"

namespace castor::host {

class BoomFrontEnd {
 public:
  BoomFrontEnd(const config::BoomParams& params, WindowCaches& caches);

  /// The first cycle in which it can be dispatched; nothing: it misses, and answer() will come.
  std::optional<std::uint64_t> fetch(std::uint64_t pc, PhysAddr address, unsigned length) {
    const std::uint64_t last = packet_of(pc + length - 2);
    if (waits_) return std::nullopt;
    if (packet_ != last && !fetch_packets(pc, address, last)) return std::nullopt;
    return packet_f0_ + stages_;
  }
  void answer(std::uint64_t f2);
  bool waits() const { return waits_; }

  /// It is dispatched in `cycle` and led to `next`. False: that was not guessed; fetch stands until restart().
  bool leave(const Instruction& instruction, std::uint64_t pc, std::uint64_t next, std::uint64_t cycle) {
    dispatched_[dispatches_++ % dispatched_.size()] = cycle;
    return !may_jump(instruction) || follow(instruction, pc, next);
  }
  /// The core goes on elsewhere, or once more: F0 in `cycle`.
  void restart(std::uint64_t cycle);

  std::uint64_t mispredictions() const { return mispredictions_; }

 private:
  static constexpr std::uint64_t nowhere_near = ~0ULL;
  static constexpr std::uint64_t line_bytes = 64;
  static constexpr std::uint64_t to_third_stage = 2;
  static constexpr std::uint64_t to_buffer = 4;  // F0 to the entrance of the buffer

  static bool may_jump(const Instruction& instruction) {
    const TimingClass timing = instruction.timing;
    return timing == TimingClass::Branch || timing == TimingClass::Jump || timing == TimingClass::JumpRegister;
  }
  std::uint64_t packet_of(std::uint64_t address) const { return address & ~(packet_bytes_ - 1); }
  bool fetch_packets(std::uint64_t pc, PhysAddr address, std::uint64_t last);
  bool enter(std::uint64_t packet, PhysAddr address);
  std::uint64_t room() const;
  bool follow(const Instruction& instruction, std::uint64_t pc, std::uint64_t next);

  WindowCaches& caches_;
  std::uint64_t packet_bytes_, stages_;
  BoomBranchPredictor predictor_;
  std::vector<std::uint64_t> dispatched_;  // the last fetch_buffer instructions
  std::uint64_t dispatches_ = 0;
  std::uint64_t packet_ = nowhere_near;  // the last one entered ...
  std::uint64_t packet_f0_ = 0;          // ... and its F0
  std::uint64_t next_f0_ = 0;
  std::uint64_t line_ = nowhere_near;  // of the last fetch
  bool waits_ = false;
  std::uint64_t mispredictions_ = 0;
};

}  // namespace castor::host
