#include "castor/gemmini/counters.h"

namespace castor::gemmini {

void EventCounts::controller_busy(sim::IssueQueue controller, Cycle now, bool busy) {
  // Indexed by the set of busy controllers: bit 0 load, bit 1 execute, bit 2 store.
  static constexpr CounterEvent combinations[] = {CounterEvent::Disable,        CounterEvent::MainLdCycles,
                                                  CounterEvent::MainExCycles,   CounterEvent::MainLdExCycles,
                                                  CounterEvent::MainStCycles,   CounterEvent::MainLdStCycles,
                                                  CounterEvent::MainStExCycles, CounterEvent::MainLdStExCycles};
  const unsigned mask = 1U << static_cast<unsigned>(controller);
  const unsigned after = busy ? controllers_busy_ | mask : controllers_busy_ & ~mask;
  if (after == controllers_busy_) return;
  level(combinations[controllers_busy_], now, false);
  if (after != 0) level(combinations[after], now, true);
  controllers_busy_ = after;
}

void EventCounts::reset_sums(Cycle now) {
  for (const CounterExternal sum : {CounterExternal::RdmaBytesRec, CounterExternal::WdmaBytesSent,
                                    CounterExternal::RdmaTotalLatency, CounterExternal::WdmaTotalLatency}) {
    slope(slot(sum), now, slot(sum).per_cycle);
    slot(sum).total = 0;
  }
}

CounterFile::CounterFile(const sc_core::sc_module_name& name, const config::GemminiParams& params)
    : Module(name), counters_(params.num_counter) {}

void CounterFile::access(Cycle now, const isa::Command& command, std::uint8_t rd) {
  const auto access = isa::Counter::decode(command);
  std::uint64_t value = 0;
  if (!counters_.empty()) {
    HardwareCounter& counter = counters_[access.index % counters_.size()];
    const bool external = counter.external;
    value = snapshot_enabled_ ? counter.snapshot : read(counter, external, now);
    if (access.clear_snapshot)
      snapshot_enabled_ = false;
    else if (access.take_snapshot)
      take_snapshot(external, now);
    if (access.configure) configure(counter, access, now);
    if (access.reset) reset(now);
  }
  responses_.push(now, {rd, value});
}

std::uint64_t CounterFile::counted(std::uint8_t event, Cycle now) const {
  if (event == 0 || event >= static_cast<std::uint8_t>(CounterEvent::count_)) return 0;
  return events_.total(static_cast<CounterEvent>(event), now);
}

std::uint64_t CounterFile::read(const HardwareCounter& counter, bool external, Cycle now) const {
  if (!external) return counted(counter.event, now) - counter.base;
  if (counter.event == 0 || counter.event >= static_cast<std::uint8_t>(CounterExternal::count_)) return 0;
  return static_cast<std::uint32_t>(events_.total(static_cast<CounterExternal>(counter.event), now));
}

void CounterFile::configure(HardwareCounter& counter, const isa::Counter& access, Cycle now) {
  counter.event = static_cast<std::uint8_t>(access.event);
  counter.external = access.external;
  counter.base = counted(counter.event, now + 1);
}

// As in the RTL the kind of the addressed counter decides for all of them.
void CounterFile::take_snapshot(bool external, Cycle now) {
  snapshot_enabled_ = true;
  for (HardwareCounter& counter : counters_) counter.snapshot = read(counter, external, now);
}

void CounterFile::reset(Cycle now) {
  snapshot_enabled_ = false;
  events_.reset_sums(now + 1);
  for (HardwareCounter& counter : counters_) {
    counter.base = counted(counter.event, now + 1);
    counter.snapshot = 0;
  }
}

}  // namespace castor::gemmini
