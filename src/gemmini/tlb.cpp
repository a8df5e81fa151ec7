#include "castor/gemmini/tlb.h"

#include <algorithm>

namespace castor::gemmini {
namespace {

constexpr std::uint64_t page_bytes = 4096;

std::uint64_t page_of(VirtAddr vaddr) { return vaddr.value() / page_bytes; }

// TLB.scala: the permission arrays of entries, by privilege.
bool allows(const sim::PagePermissions& page, DmaAccess access, const sim::TranslationStatus& status) {
  if (page.user ? !status.user && !status.supervisor_may_user : status.user) return false;
  if (access == DmaAccess::Write) return page.writable;
  return page.readable || (page.executable && status.executable_is_readable);
}

sim::TlbShape shape_of(const config::GemminiParams& params, const config::TlbParams& tlb) {
  return {params.tlb_size, tlb.sectors,         tlb.ways,         tlb.superpage_entries, tlb.special_entries,
          tlb.replacement, tlb.miss_to_request, tlb.refill_to_hit};
}

}  // namespace

Tlb::Tlb(const config::GemminiParams& params, const config::TlbParams& tlb, unsigned clients)
    : hit_latency_(tlb.hit_latency), pages_(shape_of(params, tlb)), pending_(clients) {}

Tlb::Lookup Tlb::lookup(Cycle now, unsigned client, VirtAddr vaddr, DmaAccess access,
                        const sim::TranslationStatus& status, bool awaited) {
  if (awaited)
    if (const auto known = on_its_way(now, client, vaddr)) return *known;
  const Lookup identity{Lookup::Outcome::Hit, PhysAddr{vaddr.value()}};
  const Lookup found = pages_.translates(status) ? find(now, vaddr, access, status) : identity;
  const bool known = found.outcome == Lookup::Outcome::Hit || found.outcome == Lookup::Outcome::Fault;
  return known ? answer(now, client, vaddr, found, awaited) : found;
}

Tlb::Lookup Tlb::find(Cycle now, VirtAddr vaddr, DmaAccess access, const sim::TranslationStatus& status) {
  const sim::RocketTlb::Lookup page = pages_.lookup(now, vaddr);
  switch (page.outcome) {
    case sim::RocketTlb::Lookup::Outcome::Miss:
      return {Lookup::Outcome::Miss};
    case sim::RocketTlb::Lookup::Outcome::Joins:
      return {Lookup::Outcome::Joins};
    case sim::RocketTlb::Lookup::Outcome::Busy:
      return {Lookup::Outcome::Busy};
    case sim::RocketTlb::Lookup::Outcome::Hit:
      break;
  }
  if (page.fault != sim::PageFault::None) return {Lookup::Outcome::Fault, {}, page.fault};
  if (!allows(page.permissions, access, status)) return {Lookup::Outcome::Fault, {}, sim::PageFault::Permission};
  return {Lookup::Outcome::Hit, page.paddr};
}

// With a latency a client has one hit on its way; it is there when the client asks for the same page again. One that
// nobody has come for is given up.
Tlb::Lookup Tlb::answer(Cycle now, unsigned client, VirtAddr vaddr, const Lookup& hit, bool awaited) {
  if (hit_latency_ == 0) return hit;
  if (!awaited) return {Lookup::Outcome::Waits};
  std::optional<Pending>& pending = pending_[client];
  const bool lost = pending && now > pending->ready + clients_try_every;
  if (!pending || lost) pending = Pending{page_of(vaddr), now + hit_latency_, hit};
  return {Lookup::Outcome::Waits};
}

std::optional<Tlb::Lookup> Tlb::on_its_way(Cycle now, unsigned client, VirtAddr vaddr) {
  std::optional<Pending>& pending = pending_[client];
  if (!pending || pending->page != page_of(vaddr)) return std::nullopt;
  if (now < pending->ready) return Lookup{Lookup::Outcome::Waits};
  Lookup hit = pending->hit;
  hit.paddr = PhysAddr{hit.paddr.value() / page_bytes * page_bytes + vaddr.value() % page_bytes};
  pending.reset();
  return hit;
}

void Tlb::flush() {
  pages_.flush();
  std::fill(pending_.begin(), pending_.end(), std::nullopt);
}

}  // namespace castor::gemmini
