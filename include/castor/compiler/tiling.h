// How much of a layer fits on chip at once: the search of the Gemmini C library (tiled_matmul_auto, tiled_conv_auto,
// tiled_conv_dw_auto, tiled_resadd_auto, tiled_global_average_auto). Both are castor/sw/include/gemmini_tiling.h; here
// it has the compiler's types.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace castor::config {
class GemminiParams;
}

namespace castor::compiler {

/// The machine's sizes, in rows.
struct Geometry {
  std::int64_t dim = 16;
  std::int64_t sp_rows = 16384;
  std::int64_t acc_rows = 1024;
  std::int64_t max_block_len = 4;
  static Geometry of(const config::GemminiParams& params);
  std::int64_t blocks(std::int64_t elements) const { return (elements + dim - 1) / dim; }
};

/// Tiles of a matrix product in blocks of dim, and how many of them in each direction.
struct MatmulTiling {
  std::int64_t i = 1, j = 1, k = 1;
  std::int64_t count_i = 1, count_j = 1, count_k = 1;
};
enum class MatmulDataflow : std::uint8_t { OutputStationary, WeightStationary };
/// `whole_rows`: layernorm and softmax need a full row of results on chip.
MatmulTiling tile_matmul(std::int64_t i, std::int64_t j, std::int64_t k, const Geometry& geometry,
                         MatmulDataflow dataflow = MatmulDataflow::WeightStationary, bool whole_rows = false);

/// What the search needs to know of a convolution. Rows and columns after the fused pool.
struct ConvProblem {
  std::int64_t batch = 1;
  std::int64_t out_rows = 1, out_columns = 1, out_channels = 1;
  std::int64_t kernel_rows = 1, kernel_columns = 1, in_channels = 1;
  std::int64_t stride = 1, kernel_dilation = 1;
  std::int64_t pool_size = 1, pool_stride = 1;
  bool downsample = false;
  bool depthwise = false;
};

/// One LOOP_CONV_WS at most.
struct ConvTiling {
  std::int64_t batches = 1, porows = 1, pocols = 1, pochs = 1, krows = 1, kcols = 1, kchs = 1;
  std::array<std::int64_t, 7> list() const { return {batches, porows, pocols, pochs, krows, kcols, kchs}; }
  /// Loops in all for `problem` (a depthwise one: for each channel).
  std::int64_t loops(const ConvProblem& problem) const;
};
ConvTiling tile_conv(const ConvProblem& problem, const Geometry& geometry);
/// Rows of scratchpad (inputs and weights) and of accumulator that a tile takes.
std::int64_t conv_sp_rows(const ConvProblem& problem, const ConvTiling& tiling, const Geometry& geometry);
std::int64_t conv_acc_rows(const ConvProblem& problem, const ConvTiling& tiling, const Geometry& geometry);

/// Tiles of a residual addition in elements. `unroller`: LOOP_WS with is_resadd, which is double-buffered; else single
/// mvins and mvouts over the whole accumulator, as the older library unrolled them.
struct ResaddTiling {
  std::int64_t i = 1, j = 1;
};
ResaddTiling tile_resadd(std::int64_t i, std::int64_t j, const Geometry& geometry, bool unroller);

/// Channels of a global average in one go.
std::int64_t tile_global_average(std::int64_t channels, const Geometry& geometry);

std::string to_string(const MatmulTiling& tiling);
std::string to_string(const ConvTiling& tiling);
std::string to_string(const ResaddTiling& tiling);

}  // namespace castor::compiler
