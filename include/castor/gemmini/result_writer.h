// Takes the rows that leave the array and writes them where their tag says. RTL twin: the output part of
// ExecuteController.scala.
//
// Timing contract: a row is written in the cycle in which it leaves the array; with the last row of a pass the preload
// that named C completes (before any other completion of the execute controller in that cycle) and its tag leaves.
//   weight-stationary: row i goes to C + i * c_stride; output-stationary: rows leave last first.
//   Only rows below C.rows and lanes below C.cols are written.
#pragma once

#include "castor/gemmini/execute_registers.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/mesh_with_delays.h"
#include "castor/gemmini/ports.h"
#include "castor/gemmini/spatial_array.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"

namespace castor::gemmini {

class ResultWriter : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter rows_to_accumulator{this, "rows_to_accumulator", "rows", "result rows written to the accumulator"};
    sim::Counter rows_to_scratchpad{this, "rows_to_scratchpad", "rows", "result rows written to the scratchpad"};
    sim::Counter rows_dropped{this, "rows_dropped", "rows", "rows that left the array without a destination"};
  };

  ResultWriter(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
               const ExecuteRegisters& registers, SpatialArray& array, MeshTagQueue& tags, LocalMemory& memory,
               CompletionPort& completions, sim::Probes& probes);

  /// Woken when a tag leaves.
  void connect(sim::Clocked& controller) { controller_ = &controller; }

  Cycle step(Cycle now) override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  void take(Cycle now, const ArrayResult& result);
  void place(Cycle now, const ArrayResult& result, const MeshTag& tag, unsigned total_rows);
  void write(Cycle now, const RowBytes& row, LocalAddr addr, unsigned cols);
  [[noreturn]] void refuse(LocalAddr addr) const;
  void write_accumulator(Cycle now, const RowBytes& row, LocalAddr addr, unsigned cols);

  const config::GemminiParams& params_;
  const ExecuteRegisters& registers_;
  SpatialArray& array_;
  MeshTagQueue& tags_;
  LocalMemory& memory_;
  CompletionPort& completions_;
  sim::Probes& probes_;
  sim::Clocked* controller_ = nullptr;
  unsigned dim_;
  unsigned output_counter_ = 0;
  Stats stats_;
};

}  // namespace castor::gemmini
