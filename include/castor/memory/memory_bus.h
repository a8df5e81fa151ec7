// From the L2 banks to the memory port.
//
// RTL twin: CacheCork.scala, MemoryBus.scala (crossbar), ToAXI4.scala. Combinational by default (request_stages and
// response_stages add registers): a request leaves the L2's outer buffer and reaches memory in the same cycle, memory's
// beat enters the L2's outer buffer in the cycle in which it appears. One beat a cycle each way. A dirty block holds
// the request channel for its beats and one cycle more: memory takes the data from the cycle after the request. Reads'
// beats go before write acknowledgements, unless one of those has waited exactly 7 cycles when a burst ends.
//
// The memory port is a TLM-2.0 AT base-protocol initiator socket; any AT target can sit behind it. One transaction a
// block. BEGIN_REQ in the cycle of the AXI address; the next one follows END_REQ. BEGIN_RESP (first beat of the data,
// or the write acknowledged) is answered at once with TLM_COMPLETED: the bus itself lets the beats go, one a cycle. A
// target outside the clock domain (Target::Outside) is called only when the domain's time is the kernel's, and its
// calls are seen at the next edge; it receives the bytes of writes, but reads are answered from the BackingStore.
#pragma once

#include <memory>
#include <tlm>
#include <vector>

#include "castor/config/l2_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/memory/arbiter.h"
#include "castor/memory/backing_store.h"
#include "castor/memory/cache_cork.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/tilelink.h"

namespace castor::memory {

class MemoryBus : public sim::ClockedModule, private tlm::tlm_bw_transport_if<> {
 public:
  enum class Target { InDomain, Outside };

  struct Stats : sim::StatGroup {
    sim::Counter reads{this, "reads", "lines", "blocks read from memory"};
    sim::Counter writes{this, "writes", "lines", "blocks written to memory"};
    sim::Counter bytes_read{this, "bytes_read", "bytes", "from memory"};
    sim::Counter bytes_written{this, "bytes_written", "bytes", "to memory"};
    sim::Counter read_latency{this, "read_latency", "cycles", "sum over reads, request to first beat"};
    sim::Counter busy_cycles{this, "busy_cycles", "cycles", "a beat of a read or an acknowledgement went to the L2"};
  } stats;

  MemoryBus(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::MemoryBusParams& params,
            const config::L2Params& l2, BackingStore& store, sim::Probes& probes,
            const std::vector<L2OuterPort*>& banks, Target target = Target::InDomain);

  /// The memory port.
  tlm::tlm_initiator_socket<> socket;

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  struct Response {
    tlm::tlm_generic_payload* payload = nullptr;
  };

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  bool must_meet_kernel(Cycle now);
  bool holds_answers(Cycle now) const;
  bool return_responses(Cycle now);
  bool return_read(Cycle now);
  bool return_write(Cycle now);
  bool take_beats(Cycle now);
  bool pick_beat(Cycle now, MemoryBeat& beat) const;
  bool pass_on(Cycle now);
  bool pass_data(Cycle now);
  void begin(Cycle now, const MemoryBeat& request);
  void open_write(Cycle now, const MemoryBeat& request);
  void open_read(Cycle now, const MemoryBeat& request);
  void send(tlm::tlm_generic_payload& payload);
  tlm::tlm_generic_payload& form_payload(const MemoryBeat& request, Cycle now);
  unsigned axi_id(const MemoryBeat& request) const;
  unsigned block_of(const MemoryBeat& request) const {
    return (request.bank * mshrs_ + request.mshr) * 2 + request.write;
  }

  const config::MemoryBusParams& params_;
  BackingStore& store_;
  sim::Probes& probes_;
  Target target_;
  unsigned mshrs_, block_bytes_;
  std::uint16_t last_beat_;
  std::vector<CacheCork> corks_;
  mutable RoundRobinArbiter banks_;
  sim::TransactionPool pool_;
  std::vector<std::uint8_t> blocks_;  // data buffers of the transactions

  // Requests: the AXI address and data queues (one entry, flow) and the state of the port.
  sim::Queue<MemoryBeat> requests_;
  bool data_waits_ = false;
  tlm::tlm_generic_payload* outstanding_ = nullptr;  // between BEGIN_REQ and END_REQ
  bool write_open_ = false;                          // a write's data is still to be taken
  std::uint16_t data_taken_ = 0;
  Cycle began_ = Cycle::never(), write_began_ = Cycle::never(), data_taken_at_ = Cycle::never();
  unsigned reads_in_flight_ = 0, writes_in_flight_ = 0;

  // Responses.
  sim::Queue<Response> reads_, writes_;
  std::uint16_t read_beat_ = 0;
  unsigned write_waits_ = 0;  // 3-bit counter
};

}  // namespace castor::memory
