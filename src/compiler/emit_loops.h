// The C library's inner calls as commands: matrix product, convolution, residual addition, global average.
#pragma once

#include "castor/compiler/memory_plan.h"
#include "castor/isa/stream.h"

namespace castor::compiler {

/// tiled_matmul_auto with a repeating bias, weight-stationary. Strides in elements.
struct MatmulCall {
  MatmulProblem problem;
  VirtAddr a, b, d, c;  ///< d = 0: no bias
  std::int64_t a_stride = 0, b_stride = 0, c_stride = 0;
  bool relu = false;
  float scale = 1;
};
void emit_matmul(isa::Stream& stream, const MatmulCall& call, const Machine& machine);

/// tiled_conv_auto, or tiled_conv_dw_auto.
struct ConvCall {
  ConvProblem problem;
  std::int64_t in_rows = 1, in_columns = 1, in_channels = 1;  ///< channels as the weights' layout has them
  std::int64_t conv_rows = 1, conv_columns = 1;               ///< before the pool
  Window window;
  bool pooled = false;
  Window pool;
  VirtAddr input, weights, bias, output;  ///< bias = 0: none
  std::int64_t in_stride = 0, weight_stride = 0, out_stride = 0;
  bool relu = false;
  float scale = 1;
};
void emit_conv(isa::Stream& stream, const ConvCall& call, const Machine& machine);
/// Only what the library does before the first tile: config_mvout, config_ex.
void emit_conv_configs(isa::Stream& stream, const ConvCall& call);
/// The tiles of one group (or of all channels).
void emit_conv_tiles(isa::Stream& stream, const ConvCall& call, const Machine& machine);

/// tiled_resadd_auto: c = scale_c * (scale_a * a + scale_b * b).
struct ResaddCall {
  std::int64_t rows = 1, columns = 1;
  VirtAddr a, b, c;
  std::int64_t a_stride = 0, b_stride = 0, c_stride = 0;
  float scale_a = 1, scale_b = 1, scale_c = 1;
  bool relu = false;
};
void emit_resadd(isa::Stream& stream, const ResaddCall& call, const Machine& machine);

/// tiled_global_average_auto.
struct AverageCall {
  std::int64_t images = 1, pixels = 1, channels = 1;
  VirtAddr input, output;
  std::int64_t in_stride = 0, out_stride = 0;
  bool relu = false;
  float scale = 1;
};
void emit_global_average(isa::Stream& stream, const AverageCall& call, const Machine& machine);

}  // namespace castor::compiler
