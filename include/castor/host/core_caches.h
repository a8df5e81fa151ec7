// What a core's timing asks of its first-level caches: tags and time, no values.
//
// An access enters a cache in stage 0 (s0) and has its data in s2 = s0 + 2 if it hits. Accesses that hit may lie ahead
// of the clock; s0 may also lie a few cycles back, where the core looked on after the fact.
#pragma once

#include <cstdint>
#include <functional>

#include "castor/common/types.h"

namespace castor::host {

class CoreCaches {
 public:
  enum class Use : std::uint8_t { Load, Reserve, Store };
  enum class Outcome : std::uint8_t {
    Hit,
    FirstWrite,  ///< a hit that rewrites the tag in s2: an access in s1 then is nacked
    Waits,       ///< the answer comes in the cycle that is at last the access's s2
  };
  using Answer = std::function<void(Cycle s2)>;

  virtual ~CoreCaches() = default;
  /// To plain memory. Not before the answer of an access that waits.
  virtual Outcome access(Cycle s0, VirtAddr vaddr, PhysAddr address, Use use) = 0;
  /// Whether a fetch would hit.
  virtual bool holds_instructions(PhysAddr address) const = 0;
  /// False: it waits. A fetch of another line takes its place.
  virtual bool fetch(Cycle s0, VirtAddr vaddr, PhysAddr address) = 0;
  /// fence.i.
  virtual void invalidate_instructions() = 0;
  /// Whether an sc in this s2 still finds the reservation of its lr.
  virtual bool reserved(Cycle s2) const = 0;
  virtual void when_answered(Answer data, Answer instructions) = 0;
};

}  // namespace castor::host
