#include "castor/gemmini/completion_offer.h"

namespace castor::gemmini {

void CompletionOffer::step(Cycle now) {
  if (offered_ != DmaCommandTracker::none && !port_.offered(now)) {
    tracker_.release(offered_);
    offered_ = DmaCommandTracker::none;
  }
  const int finished = tracker_.complete(now);
  if (finished == offered_ || finished == DmaCommandTracker::none) return;
  if (offered_ == DmaCommandTracker::none)
    port_.offer(now, tracker_.id(finished));
  else
    port_.change_offer(tracker_.id(finished));
  offered_ = finished;
}

}  // namespace castor::gemmini
