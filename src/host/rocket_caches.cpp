#include "castor/host/rocket_caches.h"

#include <algorithm>
#include <utility>

namespace castor::host {
namespace {

constexpr std::uint64_t s1_after_s0 = 1, s2_after_s0 = 2;
constexpr std::uint64_t decode_to_s0 = 1;
constexpr std::uint64_t replay = 5;

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
      data_("l1d", domain, config.host.l1d, config.bus),
      tlb_("dtlb", domain, CoreTlb::Side::Data, config.host.l1d),
      instructions_(domain, config) {
  tlb_.set_answer([this](Cycle from) { page_is_there(from); });
}

/// The core asks when the access is in its WB stage, or ahead of the clock.
CoreCaches::Outcome RocketCaches::access(Cycle s0, VirtAddr vaddr, PhysAddr address, Use use) {
  if (!tlb_.look_up(s0 + s1_after_s0, vaddr)) {
    waits_for_page_ = Access{s0, vaddr, address, use};
    return Outcome::Waits;
  }
  const Cycle s2 = std::max(s0 + s2_after_s0, domain_.now());
  return outcome_of(
      data_.access(L1DataCache::Requestor::Core, Cycle{s2 - Cycle{s2_after_s0}}, address, access_for(use)));
}

/// Decode lets it go in the cycle after the walker's answer.
void RocketCaches::page_is_there(Cycle from) {
  const Access tries = *std::exchange(waits_for_page_, std::nullopt);
  const Cycle s0 = std::max(tries.s0 + replay, from + decode_to_s0);
  if (access(s0, tries.vaddr, tries.address, tries.use) != Outcome::Waits) answer_(s0 + s2_after_s0);
}

void RocketCaches::when_answered(Answer data, Answer instructions) {
  answer_ = data;
  data_.set_answer(L1DataCache::Requestor::Core, std::move(data));
  instructions_.set_answer(std::move(instructions));
}

}  // namespace castor::host
