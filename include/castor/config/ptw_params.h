// The page-table walker. RTL twin: PTW.scala of rocket-chip.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

enum class PtwModel { Walker, Fixed };

template <>
struct Names<PtwModel> {
  static constexpr std::pair<PtwModel, const char*> all[] = {{PtwModel::Walker, "walker"}, {PtwModel::Fixed, "fixed"}};
};

class PtwParams : public Group {
 public:
  PtwParams() : Group("ptw", summary) {}
  explicit PtwParams(Group* parent, const char* key = "ptw") : Group(parent, key, summary) {}

  // clang-format off
  Param<PtwModel> model{this, "model", PtwModel::Walker,
      "walker: reads the tables through the core's L1; fixed: answers after fixed_latency"};
  Param<unsigned> fixed_latency{this, "fixed_latency", 8, unit::cycles, range(1, 100000), "fixed: request to answer"};
  Param<unsigned> page_levels{this, "levels", 3, unit::levels, range(3, 5), "levels of the page table (Sv39: 3)"};
  Param<unsigned> pte_cache_entries{this, "pte_cache_entries", 8, unit::entries, range(0, 256),
      "cache of non-leaf entries, pseudo-LRU"};
  Param<unsigned> pte_cache_hit{this, "pte_cache_hit", 1, unit::cycles, range(0, 64), "a level answered by that cache"};
  Param<unsigned> l1_hit{this, "l1_hit", 4, unit::cycles, range(1, 64), "a level whose entry is in the core's L1"};
  Param<unsigned> leaf_response{this, "leaf_response", 1, unit::cycles, range(0, 64), "last level to answer"};
  Param<unsigned> l2_tlb_entries{this, "l2_tlb_entries", 0, unit::entries, range(0, 65536),
      "shared second-level TLB; 0: none"};
  Param<unsigned> l2_tlb_ways{this, "l2_tlb_ways", 1, unit::ways, power_of_two(1, 64), "its associativity"};
  Param<unsigned> l2_tlb_hit{this, "l2_tlb_hit", 3, unit::cycles, range(1, 64), "a walk saved by it"};
  // clang-format on

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "page-table walker";
};

}  // namespace castor::config
