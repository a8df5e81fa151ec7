#include "castor/gemmini/tlb.h"

#include <algorithm>

#include "castor/common/bits.h"

namespace castor::gemmini {
namespace {

constexpr unsigned log2_page = 12;
constexpr unsigned virtual_bits = 39;

std::uint64_t page_of(VirtAddr vaddr) { return vaddr.value() >> log2_page; }

std::uint64_t offset_in(VirtAddr vaddr, unsigned log2) { return vaddr.value() & ((std::uint64_t{1} << log2) - 1); }

bool canonical(VirtAddr vaddr) {
  return static_cast<std::uint64_t>(sign_extend(vaddr.value(), virtual_bits)) == vaddr.value();
}

// TLB.scala: the permission arrays of entries, by privilege.
bool allows(const sim::PagePermissions& page, DmaAccess access, const sim::TranslationStatus& status) {
  if (page.user ? !status.user && !status.supervisor_may_user : status.user) return false;
  if (access == DmaAccess::Write) return page.writable;
  return page.readable || (page.executable && status.executable_is_readable);
}

}  // namespace

Tlb::Tlb(const config::GemminiParams& params, const config::TlbParams& tlb, unsigned clients)
    : sectors_(tlb.sectors),
      hit_latency_(tlb.hit_latency),
      miss_to_request_(tlb.miss_to_request),
      refill_to_hit_(tlb.refill_to_hit),
      superpages_(tlb.superpage_entries),
      superpage_order_(tlb.replacement, std::max(1U, tlb.superpage_entries())),
      special_(tlb.special_entries),
      pending_(clients) {
  const unsigned tags = std::max(1U, params.tlb_size / sectors_);
  const unsigned ways = tlb.ways == 0 ? tags : tlb.ways();
  const Sectored empty{0, std::vector<Page>(sectors_)};
  sets_.assign(tags / ways, Set{std::vector<Sectored>(ways, empty), ReplacementOrder(tlb.replacement, ways)});
}

bool Tlb::Sectored::any() const {
  return std::any_of(pages.begin(), pages.end(), [](const Page& page) { return page.valid; });
}

bool Tlb::Superpage::holds(VirtAddr vaddr) const {
  return page.valid && (vaddr.value() >> log2_page) == (base.value() >> log2_page);
}

Tlb::Lookup Tlb::lookup(Cycle now, unsigned client, VirtAddr vaddr, DmaAccess access,
                        const sim::TranslationStatus& status, bool awaited) {
  if (awaited)
    if (const auto known = on_its_way(now, client, vaddr)) return *known;
  const Lookup identity{Lookup::Outcome::Hit, PhysAddr{vaddr.value()}};
  if (walker_ == nullptr || !walker_->translates(status)) return answer(now, client, vaddr, identity, awaited);
  if (refill_from_ <= now && now < refill_until_) return {};
  if (!canonical(vaddr)) return {Lookup::Outcome::Fault, {}, sim::PageFault::NonCanonical};
  if (const auto found = find(vaddr, access, status)) return answer(now, client, vaddr, *found, awaited);
  return miss(now, vaddr);
}

Tlb::Lookup Tlb::miss(Cycle now, VirtAddr vaddr) {
  if (walking_) return {walked_page_ == page_of(vaddr) ? Lookup::Outcome::Joins : Lookup::Outcome::Busy};
  walking_ = true;
  walked_page_ = page_of(vaddr);
  flushed_ = false;
  room_ = room_for(vaddr);
  walker_->walk(now + miss_to_request_, vaddr, *this);
  return {Lookup::Outcome::Miss};
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
  hit.paddr =
      PhysAddr{hit.paddr.value() - offset_in(VirtAddr{hit.paddr.value()}, log2_page)} + offset_in(vaddr, log2_page);
  pending.reset();
  return hit;
}

std::optional<Tlb::Lookup> Tlb::find(VirtAddr vaddr, DmaAccess access, const sim::TranslationStatus& status) {
  unsigned log2 = log2_page;
  const Page* page = find_page(page_of(vaddr));
  if (page == nullptr) {
    const Superpage* superpage = find_superpage(vaddr);
    if (superpage == nullptr) return std::nullopt;
    page = &superpage->page;
    log2 = superpage->log2_page;
  }
  if (page->fault != sim::PageFault::None) return Lookup{Lookup::Outcome::Fault, {}, page->fault};
  if (!allows(page->permissions, access, status)) return Lookup{Lookup::Outcome::Fault, {}, sim::PageFault::Permission};
  return Lookup{Lookup::Outcome::Hit, page->paddr + offset_in(vaddr, log2)};
}

// A lookup of a region that has a tag counts as its use, whether the page is there or not (sector_hits).
Tlb::Page* Tlb::find_page(std::uint64_t number) {
  const std::uint64_t tag = number / sectors_;
  Set& set = set_of(tag);
  for (Sectored& entry : set.entries) {
    if (entry.tag != tag || !entry.any()) continue;
    set.order.touch(static_cast<unsigned>(&entry - set.entries.data()));
    Page& page = entry.pages[number % sectors_];
    return page.valid ? &page : nullptr;
  }
  return nullptr;
}

Tlb::Superpage* Tlb::find_superpage(VirtAddr vaddr) {
  for (Superpage& entry : superpages_) {
    if (!entry.holds(vaddr)) continue;
    superpage_order_.touch(static_cast<unsigned>(&entry - superpages_.data()));
    return &entry;
  }
  for (Superpage& entry : special_)
    if (entry.holds(vaddr)) return &entry;
  return nullptr;
}

void Tlb::translated(Cycle at, const sim::PageTranslation& translation) {
  walking_ = false;
  refill_from_ = at;
  refill_until_ = at + refill_to_hit_;
  if (flushed_) return;
  if (translation.log2_page == log2_page)
    insert_page(translation);
  else
    insert_superpage(translation);
}

// A page of a region that has a tag joins it; otherwise a tag gives way, a free one first.
Tlb::Room Tlb::room_for(VirtAddr vaddr) {
  const std::uint64_t tag = page_of(vaddr) / sectors_;
  const Set& set = set_of(tag);
  const auto joined =
      std::find_if(set.entries.begin(), set.entries.end(), [&](const Sectored& e) { return e.tag == tag && e.any(); });
  const auto free = std::find_if(set.entries.begin(), set.entries.end(), [](const Sectored& e) { return !e.any(); });
  const auto page = joined != set.entries.end() ? joined : free;
  const auto superpage =
      std::find_if(superpages_.begin(), superpages_.end(), [](const Superpage& e) { return !e.page.valid; });
  Room room{set.order.victim(), joined != set.entries.end(), superpage_order_.victim()};
  if (page != set.entries.end()) room.way = static_cast<unsigned>(page - set.entries.begin());
  if (superpage != superpages_.end()) room.superpage = static_cast<unsigned>(superpage - superpages_.begin());
  return room;
}

void Tlb::insert_page(const sim::PageTranslation& translation) {
  const std::uint64_t number = page_of(translation.vaddr), tag = number / sectors_;
  Set& set = set_of(tag);
  Sectored& entry = set.entries[room_.way];
  if (!room_.joins) {
    set.order.fill(room_.way);
    std::fill(entry.pages.begin(), entry.pages.end(), Page{});
    entry.tag = tag;
  }
  entry.pages[number % sectors_] = {true, translation.paddr, translation.permissions, translation.fault};
}

// Without an entry of its kind it is kept as the 4 KiB page that was asked for.
void Tlb::insert_superpage(const sim::PageTranslation& translation) {
  std::vector<Superpage>& entries = translation.homogeneous ? superpages_ : special_;
  if (entries.empty()) {
    sim::PageTranslation page = translation;
    page.paddr = page.paddr + (offset_in(page.vaddr, page.log2_page) & ~offset_in(page.vaddr, log2_page));
    page.log2_page = log2_page;
    return insert_page(page);
  }
  Superpage& entry = entries[translation.homogeneous ? room_.superpage : 0];
  if (translation.homogeneous) superpage_order_.fill(room_.superpage);
  entry.page = {true, translation.paddr, translation.permissions, translation.fault};
  entry.log2_page = translation.log2_page;
  entry.base = VirtAddr{translation.vaddr.value() - offset_in(translation.vaddr, translation.log2_page)};
}

void Tlb::flush() {
  for (Set& set : sets_)
    for (Sectored& entry : set.entries) std::fill(entry.pages.begin(), entry.pages.end(), Page{});
  for (Superpage& entry : superpages_) entry.page.valid = false;
  for (Superpage& entry : special_) entry.page.valid = false;
  std::fill(pending_.begin(), pending_.end(), std::nullopt);
  flushed_ = true;
}

}  // namespace castor::gemmini
