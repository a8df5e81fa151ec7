// The DMA's TLB beyond gemmini.tlb_size. RTL twin: FrontendTLB.scala of Gemmini, TLB.scala of rocket-chip.
#pragma once

#include "castor/common/replacement.h"
#include "castor/config/param.h"

namespace castor::config {

template <>
struct Names<Replacement> {
  static constexpr std::pair<Replacement, const char*> all[] = {{Replacement::Plru, "plru"},
                                                                {Replacement::Lru, "lru"},
                                                                {Replacement::Fifo, "fifo"},
                                                                {Replacement::Random, "random"}};
};

class TlbParams : public Group {
 public:
  TlbParams() : Group("tlb", summary) {}
  explicit TlbParams(Group* parent, const char* key = "tlb") : Group(parent, key, summary) {}

  // clang-format off
  Param<unsigned> sectors{this, "sectors", 4, unit::none, power_of_two(1, 64),
      "pages under one tag: gemmini.tlb_size / sectors tags in all, each of `sectors` aligned pages"};
  Param<unsigned> ways{this, "ways", 0, unit::ways, range(0, 1024),
      "tags of a set, picked by the page number above the sector; 0: all tags are one set"};
  Param<Replacement> replacement{this, "replacement", Replacement::Plru,
      "which tag of a set, and which superpage entry, gives way once all are used"};
  Param<unsigned> superpage_entries{this, "superpage_entries", 4, unit::entries, range(0, 64),
      "entries for 2 MiB and 1 GiB pages; 0: they are kept as 4 KiB pages"};
  Param<unsigned> special_entries{this, "special_entries", 1, unit::entries, range(0, 1),
      "entry for a superpage that covers more than memory; 0: it is kept as a 4 KiB page"};
  Param<unsigned> hit_latency{this, "hit_latency", 0, unit::cycles, range(0, 64),
      "further cycles until the TLB answers a hit (not those of the filter registers, "
      "gemmini.tlb_read_filter and tlb_write_filter); a client takes its answer at its next try, every second cycle"};
  Param<bool> blocking{this, "blocking", false,
      "a packet keeps the TLB until it has its translation, and its translation until it is gone (Gemmini before the "
      "pipelined DMA of December 2020); else packets go round and may lose a page to each other"};
  Param<unsigned> miss_to_request{this, "miss_to_request", 1, unit::cycles, range(0, 64), "miss seen to walker asked"};
  Param<unsigned> refill_to_hit{this, "refill_to_hit", 1, unit::cycles, range(0, 64),
      "walker's answer to lookups hitting"};
  Param<bool> sfence_flushes{this, "sfence_flushes", true, "sfence.vma of the core flushes it as the flush command does"};
  // clang-format on

 private:
  static constexpr const char* summary = "TLB of the accelerator's DMA";
};

}  // namespace castor::config
