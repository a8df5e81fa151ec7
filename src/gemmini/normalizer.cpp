#include "castor/gemmini/normalizer.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::gemmini {

Normalizer::Normalizer(const config::GemminiParams& params, const ElementTypes& types)
    : passes_through_(!params.has_normalizations), scales_once_(params.norm_scales_once), queue_(2) {
  for (unsigned i = 0; i < (passes_through_ ? 0 : params.norm_stat_ids()); ++i) {
    ids_.emplace_back();
    ids_.back().statistics = NormStatistics(types.head_iexp, types.norm_scales_once);
  }
}

bool Normalizer::ends_pass(NormCmd cmd) {
  return cmd == NormCmd::Mean || cmd == NormCmd::InvStddev || cmd == NormCmd::InvSumExp;
}

// Iterations of the units behind the lanes: hardfloat's divider (1 or 2 bits a cycle), integer square root, multiplier.
unsigned Normalizer::unit_latency(NormCmd cmd) const {
  const unsigned divide = scales_once_ ? 18 : 34, reciprocal = scales_once_ ? 14 : 26;
  const unsigned square_root = 17, multiply = scales_once_ ? 3 : 0;
  switch (cmd) {
    case NormCmd::Mean:
      return divide;
    case NormCmd::InvStddev:
      return divide + square_root + reciprocal + multiply;
    case NormCmd::InvSumExp:
      return reciprocal + multiply;
    default:
      return 0;
  }
}

bool Normalizer::has_output(Cycle now) const {
  if (passes_through_) return queue_.can_pop(now);
  return output_id(now) < ids_.size();
}

std::size_t Normalizer::output_id(Cycle now) const {
  std::size_t id = 0;
  while (id < ids_.size() && !(ids_[id].offers && ids_[id].ready <= now)) ++id;
  return id;
}

const AccumulatorRow& Normalizer::output(Cycle now) const {
  return passes_through_ ? queue_.front() : ids_[output_id(now)].row;
}

void Normalizer::pop(Cycle now) {
  if (passes_through_) return queue_.drop(now);
  Id& id = ids_[output_id(now)];
  id.offers = false;
  id.ready = now;
  id.statistics.clear_sums();
}

bool Normalizer::can_accept(Cycle now, std::uint8_t stats_id) const {
  if (passes_through_) return queue_.can_push(now);
  const Id& id = ids_[stats_id % ids_.size()];
  return !id.offers && id.ready <= now && drained_at_ <= now;
}

void Normalizer::accept(Cycle now, const AccumulatorRow& row) {
  if (passes_through_) return queue_.push(now, row);
  Id& id = ids_[row.stats_id % ids_.size()];
  if (!row.bytes.empty()) id.statistics.observe(row.cmd, row.bytes, row.len, row.how.constants, row.how.scale);
  id.ready = now + 1;
  if (row.cmd == NormCmd::Reset) {
    id.offers = true;
    id.row = row;
    id.row.how.norm = id.statistics.result();
    return;
  }
  if (row.cmd == NormCmd::Max) drained_at_ = now + 2;
  if (row.cmd == NormCmd::SumExp && scales_once_) id.ready = now + 2;
  if (!ends_pass(row.cmd)) return;
  drained_at_ = now + 2 + lane_latency;
  units_free_ = std::max(units_free_, drained_at_) + unit_latency(row.cmd);
  id.ready = units_free_;
}

bool Normalizer::idle() const {
  if (passes_through_) return queue_.empty();
  return std::none_of(ids_.begin(), ids_.end(), [](const Id& id) { return id.offers; });
}

}  // namespace castor::gemmini
