// The page tables of a measured run in which the program turns translation on, and the core that writes them.
//
// A trace tells of translation by its addresses: the programs that were measured map 512 pages of 4 KiB from
// 0x1_0000_0000 to 0x8800_0000 and memory onto itself by one page of 1 GiB. The core wrote the three tables shortly
// before, so that their lines lie dirty in its data cache: this block stores into them once, line by line, through that
// cache, while the accelerator is idle. What the core's other accesses evicted meanwhile is not in a trace.
#pragma once

#include <functional>
#include <vector>

#include "castor/config/soc_config.h"
#include "castor/host/l1_data_cache.h"
#include "castor/host/page_tables.h"
#include "castor/host/rtl_trace.h"
#include "castor/sim/module.h"

namespace castor::host {

/// The first of the segments that carry virtual addresses; their number if none does.
std::size_t first_translated(const std::vector<TraceSegment>& segments);

class ReplayedPaging : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter stores{this, "stores", "stores", "of the measured core into its page tables"};
  };

  ReplayedPaging(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
                 functional::Memory& memory, L1DataCache& cache);

  PhysAddr root() const { return tables_.root(); }
  /// Stores from the next cycle on; `done` is called when the last one has hit.
  void begin(Cycle now, std::function<void()> done);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override { return waits_ ? "the data cache to take a table's line" : ""; }
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  void map(VirtAddr vaddr, PhysAddr paddr, unsigned log2);
  void note_lines(const functional::Memory& memory, PhysAddr table);

  L1DataCache& cache_;
  std::uint64_t block_bytes_;
  PageTables tables_;
  std::vector<PhysAddr> lines_;  // that the core writes
  std::size_t next_ = 0;
  bool begun_ = false;
  bool waits_ = false;
  std::function<void()> done_;
  Stats stats_;
};

}  // namespace castor::host
