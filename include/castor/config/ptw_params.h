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
      "walker: reads the tables (Sv39) through the core's L1; fixed: knows them and answers after fixed_latency"};
  Param<unsigned> fixed_latency{this, "fixed_latency", 8, unit::cycles, range(1, 100000),
      "fixed: request taken to answer"};
  Param<unsigned> walkers{this, "walkers", 1, unit::none, range(1, 16), "walks under way at a time"};
  Param<unsigned> pte_cache_entries{this, "pte_cache_entries", 8, unit::entries, range(0, 256),
      "cache of non-leaf entries, pseudo-LRU; 0: none"};
  Param<unsigned> l2_tlb_entries{this, "l2_tlb_entries", 0, unit::entries, range(0, 65536),
      "shared second-level TLB, for 4 KiB pages; 0: none"};
  Param<unsigned> l2_tlb_ways{this, "l2_tlb_ways", 1, unit::ways, power_of_two(1, 64),
      "its associativity, pseudo-LRU"};
  Param<unsigned> l2_tlb_hit{this, "l2_tlb_hit", 3, unit::cycles, range(1, 64),
      "request taken to answer if it holds the page; a miss costs nothing, the walk begins meanwhile"};
  // clang-format on

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "page-table walker";
};

}  // namespace castor::config
