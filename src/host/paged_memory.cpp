#include "castor/host/paged_memory.h"

#include <algorithm>
#include <sstream>

#include "castor/common/error.h"
#include "castor/host/page_table_walk.h"

namespace castor::host {
namespace {
constexpr std::uint64_t page_bytes = 4096;
}

PhysAddr PagedMemory::physical(VirtAddr address) const {
  if (address.value() / page_bytes != page_) {
    PageTableWalk walk(root_, address);
    while (walk.wants_entry()) walk.take(memory_.get<std::uint64_t>(walk.entry_address()));
    if (walk.fault()) {
      std::ostringstream text;
      text << "virtual address 0x" << std::hex << address.value()
           << " is not mapped; allowed: addresses of group paging";
      throw UserError(text.str());
    }
    page_ = address.value() / page_bytes;
    frame_ = PhysAddr{walk.physical().value() & ~(page_bytes - 1)};
  }
  return frame_ + address.value() % page_bytes;
}

template <class Visit>
void PagedMemory::for_each_piece(PhysAddr address, std::size_t count, Visit visit) const {
  for (std::size_t done = 0; done < count;) {
    const VirtAddr at{address.value() + done};
    const std::size_t piece = std::min<std::size_t>(count - done, page_bytes - at.value() % page_bytes);
    visit(physical(at), done, piece);
    done += piece;
  }
}

void PagedMemory::read(PhysAddr address, void* bytes, std::size_t count) const {
  auto* to = static_cast<std::uint8_t*>(bytes);
  for_each_piece(address, count,
                 [&](PhysAddr at, std::size_t done, std::size_t piece) { memory_.read(at, to + done, piece); });
}

void PagedMemory::write(PhysAddr address, const void* bytes, std::size_t count) {
  const auto* from = static_cast<const std::uint8_t*>(bytes);
  for_each_piece(address, count,
                 [&](PhysAddr at, std::size_t done, std::size_t piece) { memory_.write(at, from + done, piece); });
}

}  // namespace castor::host
