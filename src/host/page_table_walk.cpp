#include "castor/host/page_table_walk.h"

#include "castor/common/bits.h"

namespace castor::host {

namespace {
constexpr unsigned page_bits = 12;
constexpr unsigned index_bits = 9;
constexpr unsigned virtual_bits = 39;
constexpr unsigned entry_bytes = 8;
}  // namespace

bool permits(const PageTableEntry& leaf, Access access, Privilege privilege, TranslationStatus status) {
  if (!leaf.accessed()) return false;
  const bool supervisor = privilege == Privilege::Supervisor;
  const bool owner = leaf.user() != supervisor;
  const bool touchable = owner || (supervisor && status.supervisor_may_user);
  switch (access) {
    case Access::Fetch:
      return owner && leaf.executable();
    case Access::Store:
      return touchable && leaf.writable() && leaf.dirty();
    case Access::Load:
      break;
  }
  return touchable && (leaf.readable() || (status.executable_is_readable && leaf.executable()));
}

PageTableWalk::PageTableWalk(PhysAddr root, VirtAddr vaddr) : table_(root), vaddr_(vaddr) {
  fault_ = static_cast<std::uint64_t>(sign_extend(vaddr.value(), virtual_bits)) != vaddr.value();
  walking_ = !fault_;
}

PhysAddr PageTableWalk::entry_address() const {
  const unsigned low = page_bits + index_bits * (levels - 1 - level_);
  return table_ + bits(vaddr_.value(), low + index_bits - 1, low) * entry_bytes;
}

void PageTableWalk::take(std::uint64_t entry) {
  leaf_ = PageTableEntry{entry};
  if (leaf_.is_table() && level_ + 1 < levels) {
    table_ = PhysAddr{leaf_.page_number() << page_bits};
    ++level_;
    return;
  }
  const std::uint64_t below = (1ULL << (log2_page() - page_bits)) - 1;  // a superpage is aligned
  misaligned_ = leaf_.is_leaf() && (leaf_.page_number() & below) != 0;
  fault_ = !leaf_.is_leaf() || misaligned_;
  walking_ = false;
}

void PageTableWalk::take_leaf(std::uint64_t entry) {
  level_ = levels - 1;
  take(entry);
}

PhysAddr PageTableWalk::physical() const {
  const std::uint64_t offset = (1ULL << log2_page()) - 1;
  return PhysAddr{(leaf_.page_number() << page_bits & ~offset) | (vaddr_.value() & offset)};
}

}  // namespace castor::host
