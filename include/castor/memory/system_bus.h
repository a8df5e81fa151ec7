// The way from initiators to the L2: the accelerator's own crossbar, the tile's buffers, the system bus.
//
//   StreamReader - TLBuffer -+
//                            +- TLXbar - TLBuffer - tile crossing TLBuffer - system bus TLXbar - L2 bank
//   StreamWriter - TLBuffer -+
//
// RTL twin: TLBuffer.scala, Xbar.scala, Arbiter.scala; Gemmini's Scratchpad.scala (reader is input 0, writer input 1).
// Timing: every buffer is a Queue(2), one cycle on each channel; crossbars are combinational. A beat offered in cycle t
// reaches the L2 in t + request_stages; a D beat of cycle u reaches the initiator in u + response_stages (3 and 3 by
// default: an L2 hit answers 10 cycles after its request). One beat a cycle on each link; the crossbars arbitrate round
// robin and hold for a message's beats. END_REQ comes in the first cycle in which the last A beat has gone and the
// initiator's buffer has a free place for the next cycle.
//
// A core's L1 has a port of its own, one buffer deep in each direction. One that caches also has the channels B, C and
// E there: the buffers of the tile's crossing, and before each bank the two places of C that the L2 keeps (SinkC's
// inner buffer). A C beat offered in t reaches the bank in t + core_request_stages + 1, a GrantAck in t +
// core_request_stages, a probe of cycle u the L1 in u + core_response_stages. With several banks each keeps its probes
// for an L1 in a buffer of its own (the RTL: one for all).
//
// The initiators' side speaks castor/sim/tilelink.h; the L2's side is a BankPort for each bank.
#pragma once

#include <memory>
#include <string>
#include <tlm>
#include <vector>

#include "castor/config/bus_params.h"
#include "castor/config/l2_params.h"
#include "castor/memory/arbiter.h"
#include "castor/memory/backing_store.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/queue.h"
#include "castor/sim/tilelink.h"

namespace castor::memory {

/// One beat on its way, with what its request's extension says.
struct BusBeat {
  tlm::tlm_generic_payload* payload = nullptr;
  sim::TileLinkExtension* tilelink = nullptr;
  std::uint16_t beat = 0;
  bool last = true;

  unsigned master() const { return tilelink->bus_port >> 8; }
  unsigned initiator() const { return tilelink->bus_port & 0xff; }
};
using RequestBeat = BusBeat;   // A; only the first beat of a Put carries the request, the others bring data
using ResponseBeat = BusBeat;  // D

class SystemBus;
class BusMaster;
class BusClient;

/// The end of the bus at one L2 bank: the system bus crossbar and the flow queues of one entry that the coherence
/// wrapper puts before the bank (A and D), which cost no time. The L2 steps before the bus.
class BankPort {
 public:
  static constexpr int none = RoundRobinArbiter::none;

  BankPort(SystemBus& bus, unsigned bank);

  /// The block to wake when a beat arrives.
  void attach(sim::Clocked& l2);

  /// The A beat that this bank sees in cycle `now`; nullptr if none. To be accepted or declined in this cycle.
  const RequestBeat* offered(Cycle now);
  void accept(Cycle now);
  /// When a further beat comes out of a master's registers; never if none is on its way.
  Cycle next_request(Cycle now) const;
  /// The beat waits in the flow queue: there is room for one.
  void decline(Cycle now);

  /// At the beginning of the bank's cycle: a D beat that waits goes on.
  void begin_cycle(Cycle now);
  bool can_send() const { return !response_waited_; }
  /// One D beat a cycle.
  void send(Cycle now, const ResponseBeat& beat);
  /// At the end: `next` is the request whose D beat the bank will offer in the next cycle, if any (banks arbitrate for
  /// a master by what they have declared).
  void end_cycle(Cycle now, const sim::TileLinkExtension* next);
  bool idle() const { return !response_waits_ && releases_.empty(); }

  /// Whether any initiator caches; if not, B, C and E are silent.
  bool has_clients() const { return has_clients_; }
  /// Channel C: the beat at the head of the inner buffer; nullptr if none.
  const BusBeat* offered_c(Cycle now) const { return releases_.can_pop(now) ? &releases_.front() : nullptr; }
  void accept_c(Cycle now) { releases_.drop(now); }
  /// Channel B: a probe for a client (the bit of the directory).
  bool can_probe(Cycle now, unsigned client) const;
  void probe(Cycle now, unsigned client, tlm::tlm_generic_payload& payload);
  /// Channel E: who gets the acknowledgement that arrives in this cycle; none if there is none.
  int take_grant_ack(Cycle now);

 private:
  friend class SystemBus;
  bool take_release_beat(Cycle now);
  bool pick(Cycle now);
  void take(Cycle now);
  bool passes(Cycle now, const ResponseBeat& beat);

  SystemBus& bus_;
  unsigned bank_;
  sim::Clocked* l2_ = nullptr;
  RoundRobinArbiter requests_;
  int picked_ = RoundRobinArbiter::none;
  RequestBeat request_;
  bool request_waits_ = false;
  ResponseBeat response_;
  bool response_waits_ = false;
  bool response_waited_ = false;  // at the beginning of the cycle
  Cycle declared_for_ = Cycle::never();
  unsigned declared_master_ = 0;
  bool has_clients_ = false;
  sim::Queue<BusBeat> releases_;  // SinkC's inner buffer
  RoundRobinArbiter release_turns_, grant_ack_turns_;
};

/// Requests by whether the L2 held their line.
struct L2Lookups {
  std::uint64_t hits = 0, misses = 0;
};

class SystemBus : public sim::ClockedModule {
 public:
  /// A port of the system bus and the initiators behind it (inputs of its crossbar, in order).
  struct Shape {
    std::string name;
    std::vector<std::string> initiators;
    unsigned request_stages;
    unsigned response_stages;
  };

  /// Besides, each initiator has its own `<initiator>.bytes_read`, `bytes_written`, `l2_hits` and `l2_misses` here.
  struct Stats : sim::StatGroup {
    sim::Counter request_beats{this, "request_beats", "beats", "A beats that reached the L2"};
    sim::Counter response_beats{this, "response_beats", "beats", "D beats delivered to initiators"};
    sim::Counter refused_beats{this, "refused_beats", "beats", "D beats that found their initiator without room"};
    sim::Counter probes{this, "probes", "messages", "B messages delivered to L1s"};
    sim::Counter release_beats{this, "release_beats", "beats", "C beats that reached the L2"};
  } stats;

  /// A BankPort for each bank of the L2, chosen by the lowest address bits above a block.
  SystemBus(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::BusParams& params,
            const config::L2Params& l2, BackingStore& store);
  ~SystemBus() override;

  /// Before the simulation starts: a port for the accelerator's DMA (initiators "reader", "writer") ...
  unsigned add_accelerator(unsigned core);
  /// ... for one L1 of a core ...
  unsigned add_core(const std::string& name);
  /// ... for one that caches: it acquires, releases and is probed (at most 16) ...
  unsigned add_client(const std::string& name);
  /// ... or any other.
  unsigned add_master(const Shape& shape);

  /// Answered so far to a port's initiators.
  L2Lookups lookups(unsigned master) const;
  /// The TLM-2.0 target socket of an initiator.
  tlm::tlm_target_socket<>& socket(unsigned master, unsigned initiator = 0);
  BankPort& bank(unsigned index) { return *banks_[index]; }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  friend class BankPort;
  friend class BusClient;
  friend class BusInitiator;
  friend class BusMaster;
  friend class ResponsePath;

  unsigned bank_of(const tlm::tlm_generic_payload& payload) const {
    return (payload.get_address() >> bank_shift_) & (banks_.size() - 1);
  }
  int bank_in_turn(BusMaster& master, unsigned index, Cycle now);
  void wake_l2(BusMaster& master, Cycle at);
  void wake_l2(unsigned bank, Cycle at);
  bool step_clients(Cycle now);
  Cycle next_probe(Cycle now) const;

  const config::BusParams& params_;
  BackingStore& store_;
  unsigned beat_bytes_;
  unsigned bank_shift_;
  unsigned extra_latency_;  // of an L2 slower than the RTL's, paid on the last buffer
  std::vector<std::unique_ptr<BankPort>> banks_;
  std::vector<std::unique_ptr<BusMaster>> masters_;
  std::vector<BusClient*> clients_;  // of the masters, by their bit in the directory
};

}  // namespace castor::memory
