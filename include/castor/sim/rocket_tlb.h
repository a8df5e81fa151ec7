// The TLB that rocket-chip gives a core's caches and Gemmini its DMA. RTL twin: TLB.scala.
//
// Holds: tags of a few aligned 4 KiB pages each (sectors), in sets; entries for superpages; special ones for a
// superpage that covers more than memory. A page joins the tag of its region if that is there, otherwise a tag gives
// way with all its pages. Faults are kept like pages, until evicted or flushed.
//
// Timing contract
//   A lookup in cycle t hits in t. A miss asks the walker in t + miss_to_request; one miss at a time, others miss
//   meanwhile. In the cycle of the walker's answer every lookup misses, refill_to_hit cycles later the page hits. A
//   flush takes effect at once; the answer of a walk under way is not kept.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "castor/common/replacement.h"
#include "castor/common/types.h"
#include "castor/sim/translation.h"

namespace castor::sim {

struct TlbShape {
  unsigned pages = 32;   ///< of 4 KiB, all tags together
  unsigned sectors = 4;  ///< pages under a tag
  unsigned ways = 0;     ///< tags of a set; 0: all are one set
  unsigned superpages = 4;
  unsigned special = 1;
  Replacement replacement = Replacement::Plru;
  unsigned miss_to_request = 1;
  unsigned refill_to_hit = 1;
};

class RocketTlb : public TranslationClient {
 public:
  struct Lookup {
    /// Miss: the walker was asked; Joins: the page's walk is under way; Busy: another walk is, or an answer arrives.
    enum class Outcome : std::uint8_t { Hit, Miss, Joins, Busy };
    Outcome outcome = Outcome::Busy;
    PhysAddr paddr{};  ///< of the address
    PagePermissions permissions{};
    PageFault fault = PageFault::None;  ///< of the page; a hit all the same
  };

  explicit RocketTlb(const TlbShape& shape);

  /// nullptr: nothing is translated.
  void set_walker(PageTableWalker* walker) { walker_ = walker; }
  bool translates(const TranslationStatus& status) const { return walker_ != nullptr && walker_->translates(status); }
  Lookup lookup(Cycle now, VirtAddr vaddr);
  void translated(Cycle at, const PageTranslation& translation) override;
  void flush();
  /// The walker was asked and has not answered.
  bool walking() const { return walking_; }

 private:
  struct Page {
    bool valid = false;
    PhysAddr paddr;
    PagePermissions permissions;
    PageFault fault = PageFault::None;
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

  static Lookup hit(const Page& page, VirtAddr vaddr, unsigned log2_page);
  Lookup miss(Cycle now, VirtAddr vaddr);
  Page* find_page(std::uint64_t number);
  Superpage* find_superpage(VirtAddr vaddr);
  void insert_page(const PageTranslation& translation);
  void insert_superpage(const PageTranslation& translation);
  Room room_for(VirtAddr vaddr);
  Set& set_of(std::uint64_t tag) { return sets_[tag % sets_.size()]; }

  unsigned sectors_, miss_to_request_, refill_to_hit_;
  PageTableWalker* walker_ = nullptr;
  std::vector<Set> sets_;
  std::vector<Superpage> superpages_;
  ReplacementOrder superpage_order_;
  std::vector<Superpage> special_;
  Room room_;
  bool walking_ = false;
  std::uint64_t walked_page_ = 0;
  bool flushed_ = false;  // while walking: the answer is not kept
  Cycle refill_from_ = Cycle::never(), refill_until_{};
};

}  // namespace castor::sim
