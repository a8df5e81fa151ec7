// Sv39 page tables in simulated memory, as an operating system would leave them. Untimed; made before the simulation.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/common/types.h"
#include "castor/config/paging_params.h"
#include "castor/config/soc_params.h"
#include "castor/functional/memory.h"

namespace castor::host {

/// The flags of a leaf: V R W U A D, not executable.
constexpr std::uint64_t data_page_flags = 0xd7;
/// ... of a page of the kernel.
constexpr std::uint64_t kernel_page_flags = 0xcf;

class PageTables {
 public:
  /// Tables are taken from `place` on, a page each, the root first.
  PageTables(functional::Memory& memory, PhysAddr place);

  PhysAddr root() const { return root_; }
  /// One past the last table.
  PhysAddr end() const { return end_; }

  /// A page of 2^log2_page bytes (12, 21, 30); both addresses are multiples of that.
  void map(VirtAddr vaddr, PhysAddr paddr, unsigned log2_page, std::uint64_t flags);
  /// Where the entry lies that maps `vaddr` at this size, whether or not it is valid; tables above it are made.
  PhysAddr entry_of(VirtAddr vaddr, unsigned log2_page);

 private:
  PhysAddr new_table();

  functional::Memory& memory_;
  PhysAddr root_, end_;
};

/// The address space of a command stream: pages from soc.dram_base on (group paging), in its core's part of memory,
/// with the tables at the end.
class StreamPaging {
 public:
  /// Builds the tables. UserError if paging.size does not fit.
  StreamPaging(const config::MemoryWindow& part, VirtAddr begin, const config::PagingParams& paging,
               functional::Memory& memory);
  /// ... in the whole of memory.
  StreamPaging(const config::SocParams& soc, const config::PagingParams& paging, functional::Memory& memory)
      : StreamPaging({soc.dram_base, soc.dram_size}, VirtAddr{soc.dram_base().value()}, paging, memory) {}

  PhysAddr root() const { return root_; }
  VirtAddr begin() const { return begin_; }
  VirtAddr end() const { return begin_ + pages_ * page_bytes_; }

 private:
  std::uint64_t table_bytes(std::uint64_t pages) const;
  std::uint64_t pages_that_fit(Bytes memory, const config::PagingParams& paging) const;
  std::vector<std::uint32_t> frames(const config::PagingParams& paging) const;

  VirtAddr begin_;
  std::uint64_t page_bytes_;
  std::uint64_t pages_;
  PhysAddr root_;
};

}  // namespace castor::host
