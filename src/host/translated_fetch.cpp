#include "castor/host/translated_fetch.h"

#include <algorithm>
#include <utility>

namespace castor::host {
namespace {

constexpr std::uint64_t s1_after_s0 = 1, s2_after_s0 = 2;
constexpr std::uint64_t again = 2;  // from one try to the next

}  // namespace

TranslatedFetch::TranslatedFetch(sim::ClockDomain& domain, const config::SocConfig& config)
    : domain_(domain),
      memory_(config.soc.dram_base()),
      memory_bytes_(config.soc.dram_size()),
      cache_("l1i", domain, config.host.l1i, config.bus),
      tlb_("itlb", domain, CoreTlb::Side::Instructions, config.host.l1i) {
  tlb_.set_answer([this](Cycle from) { page_is_there(from); });
}

void TranslatedFetch::set_answer(std::function<void(Cycle)> answer) {
  answer_ = std::move(answer);
  cache_.set_answer([this](Cycle s2) {
    if (!waits_for_page_) answer_(s2);
  });
}

bool TranslatedFetch::fetch(Cycle s0, VirtAddr vaddr, PhysAddr address) {
  waits_for_page_.reset();
  if (tlb_.look_up(s0 + s1_after_s0, vaddr)) return enter_cache(s0, address);
  waits_for_page_ = Fetch{s0, vaddr, address};
  return false;
}

/// A miss is asked for in the next cycle at the earliest: the core may have come late.
bool TranslatedFetch::enter_cache(Cycle s0, PhysAddr address) {
  if (device(address)) return true;
  const Cycle s2 = std::max(s0 + s2_after_s0, domain_.now() + 1);
  return cache_.fetch(Cycle{s2 - Cycle{s2_after_s0}}, address) == L1InstructionCache::Outcome::Hit;
}

void TranslatedFetch::page_is_there(Cycle from) {
  if (!waits_for_page_) return;  // the core went elsewhere
  Fetch tries = *waits_for_page_;
  while (tries.s0 + s1_after_s0 < from) tries.s0 += again;
  if (fetch(tries.s0, tries.vaddr, tries.address)) answer_(tries.s0 + s2_after_s0);
}

}  // namespace castor::host
