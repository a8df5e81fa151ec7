#include "castor/memory/backing_store.h"

#include <sys/mman.h>

#include <cstring>
#include <sstream>

#include "castor/common/error.h"

namespace castor::memory {

BackingStore::BackingStore(PhysAddr base, Bytes size) : base_(base), size_(size) {
  void* region =
      mmap(nullptr, size.count(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) throw UserError("cannot map a memory of " + std::to_string(size.count()) + " bytes");
  bytes_ = static_cast<std::uint8_t*>(region);
}

BackingStore::~BackingStore() { munmap(bytes_, size_.count()); }

void BackingStore::read(PhysAddr address, void* bytes, std::size_t count) const {
  require(address, count, "a read");
  std::memcpy(bytes, at(address), count);
}

void BackingStore::write(PhysAddr address, const void* bytes, std::size_t count) {
  require(address, count, "a write");
  std::memcpy(at(address), bytes, count);
}

void BackingStore::refuse(PhysAddr address, std::size_t count, const char* who) const {
  std::ostringstream text;
  text << who << " of " << count << " bytes at " << address << " lies outside memory, which is " << base_ << " to "
       << base_ + (size_.count() - 1);
  throw UserError(text.str());
}

}  // namespace castor::memory
