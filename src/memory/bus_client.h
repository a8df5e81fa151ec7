// Channels B, C and E of a port of the system bus: what an L1 that caches needs beside A and D.
//
// RTL twin: the TLBuffer of the tile's crossing. C: a beat a cycle, several stages are a chain of buffers; a message's
// END_REQ comes in the first cycle in which its last beat has gone and the next cycle has a free place. E: always
// taken. B: a probe is offered in every cycle until the initiator takes it; one at a time, the banks in turn.
#pragma once

#include <memory>
#include <vector>

#include "bus_master.h"

namespace castor::memory {

class BusClient {
 public:
  BusClient(SystemBus& bus, BusInitiator& initiator, unsigned index);

  /// The directory's bit.
  std::uint16_t bit() const { return bit_; }

  // The initiator's side.
  tlm::tlm_sync_enum begin_release(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase);
  tlm::tlm_sync_enum acknowledge_grant(tlm::tlm_generic_payload& payload);

  // The banks' side.
  bool offers_release(Cycle now, unsigned bank) const;
  BusBeat take_release_beat(Cycle now);
  bool offers_grant_ack(Cycle now, unsigned bank) const;
  std::uint16_t take_grant_ack(Cycle now);
  bool can_probe(Cycle now, unsigned bank) const { return probes_[bank]->can_push(now); }
  void probe(Cycle now, unsigned bank, tlm::tlm_generic_payload& payload);

  /// The remaining beats of a C message, the probe in turn; true if anything moved or waits.
  bool step(Cycle now);
  bool probed() const;
  /// When one comes out of its registers; never if none is on its way.
  Cycle next_probe(Cycle now) const;

 private:
  struct GrantAck {
    std::uint16_t bank = 0;
    std::uint16_t sink = 0;
  };

  bool step_release(Cycle now);
  bool step_probe(Cycle now);
  bool room_next_cycle() const { return releases_.size() < releases_.depth(); }

  SystemBus& bus_;
  BusInitiator& initiator_;
  std::uint16_t bit_;
  sim::Queue<BusBeat> releases_;
  sim::Queue<GrantAck> grant_acks_;
  std::vector<std::unique_ptr<sim::Queue<tlm::tlm_generic_payload*>>> probes_;  // one a bank
  RoundRobinArbiter probe_turns_;
  tlm::tlm_generic_payload* sending_ = nullptr;  // between BEGIN_REQ and END_REQ on C
  Cycle began_{};
  std::uint16_t next_beat_ = 0;
  Cycle release_taken_ = Cycle::never(), grant_ack_taken_ = Cycle::never();  // one beat a cycle leaves for the banks
};

}  // namespace castor::memory
