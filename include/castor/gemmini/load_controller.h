// Turns each mvin into row requests, one a cycle. RTL twin: LoadController.scala.
//
// Timing contract
//   A command issued in cycle i is seen in i+1. config_mvin: one cycle. A mvin that finds a free slot of the command
//   tracker offers row 0 in the cycle it is seen, then a row each accepted cycle; the next command follows the last row
//   (a mvin of one row takes two cycles). Rows of address 0 go to the zero writer, all others to the stream reader's
//   queue. A mvin completes in the cycle after its last byte was written; its slot is free in the cycle after that was
//   taken.
#pragma once

#include <array>
#include <string>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/completion_offer.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/dma_command_tracker.h"
#include "castor/gemmini/ports.h"
#include "castor/gemmini/row_request.h"
#include "castor/gemmini/stall_clock.h"
#include "castor/gemmini/zero_writer.h"
#include "castor/isa/command.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

class LoadController : public sim::ClockedModule {
 public:
  enum class State { Idle, SendingRows, WaitingForSlot, WaitingForReader, WaitingForZeroWriter, count_ };

  struct Stats : sim::StatGroup {
    sim::Counter mvins{this, "mvins", "commands", "mvin commands begun"};
    sim::Counter rows{this, "rows", "rows", "row requests sent"};
    sim::Counter zero_rows{this, "zero_rows", "rows", "row requests filled with zeros"};
    sim::Counter bytes{this, "bytes", "bytes", "asked for by mvins"};
    sim::ReasonCounts<State> cycles{
        this,
        "cycles",
        {"idle", "sending_rows", "waiting_for_slot", "waiting_for_reader", "waiting_for_zero_writer"},
        "what the load controller did"};
  };

  LoadController(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params);

  IssuePort& commands() { return commands_; }
  CompletionPort& completions() { return completions_; }
  /// Row requests for the stream reader (read_issue_q).
  sim::Queue<LoadRowRequest>& rows() { return rows_; }
  ZeroWriter& zero_writer() { return zero_writer_; }

  /// The load writer has written `bytes` of the command in `slot`, the last of a packet, in cycle `now`.
  void written(Cycle now, std::uint8_t slot, std::uint32_t bytes);
  bool busy() const { return !commands_.empty() || tracker_.busy(); }
  void report_to(EventCounts& events);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }
  const Stats& stats() const { return stats_; }

 private:
  struct LoadState {
    std::uint64_t stride = 0;
    std::uint32_t scale = float_one_bits;
    bool shrink = false;
    std::uint32_t block_stride = 0;
    std::uint32_t pixel_repeats = 1;
  };

  void configure(const isa::Command& command);
  void begin(Cycle now, const IssuedCommand& issued);
  bool offer_row(Cycle now);
  bool finished_after(bool sent) const;
  State step_command(Cycle now);
  void report(Cycle now, State state);

  LocalLayout layout_;
  unsigned input_bytes_, acc_bytes_;
  bool has_pixel_repeats_;
  IssuePort commands_;
  CompletionPort completions_;
  sim::Queue<LoadRowRequest> rows_;
  ZeroWriter zero_writer_;
  DmaCommandTracker tracker_;
  CompletionOffer offer_;
  std::array<LoadState, 3> states_;

  // the mvin under way
  bool active_ = false;
  LoadRowRequest row_;  // the next row
  std::uint64_t stride_ = 0;
  unsigned row_count_ = 0;
  unsigned next_row_ = 0;
  bool all_sent_ = false;

  Stats stats_;
  StallClock<State> clock_;
  BusyReport busy_report_{sim::IssueQueue::Load};
  EventLevel sending_{CounterEvent::LoadActiveCycle};
  EventLevel waiting_{CounterEvent::LoadDmaWaitCycle};
  EventLevel refused_{CounterEvent::LoadScratchpadWaitCycle};
};

}  // namespace castor::gemmini
