#include "castor/gemmini/scale_lanes.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::gemmini {

ScaleLanes::ScaleLanes(unsigned width, unsigned units, unsigned latency) : latency_(latency) {
  CASTOR_ASSERT(width <= 64);
  complete_at_.fill(Cycle::never());
  const bool alike = width % units == 0;
  units_.resize(alike ? 1 : units);
  for (unsigned slot = 0; slot < slots; ++slot)
    for (unsigned lane = 0; lane < width; ++lane) {
      const unsigned unit = (slot * width + lane) % units;
      if (unit >= units_.size()) continue;
      units_[unit].inputs.push_back({slot, std::uint64_t{1} << lane});
      all_lanes_[slot] |= std::uint64_t{1} << lane;
    }
}

void ScaleLanes::load(Cycle now, unsigned slot, bool ready_made) {
  waiting_[slot] = ready_made ? 0 : all_lanes_[slot];
  valid_from_[slot] = now + 1;
  complete_at_[slot] = now + 1;
  elements_ += static_cast<unsigned>(__builtin_popcountll(waiting_[slot]));
}

void ScaleLanes::step(Cycle now) {
  if (elements_ == 0) return;
  for (Unit& unit : units_) grant(unit, now);
}

// RRArbiter: the first valid input above the one granted last, else the first valid one.
void ScaleLanes::grant(Unit& unit, Cycle now) {
  const unsigned count = static_cast<unsigned>(unit.inputs.size());
  for (unsigned step = 1; step <= count; ++step) {
    const unsigned index = (unit.last_grant + step) % count;
    const Element& element = unit.inputs[index];
    if ((waiting_[element.slot] & element.lane_bit) == 0 || valid_from_[element.slot] > now) continue;
    waiting_[element.slot] &= ~element.lane_bit;
    complete_at_[element.slot] = std::max(complete_at_[element.slot], now + (latency_ + 2));
    unit.last_grant = index;
    --elements_;
    return;
  }
}

}  // namespace castor::gemmini
