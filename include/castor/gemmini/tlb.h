// The TLB behind the filter registers. RTL twin: TLB.scala of rocket-chip, as FrontendTLB.scala builds it.
//
// Holds: tags of `tlb.sectors` aligned 4 KiB pages each, in sets (tlb.ways); entries for superpages; one for a
// superpage that covers more than memory. A page joins the tag of its region if that is there, otherwise a tag gives
// way with all its pages. Faults are kept like pages, until evicted or flushed.
//
// Timing contract
//   A lookup in cycle t hits in t (tlb.hit_latency: is answered so much later, to who tries again, also if the page has
//   given way meanwhile: without that two clients could take it from each other for ever). A miss asks the
//   walker in t + miss_to_request; one miss at a time, others miss meanwhile. In the cycle of the walker's answer every
//   lookup misses, refill_to_hit cycles later the page hits. A flush takes effect at once; the answer of a walk under
//   way is not kept.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "castor/common/replacement.h"
#include "castor/common/types.h"
#include "castor/config/gemmini_params.h"
#include "castor/config/tlb_params.h"
#include "castor/sim/translation.h"

namespace castor::gemmini {

/// From one try of a packet to the next.
constexpr unsigned clients_try_every = 2;

enum class DmaAccess : std::uint8_t { Read, Write };

class Tlb : public sim::TranslationClient {
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
  void set_walker(sim::PageTableWalker* walker) { walker_ = walker; }
  /// The lookup of cycle `now`; `awaited`: somebody looks at the answer.
  Lookup lookup(Cycle now, unsigned client, VirtAddr vaddr, DmaAccess access, const sim::TranslationStatus& status,
                bool awaited = true);
  void translated(Cycle at, const sim::PageTranslation& translation) override;
  void flush();

 private:
  struct Page {
    bool valid = false;
    PhysAddr paddr;
    sim::PagePermissions permissions;
    sim::PageFault fault = sim::PageFault::None;
  };
  struct Sectored {
    std::uint64_t tag = 0;
    std::vector<Page> pages;
    bool any() const;
  };
  struct Superpage {
    Page page;
    VirtAddr base;
    unsigned log2_page = 21;
    bool holds(VirtAddr vaddr) const;
  };
  struct Set {
    std::vector<Sectored> entries;
    ReplacementOrder order;
  };
  /// Who gives way to the walk's answer, chosen when it is asked for.
  struct Room {
    unsigned way = 0;
    bool joins = false;  // the region has that tag
    unsigned superpage = 0;
  };
  /// A hit on its way (hit_latency).
  struct Pending {
    std::uint64_t page = 0;
    Cycle ready{};
    Lookup hit;
  };

  Lookup answer(Cycle now, unsigned client, VirtAddr vaddr, const Lookup& hit, bool awaited);
  std::optional<Lookup> on_its_way(Cycle now, unsigned client, VirtAddr vaddr);
  Lookup miss(Cycle now, VirtAddr vaddr);
  std::optional<Lookup> find(VirtAddr vaddr, DmaAccess access, const sim::TranslationStatus& status);
  Page* find_page(std::uint64_t number);
  Superpage* find_superpage(VirtAddr vaddr);
  void insert_page(const sim::PageTranslation& translation);
  void insert_superpage(const sim::PageTranslation& translation);
  Room room_for(VirtAddr vaddr);
  Set& set_of(std::uint64_t tag) { return sets_[tag % sets_.size()]; }

  unsigned sectors_, hit_latency_, miss_to_request_, refill_to_hit_;
  sim::PageTableWalker* walker_ = nullptr;
  std::vector<Set> sets_;
  std::vector<Superpage> superpages_;
  ReplacementOrder superpage_order_;
  std::vector<Superpage> special_;
  std::vector<std::optional<Pending>> pending_;  // by client
  Room room_;
  bool walking_ = false;
  std::uint64_t walked_page_ = 0;
  bool flushed_ = false;  // while walking: the answer is not kept
  Cycle refill_from_ = Cycle::never(), refill_until_{};
};

}  // namespace castor::gemmini
