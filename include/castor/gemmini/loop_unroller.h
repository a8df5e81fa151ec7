// One address generator of a loop: walks a nest and tells which command of which point comes next.
// RTL twin: the state machines (idle, config, ld / pre, comp / st, ...) of LoopMatmul.scala and LoopConv.scala; what
// differs between them is data: the nest, whether a configuration precedes or follows it, how many commands a point
// has.
#pragma once

#include <cstdint>

#include "castor/gemmini/loop_nest.h"

namespace castor::gemmini {

class LoopUnroller {
 public:
  enum class Stage : std::uint8_t { Idle, Prologue, Nest, Epilogue };

  /// Takes a request: active from the next cycle on. `loop` is the context it works for.
  void start(unsigned loop, const LoopNest& nest, bool prologue = false, bool epilogue = false) {
    loop_ = loop;
    nest_ = nest;
    part_ = 0;
    epilogue_ = epilogue;
    stage_ = prologue ? Stage::Prologue : Stage::Nest;
  }

  bool idle() const { return stage_ == Stage::Idle; }
  Stage stage() const { return stage_; }
  /// The context of the last request; it stays when the unroller falls idle.
  unsigned loop() const { return loop_; }
  /// Which command of the point comes next.
  unsigned part() const { return part_; }
  const LoopNest& nest() const { return nest_; }
  LoopNest& nest() { return nest_; }

  /// The next command has left; this point of the nest has `parts` of them. Returns whether the point is done.
  bool next(unsigned parts = 1) {
    switch (stage_) {
      case Stage::Prologue:
        stage_ = Stage::Nest;
        return false;
      case Stage::Nest:
        return next_in_nest(parts);
      default:
        stage_ = Stage::Idle;
        return false;
    }
  }

  /// Gives the request up without a command.
  void abandon() { stage_ = Stage::Idle; }

 private:
  bool next_in_nest(unsigned parts) {
    if (++part_ < parts) return false;
    part_ = 0;
    if (!nest_.advance()) stage_ = epilogue_ ? Stage::Epilogue : Stage::Idle;
    return true;
  }

  Stage stage_ = Stage::Idle;
  bool epilogue_ = false;
  std::uint8_t part_ = 0;
  unsigned loop_ = 0;
  LoopNest nest_;
};

}  // namespace castor::gemmini
