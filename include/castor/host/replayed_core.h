// The core of a measured run, as far as the memory system saw it: its cache misses.
//
// A trace holds the accelerator's commands and every line that the L2 asked of memory. A line that no DMA request of
// the segment names was the core's (instructions, mostly): its refill takes an MSHR, a memory burst and the L2's D
// channel away from the accelerator, so a replay repeats it. Core accesses that hit in the L2 leave no trace.
//
// RTL twin: the refill of ICache.scala: a Get of one block through the tile's port of the system bus.
// Timing: a miss that reached memory in t is offered to the bus in t - lead, so that it reaches memory in t again if
// nothing is in its way and no victim goes first; the next one when the bus has taken the one before.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <tlm>
#include <vector>

#include "castor/config/bus_params.h"
#include "castor/host/rtl_trace.h"
#include "castor/sim/module.h"
#include "castor/sim/tilelink.h"

namespace castor::host {

class ReplayedCore : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter refills{this, "refills", "lines", "cache misses of the measured core that were repeated"};
  };

  ReplayedCore(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::BusParams& bus);

  tlm_utils::simple_initiator_socket<ReplayedCore> socket;

  /// Repeats the misses of the segment that begins in `begin`; those of the segment before that are still due are lost.
  void play(Cycle begin, const std::vector<CoreMiss>& misses);

  Cycle step(Cycle now) override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  Cycle due() const;
  void refill(PhysAddr line);

  Bytes block_;
  unsigned block_beats_;
  unsigned lead_;
  sim::TransactionPool pool_;
  Cycle begin_{};
  const std::vector<CoreMiss>* misses_ = nullptr;
  std::size_t next_ = 0;
  bool sending_ = false;  // between BEGIN_REQ and END_REQ
  Stats stats_;
};

}  // namespace castor::host
