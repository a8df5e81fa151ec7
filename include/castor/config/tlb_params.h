// The DMA's TLB beyond gemmini.tlb_size. RTL twin: FrontendTLB.scala of Gemmini, TLB.scala of rocket-chip.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

class TlbParams : public Group {
 public:
  TlbParams() : Group("tlb", summary) {}
  explicit TlbParams(Group* parent, const char* key = "tlb") : Group(parent, key, summary) {}

  // clang-format off
  Param<unsigned> sectors{this, "sectors", 4, unit::none, power_of_two(1, 64),
      "pages under one tag: tlb_size / sectors tags in all, each of `sectors` aligned pages"};
  Param<unsigned> superpage_entries{this, "superpage_entries", 4, unit::entries, range(0, 64),
      "entries for 2 MiB and 1 GiB pages"};
  Param<unsigned> special_entries{this, "special_entries", 1, unit::entries, range(0, 1),
      "entry for a page with finer protection"};
  Param<unsigned> miss_to_request{this, "miss_to_request", 1, unit::cycles, range(0, 64), "miss seen to walker asked"};
  Param<unsigned> refill_to_hit{this, "refill_to_hit", 1, unit::cycles, range(0, 64),
      "walker's answer to lookups hitting"};
  // clang-format on

 private:
  static constexpr const char* summary = "TLB of the accelerator's DMA";
};

}  // namespace castor::config
