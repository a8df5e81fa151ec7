// The memory of the measured RTL, and any fixed latency-bandwidth pipe.
//
// A read accepted in cycle t gives its first beat in t + 1 + latency, then one beat a cycle, strictly in order. A
// write's data is taken from t+1, one beat a cycle, and acknowledged 1 + write_latency cycles after its last beat.
// Requests are always accepted; with `in_order` off a read waits while `max_in_flight` reads are in the pipe, a write
// while as many writes are (FASED's latency-bandwidth pipe). RTL twin: the in-order memory behind the AXI port of the
// reference simulation.
#pragma once

#include "castor/config/dram_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/memory/memory_target.h"
#include "castor/sim/levels.h"

namespace castor::memory {

class DramIdeal : public MemoryTargetModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter reads{this, "reads", "requests", "blocks read"};
    sim::Counter writes{this, "writes", "requests", "blocks written"};
    sim::Counter read_cycles{this, "read_cycles", "cycles", "the read data channel was occupied"};
  } stats;

  DramIdeal(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::DramParams& params,
            const config::MemoryBusParams& bus);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  bool accept(Cycle now, tlm::tlm_generic_payload& payload) override;
  void begin_read(Cycle now, tlm::tlm_generic_payload& payload);
  void begin_write(Cycle now, tlm::tlm_generic_payload& payload);

  const config::DramParams& params_;
  unsigned beat_bytes_;
  std::size_t limit_;
  Answers reads_, writes_;
  Cycle data_free_{};  // the read data channel
};

}  // namespace castor::memory
