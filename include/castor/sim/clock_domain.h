// Cycles without paying the SystemC kernel for each of them.
//
// A ClockDomain is one sc_module with one SC_METHOD. Clocked blocks enrol with a level; in every cycle the domain calls
// `step(now)` of those that are due, in order of level, then jumps to the next due cycle. While no other SystemC
// activity is pending before that cycle it runs on without returning to the kernel.
//
// Levels are the combinational depth of the RTL: a wire (or a `flow` queue) may only lead from a lower to a higher
// level, and the consumer of a `pipe` queue has a lower level than its producer. Blocks of one level share no wire, so
// the order among them is free; StepOrder::Reversed exists to prove that.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <string>
#include <systemc>
#include <vector>

#include "castor/common/types.h"

namespace castor::sim {

class ClockDomain;

/// The combinational depth of a block; see castor/sim/levels.h for the levels in use.
using Level = int;

/// Something with registers: does one rising edge a call.
class Clocked {
 public:
  Clocked() = default;
  Clocked(const Clocked&) = delete;
  Clocked& operator=(const Clocked&) = delete;
  virtual ~Clocked() = default;

  /// Does the rising edge of cycle `now`; returns the next cycle at which the block can do anything by itself
  /// (later than `now`), Cycle::never() to sleep until woken, or ClockDomain::with_others().
  virtual Cycle step(Cycle now) = 0;

  /// What the block waits for, for the deadlock report; empty when it is idle.
  virtual std::string waiting_for() const { return {}; }
  /// Its name in that report.
  virtual std::string block_name() const = 0;

  /// Makes the block due at `at`. `at` may be the current cycle only if the block's level is still to come. Of several
  /// wakes only the two earliest are kept: what is further ahead the block asks for itself when it steps.
  inline void wake(Cycle at);

 private:
  friend class ClockDomain;
  ClockDomain* domain_ = nullptr;
  std::size_t slot_ = 0;
};

enum class StepOrder { Normal, Reversed };

/// Why the domain stopped calling its blocks.
enum class StopReason { Running, Finished, MaxCycles, Deadlock, Interrupted, Failed };

class ClockDomain : public sc_core::sc_module {
 public:
  ClockDomain(const sc_core::sc_module_name& name, const sc_core::sc_time& period, StepOrder order = StepOrder::Normal);

  /// A return value of Clocked::step: "in the next cycle in which any other block steps". For a block that watches a
  /// wire which only other blocks can change (its level is above all of theirs).
  static constexpr Cycle with_others() { return Cycle{Cycle::never().count() - 1}; }

  /// Before the simulation starts.
  void enrol(Clocked& block, Level level);

  /// The current cycle; the only clock that code inside the domain may read.
  Cycle now() const { return now_; }
  sc_core::sc_time period() const { return period_; }

  /// Before a call leaves the domain (a TLM target or process that reads sc_time_stamp()): true if the kernel's time is
  /// the domain's. Otherwise the domain returns to the kernel after this step, and the block must return `now` from
  /// step() to be called once more in the same cycle when both agree.
  bool in_step_with_kernel();
  /// For code outside the domain that hands something in: the first cycle that can see it.
  Cycle first_edge_after_kernel_time() const;

  void finish() { stop_ = StopReason::Finished; }
  void set_max_cycles(Cycle limit) { max_cycles_ = limit; }
  void set_interrupt_flag(const std::atomic<bool>* flag) { interrupted_ = flag; }
  /// For those who watch (progress, samples): calls `beat` with a multiple of `every` when all cycles before that have
  /// been stepped and none from it on; of multiples without a step between them only the first is told. It must not
  /// change the model.
  void add_heartbeat(std::uint64_t every, std::function<void(Cycle)> beat);
  /// `block` steps in cycle `at` too, if the clock comes that far. Unlike a wake it keeps no machine alive that has
  /// nothing else to do. Of one block only the last is kept.
  void set_alarm(const Clocked& block, Cycle at);
  StopReason stop_reason() const { return stop_; }
  /// After sc_start: throws again what a block threw (SystemC would keep only its text).
  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  /// One line for each block that waits, "name: what for".
  std::vector<std::string> waiters() const;

 private:
  friend class Clocked;
  void run();
  void run_on();
  void step_due_blocks();
  void step_block(std::size_t slot);
  Cycle next_cycle() const;
  sc_core::sc_time edge(Cycle cycle) const;
  void look_at_kernel();
  void return_to_kernel();
  void return_to_kernel(Cycle next);
  bool stop_before(Cycle next);
  void beat_before(Cycle next);
  void ring_alarms();
  bool stopped() const { return stop_ != StopReason::Running; }
  void start_of_simulation() override;
  void wake(std::size_t slot, Cycle at);

  sc_core::sc_time period_;
  StepOrder order_;
  struct Enrolment {
    Level level;
    Clocked* block;
  };
  std::vector<Enrolment> enrolments_;
  std::vector<Clocked*> blocks_;
  std::vector<Cycle> due_;
  std::vector<Cycle> later_;  // a wake for a cycle after due_, so that a step in due_ does not swallow it
  Cycle now_{};
  bool started_ = false;
  bool in_kernel_ = false;  // waits there for a time or for woken_
  bool leave_requested_ = false;
  bool leaves_ = false;             // a call leaves the domain in this step and may cause SystemC activity
  Cycle reached_{};                 // the last edge not after the kernel's time
  Cycle kernel_cycle_{};            // the first edge not before the kernel's time
  Cycle horizon_ = Cycle::never();  // the last cycle before other SystemC activity
  sc_core::sc_event woken_;
  Cycle max_cycles_ = Cycle::never();
  const std::atomic<bool>* interrupted_ = nullptr;
  struct Heartbeat {
    std::uint64_t every;
    Cycle next;
    std::function<void(Cycle)> beat;
  };
  std::vector<Heartbeat> heartbeats_;
  Cycle next_heartbeat_ = Cycle::never();  // the earliest of all
  std::vector<Cycle> alarms_;
  Cycle next_alarm_ = Cycle::never();  // the earliest of all
  StopReason stop_ = StopReason::Running;
  std::exception_ptr failure_;
};

inline void ClockDomain::wake(std::size_t slot, Cycle at) {
  if (at < due_[slot]) {
    if (due_[slot] < with_others() && due_[slot] < later_[slot]) later_[slot] = due_[slot];
    due_[slot] = at;
  } else if (at > due_[slot] && at < later_[slot]) {
    later_[slot] = at;
  }
  if (in_kernel_) woken_.notify(sc_core::SC_ZERO_TIME);
}

inline void Clocked::wake(Cycle at) {
  if (domain_ != nullptr) domain_->wake(slot_, at);
}

}  // namespace castor::sim
