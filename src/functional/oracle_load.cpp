#include <algorithm>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "oracle_units.h"

namespace castor::functional {

struct Oracle::LoadUnit::Target {
  LocalAddr address;
  const isa::ConfigMvin& state;
  bool full_width;  ///< elements of the accumulator type
};

Oracle::LoadUnit::LoadUnit(const OracleParams& params, const Arithmetic& arithmetic, VirtualMemory& memory,
                           LocalMemory& local)
    : params_(params), arithmetic_(arithmetic), memory_(memory), local_(local) {
  for (unsigned id = 0; id < states_.size(); ++id) states_[id].state = id;
}

void Oracle::LoadUnit::configure(const isa::Command& command) {
  const isa::ConfigMvin config = isa::ConfigMvin::decode(command);
  states_[config.state] = config;
}

std::uint32_t Oracle::LoadUnit::rows_spanned(const isa::Mvin& mvin) const {
  const auto blocks = static_cast<std::uint32_t>(ceil_div(mvin.local.cols, params_.types.dim));
  return (blocks - 1) * states_[mvin.state].block_stride + mvin.local.rows;
}

void Oracle::LoadUnit::mvin(const isa::Command& command, Writes& writes) {
  const isa::Mvin mvin = isa::Mvin::decode(command);
  const isa::ConfigMvin& state = states_[mvin.state];
  const bool full = mvin.local.addr.is_acc() && !state.shrink;
  const unsigned element = full ? params_.types.accumulator.bytes() : params_.types.input.bytes();
  std::vector<std::uint8_t> row(mvin.local.cols * element);
  for (std::uint32_t r = 0; r < mvin.local.rows; ++r) {
    // Address 0 fills with zeros: the test is on the command's address, not on the row's.
    if (mvin.dram.value() != 0) memory_.read(mvin.dram + r * state.stride, row.data(), row.size());
    for (std::uint32_t col = 0; col < mvin.local.cols; col += params_.types.dim) {
      const std::int64_t offset = r + std::int64_t{col / params_.types.dim} * state.block_stride;
      const Target target{local_.at(mvin.local.addr, offset, "mvin"), state, full};
      write_block(target, row.data() + col * element, std::min(params_.types.dim, mvin.local.cols - col), writes);
    }
  }
}

void Oracle::LoadUnit::write_block(const Target& target, const std::uint8_t* elements, unsigned lanes, Writes& writes) {
  const unsigned element = target.full_width ? params_.types.accumulator.bytes() : params_.types.input.bytes();
  RowBytes row(params_.types.dim * element);
  std::memcpy(row.data(), elements, lanes * element);
  if (target.full_width && params_.mvin_scale_acc) arithmetic_.mvin_scale_acc(row, target.state.scale);
  if (!target.full_width && params_.mvin_scale) arithmetic_.mvin_scale(row, target.state.scale);
  if (target.address.is_acc())
    return local_.write_accumulator(target.address, target.full_width ? row : arithmetic_.widen(row), lanes, writes);
  write_pixels(target, row, lanes, writes);
}

/// A row of pixels also lands in the rows before it, shifted by one pixel each: neighbours of the first layer's kernel.
/// Rows before the start of the half the address lies in are dropped.
void Oracle::LoadUnit::write_pixels(const Target& target, const RowBytes& row, unsigned lanes, Writes& writes) {
  const unsigned element = params_.types.input.bytes();
  const std::uint32_t half = params_.layout.sp_rows() / 2;
  const std::uint32_t here = target.address.row(params_.layout);
  const std::uint32_t floor = here < half ? 0 : half;
  for (std::uint32_t p = target.state.repeats(); p-- > 0;) {
    const std::uint32_t shift = p * lanes;
    if (here < floor + p || shift >= params_.types.dim) continue;
    const std::uint32_t kept = std::min(lanes, params_.types.dim - shift);
    local_.write(target.address.with_offset(-std::int64_t{p}, params_.layout), shift * element, row.data(),
                 kept * element, writes);
  }
}

}  // namespace castor::functional
