// What the timing of an out-of-order core asks of its first-level caches: tags and time, no values.
//
// Several accesses to data may be under way, each known by a number of the core's. All cycles may lie ahead of the
// clock.
#pragma once

#include <cstdint>
#include <functional>

#include "castor/common/types.h"
#include "castor/host/memory_op.h"

namespace castor::host {

class WindowCaches {
 public:
  using Number = std::uint64_t;
  using DataAnswer = std::function<void(Number, Cycle)>;
  using FetchAnswer = std::function<void(Cycle)>;

  virtual ~WindowCaches() = default;
  /// An access to plain memory that enters the data cache in `s0`. True: it hits, its data is there hit_latency later.
  /// False: the answer to `number` tells the cycle in which its data is there.
  virtual bool access(Cycle s0, VirtAddr vaddr, PhysAddr address, MemoryOp access, Number number) = 0;
  virtual std::uint64_t hit_latency() const = 0;
  /// A fetch in the first stage of the front end. False: the answer tells its third stage; a new one takes its place.
  virtual bool fetch(Cycle s0, VirtAddr vaddr, PhysAddr address) = 0;
  /// fence.i.
  virtual void invalidate_instructions() = 0;
  /// Whether an sc that enters the data cache then still finds the reservation of its lr.
  virtual bool reserved(Cycle s0) const = 0;
  virtual void when_answered(DataAnswer data, FetchAnswer instructions) = 0;
};

}  // namespace castor::host
