// Collects the beats of one response and gives them out as local rows. RTL twin: BeatMerger.scala.
//
// Timing contract
//   A row leaves at the earliest in the cycle after the beat that completes it, one a cycle.
//   The first beat of the next response is accepted once this one's last row has left, in that very cycle if all its
//   beats had come before; one cycle later if a beat without useful bytes came last. In a cycle the load writer steps
//   first (drain, pop_row), then beats arrive (can_take, take).
#pragma once

#include <array>
#include <cstdint>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/row_request.h"
#include "castor/gemmini/xact_tracker.h"
#include "castor/sim/clock_domain.h"

namespace castor::gemmini {

class BeatMerger {
 public:
  explicit BeatMerger(const config::GemminiParams& params);

  /// Woken when a beat has come.
  void connect_consumer(sim::Clocked& load_writer) { load_writer_ = &load_writer; }

  // ---- the load writer's side
  /// First thing in a cycle.
  void drain(Cycle now);
  bool has_row() const;
  /// Whether the row goes to the full-width path.
  bool full_width() const { return xact_.full_width; }
  void pop_row(Cycle now, LoadedRow& out);
  /// A row, or a response to be done with: the next cycle changes something without a beat.
  bool needs_step() const { return has_row() || finished(); }
  bool idle() const { return !valid_; }

  // ---- the bus' side
  bool can_take(Cycle now) const { return valid_ ? bytes_read_ < size_ : blocked_at_ != now; }
  /// `data` nullptr: timing only.
  void take(Cycle now, const Xact& xact, const std::uint8_t* data);

 private:
  unsigned row_bytes() const { return xact_.full_width ? acc_row_bytes_ : sp_row_bytes_; }
  bool finished() const { return valid_ && bytes_read_ == size_ && bytes_sent_ == xact_.bytes_to_read; }
  unsigned useful_bytes() const;
  unsigned sent_after_row() const;
  void begin(const Xact& xact);
  void fill(LoadedRow& out, unsigned offset, unsigned count) const;

  static constexpr unsigned capacity = 512;
  unsigned beat_bytes_, sp_row_bytes_, acc_row_bytes_, dim_;
  std::uint32_t row_mask_;
  sim::Clocked* load_writer_ = nullptr;

  bool valid_ = false;
  Xact xact_;
  unsigned size_ = 0;
  unsigned bytes_read_ = 0;
  unsigned bytes_sent_ = 0;
  unsigned sent_before_ = 0;  // bytes_sent_ at the start of cycle sent_at_
  Cycle sent_at_ = Cycle::never();
  Cycle blocked_at_ = Cycle::never();
  bool has_data_ = false;
  std::array<std::uint8_t, capacity> buffer_{};
};

}  // namespace castor::gemmini
