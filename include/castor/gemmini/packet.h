// How the DMA cuts a DRAM row into TileLink requests. RTL twin: read_packets and write_packets in DMA.scala.
//
// Sizes are the powers of two from a beat to dma_maxbytes, addresses aligned to the size. The packet that covers most
// of the remaining bytes wins, the smallest of equals.
#pragma once

#include <algorithm>
#include <cstdint>

#include "castor/common/types.h"
#include "castor/config/gemmini_params.h"

namespace castor::gemmini {

struct Packet {
  VirtAddr base;  ///< aligned to the size
  unsigned log2_size = 0;
  unsigned shift = 0;  ///< offset of the first useful byte
  unsigned bytes = 0;  ///< useful bytes
  unsigned size() const { return 1U << log2_size; }
};

class PacketRule {
 public:
  explicit PacketRule(const config::GemminiParams& params)
      : log2_smallest_(log2_ceil(std::max<unsigned>(params.aligned_to, params.dma_bus_bytes()))),
        log2_largest_(log2_ceil(params.dma_maxbytes().count())) {}

  Packet choose(VirtAddr vaddr, unsigned bytes_left) const {
    Packet best;
    for (unsigned log2_size = log2_smallest_; log2_size <= log2_largest_; ++log2_size) {
      const unsigned size = 1U << log2_size;
      const unsigned shift = vaddr.value() & (size - 1);
      const unsigned bytes = std::min(size - shift, bytes_left);
      if (bytes > best.bytes) best = {VirtAddr{vaddr.value() - shift}, log2_size, shift, bytes};
      if (bytes == bytes_left) break;
    }
    return best;
  }

 private:
  unsigned log2_smallest_;
  unsigned log2_largest_;
};

}  // namespace castor::gemmini
