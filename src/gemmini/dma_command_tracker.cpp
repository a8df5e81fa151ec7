#include "castor/gemmini/dma_command_tracker.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::gemmini {

std::uint8_t DmaCommandTracker::allocate(Cycle now, sim::RobId id, std::uint64_t units) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.valid; });
  CASTOR_ASSERT(slot != slots_.end());
  *slot = {true, id, units, now};
  ++used_;
  return static_cast<std::uint8_t>(slot - slots_.begin());
}

void DmaCommandTracker::returned(Cycle now, std::uint8_t slot, std::uint64_t units) {
  Slot& command = slots_[slot];
  CASTOR_ASSERT(command.valid && units <= command.units_left);
  command.units_left -= units;
  command.changed = now;
}

int DmaCommandTracker::complete(Cycle now) const {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].valid && slots_[i].units_left == 0 && slots_[i].changed < now) return static_cast<int>(i);
  return none;
}

void DmaCommandTracker::release(int slot) {
  CASTOR_ASSERT(slots_[slot].valid);
  slots_[slot].valid = false;
  --used_;
}

}  // namespace castor::gemmini
