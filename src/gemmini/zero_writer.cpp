#include "castor/gemmini/zero_writer.h"

#include <algorithm>

#include "castor/gemmini/scratchpad_bank.h"

namespace castor::gemmini {

void ZeroWriter::accept(Cycle now, const LoadRowRequest& request) {
  CASTOR_ASSERT(!valid_);
  valid_ = true;
  request_ = request;
  column_ = 0;
  if (consumer_ != nullptr) consumer_->wake(now + 1);
}

void ZeroWriter::row(LoadedRow& out) const {
  const LocalAddr addr =
      request_.laddr.with_offset(std::int64_t{request_.block_stride} * (column_ / layout_.dim), layout_);
  const bool narrow = !(request_.full_width || addr.is_acc());
  out.lane_mask = first_lanes(std::min(request_.cols - column_, layout_.dim));
  out.row = addr.data(layout_);
  out.pixel_repeats = request_.pixel_repeats;
  out.cols = request_.cols;
  out.bytes_read = request_.cols * (request_.full_width ? acc_bytes_ : input_bytes_);
  out.command_slot = request_.command_slot;
  out.is_acc = addr.is_acc();
  out.accumulate = addr.accumulate();
  out.full_width = !narrow;
  out.last = column_ + layout_.dim >= request_.cols;
}

void ZeroWriter::pop_row(Cycle now) {
  column_ += layout_.dim;
  if (column_ < request_.cols) return;
  valid_ = false;
  if (producer_ != nullptr) producer_->wake(now);
}

}  // namespace castor::gemmini
