// DDR3 as data: which command must wait for which, where, and how long.
//
// A rule says: after `first`, a `second` at the same place (bank, rank, or another rank of the channel) waits `cycles`
// from the `window`-th last `first` (1: the last one; 4: the four-activate window). The state below applies the table
// and knows nothing else of DDR3. Timing parameters: config::Ddr3Params, reference FASED (soc.md section 7.3).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "castor/common/types.h"
#include "castor/config/dram_params.h"

namespace castor::memory {

enum class DramCommand : std::uint8_t { Activate, Precharge, Read, Write, Refresh, count_ };

struct DramRule {
  enum class Where : std::uint8_t { SameBank, SameRank, OtherRank };
  DramCommand first, second;
  Where where;
  unsigned cycles;
  unsigned window = 1;
};

/// The table for a set of parameters.
std::vector<DramRule> ddr3_rules(const config::Ddr3Params& params);

/// A bank of the channel.
struct DramPlace {
  unsigned rank = 0;
  unsigned bank = 0;
};

/// When each command may be given next, by the rules alone.
class DramTiming {
 public:
  DramTiming(std::vector<DramRule> rules, unsigned ranks, unsigned banks);

  bool allows(Cycle now, DramCommand command, DramPlace place) const { return earliest(command, place) <= now; }
  Cycle earliest(DramCommand command, DramPlace place) const;
  void issue(Cycle now, DramCommand command, DramPlace place);

 private:
  static constexpr std::size_t commands = static_cast<std::size_t>(DramCommand::count_);
  using Earliest = std::array<Cycle, commands>;
  struct History {
    std::array<Cycle, 4> activates{};
    unsigned count = 0;
  };

  void hold(Cycle until, DramCommand command, Earliest& earliest);
  Earliest& bank(DramPlace place) { return banks_[place.rank * banks_per_rank_ + place.bank]; }
  const Earliest& bank(DramPlace place) const { return banks_[place.rank * banks_per_rank_ + place.bank]; }
  void apply(Cycle now, const DramRule& rule, DramPlace place);

  std::vector<DramRule> rules_;
  unsigned banks_per_rank_;
  std::vector<Earliest> ranks_, banks_;
  std::vector<History> history_;  // of activates, by rank
};

}  // namespace castor::memory
