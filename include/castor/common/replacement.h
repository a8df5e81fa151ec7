// Which way of a set gives up its place: pseudo-LRU as rocket-chip's PseudoLRU, true LRU, first in first out, random.
// RTL twin: Replacement.scala (rocket-chip). Free ways go first, the lowest before others; that is the caller's rule.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/common/lfsr.h"

namespace castor {

enum class Replacement : std::uint8_t { Plru, Lru, Fifo, Random };

/// The state of one set.
class ReplacementOrder {
 public:
  ReplacementOrder(Replacement rule, unsigned ways);

  /// A way was used.
  void touch(unsigned way);
  /// A way was filled anew; that alone is no use of it.
  void fill(unsigned way);
  /// Who goes next.
  unsigned victim() const;

 private:
  Replacement rule_;
  unsigned ways_;
  std::vector<bool> newer_in_upper_half_;  // pseudo-LRU: a binary tree, the root at 1
  std::vector<std::uint64_t> age_;         // LRU: last use; FIFO: arrival
  std::uint64_t clock_ = 0;
  Lfsr16 random_;
};

}  // namespace castor
