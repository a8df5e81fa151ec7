// Memory through a page table: what loaders, host operators, checkers and outputs see of it in a run with translation.
// Untimed. The addresses are virtual, whatever their type says.
#pragma once

#include "castor/common/types.h"
#include "castor/functional/memory.h"

namespace castor::host {

class PagedMemory : public functional::Memory {
 public:
  PagedMemory(functional::Memory& memory, PhysAddr root) : memory_(memory), root_(root) {}

  /// Where there is no page: UserError.
  void read(PhysAddr address, void* bytes, std::size_t count) const override;
  void write(PhysAddr address, const void* bytes, std::size_t count) override;
  PhysAddr physical(VirtAddr address) const;

 private:
  template <class Visit>
  void for_each_piece(PhysAddr address, std::size_t count, Visit visit) const;

  functional::Memory& memory_;
  PhysAddr root_;
  mutable std::uint64_t page_ = ~0ULL;  // looked up last
  mutable PhysAddr frame_{};
};

}  // namespace castor::host
