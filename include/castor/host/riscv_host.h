// A host that runs a RISC-V program: the hart in the clock domain, at one instruction a cycle or with a core's timing.
//
// RTL twin: none without core timing; it computes what a Rocket core computes. Timing (host.timing: functional):
//   * an instruction, and a trap, take one cycle;
//   * a RoCC instruction goes in a cycle in which the port has room, and one with a response ends when that arrives;
//   * fence, fence.i and atomics with aq or rl wait until host.issue.fence cycles after the accelerator is idle;
//   * mcycle, mtime, interrupts, accesses to devices and requests through tohost have exactly the cycle of their
//     instruction.
// Timing (host.timing: rocket): as castor/host/rocket_timing.h says. An instruction is executed in the cycle in which
// it is in WB; a fence waits in decode until the accelerator is idle and every RoCC instruction has left WB.
// Timing (host.timing: boom): as castor/host/boom_timing.h says. An instruction is executed in the cycle in which it is
// dispatched; a RoCC instruction waits behind the window until its turn to be sent has come.
// Speed: while the accelerator is idle a hart that is alone runs ahead of the domain, at most up to the next interrupt
// of a timer; an instruction that meets the rest of the machine (device, tohost, RoCC) waits until the domain has
// caught up. The program ends through tohost; without a chance to go on (no handler for its trap) it is lost.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "castor/config/soc_config.h"
#include "castor/host/boom_timing.h"
#include "castor/host/hart.h"
#include "castor/host/platform.h"
#include "castor/host/rocket_timing.h"
#include "castor/sim/module.h"
#include "castor/sim/rocc.h"

namespace castor::host {

/// Recognises a handler of machine mode that raises, for ever, the exception it is there to handle: as when the stack
/// has left memory. Looks at windows of instructions: all of them full of exceptions at one place.
class TrapLoop {
 public:
  /// True if nothing else will ever happen. `executed` counts instructions and traps.
  bool found(std::uint64_t executed, std::uint64_t traps, const Trap& last);

 private:
  static constexpr std::uint64_t window = 10000;        // instructions
  static constexpr std::uint64_t longest_handler = 64;  // instructions from one exception to the next
  static constexpr unsigned patience = 3;               // windows

  std::uint64_t begin_ = 0;
  std::uint64_t traps_before_ = 0;
  std::uint64_t pc_ = 0;
  unsigned full_windows_ = 0;
};

class RiscvHost : public sim::ClockedModule,
                  private Platform::Member,
                  private HartMemory,
                  private HartClock,
                  private RoccIssue {
 public:
  enum class Activity { Executing, PortFull, Response, Fence, Asleep, Fetch, Data, count_ };
  enum class Ending { None, Exited, Lost };

  struct Stats : sim::StatGroup {
    sim::Counter instructions{this, "instructions", "count", "instructions retired"};
    sim::Counter traps{this, "traps", "count", "exceptions and interrupts taken"};
    sim::Counter commands{this, "commands", "count", "RoCC instructions issued"};
    sim::ReasonCounts<Activity> cycles{this,
                                       "cycles",
                                       {"executing", "port_full", "response", "fence", "asleep", "fetch", "data"},
                                       "what the hart spent its cycles on"};
    sim::Counter mispredictions{this, "mispredictions", "count", "instructions that led elsewhere than guessed"};
    sim::Counter replays{this, "replays", "count",
                         "instructions that went through the pipeline once more, misses apart"};
  };

  /// The caches of the core that is timed, at most one of them; none: no core timing.
  struct Caches {
    Caches(CoreCaches* rocket = nullptr) : rocket(rocket) {}  // NOLINT: a plain pointer is the usual case
    Caches(WindowCaches* boom) : boom(boom) {}                // NOLINT
    CoreCaches* rocket = nullptr;
    WindowCaches* boom = nullptr;
  };

  /// `config`: of this core, whose number is its mhartid. The port, the platform and the caches must outlive the host.
  RiscvHost(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
            sim::RoccPort& port, Platform& platform, Caches caches = {}, unsigned core = 0);

  /// Called in the cycle after the program's last instruction.
  void when_done(std::function<void()> done) { done_ = std::move(done); }

  /// satp: the root table, or nothing while translation is off.
  std::optional<PhysAddr> root_table() const;
  /// Called by sfence.vma, with the domain's cycle.
  void when_fenced(std::function<void(Cycle)> action);

  /// Called in the cycle in which the program writes mscratch.
  void on_mark(std::function<void(Cycle, std::uint64_t)> marked) { marked_ = std::move(marked); }

  /// Called when a fence has been passed and what the accelerator wrote can be seen.
  void on_fence(std::function<void(Cycle)> fenced) { on_fence_ = std::move(fenced); }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }
  const Stats& stats() const { return stats_; }

  Ending ending() const { return ending_; }
  std::int64_t exit_code() const { return exit_code_; }
  /// "illegal instruction (0x0) at pc 0x80000120 (main+0x14)"; empty if the program has raised no exception.
  std::string last_exception() const;
  /// Why the program is lost, if the accelerator's fault is the reason.
  const std::string& accelerator_fault() const { return accelerator_fault_; }
  /// "pc 0x80000120 (main+0x14)".
  std::string place() const { return place_of(hart_.pc()); }
  const Hart& hart() const { return hart_; }

 private:
  /// Thrown through an instruction that cannot go in this cycle; it has had no effect.
  struct NotYet {};

  void program_ended(std::int64_t code) override;
  void written_by_other(PhysAddr address) override { hart_.written_by_other(address); }
  std::uint8_t* plain_page(PhysAddr page) override { return platform_.periphery().addresses().plain_page(page); }
  bool read(PhysAddr address, unsigned bytes, std::uint64_t& value) override;
  bool write(PhysAddr address, unsigned bytes, std::uint64_t value) override;
  std::uint64_t cycle() override { return timed() ? executed_at_.count() : begin_.count() + ahead(); }
  std::uint64_t time() override { return clint().mtime(Cycle{cycle()}); }
  void mark(std::uint64_t value) override {
    if (marked_) marked_(Cycle{cycle()}, value);
  }
  bool serves(unsigned opcode) const override;
  void issue(const RoccInstruction& instruction) override;

  Clint& clint() { return platform_.periphery().clint(); }
  AddressMap& addresses() { return platform_.periphery().addresses(); }
  const AddressMap& addresses() const { return platform_.periphery().addresses(); }
  void connect_interrupt(InterruptWire& wire, Interrupt interrupt);
  void watch_accelerator();
  bool accelerator_settled(Cycle now);
  bool receive_response(Cycle now);
  void execute_ahead(Cycle now);
  void execute_one(Cycle now);
  static bool orders_memory(const Instruction& instruction);
  std::uint64_t longest_run(Cycle now);
  void tell_of_store(const Instruction& instruction);
  void execute_timed(Cycle now, bool idle);
  template <class Timing>
  void execute_until(Timing& timing, Cycle now, bool idle);
  template <class Timing>
  bool execute_next(Timing& timing, Cycle now, Cycle horizon);
  const Instruction* fetch_next();
  void note_fence(const Instruction& instruction);
  template <class Timing>
  bool follow_trap(Timing& timing);
  bool passes_fence(Cycle now, std::uint64_t& leaves);
  template <class Timing>
  bool execute_at(Timing& timing, const Instruction& instruction, std::uint64_t leaves);
  std::optional<Outcome> try_to_execute(const Instruction& instruction, std::uint64_t leaves);
  static bool accesses_memory(const Instruction& instruction) { return RocketTiming::accesses_memory(instruction); }
  bool retire(RocketTiming& timing, const Instruction& instruction, const Executed& executed);
  bool retire(BoomTiming& timing, const Instruction& instruction, const Executed& executed);
  bool port_blocks(Cycle now);
  void send_command(Cycle now);
  void send(const sim::RoccCommand& command);
  void wait_for_command(Cycle now);
  bool timed() const { return timing_ || boom_; }
  Cycle account_timed(Cycle now);
  Cycle account(Cycle now);
  void look_for_loss();
  bool waits_for_faulting_accelerator() const;
  Cycle end();

  std::uint64_t executed() const { return hart_.retired() + hart_.traps(); }
  /// How many cycles the hart is ahead of the domain.
  std::uint64_t ahead() const {
    if (timed()) return executed_at_ > begin_ ? executed_at_ - begin_ : 0;
    return executed() - executed_before_;
  }
  void catch_up(PhysAddr address) const;
  std::string place_of(std::uint64_t pc) const;

  sim::RoccPort& port_;
  std::uint64_t fence_cycles_;
  unsigned opcode_;
  Platform& platform_;
  Hart hart_;
  std::unique_ptr<RocketTiming> timing_;
  std::unique_ptr<BoomTiming> boom_;
  std::deque<sim::RoccCommand> commands_;  // dispatched, not sent (boom)
  std::function<void()> done_;
  std::function<void(Cycle, std::uint64_t)> marked_;
  std::function<void(Cycle)> on_fence_;
  bool fenced_ = false;  // a fence was executed, the next instruction was not

  Cycle begin_{};        // of this step
  Cycle caught_up_{};    // when the domain has reached what the hart has executed
  Cycle idle_since_{};   // the accelerator; never: it works
  Cycle settled_at_{};   // when what it wrote can be seen
  Cycle executed_at_{};  // with core timing: WB of the current instruction
  Cycle resume_at_{};    // ... when to look again
  Cycle last_command_ = Cycle::never();
  bool port_blocked_ = false;
  Cycle accounted_{};                  // all cycles before are in stats_.cycles
  std::uint64_t executed_before_ = 0;  // this step
  Activity activity_ = Activity::Executing;
  bool stepping_ = false;
  bool awaits_response_ = false;
  bool accelerator_interrupts_ = false;
  TrapLoop trap_loop_;
  std::string accelerator_fault_;
  Ending ending_ = Ending::None;
  bool ended_ = false;  // and done_ knows
  std::int64_t exit_code_ = 0;
  Stats stats_;
};

}  // namespace castor::host
