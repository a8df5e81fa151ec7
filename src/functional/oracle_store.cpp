#include <algorithm>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "oracle_units.h"

namespace castor::functional {

Oracle::StoreUnit::StoreUnit(const OracleParams& params, const Arithmetic& arithmetic, VirtualMemory& memory,
                             LocalMemory& local)
    : params_(params),
      arithmetic_(arithmetic),
      memory_(memory),
      local_(local),
      statistics_(params.norm_stats, NormStatistics(params.types.head_iexp, params.types.norm_scales_once)) {}

void Oracle::StoreUnit::configure(const isa::Command& command) {
  const isa::ConfigMvout previous = config_;
  config_ = isa::ConfigMvout::decode(command);
  if (config_.acc_scale == isa::ConfigMvout::keep_scale) config_.acc_scale = previous.acc_scale;
  if (config_.pool_stride != 0) return;
  // Without a pooling stride the geometry stays, except what the one-dimensional mode needs.
  isa::ConfigMvout kept = previous;
  if (config_.pool_size != 0) {
    kept.orows = config_.orows;
    kept.ocols = config_.ocols;
    kept.pool_out_dim = config_.pool_out_dim;
  }
  kept.activation = config_.activation;
  kept.pool_stride = 0;
  kept.pool_size = config_.pool_size;
  kept.stride = config_.stride;
  kept.acc_scale = config_.acc_scale;
  config_ = kept;
}

void Oracle::StoreUnit::configure_norm(const isa::Command& command) {
  if (!params_.has_normalizations)
    throw UserError("config_norm: this accelerator is built without has_normalizations and would take it for a store");
  const isa::ConfigNorm norm = isa::ConfigNorm::decode(command);
  if (norm.stats_id >= statistics_.size())
    throw UserError("config_norm: stats_id=" + std::to_string(norm.stats_id) + "; allowed: 0.." +
                    std::to_string(statistics_.size() - 1));
  stats_id_ = norm.stats_id;
  if (norm.set_stats_id_only) return;
  constants_.qb = norm.qb;
  constants_.qc = norm.qc;
  (norm.q_const_is_inverse ? constants_.qln2_inv : constants_.qln2) = norm.q_const;
  const unsigned low = static_cast<unsigned>(config_.activation) & 3;
  config_.activation = static_cast<Activation>(low | (norm.activation_msb ? 4 : 0));
}

void Oracle::StoreUnit::mvout(const isa::Command& command, Writes& writes) {
  const isa::Mvout mvout = isa::Mvout::decode(command);
  const bool pooling = config_.pool_stride != 0 && params_.loops.has_max_pool;
  const bool one_dimensional = !pooling && config_.pool_size != 0;
  if ((pooling || one_dimensional) && mvout.local.cols > params_.types.dim)
    throw UserError("mvout: cols=" + std::to_string(mvout.local.cols) + " while pooling; allowed: 1.." +
                    std::to_string(params_.types.dim));
  if (pooling) return mvout_pooled(mvout, writes);
  if (one_dimensional) return mvout_one_dimensional(mvout, writes);
  if (mvout.local.rows == 0) throw UserError("mvout: rows=0; allowed: 1.." + std::to_string(params_.types.dim));
  mvout_rows(mvout, writes);
}

void Oracle::StoreUnit::mvout_rows(const isa::Mvout& mvout, Writes& writes) {
  const std::uint32_t dim = params_.types.dim, cols = mvout.local.cols;
  const bool garbage = mvout.local.addr.is_garbage(params_.layout);
  for (std::uint32_t r = 0; r < mvout.local.rows; ++r) {
    std::vector<std::uint8_t> bytes;
    for (std::uint32_t col = 0; col < cols; col += dim) {
      const std::uint32_t lanes = std::min(dim, cols - col);
      RowBytes row(std::size_t{lanes} * params_.types.input.bytes());
      if (!garbage)
        row = outgoing(local_.at(mvout.local.addr, std::int64_t{r} + col, "mvout"), lanes, col + dim >= cols);
      const std::size_t element = row.size() / (garbage ? lanes : dim);
      bytes.insert(bytes.end(), row.data(), row.data() + lanes * element);
    }
    put(mvout.dram + std::uint64_t{r} * config_.stride, std::move(bytes), writes);
  }
}

/// Rows orows * ocols, each to its own place of an image pool_out_dim wide.
void Oracle::StoreUnit::mvout_one_dimensional(const isa::Mvout& mvout, Writes& writes) {
  for (std::uint32_t row = 0; row < config_.orows * config_.ocols; ++row) {
    const std::uint64_t pixel = std::uint64_t{row / config_.ocols} * config_.pool_out_dim + row % config_.ocols;
    const RowBytes value = outgoing(local_.at(mvout.local.addr, row, "mvout"), mvout.local.cols, true);
    const std::size_t bytes = value.size() / params_.types.dim * mvout.local.cols;
    put(mvout.dram + pixel * config_.stride, {value.data(), value.data() + bytes}, writes);
  }
}

void Oracle::StoreUnit::mvout_pooled(const isa::Mvout& mvout, Writes& writes) {
  for (std::uint32_t pr = 0; pr < config_.porows; ++pr)
    for (std::uint32_t pc = 0; pc < config_.pocols; ++pc) {
      const RowBytes pixel = pooled_pixel(mvout, pr, pc);
      const std::uint64_t place = std::uint64_t{pr} * config_.pool_out_dim + pc;
      const std::size_t bytes = std::size_t{mvout.local.cols} * params_.types.input.bytes();
      put(mvout.dram + place * config_.stride, {pixel.data(), pixel.data() + bytes}, writes);
    }
}

/// The first element of the window is taken as it is; the others compete with what is there.
RowBytes Oracle::StoreUnit::pooled_pixel(const isa::Mvout& mvout, std::uint32_t pr, std::uint32_t pc) const {
  RowBytes running;
  for (std::uint32_t wr = 0; wr < config_.pool_size; ++wr)
    for (std::uint32_t wc = 0; wc < config_.pool_size; ++wc) {
      const std::int64_t orow = std::int64_t{pr} * config_.pool_stride + wr - config_.upad;
      const std::int64_t ocol = std::int64_t{pc} * config_.pool_stride + wc - config_.lpad;
      const RowBytes element = window_element(mvout, orow, ocol);
      if (running.empty())
        running = element;
      else
        arithmetic_.max_pool(running, element);
    }
  return running;
}

/// Padding counts as zero, not as the smallest number.
RowBytes Oracle::StoreUnit::window_element(const isa::Mvout& mvout, std::int64_t orow, std::int64_t ocol) const {
  const bool inside = orow >= 0 && orow < config_.orows && ocol >= 0 && ocol < config_.ocols;
  if (!inside) return RowBytes(arithmetic_.input_row_bytes());
  const LocalAddr address = local_.at(mvout.local.addr, orow * config_.ocols + ocol, "mvout");
  return address.is_acc() ? scaled(address, {}) : local_.read(address);
}

RowBytes Oracle::StoreUnit::outgoing(LocalAddr address, unsigned lanes, bool last_block) {
  if (!address.is_acc() || address.read_full()) return local_.read(address);
  return params_.has_normalizations ? normalised(address, lanes, last_block) : scaled(address, {});
}

RowBytes Oracle::StoreUnit::scaled(LocalAddr address, const NormResult& norm) const {
  AccScaling how;
  how.scale = config_.acc_scale;
  how.constants = constants_;
  how.norm = norm;
  const bool available = config_.activation == Activation::Relu || params_.has_normalizations;
  if (params_.has_nonlinear_activations && available) how.activation = config_.activation;
  return arithmetic_.acc_to_input(local_.read(address), how);
}

RowBytes Oracle::StoreUnit::normalised(LocalAddr address, unsigned lanes, bool last_block) {
  NormStatistics& statistics = statistics_[stats_id_];
  auto cmd = static_cast<NormCmd>(address.norm_cmd());
  if (!last_block) {
    // Blocks before the last only add to the statistics.
    if (cmd == NormCmd::Mean) cmd = NormCmd::Sum;
    if (cmd == NormCmd::InvStddev) cmd = NormCmd::Variance;
    if (cmd == NormCmd::InvSumExp) cmd = NormCmd::SumExp;
  }
  statistics.observe(cmd, local_.read(address), lanes, constants_, config_.acc_scale);
  if (cmd != NormCmd::Reset) return RowBytes();
  statistics.clear_sums();
  return scaled(address, statistics.result());
}

void Oracle::StoreUnit::put(VirtAddr address, std::vector<std::uint8_t> bytes, Writes& writes) {
  if (bytes.empty()) return;
  memory_.write(address, bytes.data(), bytes.size());
  writes.memory.push_back({address, std::move(bytes)});
}

void Oracle::StoreUnit::store_spad(const isa::Command& command, Writes& writes) {
  const isa::StoreSpad store = isa::StoreSpad::decode(command);
  if (config_.pool_stride != 0 || config_.pool_size != 0)
    throw UserError("store_spad: config_mvout asks for pooling; allowed: pool_stride=0 pool_size=0");
  const bool garbage = store.local.addr.is_garbage(params_.layout);
  for (std::uint32_t r = 0; r < store.local.rows; ++r) {
    RowBytes row(arithmetic_.input_row_bytes());
    if (!garbage) row = outgoing(local_.at(store.local.addr, r, "store_spad"), store.local.cols, true);
    const std::size_t bytes = row.size() / params_.types.dim * store.local.cols;
    write_scratchpad(std::int64_t{r} * store.stride, store.destination, row.data(), bytes, writes);
  }
}

/// Bytes side by side: a row of accumulator width goes on in the scratchpad rows behind its first.
void Oracle::StoreUnit::write_scratchpad(std::int64_t row, LocalAddr destination, const std::uint8_t* source,
                                         std::size_t bytes, Writes& writes) {
  const std::size_t row_bytes = arithmetic_.input_row_bytes();
  for (std::size_t done = 0; done < bytes; done += row_bytes, ++row)
    local_.write(local_.at(destination, row, "store_spad"), 0, source + done, std::min(row_bytes, bytes - done),
                 writes);
}

}  // namespace castor::functional
