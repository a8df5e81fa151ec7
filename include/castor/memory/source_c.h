// The L2's way out for victims.
//
// RTL twin: SourceC.scala. A clean victim is one message without data; a dirty one is read from the data store a beat a
// cycle. Scheduled in t, the first beat stands in the release buffer in t+2 and leaves in t+3. A new victim is taken
// when the last one has been read and at most one beat waits in the buffer.
#pragma once

#include <cstdint>

#include "castor/memory/banked_store.h"
#include "castor/memory/l2_outer.h"
#include "castor/memory/source_d.h"

namespace castor::memory {

class SourceC {
 public:
  struct Victim {
    PhysAddr address{};
    std::uint32_t set = 0;
    std::uint16_t mshr = 0;
    std::uint8_t way = 0;
    bool dirty = false;
  };

  SourceC(BankedStore& store, L2OuterPort& outer, unsigned block_beats)
      : store_(store), releases_(outer.releases), last_beat_(block_beats - 1) {}

  bool ready(Cycle now) const { return !busy_ && releases_.depth() - releases_.room(now) <= 1; }
  /// Hands over the victim scheduled in this cycle.
  void start(const Victim& victim);
  /// Claims its SRAMs, before sinkD does.
  void step(Cycle now, const SourceD& source_d);
  bool idle() const { return !busy_ && !started_ && !s2_full_ && !s3_full_; }

 private:
  bool step_read(const SourceD& source_d);

  BankedStore& store_;
  sim::Queue<ReleaseBeat>& releases_;
  std::uint16_t last_beat_;
  Victim victim_;
  std::uint16_t beat_ = 0;
  bool busy_ = false;     // reads a dirty victim
  bool started_ = false;  // a clean one, in this cycle
  ReleaseBeat s2_, s3_;
  bool s2_full_ = false;
  bool s3_full_ = false;
};

}  // namespace castor::memory
