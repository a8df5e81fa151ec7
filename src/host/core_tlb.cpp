#include "castor/host/core_tlb.h"

#include <algorithm>
#include <utility>

namespace castor::host {
namespace {

constexpr std::uint64_t miss_to_request = 1, refill_to_hit = 1;

sim::TlbShape shape_of(const config::L1Params& params) {
  sim::TlbShape shape;
  shape.miss_to_request = miss_to_request;
  shape.refill_to_hit = refill_to_hit;
  shape.pages = params.tlb_entries;
  shape.sectors = params.tlb_sectors;
  shape.superpages = params.tlb_superpage_entries;
  return shape;
}

}  // namespace

CoreTlb::CoreTlb(const sc_core::sc_module_name& name, sim::ClockDomain& domain, Side side,
                 const config::L1Params& params)
    : Module(name), RocketTlb(shape_of(params)), domain_(domain), side_(side) {}

void CoreTlb::connect(const CsrFile& csrs, sim::PageTableWalker& walker) {
  csrs_ = &csrs;
  set_walker(&walker);
}

bool CoreTlb::find(Cycle s1, VirtAddr vaddr) {
  s1 = Cycle{std::max(s1 + miss_to_request, domain_.now()) - Cycle{miss_to_request}};
  Lookup found = lookup(s1, vaddr);
  if (found.outcome == Lookup::Outcome::Busy && !walking()) found = lookup(s1 + 1, vaddr);
  if (found.outcome == Lookup::Outcome::Hit) return true;
  if (found.outcome == Lookup::Outcome::Miss) ++stats_.misses;
  ++stats_.waits;
  awaited_ = true;
  return false;
}

void CoreTlb::translated(Cycle at, const sim::PageTranslation& translation) {
  RocketTlb::translated(at, translation);
  if (std::exchange(awaited_, false)) answer_(at + refill_to_hit);
}

void CoreTlb::flush() {
  ++stats_.flushes;
  RocketTlb::flush();
}

}  // namespace castor::host
