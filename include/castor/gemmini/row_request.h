// What travels through the DMA paths between DRAM and the local memories, a row at a time.
// RTL twins: ScratchpadMemReadRequest, ScratchpadMemWriteRequest (Scratchpad.scala), StreamReadResponse (DMA.scala).
#pragma once

#include <cstdint>

#include "castor/common/arithmetic.h"
#include "castor/common/local_addr.h"
#include "castor/common/row.h"
#include "castor/common/types.h"

namespace castor::gemmini {

/// One DRAM row that a mvin asks for.
struct LoadRowRequest {
  VirtAddr vaddr;
  LocalAddr laddr;
  std::uint32_t cols = 0;     ///< elements
  std::uint32_t repeats = 0;  ///< further local rows that take the same DRAM row (stride 0)
  std::uint32_t scale = float_one_bits;
  std::uint32_t block_stride = 0;  ///< local rows between blocks of dim columns
  std::uint32_t pixel_repeats = 1;
  std::uint8_t command_slot = 0;  ///< of the load controller's tracker
  bool full_width = false;        ///< accumulator-typed elements
  bool zeros = false;             ///< no DRAM row: fill with zeros
};

/// One local row on its way into a bank.
struct LoadedRow {
  RowBytes bytes;               ///< empty when values are not computed
  std::uint64_t lane_mask = 0;  ///< lanes to write, wholly or in part
  std::uint16_t begin = 0;      ///< bytes of the row that came; a packet may end inside an element
  std::uint16_t end = 0;
  std::uint32_t row = 0;  ///< in scratchpad or accumulator
  std::uint32_t scale = float_one_bits;
  std::uint32_t repeats = 0;  ///< still to be written at row + repeats
  std::uint32_t pixel_repeats = 1;
  std::uint32_t cols = 0;        ///< of the whole DRAM row
  std::uint32_t bytes_read = 0;  ///< to credit to the command when the last row of a packet is written
  std::uint8_t command_slot = 0;
  bool is_acc = false;
  bool accumulate = false;
  bool full_width = false;
  bool last = false;  ///< of its packet
};

/// One local row (or a window element of a pooled one) that a mvout reads.
struct StoreRowRequest {
  VirtAddr vaddr;
  LocalAddr laddr;
  AccScaling how;             ///< of an accumulator row read in input width
  std::uint32_t len = 0;      ///< elements
  std::uint8_t block = 0;     ///< of its DRAM row
  std::uint8_t stats_id = 0;  ///< of the normaliser
  std::uint8_t command_slot = 0;
  bool pool = false;           ///< max with what the writer holds
  bool store = true;           ///< completes a DRAM row
  bool to_scratchpad = false;  ///< STORE_SPAD: `vaddr` is the number of a scratchpad row
};

}  // namespace castor::gemmini
