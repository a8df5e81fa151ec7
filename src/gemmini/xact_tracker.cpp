#include "castor/gemmini/xact_tracker.h"

namespace castor::gemmini {

unsigned XactTracker::allocate(Cycle now, const Xact& xact) {
  unsigned id = 0;
  while (!free_in(now, id)) ++id;
  entries_[id] = xact;
  valid_[id] = true;
  ++used_;
  return id;
}

void XactTracker::release(Cycle now, unsigned id) {
  CASTOR_ASSERT(valid_[id]);
  valid_[id] = false;
  --used_;
  freed_ = id;
  freed_at_ = now;
}

}  // namespace castor::gemmini
