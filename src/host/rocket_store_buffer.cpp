#include "castor/host/rocket_store_buffer.h"

#include <algorithm>

namespace castor::host {

void RocketStoreBuffer::store(std::uint64_t s2, PhysAddr address, unsigned bytes) {
  pending_[0] = pending_[1];
  pending_[1] = {word_of(address), mask_of(address, bytes), std::max(s2, pending_[0].written + 1)};
}

bool RocketStoreBuffer::load(std::uint64_t s0, PhysAddr address, unsigned bytes) {
  const std::uint64_t s1 = s0 + 1;
  bool hazard = false;
  if (pending_[1].written < s0) return hazard;
  for (Pending& pending : pending_) {
    if (pending.written == s0) ++pending.written;
    const bool overlaps = pending.word == word_of(address) && (pending.mask & mask_of(address, bytes)) != 0;
    hazard |= s1 <= pending.written && overlaps;
  }
  if (pending_[0].written == pending_[1].written) ++pending_[1].written;
  return hazard;
}

}  // namespace castor::host
