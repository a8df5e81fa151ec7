#include "castor/gemmini/frontend_tlb.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::gemmini {

namespace {

constexpr unsigned log2_page = 12;
constexpr std::uint64_t page_mask = (1U << log2_page) - 1;

std::uint64_t page_of(VirtAddr vaddr) { return vaddr.value() >> log2_page; }

}  // namespace

FrontendTlb::FrontendTlb(const sc_core::sc_module_name& name, const config::GemminiParams& params,
                         const config::TlbParams& tlb)
    : Module(name),
      filters_{params.tlb_write_filter, params.tlb_read_filter, params.tlb_write_filter},
      blocking_(tlb.blocking),
      shared_(params.use_shared_tlb),
      sfence_flushes_(tlb.sfence_flushes) {
  tlbs_.assign(shared_ ? std::size_t{1} : std::size_t{clients}, Tlb(params, tlb, clients));
}

const FrontendTlb::Register& FrontendTlb::last_translation(Port& port, Cycle now) const {
  if (port.next_from <= now) {
    port.last = port.next;
    port.next_from = Cycle::never();
  }
  return port.last;
}

void FrontendTlb::forget(Port& port) {
  port.last.valid = false;
  port.next_from = Cycle::never();
}

void FrontendTlb::present(Client client, Cycle now, VirtAddr vaddr, bool fire, Try which, bool awaited) {
  resolve(now);
  Port& port = ports_[client];
  fire = fire && (awaited || !blocking_);
  if (fire && which == Try::First && !filters_[client]) forget(port);
  const Register& last = last_translation(port, now);
  const bool skip = fire && port.skip == vaddr;
  const bool hit = (filters_[client] || blocking_) && last.valid && last.page == page_of(vaddr);
  port.at = now;
  port.vaddr = vaddr;
  port.awaited = awaited;
  port.to_tlb = fire && !hit && !skip;
  port.answer = {!hit && !skip, last.base + (vaddr.value() & page_mask), hit && fire, skip};
  if (!fire) return;
  ++stats_.requests;
  if (hit) ++stats_.l0_hits;
  port.first = which == Try::First;
  if (port.first && hit) count_packet(client, port), ++stats_.filter_hits;
}

void FrontendTlb::count_packet(Client client, Port& port) {
  const bool same = page_of(port.vaddr) == port.last_page;
  port.last_page = page_of(port.vaddr);
  ++stats_.packets;
  ++(client == Reader ? stats_.reads : stats_.writes);
  if (same) ++(client == Reader ? stats_.reads_same_page : stats_.writes_same_page);
}

// What the register answers may follow what it answers.
bool FrontendTlb::takes_another(Client client, VirtAddr vaddr) const {
  const Port& port = ports_[client];
  return !blocking_ || (filters_[client] && !port.to_tlb && page_of(port.vaddr) == page_of(vaddr));
}

FrontendTlb::Answer FrontendTlb::answer(Client client, Cycle now) {
  CASTOR_ASSERT(ports_[client].at + 1 == now);
  resolve(now);
  return ports_[client].answer;
}

void FrontendTlb::skipped(Client client) {
  ++stats_.skips;
  ports_[client].skip.reset();
}

// The TLB accesses of the cycles up to `now`: each follows the cycle of its request.
void FrontendTlb::resolve(Cycle now) {
  for (Cycle due = earliest_due(now); due != Cycle::never(); due = earliest_due(now))
    shared_ ? serve_one(due) : serve_all(due);
}

// A shared TLB serves one client a cycle, round robin, a blocking one nobody beside its packet; the others see a miss.
void FrontendTlb::serve_one(Cycle due) {
  const std::optional<Client> served = granted(due);
  for (unsigned client = 0; client < clients; ++client) {
    if (client == served || !asks(client, due)) continue;
    ports_[client].to_tlb = false;
    ++stats_.arbitration_losses;
  }
  if (served) access(*served, due + 1);
}

void FrontendTlb::serve_all(Cycle due) {
  for (unsigned client = 0; client < clients; ++client)
    if (asks(client, due)) access(static_cast<Client>(client), due + 1);
}

bool FrontendTlb::asks(unsigned client, Cycle due) const { return ports_[client].to_tlb && ports_[client].at == due; }

// A packet that has not come back is gone.
bool FrontendTlb::kept_from(unsigned client, Cycle due) const {
  if (!keeper_ || due + 1 > keeper_->tried + clients_try_every) return false;
  return client != keeper_->client || page_of(ports_[client].vaddr) != keeper_->page;
}

// The first cycle before `now` with a request for the TLB that has not been served.
Cycle FrontendTlb::earliest_due(Cycle now) const {
  Cycle due = Cycle::never();
  for (const Port& port : ports_)
    if (port.to_tlb && port.at < now) due = std::min(due, port.at);
  return due;
}

std::optional<FrontendTlb::Client> FrontendTlb::granted(Cycle due) const {
  for (unsigned turn = 1; turn <= clients; ++turn) {
    const unsigned client = (last_grant_ + turn) % clients;
    if (asks(client, due) && !kept_from(client, due)) return static_cast<Client>(client);
  }
  return std::nullopt;
}

void FrontendTlb::access(Client client, Cycle cycle) {
  using Outcome = Tlb::Lookup::Outcome;
  Port& port = ports_[client];
  port.to_tlb = false;
  if (shared_) last_grant_ = client;
  Tlb::Lookup lookup{Outcome::Hit, PhysAddr{port.vaddr.value()}};
  if (client != ScratchpadWriter)
    lookup = tlb_of(client).lookup(cycle, client, port.vaddr, client == Reader ? DmaAccess::Read : DmaAccess::Write,
                                   status_, port.awaited);
  port.answer.miss = lookup.outcome != Outcome::Hit;
  count(client, lookup.outcome);
  if (events_ != nullptr) report(port.answer.miss);
  keeper_.reset();
  if (lookup.outcome == Outcome::Fault) return raise(cycle, client, lookup.fault);
  if (port.answer.miss) return keep(client, cycle);
  port.answer.paddr = lookup.paddr;
  last_translation(port, cycle);
  port.next = {true, page_of(port.vaddr), PhysAddr{lookup.paddr.value() & ~page_mask}};
  port.next_from = blocking_ ? cycle : cycle + 1;
}

void FrontendTlb::keep(Client client, Cycle cycle) {
  if (blocking_) keeper_ = Keeper{client, page_of(ports_[client].vaddr), cycle};
}

void FrontendTlb::count(Client client, Tlb::Lookup::Outcome outcome) {
  using Outcome = Tlb::Lookup::Outcome;
  Port& port = ports_[client];
  const bool found = outcome == Outcome::Hit || outcome == Outcome::Waits;
  if (outcome == Outcome::Hit) ++stats_.tlb_hits;
  if (outcome == Outcome::Waits) ++stats_.tlb_waits;
  if (!found) ++stats_.tlb_misses;
  port.answer.counted = outcome != Outcome::Busy && outcome != Outcome::Fault;
  if (!port.first || !port.answer.counted) return;
  count_packet(client, port);
  if (found) ++stats_.private_hits;
  if (outcome == Outcome::Miss) ++stats_.private_misses;
  if (outcome == Outcome::Joins) ++stats_.private_joins;
}

void FrontendTlb::raise(Cycle cycle, Client client, sim::PageFault reason) {
  if (fault_) return;
  ++stats_.faults;
  fault_ = TranslationFault{ports_[client].vaddr, client == Reader ? DmaAccess::Read : DmaAccess::Write, reason};
  if (on_fault_) on_fault_(cycle, *fault_);
}

void FrontendTlb::report(bool miss) {
  events_->count(CounterEvent::DmaTlbTotalReq);
  events_->count(miss ? CounterEvent::DmaTlbMissCycle : CounterEvent::DmaTlbHitReq);
}

void FrontendTlb::set_walker(sim::PageTableWalker* walker) {
  for (Tlb& tlb : tlbs_) tlb.set_walker(walker);
}

void FrontendTlb::flush(Cycle now, FaultedAccess faulted) {
  resolve(now);
  ++stats_.flushes;
  if (fault_ && faulted == FaultedAccess::IsSkipped) ports_[client_of(fault_->access)].skip = fault_->vaddr;
  fault_.reset();
  keeper_.reset();
  for (Port& port : ports_) forget(port);
  for (Tlb& tlb : tlbs_) tlb.flush();
}

}  // namespace castor::gemmini
