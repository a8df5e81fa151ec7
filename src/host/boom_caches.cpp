#include "castor/host/boom_caches.h"

#include <algorithm>
#include <utility>

namespace castor::host {

BoomCaches::BoomCaches(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config)
    : Module(name),
      domain_(domain),
      memory_(config.soc.dram_base()),
      memory_bytes_(config.soc.dram_size()),
      data_("l1d", domain, config.host.l1d, config.bus),
      instructions_("l1i", domain, config.host.l1i, config.bus) {}

/// A miss is asked for in the next cycle at the earliest: the core may have come late.
bool BoomCaches::fetch(Cycle s0, PhysAddr address) {
  constexpr std::uint64_t s2_after_s0 = 2;
  const bool device = address < memory_ || address - memory_ >= memory_bytes_.count();
  if (device) return true;
  const Cycle s2 = std::max(s0 + s2_after_s0, domain_.now() + 1);
  return instructions_.fetch(Cycle{s2 - Cycle{s2_after_s0}}, address) == L1InstructionCache::Outcome::Hit;
}

void BoomCaches::when_answered(DataAnswer data, FetchAnswer instructions) {
  data_.set_answer(std::move(data));
  instructions_.set_answer(std::move(instructions));
}

}  // namespace castor::host
