#include <algorithm>

#include "castor/common/error.h"
#include "oracle_units.h"

namespace castor::functional {

Oracle::ExecuteUnit::ExecuteUnit(const OracleParams& params, const Arithmetic& arithmetic, LocalMemory& local)
    : params_(params),
      arithmetic_(arithmetic),
      local_(local),
      matrices_{arithmetic.make_matrix(), arithmetic.make_matrix()},
      a_(params.types.dim),
      bd_(params.types.dim) {}

void Oracle::ExecuteUnit::configure(const isa::Command& command) {
  const isa::ConfigEx config = isa::ConfigEx::decode(command);
  if (!config.set_only_strides) config_ = config;
  config_.a_stride = config.a_stride;
  config_.c_stride = config.c_stride;
  configured_ = configured_ || !config.set_only_strides;
}

void Oracle::ExecuteUnit::preload(const isa::Command& command, Writes writes, std::vector<Writes>& finished) {
  if (!configured_) throw UserError("preload: no config_ex before it; the execute state is undefined after reset");
  const isa::Preload preload = isa::Preload::decode(command);
  if (named_.valid) finished.push_back(std::move(named_.writes));
  fetch(preload.source, 1, config_.b_transpose && config_.weight_stationary, "preload", bd_);
  for (unsigned k = 0; k < params_.types.dim; ++k) {
    if (config_.weight_stationary)
      arithmetic_.set_weights_row(loading(), k, bd_[k]);
    else
      arithmetic_.set_accumulators_row(loading(), k, bd_[k]);
  }
  named_ = {true, preload.destination, std::move(writes)};
}

void Oracle::ExecuteUnit::compute(const isa::Command& command, std::vector<Writes>& finished) {
  if (!configured_) throw UserError("compute: no config_ex before it; the execute state is undefined after reset");
  const isa::Compute compute = isa::Compute::decode(command);
  if (!config_.weight_stationary && compute.preloaded) drain(finished);
  if (compute.preloaded) active_ ^= 1;
  fetch(compute.a, config_.a_stride, config_.a_transpose, "compute", a_);
  fetch(compute.bd, 1, config_.b_transpose && !config_.weight_stationary, "compute", bd_);
  config_.weight_stationary ? compute_ws(finished) : compute_os(finished);
}

void Oracle::ExecuteUnit::compute_ws(std::vector<Writes>& finished) {
  if (!named_.valid) return;  // no preload named a destination: the result is lost
  const isa::LocalBlock& c = named_.destination;
  RowBytes sums;
  for (std::uint32_t i = 0; i < c.rows && !c.addr.is_garbage(params_.layout); ++i) {
    arithmetic_.ws_row(active(), a_[i], bd_[i], sums);
    write_result(local_.at(c.addr, std::int64_t{i} * config_.c_stride, "compute"), sums, c.cols, named_.writes);
  }
  finished.push_back(std::move(named_.writes));
  named_.valid = false;
}

void Oracle::ExecuteUnit::compute_os(std::vector<Writes>& finished) {
  RowBytes column(arithmetic_.input_row_bytes());
  const std::size_t element = params_.types.input.bytes();
  for (unsigned k = 0; k < params_.types.dim; ++k) {
    for (unsigned i = 0; i < params_.types.dim; ++i)
      std::memcpy(column.data() + i * element, a_[i].data() + k * element, element);
    arithmetic_.os_rank1(active(), column, bd_[k]);
  }
  if (!named_.valid) return;
  if (inside_.valid) finished.push_back(std::move(inside_.writes));
  inside_ = std::move(named_);
  named_ = {};
  if (inside_.destination.addr.is_garbage(params_.layout)) drain(finished);
}

/// Rows leave last first; the address counts down from the last row by c_stride (ExecuteController.scala, w_address).
void Oracle::ExecuteUnit::drain(std::vector<Writes>& finished) {
  if (!inside_.valid) return;
  const isa::LocalBlock& c = inside_.destination;
  const std::uint32_t last = params_.types.dim - 1;
  RowBytes sums;
  for (std::uint32_t count = 0; count <= last && !c.addr.is_garbage(params_.layout); ++count) {
    const std::uint32_t row = last - count;
    if (row >= c.rows) continue;
    arithmetic_.os_row(active(), row, config_.in_shift, sums);
    const std::int64_t offset = std::int64_t{last} - std::int64_t{count} * config_.c_stride;
    write_result(local_.at(c.addr, offset, "compute"), sums, c.cols, inside_.writes);
  }
  finished.push_back(std::move(inside_.writes));
  inside_.valid = false;
}

bool Oracle::ExecuteUnit::result_pending_in(bool accumulator, std::uint32_t row, std::uint32_t rows) const {
  const LocalAddr c = inside_.destination.addr;
  if (!inside_.valid || c.is_acc() != accumulator) return false;
  const std::int64_t first = c.row(params_.layout), dim = params_.types.dim;
  const std::int64_t low = std::min(first, first + (dim - 1) * (1 - std::int64_t{config_.c_stride}));
  return row < first + dim && std::int64_t{row} + rows > low;
}

bool Oracle::ExecuteUnit::result_pending_for(const isa::LocalBlock& operand, std::uint32_t stride) const {
  if (!inside_.valid || operand.addr.is_garbage(params_.layout)) return false;
  const std::uint32_t rows = std::max(operand.rows, operand.cols);  // either, when transposed
  return result_pending_in(operand.addr.is_acc(), operand.addr.row(params_.layout), rows * std::max(stride, 1U));
}

/// All dim rows of an operand in the orientation the array computes with; what the command does not cover is zero.
/// A transposed operand names its logical size: `cols` rows of `rows` elements are read and turned.
void Oracle::ExecuteUnit::fetch(const isa::LocalBlock& block, std::uint32_t stride, bool transposed, const char* what,
                                std::vector<RowBytes>& rows) const {
  const std::uint32_t stored_rows = transposed ? block.cols : block.rows;
  const std::uint32_t stored_cols = transposed ? block.rows : block.cols;
  std::fill(rows.begin(), rows.end(), RowBytes(arithmetic_.input_row_bytes()));
  if (block.addr.is_garbage(params_.layout) || stored_cols == 0) return;
  const std::size_t element = params_.types.input.bytes();
  for (std::uint32_t r = 0; r < stored_rows; ++r) {
    const RowBytes row = operand_row(local_.at(block.addr, std::int64_t{r} * stride, what));
    for (std::uint32_t c = 0; c < stored_cols; ++c) {
      RowBytes& to = rows[transposed ? c : r];
      std::memcpy(to.data() + (transposed ? r : c) * element, row.data() + c * element, element);
    }
  }
}

RowBytes Oracle::ExecuteUnit::operand_row(LocalAddr address) const {
  if (!address.is_acc()) return local_.read(address);
  AccScaling how;
  how.scale = config_.acc_scale;
  if (config_.activation == Activation::Relu && params_.has_nonlinear_activations) how.activation = Activation::Relu;
  return arithmetic_.acc_to_input(local_.read(address), how);
}

void Oracle::ExecuteUnit::write_result(LocalAddr address, const RowBytes& array_row, std::uint32_t cols,
                                       Writes& writes) {
  if (address.is_acc()) return local_.write_accumulator(address, array_row, cols, writes);
  const bool relu = config_.activation == Activation::Relu && params_.has_nonlinear_activations;
  const RowBytes row = arithmetic_.array_to_input(array_row, relu);
  local_.write(address, 0, row.data(), std::size_t{cols} * params_.types.input.bytes(), writes);
}

}  // namespace castor::functional
