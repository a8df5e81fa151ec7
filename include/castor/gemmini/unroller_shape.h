// What both loop unrollers know of the accelerator, and how they write local addresses.
// RTL twin: the constructor parameters of LoopMatmul.scala and LoopConv.scala; cast_to_*_addr of LocalAddr.scala.
#pragma once

#include <algorithm>
#include <cstdint>

#include "castor/common/local_addr.h"
#include "castor/config/gemmini_params.h"

namespace castor::gemmini {

struct UnrollerShape {
  explicit UnrollerShape(const config::GemminiParams& params);

  std::uint32_t dim;
  std::uint32_t input_bytes;
  std::uint32_t acc_bytes;
  std::uint32_t max_block_len;      // tiles of input elements in one mvin
  std::uint32_t max_block_len_acc;  // tiles of accumulator elements in one mvin
  std::uint32_t stride_mask;        // of block strides in configurations
  std::uint32_t norm_stats_ids;     // statistics of the normaliser
  LocalLayout layout;

  std::uint32_t sp_half() const { return layout.sp_rows() / 2; }
  std::uint32_t acc_half() const { return layout.acc_rows() / 2; }

  /// The row number field keeps its garbage bit, as a wire cut to the field would.
  LocalAddr sp(std::uint64_t row) const { return LocalAddr{cut(row)}; }
  LocalAddr acc(std::uint64_t row, bool accumulate, bool read_full = false) const {
    return LocalAddr::acc(cut(row), accumulate, read_full);
  }
  LocalAddr garbage() const { return LocalAddr::acc((1U << layout.data_bits()) | layout.data_mask(), true, true); }

 private:
  std::uint32_t cut(std::uint64_t row) const {
    return static_cast<std::uint32_t>(row) & ((2U << layout.data_bits()) - 1);
  }
};

/// A bound of a 16-bit iterator: 0 lets it run through all its values.
constexpr std::int32_t iterator_bound(std::uint32_t bound) {
  return bound == 0 ? 1 << 16 : static_cast<std::int32_t>(bound);
}

/// DRAM offsets are cut to 32 bits (castDramOffset), addresses to the core's 40.
constexpr std::uint64_t dram_address(std::uint64_t base, std::uint64_t offset) {
  return (base + (offset & 0xFFFFFFFFU)) & 0xFFFFFFFFFFU;
}

}  // namespace castor::gemmini
