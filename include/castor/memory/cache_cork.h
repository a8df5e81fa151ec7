// Ends the coherence protocol below one L2 bank: what needs memory becomes reads and writes, the rest is answered here.
//
// RTL twin: CacheCork.scala. Combinational but for the instant answers (permission without data, clean releases), which
// pass a Queue(2). Releases go before acquires; on the way back memory's beats go before clean release acks, and those
// before permissions; a message's beats stay together. A grant needs one of 8 sink ids, free again in the cycle after
// the L2's acknowledgement has come.
#pragma once

#include <cstdint>

#include "castor/memory/l2_outer.h"

namespace castor::memory {

/// A request for memory as it leaves the cork, a beat at a time.
struct MemoryBeat {
  PhysAddr address{};
  std::uint16_t mshr = 0;
  std::uint16_t bank = 0;
  bool write = false;
  bool first = true;
  bool last = true;
};

class CacheCork {
 public:
  CacheCork(L2OuterPort& outer, unsigned block_beats)
      : outer_(outer), last_beat_(static_cast<std::uint16_t>(block_beats - 1)) {}

  const L2OuterPort& outer() const { return outer_; }

  /// The beat that wants to go to memory in this cycle; false if none, or one has gone.
  bool offers(Cycle now, MemoryBeat& beat) const;
  void sent(Cycle now, const MemoryBeat& beat);
  /// Answers what needs no memory, after sent(); true if anything moved.
  bool answer_requests(Cycle now);

  /// Memory's beat: of a read's block / a write's acknowledgement. False if it cannot pass in this cycle.
  bool return_read_beat(Cycle now, std::uint16_t mshr, std::uint16_t beat);
  bool return_write_ack(Cycle now, std::uint16_t mshr);
  /// The instant answers, when memory has nothing for this bank in this cycle; true if one went.
  bool return_answers(Cycle now);
  /// At the end of the cycle: an acknowledged grant gives its sink id back; true if one did.
  bool take_grant_ack(Cycle now);
  bool has_answers() const { return !release_acks_.empty() || !permissions_.empty(); }

 private:
  static constexpr unsigned sink_ids = 8;

  L2OuterPort& outer_;
  std::uint16_t last_beat_;
  sim::Queue<std::uint16_t> release_acks_{2};
  sim::Queue<std::uint16_t> permissions_{2};
  unsigned open_grants_ = 0;
  bool writing_ = false;   // a release's beats hold the way to memory
  bool in_burst_ = false;  // a block's beats hold the way to the L2
  Cycle sent_acquire_ = Cycle::never(), sent_release_ = Cycle::never();
};

}  // namespace castor::memory
