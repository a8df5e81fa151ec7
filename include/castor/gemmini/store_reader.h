// Reads the rows of mvouts out of the banks, in order. RTL twin: write_dispatch_q and the DMA's read requests in
// Scratchpad.scala.
//
// Timing contract: the head of the dispatch queue reads in the cycle it is seen if norm_q has a place and its bank can
// be read; the execute controller has read before (levels). It enters norm_q in that cycle and is credited to its
// mvout. Padding of a pooling window reads nothing.
#pragma once

#include <string>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/row_request.h"
#include "castor/gemmini/store_controller.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

class StoreReader : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter rows{this, "rows", "rows", "rows read for mvouts"};
    sim::Counter padding{this, "padding", "rows", "padding of pooling windows"};
    sim::Counter cycles_bank_busy{this, "cycles_bank_busy", "cycles", "the bank cannot be read"};
  };

  /// `norm_q`: of the accumulator scale.
  StoreReader(const sc_core::sc_module_name& name, sim::ClockDomain& domain, LocalMemory& memory,
              StoreController& controller, sim::Queue<StoreRowRequest>& norm_q);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  bool read_row(Cycle now, LocalAddr addr);

  LocalMemory& memory_;
  StoreController& controller_;
  sim::Queue<StoreRowRequest>& rows_;
  sim::Queue<StoreRowRequest>& norm_q_;
  Stats stats_;
};

}  // namespace castor::gemmini
