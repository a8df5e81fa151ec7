// RTL twin: LoopConv.scala. One function for each of its five state machines; ConvShape is its LoopConvDerivedParams.
#include <algorithm>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "castor/functional/loop_expander.h"

namespace castor::functional {

using isa::Command;

ConvShape::ConvShape(const ConvLoop& loop, const LoopParams& params)
    : batches(loop.config2.batches),
      orows(loop.config4.orows),
      ocols(loop.config4.ocols),
      ochs(loop.config2.pochs),
      krows(loop.config3.krows),
      kcols(loop.config3.kcols),
      kchs(loop.config3.kchs),
      dilated(loop.run.input_dilated),
      downsampled(loop.run.downsample) {
  const auto signed_of = [](std::uint32_t x) { return static_cast<std::int32_t>(x); };
  const isa::LoopConvConfig3& pads = loop.config3;
  const std::uint32_t stride = loop.config1.stride, dilation = loop.config4.kernel_dilation;
  upad = signed_of(static_cast<std::uint32_t>(undilated(pads.upad)));
  dpad = signed_of(static_cast<std::uint32_t>(undilated(pads.dpad)));
  lpad = signed_of(static_cast<std::uint32_t>(undilated(pads.lpad)));
  rpad = signed_of(static_cast<std::uint32_t>(undilated(pads.rpad)));
  const auto spread = [&](std::uint32_t k) { return k + (dilation - 1) * (k - 1); };
  const std::int32_t full_rows = signed_of(orows * stride + spread(krows) - 1);
  const std::int32_t full_cols = signed_of(ocols * stride + spread(kcols) - 1);
  const std::int32_t inner_rows = full_rows - signed_of(pads.upad) - signed_of(pads.dpad);
  const std::int32_t inner_cols = full_cols - signed_of(pads.lpad) - signed_of(pads.rpad);
  padding_fits = inner_rows >= 0 && inner_cols >= 0;
  irows_unpadded = static_cast<std::int32_t>(undilated(inner_rows));
  icols_unpadded = static_cast<std::int32_t>(undilated(inner_cols));
  irows = dilated ? irows_unpadded + upad + dpad : full_rows;
  icols = dilated ? icols_unpadded + lpad + rpad : full_cols;

  const std::uint32_t image = static_cast<std::uint32_t>((irows >> downsampled) * (icols >> downsampled));
  const std::uint32_t dim = params.dim();
  input_plane = image * (loop.run.trans_input_3120 ? kchs : batches);
  weight_plane = krows * kcols * (loop.run.trans_weight_0132 ? ochs : kchs);
  output_plane = batches * orows * ocols;
  weight_rows = weight_plane * static_cast<std::uint32_t>(ceil_div(loop.run.trans_weight_0132 ? kchs : ochs, dim));

  const bool square = params.conv_encoding == isa::ConvEncoding::Square;
  in_stride = square ? loop.config1.in_channels : loop.config4.in_stride;
  weight_stride = square ? loop.config1.out_channels : loop.config4.weight_stride;
  out_stride = square ? loop.config1.out_channels : loop.config4.out_stride;
  in_row_dim = loop.config1.in_row_dim;
  in_col_dim = square ? in_row_dim : loop.config3.in_col_dim;
  out_row_dim = loop.config1.out_row_dim;
  out_col_dim = square ? out_row_dim : loop.config1.out_col_dim;
  pool_out_row_dim = loop.config1.pool_out_row_dim;
  pool_out_col_dim = square ? pool_out_row_dim : loop.config2.pool_out_col_dim;
}

namespace {

class ConvExpansion {
 public:
  ConvExpansion(const ConvLoop& loop, const LoopParams& params)
      : loop_(loop), run_(loop.run), params_(params), shape_(loop, params), dim_(params.dim()) {}

  std::vector<Command> commands() {
    check();
    if (loop_.config6.bias.value()) load_bias();
    if (loop_.config5.weights.value()) load_weights();
    if (loop_.config6.input.value()) load_input();
    execute();
    if (loop_.config5.output.value()) run_.no_pool ? store() : store_pooled();
    return std::move(commands_);
  }

 private:
  using Index = std::uint32_t;

  void check() const {
    const std::pair<const char*, Index> sizes[] = {{"batches", shape_.batches}, {"orows", shape_.orows},
                                                   {"ocols", shape_.ocols},     {"pochs", shape_.ochs},
                                                   {"krows", shape_.krows},     {"kcols", shape_.kcols},
                                                   {"kchs", shape_.kchs},       {"stride", loop_.config1.stride}};
    for (const auto& [name, size] : sizes)
      if (size == 0) throw UserError(std::string("loop_conv_ws: ") + name + "=0; allowed: 1..65535");
    if (!shape_.padding_fits) throw UserError("loop_conv_ws: the padding is larger than the input tile");
  }

  LocalAddr sp(std::int64_t row) const { return LocalAddr::sp(0).with_offset(row, params_.layout); }
  LocalAddr acc(std::int64_t row, bool accumulate = false) const {
    return LocalAddr::acc(0, accumulate).with_offset(row, params_.layout);
  }
  static VirtAddr dram(VirtAddr base, std::uint64_t offset) { return base + (offset & 0xFFFFFFFFULL); }
  Index blocks_of(Index channels) const { return std::min(channels, params_.max_block_len * dim_); }

  void config_mvin(Index state, std::uint64_t stride, Index block_stride, Index repeats) {
    isa::ConfigMvin config;
    config.state = state;
    config.stride = stride;
    config.block_stride = block_stride;
    config.pixel_repeats = repeats;
    commands_.push_back(config.encode());
  }

  void mvin(Index state, VirtAddr from, LocalAddr to, Index rows, Index cols) {
    commands_.push_back(isa::Mvin{state, from, {to, rows, cols}}.encode());
  }

  /// Row of the accumulator that holds output pixel (b, orow, ocol) of the channel block of `och`.
  std::int64_t acc_row(Index b, Index orow, Index ocol, Index och) const {
    return loop_.acc_start + std::int64_t{och / dim_} * shape_.output_plane +
           (std::int64_t{b} * shape_.orows + orow) * shape_.ocols + ocol;
  }

  void load_bias() {
    config_mvin(2, 0, shape_.output_plane, 1);
    const Index step = std::min(shape_.ochs, params_.max_block_len_acc * dim_);
    for (Index b = 0; b < shape_.batches; ++b)
      for (Index orow = 0; orow < shape_.orows; ++orow)
        for (Index ocol = 0; ocol < shape_.ocols; ocol += dim_)
          for (Index och = 0; och < shape_.ochs; och += step) {
            const std::uint64_t offset = std::uint64_t{och} * params_.acc_bytes;
            mvin(2, run_.no_bias ? VirtAddr{0} : dram(loop_.config6.bias, offset), acc(acc_row(b, orow, ocol, och)),
                 std::min(dim_, shape_.ocols - ocol), std::min(step, shape_.ochs - och));
          }
  }

  // ---- weights

  void load_weights() {
    config_mvin(1, weight_row_bytes(), shape_.weight_plane, 1);
    const bool t = run_.trans_weight_0132;
    const Index och_step = t ? dim_ : blocks_of(shape_.ochs), kch_step = t ? blocks_of(shape_.kchs) : dim_;
    for (Index och = 0; och < shape_.ochs; och += och_step)
      for (Index krow = 0; krow < shape_.krows; ++krow)
        for (Index kcol = 0; kcol < shape_.kcols; ++kcol)
          for (Index kch = 0; kch < shape_.kchs; kch += kch_step) {
            const Index ochs = std::min(och_step, shape_.ochs - och), kchs = std::min(kch_step, shape_.kchs - kch);
            mvin(1, dram(loop_.config5.weights, weight_offset(och, krow, kcol, kch)),
                 sp(weight_row(och, krow, kcol, kch)), t ? ochs : kchs, t ? kchs : ochs);
          }
  }

  std::uint64_t weight_row_bytes() const {
    const std::uint64_t kernel = loop_.config2.kernel_dim;
    const std::uint64_t elements = run_.dw                  ? 1
                                   : run_.trans_weight_1203 ? kernel * kernel * loop_.config1.out_channels
                                   : run_.trans_weight_0132 ? loop_.config1.in_channels
                                                            : shape_.weight_stride;
    return elements * params_.input_bytes;
  }

  std::uint64_t weight_offset(std::uint64_t och, std::uint64_t krow, std::uint64_t kcol, std::uint64_t kch) const {
    const std::uint64_t kernel = loop_.config2.kernel_dim;
    const std::uint64_t in = loop_.config1.in_channels, out = loop_.config1.out_channels;
    const std::uint64_t pixel = krow * kernel + kcol;
    const std::uint64_t elements = run_.dw                  ? pixel
                                   : run_.trans_weight_1203 ? (kch * kernel * kernel + pixel) * out + och
                                   : run_.trans_weight_0132 ? (pixel * out + och) * in + kch
                                                            : (pixel * in + kch) * shape_.weight_stride + och;
    return elements * params_.input_bytes;
  }

  std::int64_t weight_row(Index och, Index krow, Index kcol, Index kch) const {
    const std::int64_t start = std::int64_t{loop_.b_end} - shape_.weight_rows;
    const Index block = run_.trans_weight_0132 ? kch / dim_ : och / dim_;
    const Index channels = run_.trans_weight_0132 ? shape_.ochs : shape_.kchs;
    const Index channel = run_.trans_weight_0132 ? och : kch;
    return start + std::int64_t{block} * shape_.weight_plane + (std::int64_t{krow} * shape_.kcols + kcol) * channels +
           channel;
  }

  // ---- input

  void load_input() {
    const std::uint64_t pixel = run_.trans_input_3120 ? loop_.config1.batch_size : shape_.in_stride;
    config_mvin(0, (pixel * params_.input_bytes) << shape_.downsampled, shape_.input_plane, run_.max_pixels_per_row);
    const Index step = blocks_of(run_.trans_input_3120 ? shape_.batches : shape_.kchs);
    const Index b_step = run_.trans_input_3120 ? step : 1, ich_step = run_.trans_input_3120 ? 1 : step;
    for (Index b = 0; b < shape_.batches; b += b_step)
      for (std::int32_t irow = -shape_.upad; irow < shape_.irows_unpadded + shape_.dpad;
           irow += 1 << shape_.downsampled)
        for (std::int32_t icol = -shape_.lpad; icol < shape_.icols_unpadded + shape_.rpad; icol += input_pixels(icol))
          for (Index ich = 0; ich < shape_.kchs; ich += ich_step) load_pixels(b, irow, icol, ich, step);
  }

  /// Pixels of one mvin from `icol` on: left padding, body and right padding are loaded apart.
  std::int32_t input_pixels(std::int32_t icol) const {
    const auto block = static_cast<std::int32_t>(dim_);
    if (icol < 0) return std::min(block, -icol);
    if (icol >= shape_.icols_unpadded) return std::min(block, shape_.icols_unpadded + shape_.rpad - icol);
    return std::min(block << shape_.downsampled, shape_.icols_unpadded - icol);
  }

  void load_pixels(Index b, std::int32_t irow, std::int32_t icol, Index ich, Index step) {
    const bool padding = irow < 0 || irow >= shape_.irows_unpadded || icol < 0 || icol >= shape_.icols_unpadded;
    const Index cols = run_.trans_input_3120 ? std::min(step, shape_.batches - b) : std::min(step, shape_.kchs - ich);
    const auto rows = static_cast<Index>(input_pixels(icol) >> shape_.downsampled);
    mvin(0, padding ? VirtAddr{0} : dram(loop_.config6.input, input_offset(b, irow, icol, ich)),
         sp(input_row(b, irow + shape_.upad, icol + shape_.lpad, ich)), rows, cols);
  }

  std::uint64_t input_offset(std::int64_t b, std::int64_t irow, std::int64_t icol, std::int64_t ich) const {
    const std::int64_t width = shape_.in_col_dim, image = width * shape_.in_row_dim;
    const std::int64_t elements =
        run_.trans_input_3120 ? (ich * image + irow * width + icol) * shape_.batches + b
                              : (b * image + irow * width + icol) * static_cast<std::int64_t>(shape_.in_stride) + ich;
    return static_cast<std::uint64_t>(elements) * params_.input_bytes;
  }

  /// Row of the scratchpad that holds pixel (irow, icol), counted from the corner of the padding.
  std::int64_t input_row(Index b, std::int64_t irow, std::int64_t icol, Index ich) const {
    const std::int64_t width = shape_.icols >> shape_.downsampled;
    const std::int64_t image = (shape_.irows >> shape_.downsampled) * width;
    const Index block = run_.trans_input_3120 ? b / dim_ : ich / dim_;
    return loop_.a_start + std::int64_t{block} * shape_.input_plane + (run_.trans_input_3120 ? ich : b) * image +
           (irow >> shape_.downsampled) * width + (icol >> shape_.downsampled);
  }

  // ---- execute

  void execute() {
    if (run_.trans_input_3120) config_strides();
    for (Index och = 0; och < shape_.ochs; och += dim_)
      for (Index krow = 0; krow < shape_.krows; ++krow)
        for (Index kcol = 0; kcol < shape_.kcols; kcol += run_.max_pixels_per_row)
          for (Index kch = 0; kch < shape_.kchs; kch += dim_) execute_weights(och, krow, kcol, kch);
  }

  void config_strides() {
    isa::ConfigEx config;
    config.weight_stationary = false;  // undriven: only the strides are taken
    config.set_only_strides = true;
    config.acc_scale = 0;
    config.a_stride = static_cast<Index>(shape_.irows * shape_.icols) & 0xFFFF;
    config.c_stride = shape_.orows * shape_.ocols & 0xFFFF;
    commands_.push_back(config.encode());
  }

  /// Everything multiplied with one block of weights: they are preloaded for the first tile only.
  void execute_weights(Index och, Index krow, Index kcol, Index kch) {
    bool new_weights = true;
    const Index b_step = run_.trans_input_3120 ? dim_ : 1;
    for (Index b = 0; b < shape_.batches; b += b_step)
      for (Index orow = 0; orow < shape_.orows; ++orow)
        for (Index ocol = 0; ocol < shape_.ocols;) {
          const bool hole = falls_into_a_hole(orow, ocol, krow, kcol);
          if (!hole) execute_tile(b, orow, ocol, och, krow, kcol, kch, new_weights);
          new_weights = new_weights && hole;
          ocol += hole || run_.trans_input_3120 ? 1 : dim_ << shape_.dilated;
        }
  }

  /// In a dilated input every second row and column is zero: products with those are left out.
  bool falls_into_a_hole(Index orow, Index ocol, Index krow, Index kcol) const {
    const Index dilation = loop_.config4.kernel_dilation;
    const Index row = krow * dilation + orow - loop_.config3.upad, col = kcol * dilation + ocol - loop_.config3.lpad;
    return shape_.dilated && ((row | col) & 1);
  }

  void execute_tile(Index b, Index orow, Index ocol, Index och, Index krow, Index kcol, Index kch, bool new_weights) {
    const Index pixels = std::min(run_.max_pixels_per_row, shape_.kcols - kcol);
    const Index rows =
        run_.trans_input_3120
            ? std::min(dim_, shape_.batches - b)
            : static_cast<Index>(shape_.undilated(std::min(dim_ << shape_.dilated, shape_.ocols - ocol)));
    const Index cols = std::min(dim_, shape_.ochs - och);
    const Index depth = pixels * std::min(dim_, shape_.kchs - kch);
    const Index krow_used = run_.wrot180 ? shape_.krows - krow - 1 : krow;
    const Index kcol_used = run_.wrot180 ? shape_.kcols - kcol - 1 : kcol;
    const LocalAddr weights = new_weights ? sp(weight_row(och, krow_used, kcol_used, kch)) : LocalAddr::garbage();
    commands_.push_back(
        isa::Preload{{weights, depth, cols}, {acc(acc_row(b, orow, ocol, och), true), rows, cols}}.encode());
    const std::int64_t irow = shape_.undilated(orow * loop_.config1.stride + krow * loop_.config4.kernel_dilation);
    const std::int64_t icol = shape_.undilated(ocol * loop_.config1.stride + kcol * loop_.config4.kernel_dilation);
    commands_.push_back(
        isa::Compute{new_weights, {sp(input_row(b, irow, icol, kch)), rows, depth}, {LocalAddr::garbage(), rows, cols}}
            .encode());
  }

  // ---- store

  void store() {
    for (Index b = 0; b < shape_.batches; ++b)
      for (Index orow = 0; orow < shape_.orows; ++orow)
        for (Index ocol = 0; ocol < shape_.ocols; ocol += dim_)
          for (Index och = 0; och < shape_.ochs; och += dim_) {
            const isa::LocalBlock from{acc(acc_row(b, orow, ocol, och)), std::min(dim_, shape_.ocols - ocol),
                                       std::min(dim_, shape_.ochs - och)};
            commands_.push_back(
                isa::Mvout{dram(loop_.config5.output, output_offset(b, orow, ocol, och)), from}.encode());
          }
  }

  std::uint64_t output_offset(std::uint64_t b, std::uint64_t orow, std::uint64_t ocol, std::uint64_t och) const {
    const std::uint64_t pixel = orow * shape_.out_col_dim + ocol;
    const std::uint64_t elements =
        run_.trans_output_1203 ? (pixel * loop_.config1.batch_size + b) * loop_.config1.out_channels + och
                               : (b * shape_.out_row_dim * shape_.out_col_dim + pixel) * shape_.out_stride + och;
    return elements * params_.input_bytes;
  }

  void store_pooled() {
    commands_.push_back(pool_config(true));
    const std::uint64_t image = std::uint64_t{shape_.pool_out_row_dim} * shape_.pool_out_col_dim;
    for (Index b = 0; b < shape_.batches; ++b)
      for (Index och = 0; och < shape_.ochs; och += dim_) {
        const std::uint64_t offset = (b * image * shape_.out_stride + och) * params_.input_bytes;
        const isa::LocalBlock from{acc(acc_row(b, 0, 0, och)), 0, std::min(dim_, shape_.ochs - och)};
        commands_.push_back(isa::Mvout{loop_.config5.output + offset, from}.encode());
      }
    commands_.push_back(pool_config(false));
  }

  Command pool_config(bool pooling) const {
    isa::ConfigMvout config;
    config.activation = run_.activation;
    config.stride = static_cast<Index>(shape_.out_stride * params_.input_bytes);
    config.acc_scale = isa::ConfigMvout::keep_scale;
    if (!pooling) return config.encode();
    config.pool_stride = loop_.config2.pool_stride;
    config.pool_size = loop_.config2.pool_size;
    config.upad = loop_.config4.pupad;
    config.lpad = loop_.config3.plpad;
    config.pool_out_dim = shape_.pool_out_col_dim;
    config.porows = loop_.config2.porows;
    config.pocols = loop_.config2.pocols;
    config.orows = shape_.orows;
    config.ocols = shape_.ocols;
    return config.encode();
  }

  const ConvLoop& loop_;
  const isa::LoopConvRun& run_;
  const LoopParams& params_;
  ConvShape shape_;
  Index dim_;
  std::vector<Command> commands_;
};

}  // namespace

std::vector<Command> expand(const ConvLoop& loop, const LoopParams& params) {
  return ConvExpansion(loop, params).commands();
}

}  // namespace castor::functional
