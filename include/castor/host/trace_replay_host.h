// A host that replays measured traces at the accelerator's port, and measures how long the accelerator takes. Beside
// the commands it repeats the core's cache misses (castor/host/replayed_core.h).
//
// RTL twin: none; it is the test bench of validation by trace.
// Timing: within a segment a command is handed over in its recorded cycle, or later when the accelerator has no room
// (never before the command ahead of it). A segment begins its recorded gap after Castor's last event of the one
// before, and not before the accelerator is idle. Span: last event minus first command, as in the measured cases.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "castor/host/replayed_core.h"
#include "castor/host/replayed_paging.h"
#include "castor/host/rtl_trace.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/rocc.h"

namespace castor::host {

class TraceReplayHost : public sim::ClockedModule, public sim::Observer {
 public:
  struct Result {
    std::uint64_t segment = 0;
    std::size_t commands = 0;
    std::uint64_t span = 0;
  };
  using Report = std::function<void(const Result&)>;

  TraceReplayHost(const sc_core::sc_module_name& name, sim::ClockDomain& domain, sim::RoccPort& accelerator,
                  const config::BusParams& bus, sim::Probes& probes);

  /// Segments from the first with virtual addresses on are translated, by tables that this writes first.
  void translate_with(ReplayedPaging& paging) { paging_ = &paging; }

  /// To be bound to the core's port of the system bus.
  auto& core_socket() { return core_.socket; }

  void load(std::vector<TraceSegment> segments) {
    segments_ = std::move(segments);
    translated_from_ = first_translated(segments_);
  }
  /// Called for each segment when it has ended and the next one begins.
  void on_segment(Report report) { report_ = std::move(report); }
  /// Called before the first command of each segment.
  void on_segment_begin(std::function<void(const TraceSegment&)> begin) { segment_begins_ = std::move(begin); }
  void when_done(std::function<void()> done) { done_ = std::move(done); }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;

  void command(Cycle now, const isa::Command&) override { note(now); }
  void allocate(Cycle now, sim::RobId, const isa::Command&) override { note(now); }
  void issue(Cycle now, sim::RobId, const isa::Command&) override { note(now); }
  void complete(Cycle now, sim::RobId, bool on_issue) override {
    if (!on_issue) note(now);
  }
  void mesh_request(Cycle now, sim::RobId, bool, bool) override { note(now); }
  void dma_read(Cycle now, unsigned, PhysAddr, unsigned) override { note(now); }
  void dma_write(Cycle now, unsigned, PhysAddr, unsigned) override { note(now); }
  void dma_write_ack(Cycle now, unsigned) override { note(now); }
  void translation_request(Cycle now, VirtAddr) override { note(now); }
  void translation_answer(Cycle now, unsigned) override { note(now); }
  void memory_read(Cycle now, unsigned, PhysAddr, unsigned) override { note(now); }
  void memory_write(Cycle now, unsigned, PhysAddr, unsigned) override { note(now); }

 private:
  void note(Cycle now) {
    if (tables_ != Tables::BeingWritten) last_event_ = now > last_event_ ? now : last_event_;
  }
  bool begin_segment(Cycle now);
  bool writes_tables(Cycle now);
  bool send_commands(Cycle now);
  bool end_segment(Cycle now);
  void report(std::size_t segment) const;
  const TraceSegment& current() const { return segments_[segment_]; }

  sim::RoccPort& accelerator_;
  ReplayedCore core_;
  ReplayedPaging* paging_ = nullptr;
  std::size_t translated_from_ = 0;  // segment
  enum class Tables : std::uint8_t { None, BeingWritten, Written } tables_ = Tables::None;
  std::vector<TraceSegment> segments_;
  Report report_;
  std::function<void(const TraceSegment&)> segment_begins_;
  std::function<void()> done_;

  std::size_t segment_ = 0;
  std::size_t next_ = 0;  // command of the segment
  bool begun_ = false;
  Cycle begin_{};       // of the segment
  Cycle last_event_{};  // so far
  Cycle wake_{};        // when step() can do anything again
};

}  // namespace castor::host
