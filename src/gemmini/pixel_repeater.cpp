#include "castor/gemmini/pixel_repeater.h"

#include <cstring>

#include "castor/gemmini/scratchpad_bank.h"

namespace castor::gemmini {

void PixelRepeater::accept(const LoadedRow& row) {
  in_ = row;
  valid_ = true;
  repeats_left_ = row.pixel_repeats - 1;
  show();
}

void PixelRepeater::advance(bool taken) {
  if (!valid_ || !(taken || underflow_)) return;
  valid_ = repeats_left_ != 0;
  if (!valid_) return;
  --repeats_left_;
  show();
}

// The row as this repeat writes it: lower by the repeats left, lanes moved up.
void PixelRepeater::show() {
  underflow_ = false;
  if (repeats_left_ == 0) return;
  const std::uint32_t floor = in_.row < half_ ? 0 : half_;
  underflow_ = in_.row < floor + repeats_left_;
  if (underflow_) return;
  out_ = in_;
  out_.row = in_.row - repeats_left_;
  out_.last = false;
  const unsigned shift = repeats_left_ * in_.cols;
  out_.lane_mask = shift < 64 ? (in_.lane_mask << shift) & first_lanes(dim_) : 0;
  if (in_.bytes.empty() || shift >= dim_) return;
  const std::size_t offset = shift * (in_.bytes.size() / dim_);
  std::memcpy(out_.bytes.data() + offset, in_.bytes.data(), in_.bytes.size() - offset);
}

}  // namespace castor::gemmini
