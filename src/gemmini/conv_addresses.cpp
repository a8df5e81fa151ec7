#include "castor/gemmini/conv_addresses.h"

#include <algorithm>

namespace castor::gemmini {

namespace {
constexpr std::uint32_t wire(std::uint64_t value) { return static_cast<std::uint16_t>(value); }
}  // namespace

ConvFeatures::ConvFeatures(const config::GemminiParams& params)
    : training(params.has_training_convs),
      max_pool(params.has_max_pool),
      first_layer(params.has_first_layer_optimizations),
      depthwise(params.has_dw_convs),
      spad_ids(params.has_loop_spad_ids),
      encoding(params.loop_conv_encoding == config::LoopConvEncoding::Square ? isa::ConvEncoding::Square
                                                                             : isa::ConvEncoding::Rectangular) {}

ConvDerived::ConvDerived(const ConvLoop& l, std::uint32_t dim) : ochs(l.pochs), ichs(l.kchs) {
  const std::uint32_t dilated_krows = l.krows + (l.kernel_dilation - 1) * (l.krows - 1);
  const std::uint32_t dilated_kcols = l.kcols + (l.kernel_dilation - 1) * (l.kcols - 1);
  const std::uint32_t dilated_irows = l.orows * l.stride + dilated_krows - 1;
  const std::uint32_t dilated_icols = l.ocols * l.stride + dilated_kcols - 1;
  irows_unpadded = wire(l.undilated(dilated_irows - l.upad - l.dpad));
  icols_unpadded = wire(l.undilated(dilated_icols - l.lpad - l.rpad));
  irows = wire(l.input_dilated ? irows_unpadded + l.undilated(l.upad) + l.undilated(l.dpad) : dilated_irows);
  icols = wire(l.input_dilated ? icols_unpadded + l.undilated(l.lpad) + l.undilated(l.rpad) : dilated_icols);
  out_channels_per_bank = wire(ceil_div(ochs, dim));
  in_channels_per_bank = wire(ceil_div(ichs, dim));
  const std::uint32_t pixels = (irows >> l.downsample) * (icols >> l.downsample);
  bias_spad_stride = wire(std::uint64_t{l.batches} * l.orows * l.ocols);
  input_spad_stride = wire(std::uint64_t{l.trans_input_3120 ? ichs : l.batches} * pixels);
  weight_spad_stride = wire(std::uint64_t{l.krows} * l.kcols * (l.trans_weight_0132 ? l.pochs : l.kchs));
}

namespace conv {

namespace {

using isa::Command;
using isa::Funct;
using isa::LocalBlock;

constexpr std::uint32_t identity_scale = float_one_bits;

Command make(Funct funct, std::uint64_t rs1, std::uint64_t rs2) { return {static_cast<std::uint8_t>(funct), rs1, rs2}; }

std::uint32_t at(const LoopNest& nest, unsigned dimension) { return static_cast<std::uint32_t>(nest.index(dimension)); }

LoopDimension count(std::uint32_t bound, std::uint32_t step = 1) {
  return {0, iterator_bound(bound), static_cast<std::int32_t>(step)};
}

/// Of `whole` items from `index` on, at most `most`.
std::uint32_t rest(std::uint32_t whole, std::uint32_t index, std::uint32_t most) {
  return std::min(whole - index, most);
}

std::uint32_t mvin_channels(std::uint32_t channels, const UnrollerShape& shape) {
  return std::min(channels, shape.max_block_len * shape.dim);
}

std::uint32_t bias_channels(const ConvRequest& r, const UnrollerShape& shape) {
  return std::min(r.derived.ochs, shape.max_block_len_acc * shape.dim);
}

/// Channels (batches, when transposed) of one input mvin.
std::uint32_t input_channels(const ConvRequest& r, const UnrollerShape& shape) {
  return mvin_channels(r.loop.trans_input_3120 ? r.loop.batches : r.derived.ichs, shape);
}

std::uint32_t weight_channels(const ConvRequest& r, const UnrollerShape& shape) {
  return mvin_channels(r.loop.trans_weight_0132 ? r.loop.kchs : r.derived.ochs, shape);
}

/// Accumulator row of an output pixel.
std::uint64_t output_row(const ConvRequest& r, std::uint32_t och, std::uint32_t b, std::uint32_t orow,
                         std::uint32_t ocol, const UnrollerShape& shape) {
  const std::uint64_t pixels = std::uint64_t{r.loop.orows} * r.loop.ocols;
  return r.c_start + std::uint64_t{och / shape.dim} * r.loop.batches * pixels + b * pixels +
         std::uint64_t{orow} * r.loop.ocols + ocol;
}

/// Scratchpad row of a pixel of the (padded) input; `channel` and `plane` are swapped in a transposed input.
std::uint64_t input_row(const ConvRequest& r, std::uint32_t ich, std::uint32_t b, std::uint32_t irow,
                        std::uint32_t icol, const UnrollerShape& shape) {
  const unsigned ds = r.loop.downsample ? 1 : 0;
  const std::uint64_t rows = r.derived.irows >> ds, cols = r.derived.icols >> ds;
  const std::uint32_t outer = r.loop.trans_input_3120 ? b : ich;
  const std::uint32_t inner = r.loop.trans_input_3120 ? ich : b;
  return r.a_start + std::uint64_t{outer / shape.dim} * r.derived.input_spad_stride + inner * rows * cols +
         (irow >> ds) * cols + (icol >> ds);
}

/// Scratchpad row of the weights of one kernel pixel.
std::uint64_t weight_row(const ConvRequest& r, std::uint32_t och, std::uint32_t krow, std::uint32_t kcol,
                         std::uint32_t kch, const UnrollerShape& shape) {
  const std::uint64_t kernel_pixels = std::uint64_t{r.loop.krows} * r.loop.kcols;
  const bool transposed = r.loop.trans_weight_0132;
  const std::uint32_t outer = transposed ? kch : och, inner = transposed ? och : kch;
  const std::uint64_t depth = transposed ? r.derived.ochs : r.loop.kchs;
  return r.b_start + (outer / shape.dim) * kernel_pixels * depth + (std::uint64_t{krow} * r.loop.kcols + kcol) * depth +
         inner;
}

std::uint64_t input_stride(const ConvRequest& r, const UnrollerShape& shape) {
  return std::uint64_t{r.loop.trans_input_3120 ? r.loop.batch_size : r.loop.in_stride} * shape.input_bytes;
}

std::uint64_t weight_stride(const ConvRequest& r, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  std::uint64_t elements = l.weight_stride;
  if (l.trans_weight_0132) elements = l.in_channels;
  if (l.trans_weight_1203) elements = std::uint64_t{l.kernel_dim} * l.kernel_dim * l.out_channels;
  if (l.depthwise) elements = 1;
  return elements * shape.input_bytes;
}

Command mvin_config(std::uint32_t state, std::uint64_t stride, std::uint32_t block_stride, std::uint32_t pixel_repeats,
                    const UnrollerShape& shape) {
  isa::ConfigMvin config;
  config.state = state;
  config.stride = stride;
  config.scale = identity_scale;
  config.block_stride = block_stride & shape.stride_mask;
  config.pixel_repeats = pixel_repeats & (2 * shape.dim - 1);
  return config.encode();
}

}  // namespace

// ---- Bias

LoopNest load_bias_nest(const ConvRequest& r, const UnrollerShape& shape) {
  return {count(r.derived.ochs, bias_channels(r, shape)), count(r.loop.ocols, shape.dim), count(r.loop.orows),
          count(r.loop.batches)};
}

Command bias_config(const ConvRequest& r, const UnrollerShape& shape) {
  return mvin_config(2, 0, r.derived.bias_spad_stride, 1, shape);
}

Command load_bias(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const std::uint32_t och = at(nest, 0), ocol = at(nest, 1), orow = at(nest, 2), b = at(nest, 3);
  const std::uint64_t dram = r.loop.no_bias ? 0 : dram_address(r.dram, std::uint64_t{och} * shape.acc_bytes);
  const LocalBlock to{shape.acc(output_row(r, och, b, orow, ocol, shape), false), rest(r.loop.ocols, ocol, shape.dim),
                      rest(r.derived.ochs, och, bias_channels(r, shape))};
  return make(Funct::Mvin3, dram, to.encode());
}

// ---- Input

LoopNest load_input_nest(const ConvRequest& r, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  const auto axis = [&](std::uint32_t before, std::uint32_t unpadded, std::uint32_t after, std::int32_t step) {
    return LoopDimension{-static_cast<std::int32_t>(l.undilated(before)),
                         static_cast<std::int32_t>(unpadded + l.undilated(after)), step};
  };
  const std::uint32_t channels = input_channels(r, shape);
  return {count(r.derived.ichs, l.trans_input_3120 ? 1 : channels), axis(l.lpad, r.derived.icols_unpadded, l.rpad, 1),
          axis(l.upad, r.derived.irows_unpadded, l.dpad, l.downsample ? 2 : 1),
          count(l.batches, l.trans_input_3120 ? channels : 1)};
}

Command input_config(const ConvRequest& r, const UnrollerShape& shape) {
  const std::uint64_t stride = input_stride(r, shape) << (r.loop.downsample ? 1 : 0);
  return mvin_config(0, stride, r.derived.input_spad_stride, r.loop.max_pixels_per_row, shape);
}

std::uint32_t input_pixels(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const auto dim = static_cast<std::int32_t>(shape.dim);
  const auto unpadded = static_cast<std::int32_t>(r.derived.icols_unpadded);
  const std::int32_t icol = nest.index(1);
  if (icol < 0) return static_cast<std::uint32_t>(std::min(-icol, dim));
  if (icol >= unpadded) {
    const auto right_pad = static_cast<std::int32_t>(r.loop.undilated(r.loop.rpad));
    return static_cast<std::uint32_t>(std::min(unpadded + right_pad - icol, dim));
  }
  return static_cast<std::uint32_t>(std::min(unpadded - icol, dim << (r.loop.downsample ? 1 : 0)));
}

namespace {
bool is_padding(const ConvRequest& r, std::int32_t irow, std::int32_t icol) {
  return irow < 0 || irow >= static_cast<std::int32_t>(r.derived.irows_unpadded) || icol < 0 ||
         icol >= static_cast<std::int32_t>(r.derived.icols_unpadded);
}

std::uint64_t input_dram(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  if (is_padding(r, nest.index(2), nest.index(1))) return 0;
  const std::uint64_t ich = at(nest, 0), icol = at(nest, 1), irow = at(nest, 2), b = at(nest, 3);
  const std::uint64_t pixel = irow * l.in_col_dim + icol;
  const std::uint64_t image = std::uint64_t{l.in_row_dim} * l.in_col_dim;
  const std::uint64_t element =
      l.trans_input_3120 ? (ich * image + pixel) * l.batches + b : (b * image + pixel) * l.in_stride + ich;
  return dram_address(r.dram, element * shape.input_bytes);
}
}  // namespace

Command load_input(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  const std::uint32_t ich = at(nest, 0), b = at(nest, 3);
  const std::uint32_t padded_icol = at(nest, 1) + l.undilated(l.lpad), padded_irow = at(nest, 2) + l.undilated(l.upad);
  const std::uint32_t channels = l.trans_input_3120 ? rest(l.batches, b, input_channels(r, shape))
                                                    : rest(r.derived.ichs, ich, input_channels(r, shape));
  const LocalBlock to{shape.sp(input_row(r, ich, b, padded_irow, padded_icol, shape)),
                      input_pixels(r, nest, shape) >> (l.downsample ? 1 : 0), channels};
  return make(Funct::Mvin, input_dram(r, nest, shape), to.encode());
}

// ---- Weights

LoopNest load_weights_nest(const ConvRequest& r, const UnrollerShape& shape) {
  const std::uint32_t channels = weight_channels(r, shape);
  const bool transposed = r.loop.trans_weight_0132;
  return {count(r.loop.kchs, transposed ? channels : shape.dim), count(r.loop.kcols), count(r.loop.krows),
          count(r.derived.ochs, transposed ? shape.dim : channels)};
}

Command weights_config(const ConvRequest& r, const UnrollerShape& shape) {
  return mvin_config(1, weight_stride(r, shape), r.derived.weight_spad_stride, 1, shape);
}

namespace {
std::uint64_t weight_dram(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  const std::uint64_t kch = at(nest, 0), kcol = at(nest, 1), krow = at(nest, 2), och = at(nest, 3);
  const std::uint64_t pixel = krow * l.kernel_dim + kcol;
  std::uint64_t element = (pixel * l.in_channels + kch) * l.weight_stride + och;
  if (l.trans_weight_0132) element = (pixel * l.out_channels + och) * l.in_channels + kch;
  if (l.trans_weight_1203) element = (kch * l.kernel_dim * l.kernel_dim + pixel) * l.out_channels + och;
  if (l.depthwise) element = pixel;
  return dram_address(r.dram, element * shape.input_bytes);
}
}  // namespace

Command load_weights(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const std::uint32_t kch = at(nest, 0), kcol = at(nest, 1), krow = at(nest, 2), och = at(nest, 3);
  const std::uint32_t channels = weight_channels(r, shape);
  const bool transposed = r.loop.trans_weight_0132;
  const LocalBlock to{shape.sp(weight_row(r, och, krow, kcol, kch, shape)),
                      transposed ? rest(r.derived.ochs, och, shape.dim) : rest(r.loop.kchs, kch, shape.dim),
                      transposed ? rest(r.loop.kchs, kch, channels) : rest(r.derived.ochs, och, channels)};
  return make(Funct::Mvin2, weight_dram(r, nest, shape), to.encode());
}

// ---- Execute

LoopNest execute_nest(const ConvRequest& r, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  const std::uint32_t pixels = l.trans_input_3120 ? 1 : shape.dim << (l.input_dilated ? 1 : 0);
  return {count(l.ocols, pixels),
          count(l.orows),
          count(l.batches, l.trans_input_3120 ? shape.dim : 1),
          count(l.kchs, shape.dim),
          count(l.kcols, l.max_pixels_per_row),
          count(l.krows),
          count(r.derived.ochs, shape.dim)};
}

Command execute_config(const ConvRequest& r) {
  isa::ConfigEx config;
  config.weight_stationary = false;  // a field that set_only_strides leaves unread
  config.set_only_strides = true;
  config.acc_scale = 0;
  config.a_stride = wire(std::uint64_t{r.derived.irows} * r.derived.icols);
  config.c_stride = wire(std::uint64_t{r.loop.orows} * r.loop.ocols);
  return config.encode();
}

bool skips(const ConvRequest& r, const LoopNest& nest) {
  const ConvLoop& l = r.loop;
  if (!l.input_dilated) return false;
  const std::uint32_t row = at(nest, 5) * l.kernel_dilation + at(nest, 1) - l.upad;
  const std::uint32_t col = at(nest, 4) * l.kernel_dilation + at(nest, 0) - l.lpad;
  return ((row | col) & 1) != 0;
}

namespace {
/// Sizes of one matrix product: I output pixels, J output channels, K input channels of some kernel pixels.
struct Product {
  std::uint32_t i, j, k;
  Product(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
    const ConvLoop& l = r.loop;
    const std::uint32_t dilated_dim = shape.dim << (l.input_dilated ? 1 : 0);
    i = l.trans_input_3120 ? rest(l.batches, at(nest, 2), shape.dim)
                           : l.undilated(rest(l.ocols, at(nest, 0), dilated_dim));
    j = rest(r.derived.ochs, at(nest, 6), shape.dim);
    k = rest(l.kcols, at(nest, 4), l.max_pixels_per_row) * rest(l.kchs, at(nest, 3), shape.dim);
  }
};
}  // namespace

Command preload(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape, bool new_weights) {
  const ConvLoop& l = r.loop;
  const Product size(r, nest, shape);
  const std::uint32_t krow = l.wrot180 ? l.krows - at(nest, 5) - 1 : at(nest, 5);
  const std::uint32_t kcol = l.wrot180 ? l.kcols - at(nest, 4) - 1 : at(nest, 4);
  const LocalAddr b =
      new_weights ? shape.sp(weight_row(r, at(nest, 6), krow, kcol, at(nest, 3), shape)) : shape.garbage();
  const std::uint64_t c = output_row(r, at(nest, 6), at(nest, 2), at(nest, 1), at(nest, 0), shape);
  return make(Funct::Preload, LocalBlock{b, size.k, size.j}.encode(),
              LocalBlock{shape.acc(c, true), size.i, size.j}.encode());
}

Command compute(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape, bool new_weights) {
  const ConvLoop& l = r.loop;
  const Product size(r, nest, shape);
  const std::uint32_t irow = l.undilated(at(nest, 1) * l.stride + at(nest, 5) * l.kernel_dilation);
  const std::uint32_t icol = l.undilated(at(nest, 0) * l.stride + at(nest, 4) * l.kernel_dilation);
  const LocalAddr a = shape.sp(input_row(r, at(nest, 3), at(nest, 2), irow, icol, shape));
  return make(new_weights ? Funct::ComputePreloaded : Funct::ComputeAccumulated, LocalBlock{a, size.i, size.k}.encode(),
              LocalBlock{shape.garbage(), size.i, size.j}.encode());
}

// ---- Store

LoopNest store_nest(const ConvRequest& r, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  if (!l.no_pool) return {count(r.derived.ochs, shape.dim), count(l.batches)};
  return {count(r.derived.ochs, shape.dim), count(l.ocols, shape.dim), count(l.orows), count(l.batches)};
}

Command store(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  const std::uint32_t och = at(nest, 0), ocol = at(nest, 1), orow = at(nest, 2), b = at(nest, 3);
  const std::uint64_t pixel = std::uint64_t{orow} * l.out_col_dim + ocol;
  const std::uint64_t image = std::uint64_t{l.out_row_dim} * l.out_col_dim;
  const std::uint64_t element = l.trans_output_1203 ? (pixel * l.batch_size + b) * l.out_channels + och
                                                    : (b * image + pixel) * l.out_stride + och;
  const LocalBlock from{shape.acc(output_row(r, och, b, orow, ocol, shape), false), rest(l.ocols, ocol, shape.dim),
                        rest(r.derived.ochs, och, shape.dim)};
  return make(Funct::Mvout, dram_address(r.dram, element * shape.input_bytes), from.encode());
}

Command pooled_store(const ConvRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  const std::uint32_t och = at(nest, 0), b = at(nest, 1);
  const std::uint64_t image = std::uint64_t{l.pool_out_row_dim} * l.pool_out_col_dim;
  const std::uint64_t offset = (b * image * l.out_stride + och) * shape.input_bytes;
  const LocalBlock from{shape.acc(output_row(r, och, b, 0, 0, shape), false), 0, rest(r.derived.ochs, och, shape.dim)};
  return make(Funct::Mvout, (r.dram + offset) & ((1ULL << 40) - 1), from.encode());
}

Command no_pool_config(const ConvRequest& r, const UnrollerShape& shape) {
  isa::ConfigMvout config;
  config.activation = r.loop.activation;
  config.acc_scale = isa::ConfigMvout::keep_scale;
  config.stride = r.loop.out_stride * shape.input_bytes;
  return config.encode();
}

Command pool_config(const ConvRequest& r, const UnrollerShape& shape) {
  const ConvLoop& l = r.loop;
  isa::ConfigMvout config;
  config.activation = l.activation;
  config.acc_scale = isa::ConfigMvout::keep_scale;
  config.stride = l.out_stride * shape.input_bytes;
  config.pool_stride = l.pool_stride, config.pool_size = l.pool_size;
  config.upad = l.pupad, config.lpad = l.plpad;
  config.pool_out_dim = l.pool_out_col_dim;
  config.porows = l.porows, config.pocols = l.pocols;
  config.orows = l.orows, config.ocols = l.ocols;
  return config.encode();
}

}  // namespace conv

}  // namespace castor::gemmini
