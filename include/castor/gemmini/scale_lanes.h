// Scalar multipliers shared by the elements of three resident rows. RTL twin: the arbiters and ScalePipes in
// VectorScalarMultiplier.scala and AccumulatorScale.scala (num_scale_units > 0).
//
// Element w of slot s belongs to unit (s * width + w) mod units. Each unit takes one element a cycle, round robin; the
// result is there latency + 2 cycles later. A row is complete when its last element is. Only when it is taken is its
// slot free, from the next cycle on.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "castor/common/types.h"

namespace castor::gemmini {

class ScaleLanes {
 public:
  static constexpr unsigned slots = 3;

  ScaleLanes(unsigned width, unsigned units, unsigned latency);

  /// A row sits in `slot` and begins in the cycle after `now`; `ready_made`: nothing to multiply.
  void load(Cycle now, unsigned slot, bool ready_made);
  bool complete(unsigned slot, Cycle now) const { return waiting_[slot] == 0 && complete_at_[slot] <= now; }
  /// Each unit takes an element: once a cycle, before load() and after complete().
  void step(Cycle now);

 private:
  struct Element {
    unsigned slot;
    std::uint64_t lane_bit;
  };
  struct Unit {
    std::vector<Element> inputs;
    unsigned last_grant = 0;
  };
  void grant(Unit& unit, Cycle now);

  unsigned latency_;
  std::vector<Unit> units_;  // one stands for all where they see equal work
  unsigned elements_ = 0;    // waiting in all slots
  std::array<std::uint64_t, slots> all_lanes_{};
  std::array<std::uint64_t, slots> waiting_{};
  std::array<Cycle, slots> valid_from_{};
  std::array<Cycle, slots> complete_at_{};
};

}  // namespace castor::gemmini
