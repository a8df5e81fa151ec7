// Stores that the data cache has accepted and not yet written, and the loads that come too early.
//
// RTL twin: pstore1, pstore2 and s1_raw_hazard in DCache.scala. A store is pending from s2 until a cycle in which no
// load is in s0 (the data array has one port). A load in s1 that overlaps a pending store, by the address bits of a way
// and the bytes of a word, is nacked; the core replays it. Not modelled: draining because a third store comes.
#pragma once

#include <array>
#include <cstdint>

#include "castor/common/types.h"

namespace castor::host {

class RocketStoreBuffer {
 public:
  /// Bytes under one way of the cache: the addresses that are compared.
  explicit RocketStoreBuffer(std::uint64_t way_bytes) : compared_(way_bytes - 1) {}

  /// s2 of a store that hits.
  void store(std::uint64_t s2, PhysAddr address, unsigned bytes);
  /// s0 of a load. True if a pending store is in its way.
  bool load(std::uint64_t s0, PhysAddr address, unsigned bytes);

 private:
  static constexpr std::uint64_t word_bytes = 8;

  struct Pending {
    std::uint64_t word = ~0ULL;
    std::uint8_t mask = 0;
    std::uint64_t written = 0;  // in this cycle
  };

  std::uint64_t word_of(PhysAddr address) const { return (address.value() & compared_) / word_bytes; }
  static std::uint8_t mask_of(PhysAddr address, unsigned bytes) {
    return static_cast<std::uint8_t>(((1U << bytes) - 1) << address.value() % word_bytes);
  }

  std::uint64_t compared_;
  std::array<Pending, 2> pending_;  // the older one first
};

}  // namespace castor::host
