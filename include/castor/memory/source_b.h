// The L2's probes: one message to each L1 that holds the line.
//
// RTL twin: SourceB.scala. Scheduled in t, the first probe leaves in t if its way has room, then one a cycle, the
// lowest client first. A new set of probes is taken when the last one has left.
#pragma once

#include <cstdint>

#include "castor/memory/system_bus.h"
#include "castor/sim/tilelink.h"

namespace castor::memory {

class SourceB {
 public:
  SourceB(BankPort& port, unsigned block_bytes) : port_(port), block_bytes_(block_bytes) {}

  bool ready() const { return remaining_ == 0; }
  /// Hands over the probes scheduled in this cycle.
  void start(PhysAddr line, sim::Cap cap, std::uint16_t clients);
  void step(Cycle now);
  bool idle() const { return remaining_ == 0; }

 private:
  BankPort& port_;
  unsigned block_bytes_;
  sim::TransactionPool pool_;
  PhysAddr line_{};
  sim::Cap cap_ = sim::Cap::toN;
  std::uint16_t remaining_ = 0;
};

}  // namespace castor::memory
