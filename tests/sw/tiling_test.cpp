// The C library's tile search, as C compiles it, against the compiler's, over random machines and shapes.
#include "castor/compiler/tiling.h"

#include <gtest/gtest.h>

#include <random>

#include "tiling_in_c.h"

namespace castor::sw {
namespace {

using compiler::ConvProblem;
using compiler::Geometry;
using compiler::MatmulDataflow;

constexpr unsigned seed = 2;
constexpr int shapes = 5000;

class TilingInC : public testing::Test {
 protected:
  std::int64_t below(std::int64_t limit) { return static_cast<std::int64_t>(random_()) % limit; }

  /// Any machine, the default one as often as all others together.
  Geometry machine() {
    Geometry g;
    if (below(2) == 0) return g;
    g.dim = std::int64_t{4} << below(4);
    g.sp_rows = std::int64_t{1024} << below(6);
    g.acc_rows = std::int64_t{256} << below(5);
    return g;
  }
  static tiling_machine as_c(const Geometry& g) {
    return {static_cast<int>(g.dim), static_cast<int>(g.sp_rows), static_cast<int>(g.acc_rows)};
  }

  ConvProblem convolution() {
    ConvProblem p;
    p.batch = 1 + below(5), p.out_rows = 1 + below(60), p.out_columns = 1 + below(60);
    p.out_channels = 1 + below(600), p.in_channels = 1 + below(600);
    p.kernel_rows = p.kernel_columns = 1 + below(7), p.stride = 1 + below(3), p.kernel_dilation = 1 + below(3);
    if (below(4) == 0) p.pool_size = 1 + below(3), p.pool_stride = 1 + below(3);
    p.downsample = below(8) == 0;
    p.depthwise = below(6) == 0;
    return p;
  }

  std::mt19937 random_{seed};
};

TEST_F(TilingInC, OfAMatrixProductIsTheCompilers) {
  for (int trial = 0; trial < shapes; ++trial) {
    const Geometry g = machine();
    const std::int64_t i = 1 + below(4000), j = 1 + below(4000), k = 1 + below(4000);
    const bool buffered = below(2) == 0, whole_rows = below(8) == 0;
    const auto t = compiler::tile_matmul(
        i, j, k, g, buffered ? MatmulDataflow::WeightStationary : MatmulDataflow::OutputStationary, whole_rows);
    int tile[3];
    tile_matmul_in_c(as_c(g), static_cast<int>(i), static_cast<int>(j), static_cast<int>(k), buffered, whole_rows,
                     tile);
    ASSERT_EQ((std::array<std::int64_t, 3>{tile[0], tile[1], tile[2]}), (std::array<std::int64_t, 3>{t.i, t.j, t.k}))
        << "seed " << seed << " trial " << trial << ": " << i << "x" << j << "x" << k;
  }
}

TEST_F(TilingInC, OfAConvolutionIsTheCompilers) {
  for (int trial = 0; trial < shapes; ++trial) {
    const Geometry g = machine();
    const ConvProblem p = convolution();
    const auto int_of = [](std::int64_t x) { return static_cast<int>(x); };
    const tiling_conv c = {
        int_of(p.batch),       int_of(p.out_rows),    int_of(p.out_columns), int_of(p.out_channels),
        int_of(p.in_channels), int_of(p.kernel_rows), int_of(p.stride),      int_of(p.kernel_dilation),
        int_of(p.pool_size),   int_of(p.pool_stride), p.downsample,          p.depthwise};
    int extents[7];
    tile_conv_in_c(as_c(g), &c, extents);
    std::array<std::int64_t, 7> tile{};
    std::copy(extents, extents + 7, tile.begin());
    ASSERT_EQ(tile, compiler::tile_conv(p, g).list()) << "seed " << seed << " trial " << trial;
  }
}

TEST_F(TilingInC, OfAResidualAdditionIsTheCompilers) {
  for (int trial = 0; trial < shapes; ++trial) {
    const Geometry g = machine();
    const std::int64_t i = 1 + below(15000), j = 1 + below(3000);
    const bool unroller = below(2) == 0;
    int tile[2];
    tile_resadd_in_c(as_c(g), static_cast<int>(i), static_cast<int>(j), unroller, tile);
    const auto t = compiler::tile_resadd(i, j, g, unroller);
    ASSERT_TRUE(tile[0] == t.i && tile[1] == t.j) << "seed " << seed << " trial " << trial << ": " << i << "x" << j;
  }
}

TEST_F(TilingInC, OfAGlobalAverageIsTheCompilers) {
  for (int trial = 0; trial < 1000; ++trial) {
    const Geometry g = machine();
    const std::int64_t channels = 1 + below(40000);
    ASSERT_EQ(tile_global_average_in_c(as_c(g), static_cast<int>(channels)),
              compiler::tile_global_average(channels, g));
  }
}

}  // namespace
}  // namespace castor::sw
