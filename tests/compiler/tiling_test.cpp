#include "castor/compiler/tiling.h"

#include <gmock/gmock.h>

#include <random>

#include "castor/config/gemmini_params.h"

namespace castor::compiler {
namespace {

using testing::ElementsAre;

const Geometry machine;

struct MatmulCase {
  std::int64_t i, j, k;
  std::array<std::int64_t, 6> expected;  ///< tiles, then their counts
};

std::array<std::int64_t, 6> list(const MatmulTiling& t) { return {t.i, t.j, t.k, t.count_i, t.count_j, t.count_k}; }

TEST(MatmulTiling, IsTheLibrarysForItsDocumentedShapes) {
  const MatmulCase cases[] = {
      {64, 64, 64, {4, 4, 4, 1, 1, 1}},          {128, 256, 256, {5, 6, 16, 2, 3, 1}},
      {256, 256, 256, {5, 6, 16, 4, 3, 1}},      {512, 512, 512, {5, 6, 32, 7, 6, 1}},
      {1024, 1024, 1024, {5, 5, 51, 13, 13, 2}}, {128, 768, 768, {5, 5, 48, 2, 10, 1}},
      {128, 3072, 768, {5, 5, 48, 2, 39, 1}},    {128, 768, 3072, {5, 5, 51, 2, 10, 4}},
      {128, 64, 128, {8, 4, 8, 1, 1, 1}},        {12544, 64, 64, {8, 4, 4, 98, 1, 1}},
      {12544, 256, 64, {5, 6, 4, 157, 3, 1}},    {12544, 64, 256, {8, 4, 16, 98, 1, 1}},
      {12544, 128, 256, {5, 6, 16, 157, 2, 1}},  {3136, 512, 128, {5, 6, 8, 40, 6, 1}},
      {3136, 128, 512, {5, 6, 32, 40, 2, 1}},    {28, 512, 256, {2, 16, 16, 1, 2, 1}},
      {14, 1024, 512, {1, 15, 32, 1, 5, 1}},     {784, 256, 1024, {5, 5, 51, 10, 4, 2}},
      {196, 512, 2048, {5, 5, 51, 3, 7, 3}},     {4, 1000, 2048, {1, 8, 56, 1, 8, 3}},
      {50176, 16, 32, {32, 1, 2, 98, 1, 1}},     {12544, 24, 96, {16, 2, 6, 49, 1, 1}},
      {1000, 4, 1280, {8, 1, 56, 8, 1, 2}},      {196, 1280, 320, {5, 6, 20, 3, 14, 1}},
  };
  for (const MatmulCase& c : cases) {
    EXPECT_EQ(list(tile_matmul(c.i, c.j, c.k, machine)), c.expected) << c.i << "x" << c.j << "x" << c.k;
  }
}

TEST(MatmulTiling, LeavesNoRoomToGrowAndExceedsNothing) {
  std::mt19937 random(20);
  for (int trial = 0; trial < 4000; ++trial) {
    const std::int64_t i = 1 + random() % 3000, j = 1 + random() % 3000, k = 1 + random() % 3000;
    SCOPED_TRACE(testing::Message() << i << "x" << j << "x" << k);
    const MatmulTiling t = tile_matmul(i, j, k, machine);
    const std::int64_t bi = (i + 15) / 16, bj = (j + 15) / 16, bk = (k + 15) / 16;
    const auto sp = [](std::int64_t a, std::int64_t b, std::int64_t c) { return 16 * c * (a + b) <= 8192; };
    const auto acc = [](std::int64_t a, std::int64_t b) { return 16 * a * b <= 512; };
    ASSERT_TRUE(sp(t.i, t.j, t.k) && acc(t.i, t.j));
    ASSERT_FALSE(t.i < bi && sp(t.i + 1, t.j, t.k) && acc(t.i + 1, t.j));
    ASSERT_FALSE(t.j < bj && sp(t.i, t.j + 1, t.k) && acc(t.i, t.j + 1));
    ASSERT_FALSE(t.k < bk && sp(t.i, t.j, t.k + 1));
    ASSERT_TRUE((t.count_i - 1) * t.i < bi && t.count_i * t.i >= bi);
    ASSERT_TRUE((t.count_j - 1) * t.j < bj && t.count_j * t.j >= bj);
    ASSERT_TRUE((t.count_k - 1) * t.k < bk && t.count_k * t.k >= bk);
  }
}

TEST(MatmulTiling, UsesTheWholeScratchpadWhenOutputStationary) {
  EXPECT_EQ(list(tile_matmul(1024, 1024, 1024, machine, MatmulDataflow::OutputStationary)),
            (std::array<std::int64_t, 6>{8, 8, 64, 8, 8, 1}));
}

TEST(MatmulTiling, KeepsWholeRowsForSoftmax) {
  const MatmulTiling t = tile_matmul(128, 128, 64, machine, MatmulDataflow::WeightStationary, true);
  EXPECT_EQ(t.j, 8);
}

ConvProblem convolution(std::int64_t batch, std::int64_t out, std::int64_t outs, std::int64_t ins, std::int64_t kernel,
                        std::int64_t stride) {
  ConvProblem p;
  p.batch = batch, p.out_rows = p.out_columns = out, p.out_channels = outs, p.in_channels = ins;
  p.kernel_rows = p.kernel_columns = kernel, p.stride = stride;
  return p;
}

ConvProblem stem(std::int64_t batch) {
  ConvProblem p = convolution(batch, 56, 64, 3, 7, 2);
  p.pool_size = 3, p.pool_stride = 2;
  return p;
}

ConvProblem downsampling(ConvProblem p) {
  p.downsample = true;
  return p;
}

struct ConvCase {
  const char* name;
  ConvProblem problem;
  std::array<std::int64_t, 7> tiles;
  std::int64_t loops;
};

TEST(ConvTiling, IsTheLibrarysForResNet50) {
  const ConvCase cases[] = {
      {"conv_1 b4", stem(4), {2, 2, 20, 16, 7, 7, 3}, 672},
      {"conv_1 b1", stem(1), {1, 6, 17, 16, 7, 7, 3}, 160},
      {"conv_3 b4", convolution(4, 56, 64, 64, 3, 1), {4, 8, 16, 16, 3, 3, 64}, 112},
      {"conv_3 b1", convolution(1, 56, 64, 64, 3, 1), {1, 22, 23, 16, 3, 3, 64}, 36},
      {"conv_13 b4", convolution(4, 28, 128, 128, 3, 2), {4, 8, 16, 16, 3, 3, 48}, 192},
      {"conv_13 b1", convolution(1, 28, 128, 128, 3, 2), {1, 22, 23, 16, 3, 3, 48}, 96},
      {"conv_17 b4", convolution(4, 28, 128, 128, 3, 1), {4, 8, 16, 16, 3, 3, 128}, 64},
      {"conv_17 b1", convolution(1, 28, 128, 128, 3, 1), {1, 22, 23, 16, 3, 3, 128}, 32},
      {"conv_26 b4", convolution(4, 14, 256, 256, 3, 2), {4, 9, 14, 16, 3, 3, 48}, 192},
      {"conv_26 b1", convolution(1, 14, 256, 256, 3, 2), {1, 14, 14, 32, 3, 3, 105}, 24},
      {"conv_30 b4", convolution(4, 14, 256, 256, 3, 1), {4, 9, 14, 16, 3, 3, 144}, 64},
      {"conv_30 b1", convolution(1, 14, 256, 256, 3, 1), {1, 14, 14, 32, 3, 3, 240}, 16},
      {"conv_45 b4", convolution(4, 7, 512, 512, 3, 2), {4, 7, 7, 32, 3, 3, 96}, 96},
      {"conv_45 b1", convolution(1, 7, 512, 512, 3, 2), {1, 7, 7, 96, 3, 3, 113}, 30},
      {"conv_47 b4", downsampling(convolution(4, 7, 2048, 1024, 1, 2)), {4, 7, 7, 32, 1, 1, 568}, 128},
      {"conv_47 b1", downsampling(convolution(1, 7, 2048, 1024, 1, 2)), {1, 7, 7, 160, 1, 1, 624}, 26},
      {"conv_49 b4", convolution(4, 7, 512, 512, 3, 1), {4, 7, 7, 32, 3, 3, 208}, 48},
      {"conv_49 b1", convolution(1, 7, 512, 512, 3, 1), {1, 7, 7, 112, 3, 3, 119}, 25},
  };
  for (const ConvCase& c : cases) {
    const ConvTiling t = tile_conv(c.problem, machine);
    EXPECT_EQ(t.list(), c.tiles) << c.name;
    EXPECT_EQ(t.loops(c.problem), c.loops) << c.name;
  }
}

TEST(ConvTiling, IsTheLibrarysForMobileNet) {
  struct Case {
    std::int64_t channels, out, stride;
    std::array<std::int64_t, 7> tiles;
    std::int64_t loops;
  };
  const Case cases[] = {{32, 112, 1, {4, 8, 16, 1, 3, 3, 1}, 3136}, {96, 56, 2, {4, 8, 16, 1, 3, 3, 1}, 2688},
                        {144, 56, 1, {4, 8, 16, 1, 3, 3, 1}, 4032}, {144, 28, 2, {4, 8, 16, 1, 3, 3, 1}, 1152},
                        {192, 14, 2, {4, 9, 14, 1, 3, 3, 1}, 384},  {960, 7, 1, {4, 7, 7, 1, 3, 3, 1}, 960}};
  for (const Case& c : cases) {
    ConvProblem p = convolution(4, c.out, c.channels, c.channels, 3, c.stride);
    p.depthwise = true;
    const ConvTiling t = tile_conv(p, machine);
    EXPECT_EQ(t.list(), c.tiles) << c.channels << " channels to " << c.out;
    EXPECT_EQ(t.loops(p), c.loops) << c.channels << " channels to " << c.out;
  }
  EXPECT_EQ(tile_conv(convolution(4, 112, 32, 3, 3, 2), machine).list(),
            (std::array<std::int64_t, 7>{4, 8, 16, 16, 3, 3, 3}));
}

TEST(ConvTiling, FitsAndCannotGrowInAnyDirection) {
  std::mt19937 random(21);
  for (int trial = 0; trial < 3000; ++trial) {
    ConvProblem p = convolution(1 + random() % 4, 1 + random() % 60, 1 + random() % 300, 1 + random() % 300,
                                1 + random() % 7, 1 + random() % 3);
    if (random() % 4 == 0) p.pool_size = 2 + random() % 2, p.pool_stride = 1 + random() % 2;
    SCOPED_TRACE(testing::Message() << "trial " << trial << ": " << p.batch << " " << p.out_rows << " "
                                    << p.out_channels << " " << p.in_channels << " " << p.kernel_rows << " " << p.stride
                                    << " pool " << p.pool_size << "/" << p.pool_stride);
    const auto tiles = tile_conv(p, machine).list();
    const std::array<std::int64_t, 7> most{p.batch,       p.out_rows,       p.out_columns, p.out_channels,
                                           p.kernel_rows, p.kernel_columns, p.in_channels};
    const auto fits = [&](const std::array<std::int64_t, 7>& e) {
      const ConvTiling t{e[0], e[1], e[2], e[3], e[4], e[5], e[6]};
      return conv_sp_rows(p, t, machine) <= 8192 && conv_acc_rows(p, t, machine) <= 512;
    };
    ASSERT_TRUE(fits(tiles));
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      auto larger = tiles;
      ASSERT_TRUE(++larger[i] > most[i] || !fits(larger)) << "extent " << i;
    }
  }
}

TEST(ResaddTiling, HalvesRowsThenDropsColumnsForTheUnroller) {
  const ResaddTiling wide = tile_resadd(784, 1024, machine, true);
  EXPECT_LE((wide.i + 15) / 16 * 16 * ((wide.j + 15) / 16), 512);
  const ResaddTiling tall = tile_resadd(12544, 256, machine, true);
  EXPECT_EQ(tall.i, 49);  // rows halve to 196, then columns go to 192, rows to 98, columns to 96, rows to 49
  EXPECT_EQ(tall.j, 96);
}

TEST(ResaddTiling, FillsTheAccumulatorWhenUnrolledInSoftware) {
  const ResaddTiling t = tile_resadd(196, 1024, machine, false);
  EXPECT_LE((t.i + 15) / 16 * 16 * ((t.j + 15) / 16), 1024);
  EXPECT_GT(((t.i + 16) / 16) * 16 * ((t.j + 15) / 16), 1024);
}

TEST(GlobalAverageTiling, TakesAllChannelsThatFitTheAccumulator) {
  EXPECT_EQ(tile_global_average(2048, machine), 2048);
  EXPECT_EQ(tile_global_average(20000, machine), 16384);
}

TEST(Geometry, ComesFromTheParameters) {
  const Geometry g = Geometry::of(config::GemminiParams{});
  EXPECT_THAT((std::array<std::int64_t, 4>{g.dim, g.sp_rows, g.acc_rows, g.max_block_len}),
              ElementsAre(16, 16384, 1024, 4));
}

}  // namespace
}  // namespace castor::compiler
