// The page-table walker of a core's tile, shared by the accelerator and the core's own TLBs: Sv39, tables read through
// the core's data cache. RTL twin: PTW.scala (rocket-chip).
//
// Timing contract (a: the cycle in which a request is taken)
//   One request a cycle, by fixed priority of ports, while a walk is free (ptw.walkers).
//   a+1: the first level. A level whose entry is in the cache of non-leaf entries takes one cycle. Otherwise the data
//   cache is asked in c; the entry is there in c+3 if it hits, and the next level begins in c+4. A miss costs what the
//   data cache says; a nacked load comes back by itself. The walker goes before the core.
//   The answer arrives the cycle after the last entry is there (a+7 if both upper levels are cached and the leaf hits,
//   a+13 if all levels hit). The next request is taken in that cycle, one cycle later after a 4 KiB page.
//   Second-level TLB: holds 4 KiB pages; a hit is answered in a + l2_tlb_hit, a miss costs nothing.
//   sfence.vma empties both in its cycle; what a walk under way finds is not kept.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "castor/common/replacement.h"
#include "castor/config/ptw_params.h"
#include "castor/config/soc_params.h"
#include "castor/functional/memory.h"
#include "castor/host/page_table_walk.h"
#include "castor/host/table_reader.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/translation.h"

namespace castor::host {

/// Non-leaf entries by their address.
class PteCache {
 public:
  explicit PteCache(unsigned entries);
  /// The entry's bits; nothing: not there.
  std::optional<std::uint64_t> find(PhysAddr entry);
  void insert(PhysAddr entry, std::uint64_t bits);
  void clear();

 private:
  struct Entry {
    bool valid = false;
    PhysAddr address;
    std::uint64_t bits = 0;
  };
  std::vector<Entry> entries_;
  ReplacementOrder order_;
};

/// The second-level TLB: 4 KiB pages by their number.
class SecondLevelTlb {
 public:
  SecondLevelTlb(unsigned entries, unsigned ways);
  bool present() const { return !sets_.empty(); }
  std::optional<std::uint64_t> find(VirtAddr vaddr);
  void insert(VirtAddr vaddr, std::uint64_t leaf);
  void clear();

 private:
  struct Entry {
    bool valid = false;
    std::uint64_t page = 0;
    std::uint64_t leaf = 0;
  };
  struct Set {
    std::vector<Entry> entries;
    ReplacementOrder order;
  };
  Set& set_of(std::uint64_t page) { return sets_[page % sets_.size()]; }
  std::vector<Set> sets_;
};

class PageTableWalker : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter requests{this, "requests", "requests", "taken from TLBs"};
    sim::Counter waits{this, "waits", "cycles", "requests were up and not taken, summed"};
    sim::Counter walks{this, "walks", "walks", "that read the tables"};
    sim::Counter walk_cycles{this, "walk_cycles", "cycles", "request taken to answer, summed over all requests"};
    sim::Counter loads{this, "loads", "loads", "entries read through the data cache"};
    sim::Counter pte_cache_hits{this, "pte_cache_hits", "entries", "non-leaf entries found in their cache"};
    sim::Counter l2_tlb_hits{this, "l2_tlb_hits", "requests", "answered by the second-level TLB"};
    sim::Counter l2_tlb_misses{this, "l2_tlb_misses", "requests", "not found there"};
    sim::Counter faults{this, "faults", "walks", "that ended without a page"};
  };

  /// `cache`: the core's; not used by ptw.model fixed.
  PageTableWalker(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::PtwParams& params,
                  const config::SocParams& soc, TableReader& cache, const functional::Memory& memory,
                  sim::Probes& probes);
  ~PageTableWalker() override;

  /// A port for one TLB; those added first go first. `caller`: the level of the block that asks through it, as this one
  /// sees it; a request from above of this cycle is taken in it after the fact.
  enum class Caller : std::uint8_t { Below, Above };
  sim::PageTableWalker& add_port(Caller caller = Caller::Below);
  /// satp: the root table, or nothing if translation is off.
  void set_root(std::function<std::optional<PhysAddr>()> root) { root_ = std::move(root); }
  /// sfence.vma.
  void flush();

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }
  const Stats& stats() const { return stats_; }

 private:
  class Port;
  enum class State : std::uint8_t { Ready, Entry, Loading, Loaded, Known, Answered };
  struct Walk {
    State state = State::Ready;
    Cycle next = Cycle::never();  // when the state acts
    Port* port = nullptr;
    Cycle taken{};
    std::optional<PageTableWalk> table;
    bool invalidated = false;  // by sfence.vma
    sim::PageFault fault = sim::PageFault::None;
    bool refills = false;  // a 4 KiB page: the next request is taken a cycle later
  };

  void take_late(Cycle now);
  void announce(Cycle now);
  void step_walk(Cycle now, Walk& walk);
  void look_at_entry(Cycle now, Walk& walk);
  void load(Cycle now, Walk& walk);
  void loaded(Cycle now, Walk& walk);
  void tell(Cycle now, Walk& walk);
  void end(Cycle now, Walk& walk);
  void take(Cycle now);
  Walk* free_walk();
  void begin(Cycle now, Walk& walk, Port& port);
  bool begin_known(Cycle now, Walk& walk, VirtAddr vaddr);
  Port* waiting_port(Cycle now);
  Cycle next_step(Cycle now) const;
  std::optional<std::uint64_t> entry_at(PhysAddr address) const;
  bool homogeneous(const PageTableWalk& table) const;
  sim::PageTranslation translation_of(const Walk& walk) const;

  const config::PtwParams& params_;
  const config::SocParams& soc_;
  TableReader& cache_;
  const functional::Memory& memory_;
  sim::Probes& probes_;
  std::function<std::optional<PhysAddr>()> root_;
  PteCache pte_cache_;
  SecondLevelTlb l2_tlb_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<Walk> walks_;
  Cycle last_taken_ = Cycle::never();
  Walk* loading_ = nullptr;  // whose load is in the data cache
  Stats stats_;
};

}  // namespace castor::host
