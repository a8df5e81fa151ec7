#include "castor/gemmini/frontend_tlb.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::gemmini {

namespace {

constexpr unsigned log2_page = 12;
constexpr std::uint64_t page_mask = (1U << log2_page) - 1;

std::uint64_t page_of(VirtAddr vaddr) { return vaddr.value() >> log2_page; }

}  // namespace

Tlb::Tlb(const config::GemminiParams& params, const config::TlbParams& tlb)
    : sectors_(tlb.sectors),
      miss_to_request_(tlb.miss_to_request),
      sectored_(std::max(1U, params.tlb_size / tlb.sectors)),
      superpages_(tlb.superpage_entries) {
  for (Sectored& entry : sectored_) entry.pages.resize(sectors_), entry.valid.assign(sectors_, false);
}

bool Tlb::Sectored::any() const { return std::find(valid.begin(), valid.end(), true) != valid.end(); }

bool Tlb::lookup(Cycle now, VirtAddr vaddr, PhysAddr& paddr) {
  if (walker_ == nullptr) return paddr = PhysAddr{vaddr.value()}, true;
  if (refill_at_ != now && find(vaddr, paddr)) return true;
  if (refill_at_ == now || walking_) return false;
  walking_ = true;
  flushed_ = false;
  walker_->walk(now + miss_to_request_, vaddr, *this);
  return false;
}

bool Tlb::find(VirtAddr vaddr, PhysAddr& paddr) {
  const std::uint64_t page = page_of(vaddr), sector = page % sectors_;
  for (Sectored& entry : sectored_) {
    if (entry.tag != page / sectors_ || !entry.valid[sector]) continue;
    entry.used = ++clock_;
    paddr = entry.pages[sector] + (vaddr.value() & page_mask);
    return true;
  }
  for (Superpage& entry : superpages_) {
    if (!entry.valid || (vaddr.value() >> entry.log2_page) != (entry.base.value() >> entry.log2_page)) continue;
    entry.used = ++clock_;
    paddr = entry.paddr + (vaddr.value() - entry.base.value());
    return true;
  }
  return false;
}

void Tlb::translated(Cycle now, const PageTranslation& translation) {
  walking_ = false;
  refill_at_ = now;
  fault_ |= translation.fault;
  if (translation.fault || flushed_) return;
  if (translation.log2_page == log2_page)
    insert_page(translation);
  else
    insert_superpage(translation);
}

// A page of a region that has an entry joins it; otherwise the entry used longest ago loses all its pages.
void Tlb::insert_page(const PageTranslation& translation) {
  const std::uint64_t page = page_of(translation.vaddr), tag = page / sectors_;
  auto entry =
      std::find_if(sectored_.begin(), sectored_.end(), [&](const Sectored& e) { return e.tag == tag && e.any(); });
  if (entry == sectored_.end()) {
    entry = std::min_element(sectored_.begin(), sectored_.end(), [](const Sectored& a, const Sectored& b) {
      return a.any() != b.any() ? !a.any() : a.used < b.used;
    });
    std::fill(entry->valid.begin(), entry->valid.end(), false);
    entry->tag = tag;
  }
  entry->used = ++clock_;
  entry->pages[page % sectors_] = translation.paddr;
  entry->valid[page % sectors_] = true;
}

void Tlb::insert_superpage(const PageTranslation& translation) {
  if (superpages_.empty()) return;
  const auto entry = std::min_element(
      superpages_.begin(), superpages_.end(),
      [](const Superpage& a, const Superpage& b) { return a.valid != b.valid ? !a.valid : a.used < b.used; });
  const std::uint64_t mask = (std::uint64_t{1} << translation.log2_page) - 1;
  *entry = {true, VirtAddr{translation.vaddr.value() & ~mask}, translation.paddr, translation.log2_page, ++clock_};
}

void Tlb::flush() {
  for (Sectored& entry : sectored_) std::fill(entry.valid.begin(), entry.valid.end(), false);
  for (Superpage& entry : superpages_) entry.valid = false;
  flushed_ = true;
  fault_ = false;
}

FrontendTlb::FrontendTlb(const sc_core::sc_module_name& name, const config::GemminiParams& params,
                         const config::TlbParams& tlb)
    : Module(name), filter_(params.use_tlb_register_filter), shared_(params.use_shared_tlb) {
  tlbs_.assign(shared_ ? std::size_t{1} : std::size_t{clients}, Tlb(params, tlb));
}

const FrontendTlb::Register& FrontendTlb::last_translation(Port& port, Cycle now) const {
  if (port.next_from <= now) {
    port.last = port.next;
    port.next_from = Cycle::never();
  }
  return port.last;
}

void FrontendTlb::present(Client client, Cycle now, VirtAddr vaddr, bool fire) {
  resolve(now);
  Port& port = ports_[client];
  const Register& last = last_translation(port, now);
  const bool hit = filter_ && last.valid && last.page == page_of(vaddr);
  port.at = now;
  port.vaddr = vaddr;
  port.to_tlb = fire && !hit;
  port.answer = {!hit, last.base + (vaddr.value() & page_mask)};
  if (!fire) return;
  ++stats_.requests;
  if (hit) ++stats_.l0_hits;
}

FrontendTlb::Answer FrontendTlb::answer(Client client, Cycle now) {
  CASTOR_ASSERT(ports_[client].at + 1 == now);
  resolve(now);
  return ports_[client].answer;
}

// The TLB accesses of the cycles up to `now`: each follows the cycle of its request. A shared TLB serves one client a
// cycle, round robin; the others see a miss.
void FrontendTlb::resolve(Cycle now) {
  for (Cycle due = earliest_due(now); due != Cycle::never(); due = earliest_due(now)) {
    if (shared_) {
      const Client client = granted(due);
      for (unsigned other = 0; other < clients; ++other) {
        if (other == client || !ports_[other].to_tlb || ports_[other].at != due) continue;
        ports_[other].to_tlb = false;
        ++stats_.arbitration_losses;
      }
      access(client, due + 1);
    } else {
      for (unsigned client = 0; client < clients; ++client)
        if (ports_[client].to_tlb && ports_[client].at == due) access(static_cast<Client>(client), due + 1);
    }
  }
}

// The first cycle before `now` with a request for the TLB that has not been served.
Cycle FrontendTlb::earliest_due(Cycle now) const {
  Cycle due = Cycle::never();
  for (const Port& port : ports_)
    if (port.to_tlb && port.at < now) due = std::min(due, port.at);
  return due;
}

FrontendTlb::Client FrontendTlb::granted(Cycle cycle) const {
  for (unsigned turn = 1;; ++turn) {
    const unsigned client = (last_grant_ + turn) % clients;
    if (ports_[client].to_tlb && ports_[client].at == cycle) return static_cast<Client>(client);
  }
}

void FrontendTlb::access(Client client, Cycle cycle) {
  Port& port = ports_[client];
  port.to_tlb = false;
  if (shared_) last_grant_ = client;
  PhysAddr paddr;
  if (client == ScratchpadWriter)
    paddr = PhysAddr{port.vaddr.value()}, port.answer.miss = false;
  else
    port.answer.miss = !tlb_of(client).lookup(cycle, port.vaddr, paddr);
  ++(port.answer.miss ? stats_.tlb_misses : stats_.tlb_hits);
  if (events_ != nullptr) report(port.answer.miss);
  if (port.answer.miss) return;
  port.answer.paddr = paddr;
  last_translation(port, cycle);
  port.next = {true, page_of(port.vaddr), PhysAddr{paddr.value() & ~page_mask}};
  port.next_from = cycle + 1;
}

void FrontendTlb::report(bool miss) {
  events_->count(CounterEvent::DmaTlbTotalReq);
  events_->count(miss ? CounterEvent::DmaTlbMissCycle : CounterEvent::DmaTlbHitReq);
}

void FrontendTlb::set_walker(PageTableWalker* walker) {
  for (Tlb& tlb : tlbs_) tlb.set_walker(walker);
}

void FrontendTlb::flush(Cycle now) {
  resolve(now);
  for (Port& port : ports_) port.last.valid = false, port.next_from = Cycle::never();
  for (Tlb& tlb : tlbs_) tlb.flush();
}

bool FrontendTlb::interrupt() const {
  return std::any_of(tlbs_.begin(), tlbs_.end(), [](const Tlb& tlb) { return tlb.fault(); });
}

}  // namespace castor::gemmini
