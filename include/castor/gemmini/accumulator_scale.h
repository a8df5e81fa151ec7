// From the banks to the write DMA: norm_q, scale_q and issue_q keep mvout rows in order while accumulator rows pass the
// normaliser and the scale units. Operands that the array reads from the accumulator use the same units. RTL twins: the
// queues in Scratchpad.scala, AccumulatorScale.scala.
//
// Timing contract
//   A row read in cycle r leaves its bank in r+1 (norm_q, scale_q and normaliser have room), enters the scale units in
//   r+2 and issue_q with it, and is offered to the stream writer in r+2+latency. issue_q has five places and holds a
//   row from scale-in to scale-out: with a latency of 8 the units take 5 rows in 8 cycles. Scratchpad rows and padding
//   only pass the queues, a cycle each. units = -1: an elastic pipeline; units > 0: three slots whose elements share
//   the units (ScaleLanes).
#pragma once

#include <array>
#include <string>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/normalizer.h"
#include "castor/gemmini/row_request.h"
#include "castor/gemmini/scale_lanes.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

/// What leaves the scale units: input-typed, or raw if it was read at full width.
struct ScaledRow {
  RowBytes bytes;
  bool for_execute = false;
};

/// The scale units proper: AccumulatorScale.scala.
class ScaleUnits {
 public:
  ScaleUnits(const config::GemminiParams& params, const Arithmetic& arithmetic);

  bool has_output(Cycle now) const;
  const ScaledRow& output() const { return lanes_used_ ? slots_[head_] : pipe_.front(); }
  Cycle output_visible() const;
  void pop(Cycle now);
  /// After the pop of the cycle.
  bool can_accept(Cycle now) const { return lanes_used_ ? !slot_valid_[tail_] : pipe_.can_push(now); }
  void accept(Cycle now, const AccumulatorRow& row);
  /// Once a cycle while it needs steps, before accept.
  void advance(Cycle now) { lanes_.step(now); }
  bool needs_steps() const { return lanes_used_ && resident_ != 0; }
  void connect_consumer(sim::Clocked& consumer) { pipe_.connect_consumer(consumer); }

 private:
  ScaledRow scaled(const AccumulatorRow& row) const;

  const Arithmetic& arithmetic_;
  bool lanes_used_;
  sim::Queue<ScaledRow> pipe_;
  ScaleLanes lanes_;
  std::array<ScaledRow, ScaleLanes::slots> slots_;
  std::array<bool, ScaleLanes::slots> slot_valid_{};
  unsigned head_ = 0, tail_ = 0, resident_ = 0;
};

class AccumulatorScale : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter rows{this, "rows", "rows", "mvout rows scaled"};
    sim::Counter operands{this, "operands", "rows", "operand rows scaled"};
    sim::Counter cycles_units_busy{this, "cycles_units_busy", "cycles", "a row waits: scale units or issue_q full"};
  };

  AccumulatorScale(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
                   LocalMemory& memory);

  sim::Queue<StoreRowRequest>& norm_q() { return norm_q_; }
  sim::Queue<StoreRowRequest>& issue_q() { return issue_q_; }

  /// For the stream writer (a lower level): the scaled row of the head of issue_q.
  bool has_row(Cycle now) const { return units_.has_output(now) && !units_.output().for_execute; }
  const RowBytes& row() const { return units_.output().bytes; }
  void pop_row(Cycle now) { units_.pop(now); }
  Cycle row_visible() const { return units_.output_visible(); }
  void connect_writer(sim::Clocked& writer);

  /// One of the queues holds a mvout row.
  bool busy() const { return !norm_q_.empty() || !scale_q_.empty() || !issue_q_.empty(); }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  void return_operand(Cycle now);
  void enter_units(Cycle now);
  void pass_scale_q(Cycle now);
  void pass_norm_q(Cycle now);
  bool take_operand(Cycle now);
  bool take_row(Cycle now, const StoreRowRequest& request);
  bool uses_units(const StoreRowRequest& request) const;

  LocalMemory& memory_;
  sim::Queue<StoreRowRequest> norm_q_, scale_q_, issue_q_;
  Normalizer normalizer_;
  ScaleUnits units_;
  sim::Clocked* writer_ = nullptr;
  AccumulatorRow row_;  // on its way from a bank
  unsigned operands_inside_ = 0;
  Cycle scale_q_moved_at_ = Cycle::never();
  Stats stats_;
};

}  // namespace castor::gemmini
