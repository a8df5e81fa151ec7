// Multiplies loaded rows by the load state's scale, and repeats rows of stride-0 mvins. RTL twin:
// VectorScalarMultiplier.scala.
//
// Timing contract
//   A row passes an input register, and stays there for its repeats (highest row first).
//   units > 0: then one of three slots; rows of scale exactly 1.0 leave in the next cycle, others when the shared units
//   have done all elements (3 rows per 19 cycles with 16 lanes, 4 units, latency 4).
//   units = -1: then an elastic pipeline of `latency` stages; with none the register itself is the output.
//   mvin_queue_before_scale: a queue of two before the input register, one cycle more.
// The owner calls, once a cycle and in this order: output, pop (if it leaves), advance, can_accept, accept.
#pragma once

#include <array>

#include "castor/common/arithmetic.h"
#include "castor/config/gemmini_params.h"
#include "castor/gemmini/row_request.h"
#include "castor/gemmini/scale_lanes.h"
#include "castor/sim/queue.h"

namespace castor::gemmini {

class MvinScale {
 public:
  enum class Width { Input, Accumulator };

  MvinScale(const config::GemminiParams& params, const Arithmetic& arithmetic, Width width);

  /// The row that leaves in cycle `now` if it is taken; nullptr if none.
  const LoadedRow* output(Cycle now) const;
  void pop(Cycle now);
  /// Moves what is inside by a cycle.
  void advance(Cycle now);
  bool can_accept(Cycle now) const { return queued_ ? queue_.can_push(now) : !in_valid_; }
  /// Where the next row is to be put before accept().
  LoadedRow& incoming() { return queued_ ? staged_ : in_; }
  void accept(Cycle now);
  bool idle() const;

 private:
  void move_into_slot(Cycle now);
  void load_register();
  void leave_register();
  void show_repeat();
  void scale(LoadedRow& row) const;

  enum class Mode { Slots, Pipe, Register };
  const Arithmetic& arithmetic_;
  Width width_;
  bool multiplies_;
  Mode mode_;
  bool queued_;
  sim::Queue<LoadedRow> queue_;
  bool in_valid_ = false;
  LoadedRow in_;  // as its next repeat leaves
  LoadedRow staged_;
  std::uint32_t base_row_ = 0;
  bool ends_packet_ = false;

  ScaleLanes lanes_;
  std::array<LoadedRow, ScaleLanes::slots> slots_;
  std::array<bool, ScaleLanes::slots> slot_valid_{};
  unsigned head_ = 0, tail_ = 0;
  int freed_ = -1;  // slot popped in this cycle
  sim::Queue<LoadedRow> pipe_;
};

}  // namespace castor::gemmini
