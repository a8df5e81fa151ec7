// From the RoCC port to the reservation station: queues, the two loop unrollers, and the commands that end here.
// RTL twin: the command path of Controller.scala (GemminiModule).
//
//   port -> raw_cmd_q(2) -> [LoopConv: cmd(2)] -> LoopMatmul: cmd(2) -> unrolled_cmd(2) -> flush | counter | clock gate
//                                                                                       -> reservation station
// Timing: a plain command accepted at the port in t is allocated in t+4 and may issue in t+5; one command a cycle.
// Storage for 8 commands. flush, counter and clock-gate commands act at the head of unrolled_cmd in one cycle.
#pragma once

#include <functional>
#include <memory>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/command_queue.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/loop_conv.h"
#include "castor/gemmini/loop_matmul.h"
#include "castor/gemmini/reservation_station.h"
#include "castor/sim/module.h"
#include "castor/sim/rocc.h"

namespace castor::gemmini {

class CommandFrontEnd : public sim::ClockedModule {
 public:
  /// What the head of the last queue waits for.
  enum class Stall { LoadEntries, ExecuteEntries, StoreEntries, CounterResponse, count_ };

  struct Stats : sim::StatGroup {
    sim::Counter commands{this, "commands", "commands", "accepted at the RoCC port"};
    sim::Counter flushes{this, "flushes", "commands", "TLB flushes"};
    sim::Counter counter_accesses{this, "counter_accesses", "commands", "accesses to the event counters"};
    sim::ReasonCounts<Stall> stalled{this,
                                     "stalled",
                                     {"load_entries", "execute_entries", "store_entries", "counter_response"},
                                     "the head of the last command queue waits for this"};
  };

  CommandFrontEnd(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
                  sim::Probes& probes, ReservationStation& reservation_station, CounterFile& counters);

  /// Called with the cycle and the skip flag of each `flush` command: the TLB's flush wires.
  void on_flush(std::function<void(Cycle, bool)> flush) { flush_ = std::move(flush); }

  // ---- RoCC port
  bool can_accept(Cycle now) const { return raw_cmd_q_.can_push(now); }
  void send(Cycle now, const sim::RoccCommand& command);
  /// Its producer is woken when a full queue has room again.
  CommandQueue& raw_cmd_q() { return raw_cmd_q_; }

  /// A queue holds something or an unroller is configured (io.busy without reservation station and scratchpad).
  bool busy(Cycle now) const;

  LoopMatmul& loop_matmul() { return loop_matmul_; }
  /// Null without has_loop_conv.
  LoopConv* loop_conv() { return loop_conv_.get(); }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  CommandQueue& first_unroller() { return loop_conv_ ? loop_conv_->commands() : loop_matmul_.commands(); }
  void connect(CounterFile& counters);
  bool forward_raw(Cycle now);
  bool dispatch(Cycle now);
  bool can_dispatch(Cycle now, const QueuedCommand& head);
  void act_on(Cycle now, const QueuedCommand& head);
  void stall(Cycle now, Stall reason);
  void end_stall(Cycle now);
  static Stall full_station(const isa::Command& command);

  sim::Probes& probes_;
  ReservationStation& reservation_station_;
  CounterFile& counters_;
  CommandQueue raw_cmd_q_{2};
  CommandQueue unrolled_cmd_{2};
  LoopMatmul loop_matmul_;
  std::unique_ptr<LoopConv> loop_conv_;
  std::function<void(Cycle, bool)> flush_;
  Cycle active_at_ = Cycle::never();
  Cycle stalled_since_ = Cycle::never();
  Stall stall_ = Stall::LoadEntries;
  Stats stats_;
};

}  // namespace castor::gemmini
