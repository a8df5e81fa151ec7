#include "castor/sim/rocket_tlb.h"

#include <algorithm>

#include "castor/common/bits.h"

namespace castor::sim {
namespace {

constexpr unsigned log2_page = 12;
constexpr unsigned virtual_bits = 39;

std::uint64_t page_of(VirtAddr vaddr) { return vaddr.value() >> log2_page; }

std::uint64_t offset_in(VirtAddr vaddr, unsigned log2) { return vaddr.value() & ((std::uint64_t{1} << log2) - 1); }

bool canonical(VirtAddr vaddr) {
  return static_cast<std::uint64_t>(sign_extend(vaddr.value(), virtual_bits)) == vaddr.value();
}

}  // namespace

RocketTlb::RocketTlb(const TlbShape& shape)
    : sectors_(shape.sectors),
      miss_to_request_(shape.miss_to_request),
      refill_to_hit_(shape.refill_to_hit),
      superpages_(shape.superpages),
      superpage_order_(shape.replacement, std::max(1U, shape.superpages)),
      special_(shape.special) {
  const unsigned tags = std::max(1U, shape.pages / sectors_);
  const unsigned ways = shape.ways == 0 ? tags : shape.ways;
  const Sectored empty{0, std::vector<Page>(sectors_)};
  sets_.assign(tags / ways, Set{std::vector<Sectored>(ways, empty), ReplacementOrder(shape.replacement, ways)});
}

bool RocketTlb::Sectored::any() const {
  return std::any_of(pages.begin(), pages.end(), [](const Page& page) { return page.valid; });
}

bool RocketTlb::Superpage::holds(VirtAddr vaddr) const {
  return page.valid && (vaddr.value() >> log2_page) == (base.value() >> log2_page);
}

RocketTlb::Lookup RocketTlb::lookup(Cycle now, VirtAddr vaddr) {
  if (refill_from_ <= now && now < refill_until_) return {};
  if (!canonical(vaddr)) return {Lookup::Outcome::Hit, {}, {}, PageFault::NonCanonical};
  if (const Page* page = find_page(page_of(vaddr))) return hit(*page, vaddr, log2_page);
  if (const Superpage* page = find_superpage(vaddr)) return hit(page->page, vaddr, page->log2_page);
  return miss(now, vaddr);
}

RocketTlb::Lookup RocketTlb::hit(const Page& page, VirtAddr vaddr, unsigned log2_page) {
  return {Lookup::Outcome::Hit, page.paddr + offset_in(vaddr, log2_page), page.permissions, page.fault};
}

RocketTlb::Lookup RocketTlb::miss(Cycle now, VirtAddr vaddr) {
  if (walking_) return {walked_page_ == page_of(vaddr) ? Lookup::Outcome::Joins : Lookup::Outcome::Busy};
  walking_ = true;
  walked_page_ = page_of(vaddr);
  flushed_ = false;
  room_ = room_for(vaddr);
  walker_->walk(now + miss_to_request_, vaddr, *this);
  return {Lookup::Outcome::Miss};
}

// A lookup of a region that has a tag counts as its use, whether the page is there or not (sector_hits).
RocketTlb::Page* RocketTlb::find_page(std::uint64_t number) {
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

RocketTlb::Superpage* RocketTlb::find_superpage(VirtAddr vaddr) {
  for (Superpage& entry : superpages_) {
    if (!entry.holds(vaddr)) continue;
    superpage_order_.touch(static_cast<unsigned>(&entry - superpages_.data()));
    return &entry;
  }
  for (Superpage& entry : special_)
    if (entry.holds(vaddr)) return &entry;
  return nullptr;
}

void RocketTlb::translated(Cycle at, const PageTranslation& translation) {
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
RocketTlb::Room RocketTlb::room_for(VirtAddr vaddr) {
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

void RocketTlb::insert_page(const PageTranslation& translation) {
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
void RocketTlb::insert_superpage(const PageTranslation& translation) {
  std::vector<Superpage>& entries = translation.homogeneous ? superpages_ : special_;
  if (entries.empty()) {
    PageTranslation page = translation;
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

void RocketTlb::flush() {
  for (Set& set : sets_)
    for (Sectored& entry : set.entries) std::fill(entry.pages.begin(), entry.pages.end(), Page{});
  for (Superpage& entry : superpages_) entry.page.valid = false;
  for (Superpage& entry : special_) entry.page.valid = false;
  flushed_ = true;
}

}  // namespace castor::sim
