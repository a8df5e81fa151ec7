// Sv39: one walk of the page table, a level at a time, and what its leaf permits.
// RTL twin: the state of PTW.scala and the permission arrays of TLB.scala (rocket-chip). Untimed: who walks reads each
// entry in its own time, the hart at once, a page-table walker through the core's L1.
//
//   PageTableWalk walk(root, vaddr);
//   while (walk.wants_entry()) walk.take(read_8_bytes(walk.entry_address()));
//   if (!walk.fault()) ... walk.physical() ... walk.leaf() ...
#pragma once

#include <cstdint>

#include "castor/common/types.h"
#include "castor/host/pmp.h"
#include "castor/host/trap.h"

namespace castor::host {

/// An entry of a page table.
struct PageTableEntry {
  std::uint64_t bits = 0;

  bool valid() const { return bits & 1; }
  bool readable() const { return bits & 2; }
  bool writable() const { return bits & 4; }
  bool executable() const { return bits & 8; }
  bool user() const { return bits & 0x10; }
  bool accessed() const { return bits & 0x40; }
  bool dirty() const { return bits & 0x80; }
  bool reserved() const { return bits >> 54; }
  std::uint64_t page_number() const { return bits >> 10 & ((1ULL << 44) - 1); }
  bool is_table() const { return valid() && !(bits & 0xde) && !reserved(); }
  bool is_leaf() const { return valid() && (readable() || (executable() && !writable())) && !reserved(); }
};

/// The bits of mstatus that translation heeds.
struct TranslationStatus {
  bool supervisor_may_user = false;     ///< SUM
  bool executable_is_readable = false;  ///< MXR
};

/// Whether a leaf allows an access. An entry that was never accessed, or is clean and to be written, faults: the
/// hardware writes no entries.
bool permits(const PageTableEntry& leaf, Access access, Privilege privilege, TranslationStatus status);

class PageTableWalk {
 public:
  static constexpr unsigned levels = 3;

  /// `root`: the top table, as satp holds it. Of an address whose upper bits are not the sign nothing is read.
  PageTableWalk(PhysAddr root, VirtAddr vaddr);

  bool wants_entry() const { return walking_; }
  PhysAddr entry_address() const;
  void take(std::uint64_t entry);
  /// The last entry, known from elsewhere.
  void take_leaf(std::uint64_t entry);

  /// After the last entry. A fault of the walk itself; what the leaf permits is a question of its own.
  bool fault() const { return fault_; }
  /// ... because a superpage is not aligned.
  bool misaligned() const { return misaligned_; }
  const PageTableEntry& leaf() const { return leaf_; }
  VirtAddr address() const { return vaddr_; }
  PhysAddr physical() const;
  unsigned log2_page() const { return 12 + 9 * (levels - 1 - level_); }
  /// 0: the root's.
  unsigned level() const { return level_; }

 private:
  PhysAddr table_;
  VirtAddr vaddr_;
  unsigned level_ = 0;
  bool walking_ = true;
  bool fault_ = false;
  bool misaligned_ = false;
  PageTableEntry leaf_;
};

}  // namespace castor::host
