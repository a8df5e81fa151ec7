// What each address generator of LOOP_CONV_WS iterates over, and the command it makes of a point: nests as data.
// RTL twin: LoopConvLdBias, LdInput, LdWeight, Execute, St and derived_params of LoopConv.scala.
#pragma once

#include <cstdint>

#include "castor/gemmini/loop_unroller.h"
#include "castor/gemmini/unroller_shape.h"
#include "castor/isa/command.h"

namespace castor::gemmini {

/// What the unroller is built with.
struct ConvFeatures {
  explicit ConvFeatures(const config::GemminiParams& params);
  bool training, max_pool, first_layer, depthwise, spad_ids;
  isa::ConvEncoding encoding;
};

/// The registers of one context. Sizes of images, tiles and paddings in pixels and channels.
struct ConvLoop {
  // the layer
  std::uint32_t batch_size = 0, in_row_dim = 0, in_col_dim = 0, in_channels = 0, out_channels = 0;
  std::uint32_t out_row_dim = 0, out_col_dim = 0, pool_out_row_dim = 0, pool_out_col_dim = 0;
  std::uint32_t in_stride = 0, weight_stride = 0, out_stride = 0;  // elements from pixel to pixel in memory
  std::uint32_t stride = 0, kernel_dim = 0, kernel_dilation = 0;
  std::uint32_t pool_size = 0, pool_stride = 0;
  // the tile
  std::uint32_t batches = 0, porows = 0, pocols = 0, pochs = 0, krows = 0, kcols = 0, kchs = 0;
  std::uint32_t lpad = 0, rpad = 0, upad = 0, dpad = 0, plpad = 0, pupad = 0;
  std::uint32_t orows = 0, ocols = 0;
  std::uint64_t weights = 0, output = 0, bias = 0, input = 0;  // memory addresses
  bool no_bias = false, wrot180 = false, no_pool = false, downsample = false, input_dilated = false;
  bool trans_output_1203 = false, trans_weight_1203 = false, trans_weight_0132 = false, trans_input_3120 = false;
  bool depthwise = false;
  Activation activation = Activation::None;
  std::uint32_t max_pixels_per_row = 1;
  std::uint32_t a_spad_id = 0, b_spad_id = 0;
  std::uint32_t a_start = 0;  // first scratchpad row of the input
  std::uint32_t b_end = 0;    // one past the last of the weights

  /// Pixels of an axis of the undilated input for pixels of the dilated one.
  std::uint32_t undilated(std::uint32_t pixels) const { return input_dilated ? (pixels + 1) >> 1 : pixels; }
};

/// What follows from the registers of a context (16-bit wires in the RTL).
struct ConvDerived {
  explicit ConvDerived(const ConvLoop& loop, std::uint32_t dim);
  ConvDerived() = default;
  std::uint32_t ochs = 0, ichs = 0;
  std::uint32_t irows = 0, icols = 0, irows_unpadded = 0, icols_unpadded = 0;
  std::uint32_t out_channels_per_bank = 0, in_channels_per_bank = 0;
  std::uint32_t bias_spad_stride = 0, input_spad_stride = 0, weight_spad_stride = 0;
};

/// What one generator is asked to do.
struct ConvRequest {
  ConvLoop loop;
  ConvDerived derived;
  std::uint64_t dram = 0;
  std::uint32_t a_start = 0;  // scratchpad rows
  std::uint32_t b_start = 0;
  std::uint32_t c_start = 0;  // accumulator rows
};

namespace conv {

// Nests, innermost loop first: bias {och, ocol, orow, b}, input {ich, icol, irow, b}, weights {kch, kcol, krow, och},
// execute {ocol, orow, b, kch, kcol, krow, och}, store {och, ocol, orow, b}, pooled store {och, b}.
LoopNest load_bias_nest(const ConvRequest& request, const UnrollerShape& shape);
LoopNest load_input_nest(const ConvRequest& request, const UnrollerShape& shape);
LoopNest load_weights_nest(const ConvRequest& request, const UnrollerShape& shape);
LoopNest execute_nest(const ConvRequest& request, const UnrollerShape& shape);
LoopNest store_nest(const ConvRequest& request, const UnrollerShape& shape);

/// Configurations that precede (bias, input, weights, execute, pooled store) or follow (pooled store) a nest.
isa::Command bias_config(const ConvRequest& request, const UnrollerShape& shape);
isa::Command input_config(const ConvRequest& request, const UnrollerShape& shape);
isa::Command weights_config(const ConvRequest& request, const UnrollerShape& shape);
isa::Command execute_config(const ConvRequest& request);
isa::Command pool_config(const ConvRequest& request, const UnrollerShape& shape);
isa::Command no_pool_config(const ConvRequest& request, const UnrollerShape& shape);

isa::Command load_bias(const ConvRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command load_input(const ConvRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command load_weights(const ConvRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command preload(const ConvRequest& request, const LoopNest& nest, const UnrollerShape& shape, bool new_weights);
isa::Command compute(const ConvRequest& request, const LoopNest& nest, const UnrollerShape& shape, bool new_weights);
isa::Command store(const ConvRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command pooled_store(const ConvRequest& request, const LoopNest& nest, const UnrollerShape& shape);

/// Pixels of one row that the input mvin at this point moves (padding pixels and image pixels apart).
std::uint32_t input_pixels(const ConvRequest& request, const LoopNest& nest, const UnrollerShape& shape);
/// Input-dilated convolutions: this point meets only zeros and has no commands.
bool skips(const ConvRequest& request, const LoopNest& nest);

}  // namespace conv

}  // namespace castor::gemmini
