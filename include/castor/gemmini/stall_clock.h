// Adds up how many cycles a sleeping block spent for which reason: the reasons exclude each other, so their counts add
// up to the cycles since reset.
#pragma once

#include "castor/common/types.h"
#include "castor/sim/statistics.h"

namespace castor::gemmini {

template <class Reason>
class StallClock {
 public:
  explicit StallClock(sim::ReasonCounts<Reason>& counts) : counts_(counts) {}
  /// From `now` on the block is in state `reason`.
  void enter(Cycle now, Reason reason) {
    if (reason == reason_) return;
    counts_.add(reason_, now - since_);
    since_ = now;
    reason_ = reason;
  }
  Reason reason() const { return reason_; }

 private:
  sim::ReasonCounts<Reason>& counts_;
  Reason reason_{};
  Cycle since_{0};
};

}  // namespace castor::gemmini
