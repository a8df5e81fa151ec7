// Brings the rows of the read DMA and of the zero writer into the banks. RTL twin: the write side of Scratchpad.scala
// with VectorScalarMultiplier, PixelRepeater and ZeroWriter.
//
// Timing contract (d: cycle of the D beat that completes a row; identity scale)
//   int8 row: beat merger d+1 -> scale register d+2 -> slot d+3 -> pixel repeater -> written d+4 (d+5 with
//   mvin_queue_before_scale). int32 row: written d+2 (d+3).
//   Zero rows: written two cycles after their request.
//   Priority for a scratchpad bank: execute, mvin, zeros; for an accumulator bank: execute, shrunk mvin, full-width
//   mvin, zeros. A scratchpad row that ends a packet keeps DMA rows out of the accumulator in its cycle, and any row
//   that ends a packet keeps zeros out: one packet can be reported a cycle. A packet is credited to its mvin in the
//   cycle of its last write.
#pragma once

#include <string>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/beat_merger.h"
#include "castor/gemmini/load_controller.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/mvin_scale.h"
#include "castor/gemmini/pixel_repeater.h"
#include "castor/gemmini/zero_writer.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

class LoadWriter : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter rows_to_scratchpad{this, "rows_to_scratchpad", "rows", "mvin rows written"};
    sim::Counter rows_to_accumulator{this, "rows_to_accumulator", "rows", "mvin rows written or added"};
    sim::Counter zero_rows{this, "zero_rows", "rows", "rows of zeros written or added"};
    sim::Counter cycles_blocked{this, "cycles_blocked", "cycles", "a mvin row waits for its bank"};
    sim::Counter zero_cycles_blocked{this, "zero_cycles_blocked", "cycles", "a row of zeros waits for its bank"};
  };

  LoadWriter(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
             LocalMemory& memory, BeatMerger& merger, LoadController& controller);

  /// Nothing is on its way into a bank.
  bool idle() const;

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  // The three rows that may want a bank in a cycle.
  const LoadedRow* narrow_output(Cycle now) const;
  const LoadedRow* zero_output();

  bool write_narrow(Cycle now, const LoadedRow& row);
  bool write_wide(Cycle now, const LoadedRow& row);
  bool write_zero(Cycle now, const LoadedRow& row);
  bool write_scratchpad(Cycle now, const LoadedRow& row, const RowBytes& bytes);
  bool accumulator_writable(Cycle now, const LoadedRow& row) const;
  void write_accumulator(Cycle now, const LoadedRow& row, const RowBytes& bytes);
  static RowBytes overlaid(RowBytes held, const LoadedRow& row);
  BankId bank_of(const LoadedRow& row) const;
  bool shares_bank(const LoadedRow& zero, const LoadedRow* to_accumulator) const;
  void credit(Cycle now, const LoadedRow& row);

  void write_rows(Cycle now);
  void move_narrow(Cycle now);
  void move_wide(Cycle now);
  void move_zero(Cycle now);
  void take_merged_row(Cycle now);

  LocalMemory& memory_;
  BeatMerger& merger_;
  LoadController& controller_;
  ZeroWriter& zero_writer_;
  bool repeats_pixels_;
  unsigned acc_bytes_;
  MvinScale scale_;
  MvinScale scale_wide_;
  PixelRepeater repeater_;
  PixelRepeater zero_repeater_;
  LoadedRow zero_row_;
  RowBytes zero_bytes_, zero_acc_bytes_;

  bool narrow_written_ = false, wide_written_ = false, zero_written_ = false;
  Stats stats_;
};

}  // namespace castor::gemmini
