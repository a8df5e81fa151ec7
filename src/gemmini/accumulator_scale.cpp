#include "castor/gemmini/accumulator_scale.h"

#include <algorithm>

#include "castor/sim/levels.h"

namespace castor::gemmini {

ScaleUnits::ScaleUnits(const config::GemminiParams& params, const Arithmetic& arithmetic)
    : arithmetic_(arithmetic),
      lanes_used_(params.acc_scale.enabled && !params.acc_scale.fully_parallel()),
      pipe_(params.acc_scale.latency, sim::QueueMode::Pipe, params.acc_scale.latency),
      lanes_(params.dim(), lanes_used_ ? static_cast<unsigned>(params.acc_scale.units()) : 1,
             params.acc_scale.latency) {}

bool ScaleUnits::has_output(Cycle now) const {
  return lanes_used_ ? slot_valid_[head_] && lanes_.complete(head_, now) : pipe_.can_pop(now);
}

Cycle ScaleUnits::output_visible() const {
  if (!lanes_used_) return pipe_.head_visible();
  return Cycle::never();
}

void ScaleUnits::pop(Cycle now) {
  if (!lanes_used_) return pipe_.drop(now);
  slot_valid_[head_] = false;
  head_ = (head_ + 1) % ScaleLanes::slots;
  --resident_;
}

void ScaleUnits::accept(Cycle now, const AccumulatorRow& row) {
  if (!lanes_used_) return pipe_.push(now, scaled(row));
  slots_[tail_] = scaled(row);
  slot_valid_[tail_] = true;
  lanes_.load(now, tail_, false);
  tail_ = (tail_ + 1) % ScaleLanes::slots;
  ++resident_;
}

ScaledRow ScaleUnits::scaled(const AccumulatorRow& row) const {
  const bool raw = row.read_full || row.bytes.empty();
  return {raw ? row.bytes : arithmetic_.acc_to_input(row.bytes, row.how), row.for_execute};
}

AccumulatorScale::AccumulatorScale(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                   const config::GemminiParams& params, LocalMemory& memory)
    : ClockedModule(name, domain, sim::level::accumulator_scale),
      memory_(memory),
      norm_q_(params.spad_read_delay + 2),
      scale_q_(params.spad_read_delay + 2),
      issue_q_(params.spad_read_delay + 1, sim::QueueMode::Pipe),
      normalizer_(params, memory.arithmetic().types()),
      units_(params, memory.arithmetic()) {
  norm_q_.connect_consumer(*this);
  issue_q_.connect_producer(*this);
  memory.operands_to_scale.connect_consumer(*this);
  memory.scaled_operands.connect_producer(*this);
  for (std::size_t bank = 0; bank < memory.accumulator_banks(); ++bank)
    memory.accumulator(BankId{static_cast<std::uint32_t>(bank)}).connect(*this);
}

void AccumulatorScale::connect_writer(sim::Clocked& writer) {
  writer_ = &writer;
  issue_q_.connect_consumer(writer);
  units_.connect_consumer(writer);
}

// Downstream first; the stream writer has taken its row before (a lower level).
Cycle AccumulatorScale::step(Cycle now) {
  return_operand(now);
  units_.advance(now);
  enter_units(now);
  pass_scale_q(now);
  if (!take_operand(now)) pass_norm_q(now);
  if (units_.needs_steps()) writer_->wake(now + 1);
  const bool asleep = norm_q_.empty() && scale_q_.empty() && memory_.operands_to_scale.empty() &&
                      operands_inside_ == 0 && !units_.needs_steps();
  return asleep ? Cycle::never() : now + 1;
}

void AccumulatorScale::return_operand(Cycle now) {
  if (!units_.has_output(now) || !units_.output().for_execute || !memory_.scaled_operands.can_push(now)) return;
  memory_.scaled_operands.push(now, units_.output().bytes);
  units_.pop(now);
  --operands_inside_;
}

bool AccumulatorScale::uses_units(const StoreRowRequest& request) const {
  return request.laddr.is_acc() && !request.laddr.is_garbage(memory_.layout());
}

// The normaliser's row: a mvout row enters with its entry of scale_q, which moves on to issue_q.
void AccumulatorScale::enter_units(Cycle now) {
  if (!normalizer_.has_output(now)) return;
  const AccumulatorRow& row = normalizer_.output(now);
  if (!row.for_execute) {
    if (!scale_q_.can_pop(now) || !uses_units(scale_q_.front())) return;
    if (!issue_q_.can_push(now) || !units_.can_accept(now)) return static_cast<void>(++stats_.cycles_units_busy);
    issue_q_.push(now, scale_q_.front());
    scale_q_.drop(now);
    scale_q_moved_at_ = now;
    ++stats_.rows;
  } else if (!units_.can_accept(now)) {
    return;
  }
  units_.accept(now, row);
  normalizer_.pop(now);
}

void AccumulatorScale::pass_scale_q(Cycle now) {
  if (scale_q_moved_at_ == now || !scale_q_.can_pop(now) || uses_units(scale_q_.front()) || !issue_q_.can_push(now))
    return;
  issue_q_.push(now, scale_q_.front());
  scale_q_.drop(now);
}

void AccumulatorScale::pass_norm_q(Cycle now) {
  if (!norm_q_.can_pop(now) || !scale_q_.can_push(now)) return;
  const StoreRowRequest& request = norm_q_.front();
  if (uses_units(request)) {
    if (!take_row(now, request)) return;
    if (row_.cmd == NormCmd::Reset) scale_q_.push(now, request);
  } else {
    scale_q_.push(now, request);
  }
  norm_q_.drop(now);
}

bool AccumulatorScale::take_row(Cycle now, const StoreRowRequest& request) {
  AccumulatorBank& bank = memory_.accumulator(request.laddr.bank(memory_.layout()));
  if (!bank.has_response(now) || !normalizer_.can_accept(now, request.stats_id)) return false;
  row_.bytes = bank.response();
  row_.how = request.how;
  row_.len = request.len;
  row_.cmd = static_cast<NormCmd>(request.laddr.norm_cmd());
  row_.stats_id = request.stats_id;
  row_.for_execute = false;
  row_.read_full = request.laddr.read_full();
  bank.pop_response(now);
  normalizer_.accept(now, row_);
  return true;
}

bool AccumulatorScale::take_operand(Cycle now) {
  if (!memory_.operands_to_scale.can_pop(now) || !normalizer_.can_accept(now, 0)) return false;
  const OperandToScale& operand = memory_.operands_to_scale.front();
  row_ = AccumulatorRow{operand.row, operand.how, 0, NormCmd::Reset, 0, true, false};
  normalizer_.accept(now, row_);
  memory_.operands_to_scale.drop(now);
  ++operands_inside_;
  ++stats_.operands;
  return true;
}

std::string AccumulatorScale::waiting_for() const {
  return norm_q_.empty() && scale_q_.empty() ? "" : "the stream writer to take a row";
}

}  // namespace castor::gemmini
