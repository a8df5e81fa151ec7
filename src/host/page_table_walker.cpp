#include "castor/host/page_table_walker.h"

#include <algorithm>
#include <utility>

#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::host {
namespace {

constexpr unsigned page_bits = 12;

sim::PagePermissions permissions_of(const PageTableEntry& leaf) {
  const bool usable = leaf.is_leaf() && leaf.accessed();
  return {usable && leaf.readable(), usable && leaf.writable() && leaf.dirty(), usable && leaf.executable(),
          leaf.user()};
}

}  // namespace

PteCache::PteCache(unsigned entries) : entries_(entries), order_(Replacement::Plru, std::max(1U, entries)) {}

std::optional<std::uint64_t> PteCache::find(PhysAddr entry) {
  for (const Entry& held : entries_) {
    if (!held.valid || held.address != entry) continue;
    order_.touch(static_cast<unsigned>(&held - entries_.data()));
    return held.bits;
  }
  return std::nullopt;
}

void PteCache::insert(PhysAddr entry, std::uint64_t bits) {
  if (entries_.empty() || find(entry)) return;
  const auto free = std::find_if(entries_.begin(), entries_.end(), [](const Entry& held) { return !held.valid; });
  const unsigned place = free != entries_.end() ? static_cast<unsigned>(free - entries_.begin()) : order_.victim();
  entries_[place] = {true, entry, bits};
  order_.touch(place);
}

void PteCache::clear() { std::fill(entries_.begin(), entries_.end(), Entry{}); }

SecondLevelTlb::SecondLevelTlb(unsigned entries, unsigned ways)
    : sets_(entries / ways, Set{std::vector<Entry>(ways), ReplacementOrder(Replacement::Plru, ways)}) {}

std::optional<std::uint64_t> SecondLevelTlb::find(VirtAddr vaddr) {
  const std::uint64_t page = vaddr.value() >> page_bits;
  Set& set = set_of(page);
  for (const Entry& entry : set.entries) {
    if (!entry.valid || entry.page != page) continue;
    set.order.touch(static_cast<unsigned>(&entry - set.entries.data()));
    return entry.leaf;
  }
  return std::nullopt;
}

void SecondLevelTlb::insert(VirtAddr vaddr, std::uint64_t leaf) {
  if (!present()) return;
  const std::uint64_t page = vaddr.value() >> page_bits;
  Set& set = set_of(page);
  auto place = std::find_if(set.entries.begin(), set.entries.end(), [](const Entry& entry) { return !entry.valid; });
  if (place == set.entries.end()) place = set.entries.begin() + set.order.victim();
  *place = {true, page, leaf};
}

void SecondLevelTlb::clear() {
  for (Set& set : sets_) std::fill(set.entries.begin(), set.entries.end(), Entry{});
}

/// Where one TLB asks.
class PageTableWalker::Port : public sim::PageTableWalker {
 public:
  Port(host::PageTableWalker& walker, Caller caller) : walker_(walker), caller_(caller) {}

  bool translates(const sim::TranslationStatus& status) const override {
    return !status.machine && walker_.root_ && walker_.root_().has_value();
  }
  void walk(Cycle at, VirtAddr vaddr, sim::TranslationClient& client) override {
    CASTOR_ASSERT(!asks);
    asks = true;
    announced = false;
    since = at;
    address = vaddr;
    asker = &client;
    late = caller_ == Caller::Above && at == walker_.domain().now();
    walker_.wake(late ? at + 1 : at);
  }

  bool asks = false;
  bool announced = false;
  bool late = false;  // came after this cycle's step of the walker
  Cycle since{};
  VirtAddr address{};
  sim::TranslationClient* asker = nullptr;

 private:
  host::PageTableWalker& walker_;
  Caller caller_;
};

PageTableWalker::PageTableWalker(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                 const config::PtwParams& params, const config::SocParams& soc, TableReader& cache,
                                 const functional::Memory& memory, sim::Probes& probes)
    : ClockedModule(name, domain, sim::level::page_table_walker),
      params_(params),
      soc_(soc),
      cache_(cache),
      memory_(memory),
      probes_(probes),
      pte_cache_(params.pte_cache_entries),
      l2_tlb_(params.l2_tlb_entries, params.l2_tlb_ways),
      walks_(params.walkers) {
  cache_.when_entry_loaded([this](Cycle s2) {
    loading_->state = State::Loaded;
    loading_->next = s2 + 1;
    loading_ = nullptr;
    wake(s2 + 1);
  });
}

PageTableWalker::~PageTableWalker() = default;

sim::PageTableWalker& PageTableWalker::add_port(Caller caller) {
  ports_.push_back(std::make_unique<Port>(*this, caller));
  return *ports_.back();
}

void PageTableWalker::flush() {
  pte_cache_.clear();
  l2_tlb_.clear();
  for (Walk& walk : walks_) walk.invalidated = true;
}

Cycle PageTableWalker::step(Cycle now) {
  take_late(now);
  announce(now);
  for (Walk& walk : walks_)
    if (walk.next == now) step_walk(now, walk);
  take(now);
  return next_step(now);
}

// In the cycle before this one.
void PageTableWalker::take_late(Cycle now) {
  for (const auto& port : ports_) {
    if (!std::exchange(port->late, false) || last_taken_ == port->since) continue;
    announce(now);
    if (Walk* walk = free_walk()) begin(port->since, *walk, *port);
  }
}

void PageTableWalker::announce(Cycle now) {
  for (const auto& port : ports_) {
    if (!port->asks || port->announced || port->since > now) continue;
    port->announced = true;
    if (probes_.watched()) probes_.emit(&sim::Observer::translation_request, port->since, port->address);
  }
}

void PageTableWalker::step_walk(Cycle now, Walk& walk) {
  switch (walk.state) {
    case State::Entry:
      return look_at_entry(now, walk);
    case State::Loaded:
      return loaded(now, walk);
    case State::Known:
      return tell(now, walk);
    case State::Answered:
      return end(now, walk);
    default:
      walk.next = Cycle::never();
  }
}

// Only entries above the last level are cached.
void PageTableWalker::look_at_entry(Cycle now, Walk& walk) {
  const PhysAddr address = walk.table->entry_address();
  if (walk.table->level() + 1 < PageTableWalk::levels) {
    if (const auto cached = pte_cache_.find(address)) {
      ++stats_.pte_cache_hits;
      walk.table->take(*cached);
      walk.next = now + 1;
      return;
    }
  }
  load(now, walk);
}

void PageTableWalker::load(Cycle now, Walk& walk) {
  const PhysAddr address = walk.table->entry_address();
  walk.next = now + 1;
  if (!entry_at(address)) {
    walk.fault = sim::PageFault::Access;
    return tell(now, walk);
  }
  if (loading_ != nullptr) return;  // another walk's load
  ++stats_.loads;
  walk.state = State::Loading;
  walk.next = Cycle::never();
  loading_ = &walk;
  const std::optional<Cycle> s2 = cache_.load_entry(now, address);
  if (!s2) return;
  loading_ = nullptr;
  walk.state = State::Loaded;
  walk.next = *s2 + 1;
}

void PageTableWalker::loaded(Cycle now, Walk& walk) {
  PageTableWalk& table = *walk.table;
  const PhysAddr address = table.entry_address();
  const std::uint64_t bits = *entry_at(address);
  table.take(bits);
  if (table.wants_entry()) {
    if (!walk.invalidated) pte_cache_.insert(address, bits);
    walk.state = State::Entry;
    walk.next = now + 1;
    return;
  }
  walk.refills = !table.fault() && table.log2_page() == page_bits;
  if (walk.refills && !walk.invalidated) l2_tlb_.insert(walk.port->address, bits);
  tell(now, walk);
}

// The answer arrives in the next cycle.
void PageTableWalker::tell(Cycle now, Walk& walk) {
  const sim::PageTranslation translation = translation_of(walk);
  if (translation.fault != sim::PageFault::None) ++stats_.faults;
  walk.state = State::Answered;
  walk.next = now + 1;
  walk.port->asker->translated(now + 1, translation);
}

// The port is free from the cycle of its answer on; so is the walk, if nothing is refilled.
void PageTableWalker::end(Cycle now, Walk& walk) {
  if (walk.port != nullptr) {
    if (probes_.watched())
      probes_.emit(&sim::Observer::translation_answer, now, (30 - translation_of(walk).log2_page) / 9);
    stats_.walk_cycles += now - walk.taken;
    walk.port = nullptr;
    walk.next = now + 1;
    if (walk.refills) return;
  }
  walk = Walk{};
}

void PageTableWalker::take(Cycle now) {
  Port* port = waiting_port(now);
  if (port == nullptr) return;
  if (Walk* walk = free_walk()) begin(now, *walk, *port);
}

PageTableWalker::Walk* PageTableWalker::free_walk() {
  const auto free =
      std::find_if(walks_.begin(), walks_.end(), [](const Walk& walk) { return walk.state == State::Ready; });
  return free != walks_.end() ? &*free : nullptr;
}

PageTableWalker::Port* PageTableWalker::waiting_port(Cycle now) {
  for (const auto& port : ports_)
    if (port->asks && port->since <= now) return port.get();
  return nullptr;
}

void PageTableWalker::begin(Cycle now, Walk& walk, Port& port) {
  port.asks = false;
  last_taken_ = now;
  ++stats_.requests;
  stats_.waits += now - port.since;
  const std::optional<PhysAddr> root = root_();
  walk = Walk{State::Entry, now + 1, &port, now, PageTableWalk(root.value_or(PhysAddr{0}), port.address)};
  if (!walk.table->wants_entry()) walk.fault = sim::PageFault::NonCanonical;
  if (begin_known(now, walk, port.address)) return;
  ++stats_.walks;
}

// Answers that need no walk through the data cache.
bool PageTableWalker::begin_known(Cycle now, Walk& walk, VirtAddr vaddr) {
  PageTableWalk& table = *walk.table;
  std::uint64_t latency = 1;
  if (params_.model() == config::PtwModel::Fixed) {
    latency = params_.fixed_latency;
    while (table.wants_entry() && walk.fault == sim::PageFault::None) {
      const auto bits = entry_at(table.entry_address());
      bits ? table.take(*bits) : static_cast<void>(walk.fault = sim::PageFault::Access);
    }
  } else if (walk.fault == sim::PageFault::None && l2_tlb_.present()) {
    const auto leaf = l2_tlb_.find(vaddr);
    ++(leaf ? stats_.l2_tlb_hits : stats_.l2_tlb_misses);
    if (!leaf) return false;
    table.take_leaf(*leaf);
    latency = params_.l2_tlb_hit;
  } else if (walk.fault == sim::PageFault::None) {
    return false;
  }
  walk.state = State::Known;
  walk.next = now + (latency - 1);
  if (latency == 1) tell(now, walk);
  return true;
}

Cycle PageTableWalker::next_step(Cycle now) const {
  Cycle next = Cycle::never();
  const bool all_busy =
      std::none_of(walks_.begin(), walks_.end(), [](const Walk& walk) { return walk.state == State::Ready; });
  for (const Walk& walk : walks_) next = std::min(next, walk.next);
  for (const auto& port : ports_) {
    if (!port->asks) continue;
    if (!port->announced || !all_busy) next = std::min(next, std::max(port->since, now + 1));
  }
  return next;
}

std::optional<std::uint64_t> PageTableWalker::entry_at(PhysAddr address) const {
  if (address < soc_.dram_base() || address - soc_.dram_base() >= soc_.dram_size().count()) return std::nullopt;
  return memory_.get<std::uint64_t>(address);
}

// TLBPageLookup: the page lies in one region of the address map, or in none.
bool PageTableWalker::homogeneous(const PageTableWalk& table) const {
  const std::uint64_t size = std::uint64_t{1} << table.log2_page();
  const std::uint64_t begin = table.physical().value() & ~(size - 1);
  const auto split = [&](PhysAddr base, Bytes bytes) {
    const std::uint64_t first = base.value(), last = first + bytes.count();
    const bool outside = begin + size <= first || last <= begin;
    return !outside && !(first <= begin && begin + size <= last);
  };
  return !split(soc_.dram_base, soc_.dram_size) && !split(soc_.sram_base, soc_.sram_size);
}

sim::PageTranslation PageTableWalker::translation_of(const Walk& walk) const {
  const PageTableWalk& table = *walk.table;
  sim::PageTranslation answer;
  answer.vaddr = table.address();
  answer.log2_page = table.log2_page();
  answer.fault = walk.fault;
  if (answer.fault == sim::PageFault::None && table.fault())
    answer.fault = table.misaligned() ? sim::PageFault::MisalignedSuperpage : sim::PageFault::Unmapped;
  if (answer.fault != sim::PageFault::None) return answer;
  const std::uint64_t offset = (std::uint64_t{1} << table.log2_page()) - 1;
  answer.paddr = PhysAddr{table.physical().value() & ~offset};
  answer.permissions = permissions_of(table.leaf());
  answer.homogeneous = homogeneous(table);
  return answer;
}

std::string PageTableWalker::waiting_for() const { return loading_ != nullptr ? "an entry of a page table" : ""; }

}  // namespace castor::host
