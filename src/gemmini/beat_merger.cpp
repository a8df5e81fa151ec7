#include "castor/gemmini/beat_merger.h"

#include <algorithm>

#include "castor/gemmini/scratchpad_bank.h"

namespace castor::gemmini {

BeatMerger::BeatMerger(const config::GemminiParams& params)
    : beat_bytes_(params.dma_bus_bytes()),
      sp_row_bytes_(params.sp_row_bytes()),
      acc_row_bytes_(params.acc_row_bytes()),
      dim_(params.dim()),
      row_mask_((1U << params.local_addr_bits()) - 1) {
  CASTOR_ASSERT(std::max<std::uint64_t>(params.dma_maxbytes().count(), beat_bytes_) <= capacity);
}

unsigned BeatMerger::useful_bytes() const {
  const unsigned after_shift = bytes_read_ > xact_.shift ? bytes_read_ - xact_.shift : 0;
  return std::min(after_shift, xact_.bytes_to_read);
}

unsigned BeatMerger::sent_after_row() const {
  const unsigned room = row_bytes() - (bytes_sent_ == 0 ? xact_.row_offset : 0);
  return std::min(bytes_sent_ + room, xact_.bytes_to_read);
}

void BeatMerger::drain(Cycle now) {
  if (!finished()) return;
  valid_ = false;
  blocked_at_ = now;
}

bool BeatMerger::has_row() const {
  if (!valid_) return false;
  const unsigned useful = useful_bytes();
  return useful > bytes_sent_ && (useful - bytes_sent_ >= row_bytes() || useful == xact_.bytes_to_read);
}

void BeatMerger::pop_row(Cycle now, LoadedRow& out) {
  const unsigned sent = sent_after_row();
  fill(out, bytes_sent_ == 0 ? xact_.row_offset : 0, sent - bytes_sent_);
  out.last = sent == xact_.bytes_to_read;
  sent_before_ = bytes_sent_;
  sent_at_ = now;
  bytes_sent_ = sent;
  if (out.last && bytes_read_ == size_) valid_ = false;
}

void BeatMerger::fill(LoadedRow& out, unsigned offset, unsigned count) const {
  const unsigned lane_bytes = row_bytes() / dim_;
  out.begin = static_cast<std::uint16_t>(offset);
  out.end = static_cast<std::uint16_t>(offset + count);
  out.lane_mask = first_lanes(ceil_div(out.end, lane_bytes)) & ~first_lanes(offset / lane_bytes);
  out.row = (xact_.row + xact_.block_stride * ((xact_.row_offset + bytes_sent_) / row_bytes())) & row_mask_;
  out.scale = xact_.scale;
  out.repeats = xact_.repeats;
  out.pixel_repeats = xact_.pixel_repeats;
  out.cols = xact_.cols;
  out.bytes_read = xact_.bytes_to_read;
  out.command_slot = xact_.command_slot;
  out.is_acc = xact_.is_acc;
  out.accumulate = xact_.accumulate;
  out.full_width = xact_.full_width;
  const std::uint8_t* data = buffer_.data() + xact_.shift + bytes_sent_;
  const bool whole = count == row_bytes();
  out.bytes = !has_data_ ? RowBytes() : whole ? RowBytes(data, count) : RowBytes(row_bytes());
  if (has_data_ && !whole) std::memcpy(out.bytes.data() + offset, data, count);
}

void BeatMerger::begin(const Xact& xact) {
  valid_ = true;
  xact_ = xact;
  size_ = std::max(1U << xact.log2_size, beat_bytes_);
  bytes_read_ = 0;
  bytes_sent_ = 0;
  sent_at_ = Cycle::never();
}

void BeatMerger::take(Cycle now, const Xact& xact, const std::uint8_t* data) {
  const bool first = !valid_;
  if (first) begin(xact);
  has_data_ = data != nullptr;
  if (has_data_) std::memcpy(buffer_.data() + bytes_read_, data, beat_bytes_);
  bytes_read_ += beat_bytes_;
  const unsigned sent = sent_at_ == now ? sent_before_ : bytes_sent_;
  if (!first && sent == xact_.bytes_to_read && bytes_read_ == size_) valid_ = false;
  if (load_writer_ != nullptr) load_writer_->wake(now + 1);
}

}  // namespace castor::gemmini
