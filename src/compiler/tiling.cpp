#include "castor/compiler/tiling.h"

#include <algorithm>
#include <cmath>

#include "castor/config/gemmini_params.h"

namespace castor::compiler {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// What one matrix product may take of scratchpad and accumulator, and where the search starts.
struct MatmulLimits {
  std::int64_t sp_rows, acc_rows, start_ij, start_k;
};

MatmulLimits matmul_limits(const Geometry& g, MatmulDataflow dataflow) {
  const std::int64_t share = dataflow == MatmulDataflow::WeightStationary ? 2 : 1;  // double buffering
  MatmulLimits limits{g.sp_rows / share, g.acc_rows / share, 1, 1};
  limits.start_ij = static_cast<std::int64_t>(std::sqrt(static_cast<double>(limits.acc_rows / g.dim)));
  limits.start_k = g.sp_rows / 2 / share / g.dim / limits.start_ij;
  return limits;
}

/// Seven extents in the order in which the library looks at them.
using Extents = std::array<std::int64_t, 7>;
enum : std::size_t {
  batch_at,
  rows_at,
  columns_at,
  out_channels_at,
  kernel_rows_at,
  kernel_columns_at,
  in_channels_at
};

ConvTiling tiling_of(const Extents& e) { return {e[0], e[1], e[2], e[3], e[4], e[5], e[6]}; }

class ConvSearch {
 public:
  ConvSearch(const ConvProblem& problem, const Geometry& geometry)
      : problem_(problem),
        geometry_(geometry),
        most_{problem.batch,
              problem.out_rows,
              problem.out_columns,
              problem.depthwise ? 1 : problem.out_channels,
              problem.kernel_rows,
              problem.kernel_columns,
              problem.depthwise ? 1 : problem.in_channels} {}

  ConvTiling run() const {
    Extents extents = most_;
    while (!fits(extents)) shrink(extents);
    while (grow(extents, columns_at)) {
    }
    for (bool grown = true; grown;) {
      grown = false;
      for (std::size_t i = 0; i < extents.size(); ++i) grown |= grow(extents, i);
    }
    return tiling_of(extents);
  }

 private:
  bool fits(const Extents& extents) const {
    const ConvTiling tiling = tiling_of(extents);
    return conv_sp_rows(problem_, tiling, geometry_) <= geometry_.sp_rows / 2 &&
           conv_acc_rows(problem_, tiling, geometry_) <= geometry_.acc_rows / 2;
  }

  /// The largest extent gives way, the first of equals; columns that just fill the array stay while rows can go.
  void shrink(Extents& extents) const {
    std::size_t largest = batch_at;
    std::int64_t value = -1;
    for (std::size_t i = 0; i < extents.size(); ++i) {
      const bool spared = i == columns_at && extents[i] <= geometry_.dim && extents[rows_at] > 1;
      if (!spared && extents[i] > value) value = extents[i], largest = i;
    }
    std::int64_t& extent = extents[largest];
    const bool channels = largest == out_channels_at || (largest == in_channels_at && !problem_.depthwise);
    if (!channels) {
      --extent;
    } else {
      extent = extent % geometry_.dim != 0 ? extent / geometry_.dim * geometry_.dim : extent - geometry_.dim;
      extent = std::max<std::int64_t>(extent, 1);
    }
  }

  bool grow(Extents& extents, std::size_t at) const {
    Extents candidate = extents;
    if (++candidate[at] > most_[at] || !fits(candidate)) return false;
    extents = candidate;
    return true;
  }

  const ConvProblem& problem_;
  const Geometry& geometry_;
  Extents most_;
};

}  // namespace

Geometry Geometry::of(const config::GemminiParams& params) {
  return {static_cast<std::int64_t>(params.dim()), static_cast<std::int64_t>(params.sp_rows()),
          static_cast<std::int64_t>(params.acc_rows()), static_cast<std::int64_t>(params.max_block_len())};
}

MatmulTiling tile_matmul(std::int64_t i, std::int64_t j, std::int64_t k, const Geometry& geometry,
                         MatmulDataflow dataflow, bool whole_rows) {
  const std::int64_t most_i = geometry.blocks(i), most_j = geometry.blocks(j), most_k = geometry.blocks(k);
  const MatmulLimits limits = matmul_limits(geometry, dataflow);
  MatmulTiling t{std::min(most_i, limits.start_ij), std::min(most_j, limits.start_ij),
                 std::min(most_k, limits.start_k)};
  if (whole_rows) t = {1, most_j, 1};
  const auto fits_sp = [&](std::int64_t ti, std::int64_t tj, std::int64_t tk) {
    return (ti * tk + tk * tj) * geometry.dim <= limits.sp_rows;
  };
  const auto fits_acc = [&](std::int64_t ti, std::int64_t tj) { return ti * tj * geometry.dim <= limits.acc_rows; };
  for (bool grown = true; grown;) {
    grown = false;
    if (fits_sp(t.i, t.j + 1, t.k) && fits_acc(t.i, t.j + 1) && t.j < most_j) ++t.j, grown = true;
    if (fits_sp(t.i + 1, t.j, t.k) && fits_acc(t.i + 1, t.j) && t.i < most_i) ++t.i, grown = true;
    if (fits_sp(t.i, t.j, t.k + 1) && t.k < most_k) ++t.k, grown = true;
  }
  t.count_i = ceil_div(most_i, t.i), t.count_j = ceil_div(most_j, t.j), t.count_k = ceil_div(most_k, t.k);
  return t;
}

std::int64_t conv_sp_rows(const ConvProblem& p, const ConvTiling& t, const Geometry& geometry) {
  const std::int64_t orows = t.porows * p.pool_stride + p.pool_size - 1,
                     ocols = t.pocols * p.pool_stride + p.pool_size - 1;
  const std::int64_t irows = orows * p.stride + t.krows + (p.kernel_dilation - 1) * (t.krows - 1) - 1;
  const std::int64_t icols = ocols * p.stride + t.kcols + (p.kernel_dilation - 1) * (t.kcols - 1) - 1;
  const int half = p.downsample ? 1 : 0;
  const std::int64_t inputs = geometry.blocks(t.kchs) * t.batches * (irows >> half) * (icols >> half);
  return inputs + geometry.blocks(t.pochs) * t.krows * t.kcols * t.kchs;
}

std::int64_t conv_acc_rows(const ConvProblem& p, const ConvTiling& t, const Geometry& geometry) {
  const std::int64_t orows = t.porows * p.pool_stride + p.pool_size - 1,
                     ocols = t.pocols * p.pool_stride + p.pool_size - 1;
  return geometry.blocks(t.pochs) * t.batches * orows * ocols;
}

std::int64_t ConvTiling::loops(const ConvProblem& p) const {
  const std::int64_t channels =
      p.depthwise ? p.out_channels : ceil_div(p.out_channels, pochs) * ceil_div(p.in_channels, kchs);
  return ceil_div(p.batch, batches) * ceil_div(p.out_rows, porows) * ceil_div(p.out_columns, pocols) * channels *
         ceil_div(p.kernel_rows, krows) * ceil_div(p.kernel_columns, kcols);
}

ConvTiling tile_conv(const ConvProblem& problem, const Geometry& geometry) {
  return ConvSearch(problem, geometry).run();
}

ResaddTiling tile_resadd(std::int64_t i, std::int64_t j, const Geometry& geometry, bool unroller) {
  ResaddTiling t{i, j};
  const auto rows = [&] { return geometry.blocks(t.i) * geometry.dim * geometry.blocks(t.j); };
  if (!unroller) {
    while (rows() > geometry.acc_rows) t.i >= t.j ? --t.i : --t.j;
    return t;
  }
  while (rows() > geometry.acc_rows / 2) {
    if (t.i >= t.j || t.j <= geometry.dim) {
      t.i /= 2;
    } else {
      t.j -= geometry.dim;
    }
  }
  return t;
}

std::int64_t tile_global_average(std::int64_t channels, const Geometry& geometry) {
  std::int64_t tile = channels;
  while (geometry.blocks(tile) > geometry.acc_rows) --tile;
  return tile;
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
