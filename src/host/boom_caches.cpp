#include "castor/host/boom_caches.h"

#include <algorithm>
#include <utility>

namespace castor::host {
namespace {

constexpr std::uint64_t s1_after_s0 = 1;
constexpr std::uint64_t asked_to_s0 = 1;  // of the walker's loads

}  // namespace

BoomCaches::BoomCaches(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config)
    : Module(name),
      data_("l1d", domain, config.host.l1d, config.bus),
      tlb_("dtlb", domain, CoreTlb::Side::Data, config.host.l1d),
      instructions_(domain, config) {
  data_.set_answer([this](Number number, Cycle cycle) { answered(number, cycle); });
  tlb_.set_answer([this](Cycle from) { page_is_there(from); });
}

void BoomCaches::when_answered(DataAnswer data, FetchAnswer instructions) {
  answer_ = std::move(data);
  instructions_.set_answer(std::move(instructions));
}

bool BoomCaches::access(Cycle s0, VirtAddr vaddr, PhysAddr address, MemoryOp access, Number number) {
  if (tlb_.look_up(s0 + s1_after_s0, vaddr)) return data_.access(s0, address, access, number);
  wait_for_page_.push_back({s0, vaddr, address, access, number});
  return false;
}

/// All that wait try, in their order; those of another page wait on.
void BoomCaches::page_is_there(Cycle from) {
  for (const Access& tries : std::exchange(wait_for_page_, {})) {
    const Cycle s0 = std::max(tries.s0, from);
    if (access(s0, tries.vaddr, tries.address, tries.access, tries.number)) answer_(tries.number, s0 + hit_latency());
  }
}

std::optional<Cycle> BoomCaches::load_entry(Cycle s0, PhysAddr entry) {
  const Cycle enters = s0 + asked_to_s0;
  if (data_.access(enters, entry, MemoryOp::Load, walker)) return enters + hit_latency();
  return std::nullopt;
}

void BoomCaches::answered(Number number, Cycle cycle) {
  number == walker ? entry_loaded_(cycle) : answer_(number, cycle);
}

}  // namespace castor::host
