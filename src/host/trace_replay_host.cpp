#include "castor/host/trace_replay_host.h"

namespace castor::host {

TraceReplayHost::TraceReplayHost(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                 sim::RoccPort& accelerator, const config::BusParams& bus, sim::Probes& probes)
    : ClockedModule(name, domain, sim::level::host), accelerator_(accelerator), core_("core", domain, bus) {
  accelerator_.attach_host(*this);
  probes.attach(*this);
}

Cycle TraceReplayHost::step(Cycle now) {
  sim::RoccResponse answer;  // of a counter access; the core that was measured took it at once
  accelerator_.take_response(now, answer);
  while (segment_ < segments_.size())
    if (!begin_segment(now) || !send_commands(now) || !end_segment(now)) return wake_;
  return Cycle::never();
}

bool TraceReplayHost::begin_segment(Cycle now) {
  if (begun_) return true;
  wake_ = last_event_ + current().gap;  // late events (write-backs) belong to the segment before
  if (writes_tables(now) || now < wake_) return false;
  if (segment_ != 0) report(segment_ - 1);
  begin_ = last_event_ = now;
  begun_ = true;
  if (segment_begins_) segment_begins_(current());
  return true;
}

// In the gap before the first segment that needs them.
bool TraceReplayHost::writes_tables(Cycle now) {
  if (paging_ == nullptr || segment_ < translated_from_ || tables_ == Tables::Written) return false;
  wake_ = Cycle::never();  // woken when they are written
  if (tables_ == Tables::BeingWritten) return true;
  tables_ = Tables::BeingWritten;
  paging_->begin(now, [this] {
    tables_ = Tables::Written;
    wake(domain().now() + 1);
  });
  return true;
}

// One command a cycle, none before its time.
bool TraceReplayHost::send_commands(Cycle now) {
  if (next_ == current().commands.size()) return true;
  const auto& arrival = current().commands[next_];
  wake_ = begin_ + arrival.at.count();
  if (now < wake_) return false;
  wake_ = Cycle::never();  // woken when there is room
  if (!accelerator_.can_accept(now)) return false;
  sim::RoccCommand command{arrival.command};
  command.status.machine = segment_ < translated_from_;
  command.status.user = false;
  accelerator_.send(now, command);
  if (next_ == 0) core_.play(begin_ = now, current().misses);
  ++next_;
  wake_ = now + 1;
  return false;
}

bool TraceReplayHost::end_segment(Cycle now) {
  wake_ = Cycle::never();  // woken when busy falls
  if (accelerator_.busy(now)) return false;
  begun_ = false;
  next_ = 0;
  if (++segment_ < segments_.size()) return true;
  report(segment_ - 1);
  if (done_) done_();
  return true;
}

void TraceReplayHost::report(std::size_t segment) const {
  const TraceSegment& ended = segments_[segment];
  if (report_) report_({ended.number, ended.commands.size(), last_event_ - begin_});
}

std::string TraceReplayHost::waiting_for() const {
  if (segment_ == segments_.size()) return {};
  const std::string where = "segment " + std::to_string(current().number);
  if (next_ == current().commands.size()) return "the accelerator to become idle (end of " + where + ")";
  return "room for " + isa::mnemonic(current().commands[next_].command) + " (" + where + ")";
}

}  // namespace castor::host
