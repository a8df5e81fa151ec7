// The offer of a finished command to the reservation station: always the lowest finished slot, until taken.
// RTL twin: cmd_completed of DMACommandTracker.scala and its use in LoadController.scala, StoreController.scala.
#pragma once

#include "castor/gemmini/dma_command_tracker.h"
#include "castor/gemmini/ports.h"

namespace castor::gemmini {

class CompletionOffer {
 public:
  CompletionOffer(DmaCommandTracker& tracker, CompletionPort& port) : tracker_(tracker), port_(port) {}

  /// Frees the slot whose completion was taken before `now`, offers the lowest finished one.
  void step(Cycle now);

 private:
  DmaCommandTracker& tracker_;
  CompletionPort& port_;
  int offered_ = DmaCommandTracker::none;
};

}  // namespace castor::gemmini
