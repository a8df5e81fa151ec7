// The accelerator's event counters and the `counter` instruction.
// RTL twin: CounterFile.scala (CounterController, CounterFile).
//
// Blocks report events through EventCounts: running totals of all events, so an idle counter costs nothing. A counter
// is a total now minus the total when it was last configured or reset. Timing: an access accepted in cycle t answers in
// t+1 and reads what was counted before t; one answer at a time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "castor/common/types.h"
#include "castor/config/gemmini_params.h"
#include "castor/isa/command.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/queue.h"
#include "castor/sim/rocc.h"

namespace castor::gemmini {

/// Codes of the events that count cycles or requests (CounterEvent).
enum class CounterEvent : std::uint8_t {
  Disable = 0,
  MainLdCycles = 1,
  MainStCycles = 2,
  MainExCycles = 3,
  MainLdStCycles = 4,
  MainLdExCycles = 5,
  MainStExCycles = 6,
  MainLdStExCycles = 7,
  LoadDmaWaitCycle = 8,
  LoadActiveCycle = 9,
  LoadScratchpadWaitCycle = 10,
  StoreDmaWaitCycle = 11,
  StoreActiveCycle = 12,
  StorePoolingCycle = 13,
  StoreScratchpadWaitCycle = 14,
  DmaTlbMissCycle = 15,
  DmaTlbHitReq = 16,
  DmaTlbTotalReq = 17,
  RdmaActiveCycle = 18,
  RdmaTlbWaitCycles = 19,
  RdmaTlWaitCycles = 20,
  WdmaActiveCycle = 21,
  WdmaTlbWaitCycles = 22,
  WdmaTlWaitCycles = 23,
  ExeActiveCycle = 24,
  ExeFlushCycle = 25,
  ExeControlQBlockCycle = 26,
  ExePreloadHazCycle = 27,
  ExeOverlapHazCycle = 28,
  ScratchpadAWaitCycle = 29,
  ScratchpadBWaitCycle = 30,
  ScratchpadDWaitCycle = 31,
  AccAWaitCycle = 32,
  AccBWaitCycle = 33,
  AccDWaitCycle = 34,
  AGarbageCycles = 35,
  BGarbageCycles = 36,
  DGarbageCycles = 37,
  Im2colMemCycles = 38,
  Im2colActiveCycles = 39,
  Im2colTransposerWaitCycle = 40,
  ReservationStationFullCycles = 41,
  ReservationStationActiveCycles = 42,
  LoopMatmulActiveCycles = 43,
  TransposePreloadUnrollerActiveCycles = 44,
  count_
};

/// Codes of the values kept by other blocks (CounterExternal).
enum class CounterExternal : std::uint8_t {
  Disable = 0,
  ReservationStationLdCount = 1,
  ReservationStationStCount = 2,
  ReservationStationExCount = 3,
  RdmaBytesRec = 4,
  WdmaBytesSent = 5,
  RdmaTotalLatency = 6,
  WdmaTotalLatency = 7,
  count_
};

/// Running totals of everything that can be counted.
class EventCounts {
 public:
  /// `n` events in this cycle.
  void count(CounterEvent event, std::uint64_t n = 1) { slot(event).total += n; }
  /// From cycle `now` on (inclusive) the event happens in every cycle, or no longer does.
  void level(CounterEvent event, Cycle now, bool on) { slope(slot(event), now, on ? 1 : 0); }

  /// A controller has a command at its head: feeds the seven combinations MainLdCycles..MainLdStExCycles.
  void controller_busy(sim::IssueQueue controller, Cycle now, bool busy);

  /// A value that another block holds (an occupancy).
  void gauge(CounterExternal external, std::uint64_t value) { slot(external).total = value; }
  void add(CounterExternal external, std::uint64_t n) { slot(external).total += n; }
  /// From cycle `now` on the value grows by `per_cycle` (the transactions outstanding) in every cycle.
  void rate(CounterExternal external, Cycle now, std::uint64_t per_cycle) { slope(slot(external), now, per_cycle); }

  /// What happened before cycle `now`.
  std::uint64_t total(CounterEvent event, Cycle now) const { return at(slots_[index(event)], now); }
  std::uint64_t total(CounterExternal external, Cycle now) const { return at(externals_[index(external)], now); }
  /// A reset of the counters clears the byte and latency sums too.
  void reset_sums(Cycle now);

 private:
  struct Slot {
    std::uint64_t total = 0;      // up to `since`
    std::uint64_t per_cycle = 0;  // from `since` on
    Cycle since{};
  };
  template <class Code>
  static constexpr std::size_t index(Code code) {
    return static_cast<std::size_t>(code);
  }
  Slot& slot(CounterEvent event) { return slots_[index(event)]; }
  Slot& slot(CounterExternal external) { return externals_[index(external)]; }
  static std::uint64_t at(const Slot& slot, Cycle now) {
    return now <= slot.since ? slot.total : slot.total + slot.per_cycle * (now - slot.since);
  }
  static void slope(Slot& slot, Cycle now, std::uint64_t per_cycle) { slot = {at(slot, now), per_cycle, now}; }

  std::array<Slot, static_cast<std::size_t>(CounterEvent::count_)> slots_{};
  std::array<Slot, static_cast<std::size_t>(CounterExternal::count_)> externals_{};
  unsigned controllers_busy_ = 0;  // bit 0 load, 1 execute, 2 store
};

/// An event that one block keeps up for whole cycles; told to the counts when it changes.
class EventLevel {
 public:
  explicit EventLevel(CounterEvent event) : event_(event) {}
  void report_to(EventCounts& counts) { counts_ = &counts; }
  /// From cycle `from` on.
  void set(Cycle from, bool on) {
    if (on == on_) return;
    on_ = on;
    if (counts_ != nullptr) counts_->level(event_, from, on);
  }

 private:
  CounterEvent event_;
  EventCounts* counts_ = nullptr;
  bool on_ = false;
};

/// Whether a controller has a command, for the combinations of busy controllers.
class BusyReport {
 public:
  explicit BusyReport(sim::IssueQueue controller) : controller_(controller) {}
  void report_to(EventCounts& counts) { counts_ = &counts; }
  /// In cycle `now` itself: the controllers' changes are told in the order of time.
  void set(Cycle now, bool busy) {
    if (busy != busy_ && counts_ != nullptr) counts_->controller_busy(controller_, now, busy);
    busy_ = busy;
  }
  bool busy() const { return busy_; }

 private:
  sim::IssueQueue controller_;
  EventCounts* counts_ = nullptr;
  bool busy_ = false;
};

/// The counters that software sees. Not clocked: the command front end hands it commands, the host takes answers.
class CounterFile : public sim::Module {
 public:
  CounterFile(const sc_core::sc_module_name& name, const config::GemminiParams& params);

  /// What blocks count into.
  EventCounts& events() { return events_; }

  /// Whether a `counter` command is accepted in cycle `now`: the last answer has left.
  bool can_access(Cycle now) const { return responses_.can_push(now); }
  /// Executes a `counter` command; its answer goes to register `rd`.
  void access(Cycle now, const isa::Command& command, std::uint8_t rd);

  /// Answers on their way to the core.
  sim::Queue<sim::RoccResponse>& responses() { return responses_; }

 private:
  struct HardwareCounter {
    std::uint8_t event = 0;
    bool external = false;
    std::uint64_t base = 0;  // total of the event when the counter was last zero
    std::uint64_t snapshot = 0;
  };

  std::uint64_t read(const HardwareCounter& counter, bool external, Cycle now) const;
  std::uint64_t counted(std::uint8_t event, Cycle now) const;
  void configure(HardwareCounter& counter, const isa::Counter& access, Cycle now);
  void take_snapshot(bool external, Cycle now);
  void reset(Cycle now);

  EventCounts events_;
  std::vector<HardwareCounter> counters_;
  bool snapshot_enabled_ = false;
  sim::Queue<sim::RoccResponse> responses_{1};
};

}  // namespace castor::gemmini
