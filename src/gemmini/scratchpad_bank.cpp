#include "castor/gemmini/scratchpad_bank.h"

namespace castor::gemmini {

RowStore::RowStore(std::uint32_t rows, unsigned row_bytes, unsigned lanes)
    : row_bytes_(row_bytes), lanes_(lanes), bytes_(std::size_t{rows} * row_bytes) {}

RowBytes RowStore::read(std::uint32_t row) const {
  if (!holds_values()) return RowBytes{};
  return RowBytes{bytes_.data() + std::size_t{row} * row_bytes_, row_bytes_};
}

void RowStore::write(std::uint32_t row, const RowBytes& value, std::uint64_t lane_mask) {
  if (!holds_values()) return;
  CASTOR_ASSERT(value.size() == row_bytes_);
  std::uint8_t* target = bytes_.data() + std::size_t{row} * row_bytes_;
  const std::uint64_t every = first_lanes(lanes_);
  if ((lane_mask & every) == every)
    std::memcpy(target, value.data(), row_bytes_);
  else
    write_lanes(target, value.data(), lane_mask);
}

void RowStore::write_lanes(std::uint8_t* target, const std::uint8_t* source, std::uint64_t lane_mask) const {
  const unsigned width = row_bytes_ / lanes_;
  for (unsigned lane = 0; lane < lanes_; ++lane)
    if ((lane_mask >> lane) & 1) std::memcpy(target + lane * width, source + lane * width, width);
}

ScratchpadBank::ScratchpadBank(const sc_core::sc_module_name& name, const Shape& shape, sim::Probes& probes)
    : Module(name),
      shape_(shape),
      rows_(shape.rows, shape.row_bytes, shape.lanes),
      probes_(probes),
      pipes_{ResponsePipe{shape.pipe_depth, shape.pipe_latency}, ResponsePipe{shape.pipe_depth, shape.pipe_latency}} {}

void ScratchpadBank::write(Cycle now, std::uint32_t row, const RowBytes& value, std::uint64_t lane_mask) {
  CASTOR_ASSERT(can_write(now));
  written_at_ = now;
  rows_.write(row, value, lane_mask);
  ++stats_.writes;
  if (probes_.watched()) probes_.emit(&sim::Observer::scratchpad_write, now, shape_.bank, row);
}

void ScratchpadBank::watch_read(Cycle now, std::uint32_t row, Reader reader) {
  probes_.emit(&sim::Observer::scratchpad_read, now, shape_.bank, row, reader == Reader::Dma);
}

}  // namespace castor::gemmini
