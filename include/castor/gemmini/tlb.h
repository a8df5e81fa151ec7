// The TLB behind the filter registers: rocket-chip's, for accesses of the DMA, with a latency of its own.
// RTL twin: TLB.scala of rocket-chip, as FrontendTLB.scala builds it.
//
// Timing contract: as castor/sim/rocket_tlb.h. With tlb.hit_latency a hit is answered so much later, to who tries
// again, also if the page has given way meanwhile: without that two clients could take it from each other for ever.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "castor/common/types.h"
#include "castor/config/gemmini_params.h"
#include "castor/config/tlb_params.h"
#include "castor/sim/rocket_tlb.h"
#include "castor/sim/translation.h"

namespace castor::gemmini {

/// From one try of a packet to the next.
constexpr unsigned clients_try_every = 2;

enum class DmaAccess : std::uint8_t { Read, Write };

class Tlb {
 public:
  struct Lookup {
    /// Hit; Waits: found, the answer is on its way; Miss: the walker was asked; Joins: the page's walk is under way;
    /// Busy: another walk is, or an answer arrives.
    enum class Outcome : std::uint8_t { Hit, Waits, Miss, Joins, Busy, Fault };
    Outcome outcome = Outcome::Busy;
    PhysAddr paddr{};
    sim::PageFault fault = sim::PageFault::None;
  };

  Tlb(const config::GemminiParams& params, const config::TlbParams& tlb, unsigned clients);

  /// nullptr: addresses are physical.
  void set_walker(sim::PageTableWalker* walker) { pages_.set_walker(walker); }
  /// The lookup of cycle `now`; `awaited`: somebody looks at the answer.
  Lookup lookup(Cycle now, unsigned client, VirtAddr vaddr, DmaAccess access, const sim::TranslationStatus& status,
                bool awaited = true);
  void flush();

 private:
  /// A hit on its way (hit_latency).
  struct Pending {
    std::uint64_t page = 0;
    Cycle ready{};
    Lookup hit;
  };

  Lookup find(Cycle now, VirtAddr vaddr, DmaAccess access, const sim::TranslationStatus& status);
  Lookup answer(Cycle now, unsigned client, VirtAddr vaddr, const Lookup& hit, bool awaited);
  std::optional<Lookup> on_its_way(Cycle now, unsigned client, VirtAddr vaddr);

  unsigned hit_latency_;
  sim::RocketTlb pages_;
  std::vector<std::optional<Pending>> pending_;  // by client
};

}  // namespace castor::gemmini
