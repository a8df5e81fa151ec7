#include "castor/functional/memory.h"

#include <algorithm>

namespace castor::functional {

namespace {
/// Calls visit(page number, offset in page, bytes done, bytes) for each page a range touches.
template <class Visit>
void for_each_page(PhysAddr address, std::size_t count, Visit visit) {
  for (std::size_t done = 0; done < count;) {
    const std::uint64_t at = address.value() + done;
    const std::size_t offset = at % SparseMemory::page_bytes;
    const std::size_t chunk = std::min(count - done, SparseMemory::page_bytes - offset);
    visit(at / SparseMemory::page_bytes, offset, done, chunk);
    done += chunk;
  }
}
}  // namespace

SparseMemory::SparseMemory(const SparseMemory& other) { *this = other; }

SparseMemory& SparseMemory::operator=(const SparseMemory& other) {
  if (this == &other) return *this;
  pages_.clear();
  last_number_ = ~0ULL;
  for (const auto& [number, page] : other.pages_) std::memcpy(touch_page(number), page.get(), page_bytes);
  return *this;
}

void SparseMemory::read(PhysAddr address, void* bytes, std::size_t count) const {
  auto* to = static_cast<std::uint8_t*>(bytes);
  for_each_page(address, count, [&](std::uint64_t number, std::size_t offset, std::size_t done, std::size_t chunk) {
    const std::uint8_t* page = find_page(number);
    if (page)
      std::memcpy(to + done, page + offset, chunk);
    else
      std::memset(to + done, 0, chunk);
  });
}

void SparseMemory::write(PhysAddr address, const void* bytes, std::size_t count) {
  const auto* from = static_cast<const std::uint8_t*>(bytes);
  for_each_page(address, count, [&](std::uint64_t number, std::size_t offset, std::size_t done, std::size_t chunk) {
    std::memcpy(touch_page(number) + offset, from + done, chunk);
  });
}

const std::uint8_t* SparseMemory::find_page(std::uint64_t number) const {
  if (number == last_number_) return last_page_;
  const auto found = pages_.find(number);
  if (found == pages_.end()) return nullptr;
  last_number_ = number;
  last_page_ = found->second.get();
  return last_page_;
}

std::uint8_t* SparseMemory::touch_page(std::uint64_t number) {
  if (number == last_number_) return last_page_;
  Page& page = pages_[number];
  if (!page) page = std::make_unique<std::uint8_t[]>(page_bytes);
  last_number_ = number;
  last_page_ = page.get();
  return last_page_;
}

}  // namespace castor::functional
