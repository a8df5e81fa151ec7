#include "castor/host/rocket_caches.h"

#include <algorithm>
#include <utility>

namespace castor::host {
namespace {

constexpr std::uint64_t s2_after_s0 = 2;

MemoryOp access_for(CoreCaches::Use use) {
  switch (use) {
    case CoreCaches::Use::Load:
      return MemoryOp::Load;
    case CoreCaches::Use::Reserve:
      return MemoryOp::Reserve;
    case CoreCaches::Use::Store:
      break;
  }
  return MemoryOp::Store;
}

CoreCaches::Outcome outcome_of(L1DataCache::Outcome outcome) {
  switch (outcome) {
    case L1DataCache::Outcome::Hit:
      return CoreCaches::Outcome::Hit;
    case L1DataCache::Outcome::FirstWrite:
      return CoreCaches::Outcome::FirstWrite;
    case L1DataCache::Outcome::Waits:
      break;
  }
  return CoreCaches::Outcome::Waits;
}

}  // namespace

RocketCaches::RocketCaches(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                           const config::SocConfig& config)
    : Module(name),
      domain_(domain),
      memory_(config.soc.dram_base()),
      memory_bytes_(config.soc.dram_size()),
      data_("l1d", domain, config.host.l1d, config.bus),
      instructions_("l1i", domain, config.host.l1i, config.bus) {}

/// The core asks when the access is in its WB stage, or ahead of the clock.
CoreCaches::Outcome RocketCaches::access(Cycle s0, PhysAddr address, Use use) {
  const Cycle s2 = std::max(s0 + s2_after_s0, domain_.now());
  return outcome_of(
      data_.access(L1DataCache::Requestor::Core, Cycle{s2 - Cycle{s2_after_s0}}, address, access_for(use)));
}

/// A miss is asked for in the next cycle at the earliest: the core may have come late.
bool RocketCaches::fetch(Cycle s0, PhysAddr address) {
  if (device(address)) return true;
  const Cycle s2 = std::max(s0 + s2_after_s0, domain_.now() + 1);
  return instructions_.fetch(Cycle{s2 - Cycle{s2_after_s0}}, address) == L1InstructionCache::Outcome::Hit;
}

void RocketCaches::when_answered(Answer data, Answer instructions) {
  data_.set_answer(L1DataCache::Requestor::Core, std::move(data));
  instructions_.set_answer(std::move(instructions));
}

}  // namespace castor::host
