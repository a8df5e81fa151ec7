// Which mvins (or mvouts) are under way, and how much of each is still to come. RTL twin: DMACommandTracker.scala.
//
// Timing contract: what returns in cycle t counts from t+1; a slot is free for a new command in the cycle after its
// completion was taken.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/common/types.h"
#include "castor/sim/probes.h"

namespace castor::gemmini {

class DmaCommandTracker {
 public:
  static constexpr int none = -1;

  explicit DmaCommandTracker(unsigned slots) : slots_(slots) {}

  bool busy() const { return used_ != 0; }
  bool can_allocate() const { return used_ < slots_.size(); }
  /// The lowest free slot; visible from now+1.
  std::uint8_t allocate(Cycle now, sim::RobId id, std::uint64_t units);
  /// `units` (bytes of a mvin, rows of a mvout) have reached their end in cycle `now`.
  void returned(Cycle now, std::uint8_t slot, std::uint64_t units);
  /// The lowest slot whose command is complete in cycle `now`, or none.
  int complete(Cycle now) const;
  sim::RobId id(int slot) const { return slots_[slot].id; }
  void release(int slot);

 private:
  struct Slot {
    bool valid = false;
    sim::RobId id;
    std::uint64_t units_left = 0;
    Cycle changed{};
  };
  std::vector<Slot> slots_;
  unsigned used_ = 0;
};

}  // namespace castor::gemmini
