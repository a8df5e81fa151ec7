// A host that walks a command stream: the in-order core as far as the accelerator can see it.
//
// RTL twin: none; its costs are those of a Rocket core that runs the C library (soc.md 2, software.md 8).
// Timing, all costs from config::IssueParams:
//   * a plain command is handed over `plain_command` cycles after the item before it;
//   * the commands of one LOOP_WS / LOOP_CONV share `loop_ws` / `loop_conv` cycles evenly;
//   * a command that finds the port full replays: it comes again after `replay` cycles, and not before the decode stage
//     has seen room and the pipeline has carried it to write-back (4 cycles);
//   * a fence looks at busy from the cycle after the last command on, and costs `fence` cycles after busy has fallen;
//   * host work and host operators cost what the stream says. An operator's values appear at its first cycle;
//   * context switches (config::ContextSwitchParams): in each multiple c of `interval` the core goes away for `cost`
//     cycles. A command that it would have handed over in c or later comes `cost` cycles later; where it waits (full
//     port, fence) it looks again in c + cost. The accelerator goes on with what it has. With `flush_tlb` the core's
//     sfence.vma empties the accelerator's TLB and its registers in c: lookups miss from c + 1 on.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "castor/config/host_params.h"
#include "castor/functional/memory.h"
#include "castor/isa/stream.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/rocc.h"

namespace castor::host {

/// Sees a stream go by, in program order. Never changes the model.
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  virtual void layer_began(Cycle, const isa::LayerBegin&) {}
  /// A command leaves the core (it reaches the accelerator later).
  virtual void command_issued(Cycle, const isa::Command&) {}
  /// The accelerator is idle and everything it wrote is acknowledged.
  virtual void fence_passed(Cycle) {}
  virtual void host_work(Cycle /*begin*/, std::uint64_t /*cycles*/) {}
  virtual void host_operator(Cycle /*begin*/, const isa::HostOp&) {}
  virtual void stream_ended(Cycle) {}
};

class CommandStreamHost : public sim::ClockedModule {
 public:
  enum class Activity { Issuing, PortFull, Fence, Working, Switched, count_ };

  struct Stats : sim::StatGroup {
    sim::Counter commands{this, "commands", "count", "commands issued"};
    sim::Counter fences{this, "fences", "count", "fences passed"};
    sim::Counter replays{this, "replays", "count", "commands that found the port full and were fetched again"};
    sim::Counter responses{this, "responses", "count", "counter values received"};
    sim::Counter context_switches{this, "context_switches", "count", "times the core was taken away"};
    sim::ReasonCounts<Activity> cycles{this,
                                       "cycles",
                                       {"issuing", "port_full", "fence", "working", "switched"},
                                       "what the core spent its cycles on until the end of the stream"};
  };

  /// `memory`: where host operators compute; none when values are off.
  CommandStreamHost(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::HostParams& params,
                    sim::RoccPort& port, functional::Memory* memory);

  /// Where host operators compute, if not where the constructor said.
  void set_memory(functional::Memory& memory) { memory_ = &memory; }
  /// Before the simulation starts. The stream must outlive the host. An implicit fence follows its last item.
  void load(const isa::Stream& stream);
  void attach(StreamObserver& observer) { observers_.push_back(&observer); }
  /// Called in the cycle in which the stream has ended.
  void when_done(std::function<void()> done) { done_ = std::move(done); }
  /// Called with the cycle of each sfence.vma.
  void on_sfence(std::function<void(Cycle)> sfence) { sfence_ = std::move(sfence); }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }
  const Stats& stats() const { return stats_; }

  const isa::Stream* stream() const { return stream_; }
  std::size_t items_passed() const { return next_; }
  std::size_t items() const { return items_ == nullptr ? 0 : items_->size(); }
  bool ended() const { return ended_; }

 private:
  /// Cycles from decode to write-back, where the core hands commands over.
  static constexpr std::uint64_t decode_to_write_back = 3;

  // Begins an item in cycle `now`; returns when it may act.
  Cycle begin(Cycle now, const isa::Command& command) { return now + cost(command); }
  Cycle begin(Cycle now, const isa::Fence&) { return now + 1; }
  Cycle begin(Cycle now, const isa::HostWork& work);
  Cycle begin(Cycle now, const isa::HostOp& op);
  Cycle begin(Cycle now, const isa::LayerBegin& layer);

  // The item acts: true when it has passed, otherwise ready_ says when to try again (a cycle not later than now: when
  // woken).
  bool act(Cycle now, const isa::Command& command);
  bool act(Cycle now, const isa::Fence& fence);
  bool act(Cycle now, const isa::HostWork&) { return spend(Activity::Working, now), true; }
  bool act(Cycle now, const isa::HostOp&) { return spend(Activity::Working, now), true; }
  bool act(Cycle, const isa::LayerBegin&) { return true; }

  /// Lets items pass; returns when the next may act, or never: when woken.
  Cycle pass_items(Cycle now);
  void switch_away(Cycle now);
  void switch_back(Cycle now);
  Activity activity() const;
  bool pass_item(Cycle now);
  bool pass_fence(Cycle now);
  void end(Cycle now);
  bool see_room(Cycle now);
  std::uint64_t cost(const isa::Command& command);
  std::uint64_t share_of_loop(unsigned total, unsigned members, bool last);
  void spend(Activity activity, Cycle until);

  const config::IssueParams& params_;
  const config::ContextSwitchParams& switch_params_;
  sim::RoccPort& port_;
  functional::Memory* memory_;
  const isa::Stream* stream_ = nullptr;
  const std::vector<isa::StreamItem>* items_ = nullptr;
  std::vector<StreamObserver*> observers_;
  std::function<void()> done_;
  std::function<void(Cycle)> sfence_;

  std::size_t next_ = 0;         // item that is begun or waits
  bool begun_ = false;           // ready_ is the item's own
  Cycle ready_{};                // when the item acts
  Cycle accounted_{};            // all cycles before are in stats_.cycles
  Cycle fetched_again_{};        // when a replayed command is back at write-back at the earliest
  bool replaying_ = false;       // the command found the port full
  bool room_seen_ = false;       // the decode stage has seen room since
  bool idle_seen_ = false;       // the fence has seen busy low
  unsigned loop_commands_ = 0;   // commands of the current loop so far
  std::uint64_t loop_cost_ = 0;  // what they have cost
  bool ended_ = false;
  Cycle switch_at_;  // the next context switch
  Cycle back_at_{};  // from the last one
  bool away_ = false;
  Stats stats_;
};

}  // namespace castor::host
