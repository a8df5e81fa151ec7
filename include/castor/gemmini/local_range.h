// A range of local rows as the reservation station compares it.
// RTL twin: OpT of ReservationStation.scala, add_with_overflow and the comparisons of LocalAddr.scala.
#pragma once

#include "castor/common/local_addr.h"

namespace castor::gemmini {

/// [start, end) within one local memory. As in the RTL `end` has wrapped: a range up to the last row has end 0 and
/// `wraps`, which then counts as "reaches everything above its start".
struct LocalRange {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  bool accumulator = false;
  bool wraps = false;
  bool garbage = false;

  static LocalRange rows(LocalAddr first, std::uint64_t count, const LocalLayout& layout) {
    const unsigned width = first.is_acc() ? layout.acc_addr_bits() : layout.sp_addr_bits();
    const std::uint64_t sum = first.data(layout) + count;
    const std::uint32_t end = static_cast<std::uint32_t>(sum) & ((1U << width) - 1);
    return {first.row(layout), end, first.is_acc(), bit(sum, width), first.is_garbage(layout)};
  }

  friend bool overlap(const LocalRange& x, const LocalRange& y) {
    if (x.accumulator != y.accumulator || x.garbage || y.garbage) return false;
    return (y.start <= x.start && (x.start < y.end || y.wraps)) || (x.start <= y.start && (y.start < x.end || x.wraps));
  }
};

}  // namespace castor::gemmini
