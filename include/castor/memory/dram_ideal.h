// The memory of the measured RTL, and any fixed latency-bandwidth pipe.
//
// A read accepted in cycle t gives its first beat in t + 1 + latency, then one beat a cycle, strictly in order. A
// write's data is taken from t+1, one beat a cycle, and acknowledged 1 + write_latency cycles after its last beat.
// Requests are always accepted; with `in_order` off a read waits while `max_in_flight` reads are in the pipe, a write
// while as many writes are (FASED's latency-bandwidth pipe). RTL twin: the in-order memory behind the AXI port of the
// reference simulation. TLM-2.0 AT target of the memory bus.
#pragma once

#include <tlm>

#include "castor/config/dram_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/queue.h"

namespace castor::memory {

class DramIdeal : public sim::ClockedModule, private tlm::tlm_fw_transport_if<> {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter reads{this, "reads", "requests", "blocks read"};
    sim::Counter writes{this, "writes", "requests", "blocks written"};
    sim::Counter read_cycles{this, "read_cycles", "cycles", "the read data channel was occupied"};
  } stats;

  DramIdeal(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::DramParams& params,
            const config::MemoryBusParams& bus);

  tlm::tlm_target_socket<> socket;

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  /// Visible in the cycle of its BEGIN_RESP.
  using Answers = sim::Queue<tlm::tlm_generic_payload*>;

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned int transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  bool full(const tlm::tlm_generic_payload& payload) const;
  void begin(Cycle now, tlm::tlm_generic_payload& payload);
  void begin_read(Cycle now, tlm::tlm_generic_payload& payload);
  void begin_write(Cycle now, tlm::tlm_generic_payload& payload);
  void accept_refused(Cycle now);
  void answer(Cycle now, Answers& answers);

  const config::DramParams& params_;
  unsigned beat_bytes_;
  std::size_t limit_;
  Answers reads_, writes_;
  Cycle data_free_{};                            // the read data channel
  tlm::tlm_generic_payload* refused_ = nullptr;  // waits for its END_REQ
};

}  // namespace castor::memory
