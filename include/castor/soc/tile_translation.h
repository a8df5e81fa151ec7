// What translates a tile's virtual addresses: the page-table walker, the data cache it reads through (that of the
// core, or one of its own where the core's is not modelled), the TLBs that ask it (the accelerator's, then those of a
// core that is timed), and the address space: of a command stream (group paging), of a replayed trace, or the one that
// a RISC-V program has put into satp.
#pragma once

#include <memory>
#include <vector>

#include "castor/host/core_tlb.h"
#include "castor/host/l1_data_cache.h"
#include "castor/host/page_table_walker.h"
#include "castor/host/page_tables.h"
#include "castor/host/paged_memory.h"
#include "castor/host/replayed_paging.h"
#include "castor/memory/system_bus.h"

namespace castor::soc {

struct Surroundings;
struct Tile;

class TileTranslation {
 public:
  /// For a tile that has its accelerator and its driver. Binds the data cache to `bus`.
  TileTranslation(const Surroundings& around, Tile& tile, memory::SystemBus& bus);

  host::PageTableWalker& walker() { return *walker_; }
  /// What host operators, loaders and checkers of a command stream see; nullptr for other drivers.
  functional::Memory* memory() { return paged_.get(); }

 private:
  void read_tables(const Surroundings& around, Tile& tile, memory::SystemBus& bus);
  void page_stream(const Surroundings& around, Tile& tile);
  void page_replay(const Surroundings& around, Tile& tile);
  void follow_program(Tile& tile);
  template <class Caches>
  void connect(Caches& caches, const host::CsrFile& csrs);

  std::unique_ptr<host::L1DataCache> cache_;
  std::unique_ptr<host::PageTableWalker> walker_;
  std::vector<host::CoreTlb*> core_tlbs_;
  std::unique_ptr<host::StreamPaging> stream_;
  std::unique_ptr<host::PagedMemory> paged_;
  std::unique_ptr<host::ReplayedPaging> replay_;
};

/// Whether a driver needs it.
bool translates(const Surroundings& around);

}  // namespace castor::soc
