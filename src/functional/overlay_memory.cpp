#include "castor/functional/overlay_memory.h"

namespace castor::functional {

void OverlayMemory::read(PhysAddr address, void* bytes, std::size_t count) const {
  below_.read(address, bytes, count);
  if (blocks_.empty()) return;
  auto* to = static_cast<std::uint8_t*>(bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t at = address.value() + i;
    const auto block = blocks_.find(at / block_bytes);
    if (block != blocks_.end() && block->second.written[at % block_bytes])
      to[i] = block->second.bytes[at % block_bytes];
  }
}

void OverlayMemory::write(PhysAddr address, const void* bytes, std::size_t count) {
  const auto* from = static_cast<const std::uint8_t*>(bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t at = address.value() + i;
    Block& block = blocks_[at / block_bytes];
    block.bytes[at % block_bytes] = from[i];
    block.written[at % block_bytes] = true;
  }
}

}  // namespace castor::functional
