#include "castor/gemmini/mvin_scale.h"

#include "castor/common/error.h"

namespace castor::gemmini {

namespace {

const config::ScaleParams& scale_of(const config::GemminiParams& params, MvinScale::Width width) {
  return width == MvinScale::Width::Input ? params.mvin_scale : params.mvin_scale_acc;
}

unsigned units_of(const config::ScaleParams& scale) {
  return scale.enabled && !scale.fully_parallel() ? static_cast<unsigned>(scale.units()) : 1;
}

}  // namespace

MvinScale::MvinScale(const config::GemminiParams& params, const Arithmetic& arithmetic, Width width)
    : arithmetic_(arithmetic),
      width_(width),
      multiplies_(scale_of(params, width).enabled),
      mode_(!multiplies_                               ? Mode::Register
            : scale_of(params, width).fully_parallel() ? Mode::Pipe
                                                       : Mode::Slots),
      queued_(params.mvin_queue_before_scale),
      queue_(2),
      lanes_(params.dim(), units_of(scale_of(params, width)), scale_of(params, width).latency),
      pipe_(scale_of(params, width).latency, sim::QueueMode::Pipe, scale_of(params, width).latency) {}

const LoadedRow* MvinScale::output(Cycle now) const {
  switch (mode_) {
    case Mode::Slots:
      return slot_valid_[head_] && lanes_.complete(head_, now) ? &slots_[head_] : nullptr;
    case Mode::Pipe:
      return pipe_.can_pop(now) ? &pipe_.front() : nullptr;
    default:
      return in_valid_ ? &in_ : nullptr;
  }
}

void MvinScale::pop(Cycle now) {
  if (mode_ == Mode::Register) return leave_register();
  if (mode_ == Mode::Pipe) return pipe_.drop(now);
  slot_valid_[head_] = false;
  freed_ = static_cast<int>(head_);
  head_ = (head_ + 1) % ScaleLanes::slots;
}

void MvinScale::advance(Cycle now) {
  if (mode_ == Mode::Slots) move_into_slot(now);
  if (mode_ == Mode::Pipe && in_valid_ && pipe_.can_push(now)) {
    pipe_.push(now, in_);
    leave_register();
  }
  if (!queued_ || in_valid_ || !queue_.can_pop(now)) return;
  in_ = queue_.front();
  queue_.drop(now);
  load_register();
}

// A slot freed in this cycle takes its next row in the next.
void MvinScale::move_into_slot(Cycle now) {
  const bool moves = in_valid_ && !slot_valid_[tail_] && freed_ != static_cast<int>(tail_);
  freed_ = -1;
  lanes_.step(now);
  if (!moves) return;
  slots_[tail_] = in_;
  slot_valid_[tail_] = true;
  lanes_.load(now, tail_, in_.scale == float_one_bits);
  tail_ = (tail_ + 1) % ScaleLanes::slots;
  leave_register();
}

void MvinScale::accept(Cycle now) {
  if (queued_)
    queue_.push(now, staged_);
  else
    load_register();
}

void MvinScale::load_register() {
  in_valid_ = true;
  if (multiplies_) scale(in_);
  base_row_ = in_.row;
  ends_packet_ = in_.last;
  show_repeat();
}

void MvinScale::leave_register() {
  in_valid_ = in_.repeats != 0;
  if (!in_valid_) return;
  --in_.repeats;
  show_repeat();
}

void MvinScale::show_repeat() {
  in_.row = base_row_ + in_.repeats;
  in_.last = ends_packet_ && in_.repeats == 0;
}

void MvinScale::scale(LoadedRow& row) const {
  if (row.bytes.empty()) return;
  if (width_ == Width::Input)
    arithmetic_.mvin_scale(row.bytes, row.scale);
  else
    arithmetic_.mvin_scale_acc(row.bytes, row.scale);
}

bool MvinScale::idle() const {
  return !in_valid_ && queue_.empty() && pipe_.empty() && !slot_valid_[0] && !slot_valid_[1] && !slot_valid_[2];
}

}  // namespace castor::gemmini
