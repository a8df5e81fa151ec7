// Turns each mvout and STORE_SPAD into row requests, one a cycle, pooling windows included. RTL twin:
// StoreController.scala.
//
// Timing contract
//   A command issued in cycle i is seen in i+1. config_mvout, config_norm: one cycle. A mvout with a free tracker slot
//   offers its first request in the cycle it is seen, then one each accepted cycle into write_dispatch_q (Queue(2)):
//   rows, and within a row blocks of dim columns; with pooling output pixels, and within one the window, columns
//   fastest. A mvout of a single request takes two cycles. It completes in the cycle after its last row was read.
#pragma once

#include <string>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/completion_offer.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/dma_command_tracker.h"
#include "castor/gemmini/ports.h"
#include "castor/gemmini/row_request.h"
#include "castor/gemmini/stall_clock.h"
#include "castor/isa/command.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

class StoreController : public sim::ClockedModule {
 public:
  enum class State { Idle, SendingRows, WaitingForSlot, WaitingForReader, count_ };

  struct Stats : sim::StatGroup {
    sim::Counter mvouts{this, "mvouts", "commands", "mvout commands begun"};
    sim::Counter to_scratchpad{this, "to_scratchpad", "commands", "STORE_SPAD commands begun"};
    sim::Counter pooled{this, "pooled", "commands", "of them with pooling"};
    sim::Counter rows{this, "rows", "rows", "row requests sent"};
    sim::ReasonCounts<State> cycles{this,
                                    "cycles",
                                    {"idle", "sending_rows", "waiting_for_slot", "waiting_for_reader"},
                                    "what the store controller did"};
  };

  StoreController(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params);

  IssuePort& commands() { return commands_; }
  CompletionPort& completions() { return completions_; }
  /// write_dispatch_q.
  sim::Queue<StoreRowRequest>& rows() { return rows_; }
  const sim::Queue<StoreRowRequest>& rows() const { return rows_; }

  /// The store reader has read a row of the command in `slot` in cycle `now`.
  void read(Cycle now, std::uint8_t slot);
  bool busy() const { return !commands_.empty() || tracker_.busy(); }
  void report_to(EventCounts& events);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  void configure(const isa::ConfigMvout& config);
  void configure(const isa::ConfigNorm& config);
  bool take_config(const isa::Command& command);
  void begin(Cycle now, const IssuedCommand& issued);
  State step_command(Cycle now);
  void report(Cycle now, State state);
  bool offer_row(Cycle now);
  void fill_plain();
  void fill_pooled();
  LocalAddr window_address() const;
  void advance();
  std::uint64_t total_requests() const;
  void decode(const isa::Command& command);

  LocalLayout layout_;
  bool stores_to_scratchpad_;
  bool has_normalizations_, has_max_pool_;
  IssuePort commands_;
  CompletionPort completions_;
  sim::Queue<StoreRowRequest> rows_;
  DmaCommandTracker tracker_;
  CompletionOffer offer_;

  // configuration
  std::uint64_t stride_ = 0;
  AccScaling how_;
  std::uint8_t stats_id_ = 0;
  isa::ConfigMvout pool_;

  // the mvout under way
  bool active_ = false;
  isa::Mvout mvout_;  // of a STORE_SPAD: `dram` is the first destination row
  bool to_scratchpad_ = false;
  std::uint64_t row_stride_ = 0;  // bytes, or scratchpad rows
  std::uint8_t slot_ = 0;
  bool pooling_ = false, one_dimensional_ = false;
  unsigned blocks_ = 1;
  unsigned row_ = 0, block_ = 0;
  unsigned porow_ = 0, pocol_ = 0, wrow_ = 0, wcol_ = 0;
  std::uint64_t requests_ = 0, requests_left_ = 0;
  bool all_sent_ = false;
  StoreRowRequest request_;

  Stats stats_;
  StallClock<State> clock_;
  BusyReport busy_report_{sim::IssueQueue::Store};
  EventLevel sending_{CounterEvent::StoreActiveCycle};
  EventLevel waiting_{CounterEvent::StoreDmaWaitCycle};
  EventLevel refused_{CounterEvent::StoreScratchpadWaitCycle};
  EventLevel pooling_on_{CounterEvent::StorePoolingCycle};
};

}  // namespace castor::gemmini
