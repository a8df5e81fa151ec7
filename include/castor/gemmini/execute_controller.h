// The execute side of the accelerator: commands in, rows through the array, results into the local memories.
// RTL twin: ExecuteController.scala, split at its hand-offs: transpose unroller -> sequencer -> operand reader ->
// array feeder -> mesh -> result writer.
//
// Timing contract (weight-stationary, default machine): a command issued in i is seen by the unroller in i+1, by the
// sequencer in i+2. A pass begun in T reads row r in T+r, the row enters the array in T+r+6 and leaves it in T+r+38;
// its compute completes in T+N, the preload that named C with the last row written.
#pragma once

#include <memory>

#include "castor/gemmini/array_feeder.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/execute_registers.h"
#include "castor/gemmini/execute_sequencer.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/mesh_with_delays.h"
#include "castor/gemmini/operand_reader.h"
#include "castor/gemmini/ports.h"
#include "castor/gemmini/result_writer.h"
#include "castor/gemmini/spatial_array.h"
#include "castor/gemmini/transpose_preload_unroller.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"

namespace castor::gemmini {

class ExecuteController : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::ReasonCounts<ExecuteCycle> cycles{this,
                                           "cycles",
                                           {"idle", "config", "row", "bank_conflict", "bank_busy", "control_queue_full",
                                            "hazard", "wait_for_compute", "wait_for_results", "flush"},
                                           "where the cycles of the execute controller went"};
    sim::Counter active{this, "active", "cycles", "cycles inside a pass (EXE_ACTIVE_CYCLE)"};
    sim::Counter preloads{this, "preloads", "passes", "passes of a preload alone"};
    sim::Counter overlapped{this, "overlapped", "passes", "passes of a compute with the next preload"};
    sim::Counter computes{this, "computes", "passes", "passes of a compute alone"};
    sim::Counter flushes{this, "flushes", "rounds", "rounds of flushing the array"};
    sim::Counter overlap_hazards{this, "overlap_hazards", "cycles", "cycles a hazard kept a preload out of a pass"};
    sim::Counter macs{this, "macs", "MACs", "multiply-accumulates of the computes, padding not counted"};
    sim::Counter rows{this, "rows", "rows", "rows that entered the array, flushes included"};
    sim::Counter transpose_unroller_active{this, "transpose_unroller_active", "cycles",
                                           "cycles in which a transposed preload is being expanded"};
  };

  ExecuteController(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
                    LocalMemory& memory, sim::Probes& probes);

  /// The reservation station pushes here.
  IssuePort& commands() { return issued_; }
  CompletionPort& completions() { return completions_; }
  /// A command is waiting or a result is still to come (for `busy`).
  bool busy(Cycle now) const { return unrolled_.can_pop(now) || mesh_.tags().in_progress(now); }

  /// The event counters of the `counter` instruction, if there are any.
  void report_to(EventCounts& events) { events_ = &events; }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }
  const Stats& stats() const { return stats_; }
  /// Brings the counts of cycles up to `now` (a sleeping controller counts when it wakes).
  void account(Cycle now);

 private:
  bool stays_awake(ExecuteCycle where, ExecuteSequencer::State before) const;
  void count(ExecuteCycle where, ExecuteSequencer::State before);
  std::uint32_t event_levels(ExecuteCycle where, ExecuteSequencer::State before, const ControlSignals& entry) const;
  void report(Cycle now, std::uint32_t levels);
  void report_busy(Cycle now);
  void end_of_simulation() override { account(domain().now()); }

  IssuePort issued_;
  IssuePort unrolled_;
  CompletionPort completions_;
  ExecuteRegisters registers_;
  std::unique_ptr<SpatialArray> array_;
  MeshWithDelays mesh_;
  ControlQueue control_;
  TransposePreloadUnroller unroller_;
  OperandReader reader_;
  ArrayFeeder feeder_;
  ExecuteSequencer sequencer_;
  ResultWriter writer_;
  Cycle accounted_{0};
  ExecuteCycle asleep_for_ = ExecuteCycle::Idle;
  EventCounts* events_ = nullptr;
  std::uint32_t event_levels_ = 0;
  bool reported_busy_ = false;
  Stats stats_;
};

}  // namespace castor::gemmini
