#include "castor/compiler/tiling.h"

#include "castor/config/gemmini_params.h"

// The search itself is the C library's: one description for both. Here tensors may be larger than an int counts.
#define GEMMINI_EXTENT std::int64_t
#include "castor/sw/include/gemmini_tiling.h"

namespace castor::compiler {
namespace {

gemmini_geometry sizes(const Geometry& g) { return {g.dim, g.sp_rows, g.acc_rows}; }

gemmini_conv_shape shape(const ConvProblem& p) {
  return {p.batch,  p.out_rows, p.out_columns,     p.out_channels, p.kernel_rows, p.kernel_columns, p.in_channels,
          p.stride, 1,          p.kernel_dilation, p.pool_size,    p.pool_stride, p.downsample,     0,
          0,        p.depthwise};
}

gemmini_conv_tile tile(const ConvTiling& t) {
  return {{t.batches, t.porows, t.pocols, t.pochs, t.krows, t.kcols, t.kchs}};
}

}  // namespace

Geometry Geometry::of(const config::GemminiParams& params) {
  return {static_cast<std::int64_t>(params.dim()), static_cast<std::int64_t>(params.sp_rows()),
          static_cast<std::int64_t>(params.acc_rows()), static_cast<std::int64_t>(params.max_block_len())};
}

MatmulTiling tile_matmul(std::int64_t i, std::int64_t j, std::int64_t k, const Geometry& geometry,
                         MatmulDataflow dataflow, bool whole_rows) {
  const gemmini_matmul_tile t =
      gemmini_tile_matmul(sizes(geometry), i, j, k, dataflow == MatmulDataflow::WeightStationary, whole_rows);
  const auto count = [&](std::int64_t elements, std::int64_t tile) {
    return gemmini_ceil_div(geometry.blocks(elements), tile);
  };
  return {t.i, t.j, t.k, count(i, t.i), count(j, t.j), count(k, t.k)};
}

std::int64_t conv_sp_rows(const ConvProblem& problem, const ConvTiling& tiling, const Geometry& geometry) {
  const gemmini_conv_shape s = shape(problem);
  const gemmini_conv_tile t = tile(tiling);
  return gemmini_conv_sp_rows(sizes(geometry), &s, &t);
}

std::int64_t conv_acc_rows(const ConvProblem& problem, const ConvTiling& tiling, const Geometry& geometry) {
  const gemmini_conv_shape s = shape(problem);
  const gemmini_conv_tile t = tile(tiling);
  return gemmini_conv_acc_rows(sizes(geometry), &s, &t);
}

std::int64_t ConvTiling::loops(const ConvProblem& p) const {
  const std::int64_t channels =
      p.depthwise ? p.out_channels : gemmini_ceil_div(p.out_channels, pochs) * gemmini_ceil_div(p.in_channels, kchs);
  return gemmini_ceil_div(p.batch, batches) * gemmini_ceil_div(p.out_rows, porows) *
         gemmini_ceil_div(p.out_columns, pocols) * channels * gemmini_ceil_div(p.kernel_rows, krows) *
         gemmini_ceil_div(p.kernel_columns, kcols);
}

ConvTiling tile_conv(const ConvProblem& problem, const Geometry& geometry) {
  const gemmini_conv_shape s = shape(problem);
  const gemmini_conv_tile t = gemmini_tile_conv(sizes(geometry), &s);
  const gemmini_extent* e = t.extent;
  return {e[GEMMINI_BATCHES], e[GEMMINI_POROWS], e[GEMMINI_POCOLS], e[GEMMINI_POCHS],
          e[GEMMINI_KROWS],   e[GEMMINI_KCOLS],  e[GEMMINI_KCHS]};
}

ResaddTiling tile_resadd(std::int64_t i, std::int64_t j, const Geometry& geometry, bool unroller) {
  const gemmini_resadd_tile t = gemmini_tile_resadd(sizes(geometry), i, j, unroller);
  return {t.i, t.j};
}

std::int64_t tile_global_average(std::int64_t channels, const Geometry& geometry) {
  return gemmini_tile_global_average(sizes(geometry), channels);
}

std::string to_string(const MatmulTiling& t) {
  return "matmul (" + std::to_string(t.i) + "," + std::to_string(t.j) + "," + std::to_string(t.k) + ") x (" +
         std::to_string(t.count_i) + "," + std::to_string(t.count_j) + "," + std::to_string(t.count_k) + ")";
}

std::string to_string(const ConvTiling& t) {
  std::string text = "conv [";
  for (const std::int64_t extent : t.list()) text += (text.back() == '[' ? "" : ",") + std::to_string(extent);
  return text + "]";
}

std::string to_string(const ResaddTiling& t) { return "resadd " + std::to_string(t.i) + "x" + std::to_string(t.j); }

}  // namespace castor::compiler
