// What the stream reader remembers of each request in flight. RTL twin: XactTracker.scala.
//
// Timing contract: an entry freed in cycle t can be used again from t+1.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/common/error.h"
#include "castor/common/types.h"

namespace castor::gemmini {

/// One TileLink Get: where its useful bytes belong.
struct Xact {
  std::uint32_t row = 0;            ///< local row of the first useful byte
  std::uint32_t row_offset = 0;     ///< its byte within that row
  std::uint32_t shift = 0;          ///< bytes of the response to skip
  std::uint32_t bytes_to_read = 0;  ///< useful bytes
  std::uint32_t log2_size = 0;
  std::uint32_t block_stride = 0;
  std::uint32_t scale = 0;
  std::uint32_t repeats = 0;
  std::uint32_t pixel_repeats = 1;
  std::uint32_t cols = 0;
  std::uint8_t command_slot = 0;
  bool is_acc = false;
  bool accumulate = false;
  bool full_width = false;
};

class XactTracker {
 public:
  explicit XactTracker(unsigned entries) : entries_(entries), valid_(entries, false) {}

  bool can_allocate(Cycle now) const { return in_flight(now) < entries_.size(); }
  /// The lowest free entry of cycle `now`.
  unsigned allocate(Cycle now, const Xact& xact);
  const Xact& operator[](unsigned id) const { return entries_[id]; }
  void release(Cycle now, unsigned id);

  /// Entries held in cycle `now`, the one freed in it included.
  unsigned in_flight(Cycle now) const { return used_ + (freed_at_ == now ? 1 : 0); }

 private:
  bool free_in(Cycle now, unsigned id) const { return !valid_[id] && !(freed_at_ == now && freed_ == id); }

  std::vector<Xact> entries_;
  std::vector<bool> valid_;
  unsigned used_ = 0;
  unsigned freed_ = 0;
  Cycle freed_at_ = Cycle::never();
};

}  // namespace castor::gemmini
