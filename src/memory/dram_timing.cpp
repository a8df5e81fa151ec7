#include "castor/memory/dram_timing.h"

#include <algorithm>

namespace castor::memory {

std::vector<DramRule> ddr3_rules(const config::Ddr3Params& p) {
  using C = DramCommand;
  using W = DramRule::Where;
  const unsigned burst = p.burst_length / 2;  // two beats a clock
  const unsigned read_to_write = p.t_cas + burst + p.t_rtrs - std::min(p.t_cwd(), p.t_cas());
  const unsigned write_to_read = p.t_cwd + burst + p.t_wtr;
  const unsigned write_to_read_elsewhere = p.t_cwd + burst + p.t_rtrs - std::min(p.t_cas(), p.t_cwd + burst);
  return {
      {C::Activate, C::Read, W::SameBank, p.t_rcd - p.t_al},
      {C::Activate, C::Write, W::SameBank, p.t_rcd - p.t_al},
      {C::Activate, C::Precharge, W::SameBank, p.t_ras},
      {C::Activate, C::Activate, W::SameBank, p.t_rc},
      {C::Precharge, C::Activate, W::SameBank, p.t_rp},
      {C::Read, C::Precharge, W::SameBank, p.t_al + p.t_rtp},
      {C::Write, C::Precharge, W::SameBank, p.t_cwd + burst + p.t_wr},
      {C::Activate, C::Activate, W::SameRank, p.t_rrd},
      {C::Activate, C::Activate, W::SameRank, p.t_faw, 4},
      {C::Read, C::Read, W::SameRank, std::max(p.t_ccd(), burst)},
      {C::Write, C::Write, W::SameRank, std::max(p.t_ccd(), burst)},
      {C::Read, C::Write, W::SameRank, read_to_write},
      {C::Write, C::Read, W::SameRank, write_to_read},
      {C::Read, C::Read, W::OtherRank, burst + p.t_rtrs},
      {C::Write, C::Write, W::OtherRank, burst + p.t_rtrs},
      {C::Read, C::Write, W::OtherRank, read_to_write},
      {C::Write, C::Read, W::OtherRank, write_to_read_elsewhere},
      {C::Precharge, C::Refresh, W::SameRank, p.t_rp},
      {C::Refresh, C::Activate, W::SameRank, p.t_rfc},
      {C::Refresh, C::Refresh, W::SameRank, p.t_rfc},
  };
}

DramTiming::DramTiming(std::vector<DramRule> rules, unsigned ranks, unsigned banks)
    : rules_(std::move(rules)),
      banks_per_rank_(banks),
      ranks_(ranks),
      banks_(std::size_t{ranks} * banks),
      history_(ranks) {}

Cycle DramTiming::earliest(DramCommand command, DramPlace place) const {
  const auto index = static_cast<std::size_t>(command);
  return std::max(ranks_[place.rank][index], bank(place)[index]);
}

void DramTiming::issue(Cycle now, DramCommand command, DramPlace place) {
  if (command == DramCommand::Activate) {
    History& history = history_[place.rank];
    history.activates[history.count++ % history.activates.size()] = now;
  }
  for (const DramRule& rule : rules_)
    if (rule.first == command) apply(now, rule, place);
}

void DramTiming::apply(Cycle now, const DramRule& rule, DramPlace place) {
  if (rule.window > 1) {  // counts from the window-th last activate, this one included
    const History& history = history_[place.rank];
    if (history.count < rule.window) return;
    now = history.activates[(history.count - rule.window) % history.activates.size()];
  }
  const Cycle until = now + rule.cycles;
  switch (rule.where) {
    case DramRule::Where::SameBank:
      return hold(until, rule.second, bank(place));
    case DramRule::Where::SameRank:
      return hold(until, rule.second, ranks_[place.rank]);
    case DramRule::Where::OtherRank:
      for (unsigned rank = 0; rank < ranks_.size(); ++rank)
        if (rank != place.rank) hold(until, rule.second, ranks_[rank]);
  }
}

void DramTiming::hold(Cycle until, DramCommand command, Earliest& earliest) {
  Cycle& cycle = earliest[static_cast<std::size_t>(command)];
  cycle = std::max(cycle, until);
}

}  // namespace castor::memory
