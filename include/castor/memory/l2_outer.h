// The L2's outer side: what leaves for memory and comes back, in registered buffers.
//
// RTL twin: the outer TLBuffers of InclusiveCacheMicroParameters (A, D, E: Queue(2); C: as deep as a block and four
// more beats, in SourceC.scala). The memory bus steps before the L2.
#pragma once

#include <cstdint>

#include "castor/common/types.h"
#include "castor/sim/queue.h"

namespace castor::memory {

/// Channel A: fetch a block, or the permission to write it without its data.
struct Acquire {
  PhysAddr address{};
  std::uint16_t mshr = 0;
  bool with_data = true;
};

/// Channel C: a block is given up; a dirty one goes with its data, a beat at a time.
struct ReleaseBeat {
  PhysAddr address{};
  std::uint16_t mshr = 0;
  std::uint16_t beat = 0;
  bool dirty = false;
  bool last = true;
};

/// Channel D.
struct OuterResponse {
  enum class Kind : std::uint8_t { Grant, GrantData, ReleaseAck };
  Kind kind = Kind::Grant;
  std::uint16_t mshr = 0;
  std::uint16_t beat = 0;
  bool last = true;
};

struct L2OuterPort {
  L2OuterPort(unsigned latency, unsigned block_beats)
      : acquires(1 + latency, sim::QueueMode::Plain, latency),
        releases(block_beats + 3 + latency, sim::QueueMode::Plain, latency),
        responses(1 + latency, sim::QueueMode::Plain, latency),
        grant_acks(1 + latency, sim::QueueMode::Plain, latency) {}

  sim::Queue<Acquire> acquires;
  sim::Queue<ReleaseBeat> releases;
  sim::Queue<OuterResponse> responses;
  sim::Queue<std::uint16_t> grant_acks;  // channel E: the MSHR whose grant has been taken; always accepted
};

}  // namespace castor::memory
