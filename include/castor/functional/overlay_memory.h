// What an oracle has written, over the memory of a machine: bytes that it has not written are the machine's own. For
// programs, whose core writes memory too: at each fence compare, then clear().
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <unordered_map>

#include "castor/functional/memory.h"

namespace castor::functional {

class OverlayMemory : public Memory {
 public:
  explicit OverlayMemory(const Memory& below) : below_(below) {}

  void read(PhysAddr address, void* bytes, std::size_t count) const override;
  void write(PhysAddr address, const void* bytes, std::size_t count) override;
  /// From now on everything is the machine's.
  void clear() { blocks_.clear(); }

 private:
  static constexpr std::size_t block_bytes = 256;
  struct Block {
    std::array<std::uint8_t, block_bytes> bytes;
    std::bitset<block_bytes> written;
  };

  const Memory& below_;
  std::unordered_map<std::uint64_t, Block> blocks_;
};

}  // namespace castor::functional
