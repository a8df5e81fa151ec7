// Channel C at the L2: what L1s give up.
//
// RTL twin: SinkC.scala. A Release becomes a request, its data goes into a buffer of few lists until SourceD fetches
// it. The data of a ProbeAck goes straight into the data store: taken in t, written in t+1 before anybody else's claim;
// the MSHRs of the set hear of its first and last beat in t. Inside such a message the SRAMs of the next beat stay
// claimed even while none is there.
#pragma once

#include <cstdint>

#include "castor/memory/banked_store.h"
#include "castor/memory/put_buffer.h"
#include "castor/memory/system_bus.h"

namespace castor::memory {

class SinkC {
 public:
  SinkC(BankPort& port, BankedStore& store, unsigned lists, unsigned block_beats)
      : port_(port), store_(store), releases_(lists, lists * block_beats) {}

  /// The data of releases, for SourceD.
  PutBuffer& releases() { return releases_; }

  /// At the beginning of a cycle, before any other claim: writes the beat taken in the last one.
  void claim() {
    if (writes_) store_.claim_inner(set_, beat_, (1u << store_.words_of_inner_beat()) - 1);
    beat_ = expected_;
    writes_ = inside_;
  }
  /// The Release whose first beat wants to become a request in this cycle; nullptr if none or its data has no room.
  const BusBeat* offered_request(Cycle now) const;
  /// Takes it, and the list that collects its data.
  std::uint16_t accept_request(Cycle now);
  /// Takes a later beat of a Release, if one is there and has room.
  void take_data(Cycle now);
  /// Takes a beat of a ProbeAck, if one is there; nothing follows for a beat that is neither first nor last.
  bool take_probe_ack(Cycle now, std::uint32_t set, BusBeat& beat);
  /// The beat at the head is a ProbeAck's.
  const BusBeat* offered_probe_ack(Cycle now) const;
  bool idle() const { return !inside_ && !writes_; }

 private:
  void buffer(Cycle now, std::uint16_t list);

  BankPort& port_;
  BankedStore& store_;
  PutBuffer releases_;
  std::uint16_t list_ = 0;
  std::uint32_t set_ = 0;
  std::uint16_t beat_ = 0;      // the data store's claim of the next cycle
  std::uint16_t expected_ = 0;  // the beat after the last that came
  bool writes_ = false;
  bool inside_ = false;  // a ProbeAckData
};

}  // namespace castor::memory
