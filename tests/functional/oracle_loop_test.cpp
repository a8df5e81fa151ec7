// LOOP_WS and LOOP_CONV_WS against plain loops over tensors, random shapes.
#include <gtest/gtest.h>

#include <algorithm>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "machine.h"

namespace castor::functional {
namespace {

OracleParams head_params() {
  OracleParams params;
  params.loops.conv_encoding = isa::ConvEncoding::Rectangular;
  params.loops.has_spad_ids = params.loops.has_resadd = params.loops.has_skips = true;
  return params;
}

// ---------------------------------------------------------------------------------------------------- matmul

struct MatmulCase {
  std::uint32_t rows, cols, depth;
  bool a_transpose, b_transpose, bias, low_d, full_c, relu, accumulate;
  float scale;
};

class RandomMatmul {
 public:
  RandomMatmul(Machine& machine, std::mt19937& random) : m_(machine), random_(random) {}

  /// Runs one loop on fresh operands and compares its output matrix.
  void run(const MatmulCase& c) {
    const auto a = random_matrix<std::int8_t>(c.rows, c.depth, random_);
    const auto b = random_matrix<std::int8_t>(c.depth, c.cols, random_);
    const auto d = random_matrix<std::int32_t>(c.rows, c.cols, random_, c.low_d ? -128 : -50000, c.low_d ? 127 : 50000);
    place(a_at, a, c.a_transpose), place(b_at, b, c.b_transpose);
    if (c.low_d)
      place(d_at, narrowed(d), false);
    else
      m_.put(d_at, d.values());
    configure(c);
    loop(c);
    compare(c, a, b, d);
  }

  static constexpr std::uint64_t a_at = 0x80000000, b_at = 0x80100000, d_at = 0x80200000, c_at = 0x80300000;

 private:
  static Matrix<std::int8_t> narrowed(const Matrix<std::int32_t>& d) {
    Matrix<std::int8_t> out(d.rows(), d.cols());
    std::transform(d.values().begin(), d.values().end(), out.values().begin(),
                   [](std::int32_t x) { return static_cast<std::int8_t>(x); });
    return out;
  }

  void place(std::uint64_t at, const Matrix<std::int8_t>& matrix, bool transposed) {
    Matrix<std::int8_t> stored(transposed ? matrix.cols() : matrix.rows(), transposed ? matrix.rows() : matrix.cols());
    for (std::size_t r = 0; r < matrix.rows(); ++r)
      for (std::size_t col = 0; col < matrix.cols(); ++col)
        (transposed ? stored(col, r) : stored(r, col)) = matrix(r, col);
    m_.put(at, stored.values());
    // What lies behind the matrix is read too (B has no padded rows): it must not matter.
    m_.put(at + stored.values().size(), std::vector<std::int8_t>(15 * 128, 77));
  }

  void configure(const MatmulCase& c) {
    isa::ConfigEx ex;
    ex.a_transpose = c.a_transpose;
    ex.b_transpose = c.b_transpose;
    m_.run(ex);
    m_.load_config(c.a_transpose ? c.rows : c.depth, 0);
    m_.load_config(c.b_transpose ? c.depth : c.cols, 1);
    m_.load_config(c.low_d ? c.cols : c.cols * 4, 2, 1.0F, c.low_d);
    m_.store_config(c.full_c ? c.cols * 4 : c.cols, c.scale, c.relu ? Activation::Relu : Activation::None);
  }

  static std::uint32_t tiles(std::uint32_t n) { return static_cast<std::uint32_t>(ceil_div(n, 16)); }
  static std::uint32_t pad(std::uint32_t n) { return tiles(n) * 16 - n; }

  void loop(const MatmulCase& c) {
    m_.run(isa::LoopWsBounds{tiles(c.rows), tiles(c.cols), tiles(c.depth), pad(c.rows), pad(c.cols), pad(c.depth)});
    m_.run(isa::LoopWsAddrsAb{VirtAddr{a_at}, VirtAddr{b_at}});
    m_.run(isa::LoopWsAddrsDc{VirtAddr{c.bias ? d_at : 0}, VirtAddr{c_at}});
    m_.run(isa::LoopWsStridesAb{c.a_transpose ? c.rows : c.depth, c.b_transpose ? c.depth : c.cols});
    m_.run(isa::LoopWsStridesDc{c.cols, c.cols});
    isa::LoopWsRun run;
    run.ex_accumulate = c.bias;
    run.full_c = c.full_c;
    run.low_d = c.low_d;
    run.a_transpose = c.a_transpose;
    run.b_transpose = c.b_transpose;
    m_.run(run);
  }

  void compare(const MatmulCase& c, const Matrix<std::int8_t>& a, const Matrix<std::int8_t>& b,
               const Matrix<std::int32_t>& d) {
    for (std::uint32_t i = 0; i < c.rows; ++i)
      for (std::uint32_t j = 0; j < c.cols; ++j) {
        std::int32_t sum = c.bias ? d(i, j) : 0;
        for (std::uint32_t k = 0; k < c.depth; ++k) sum += a(i, k) * b(k, j);
        const std::uint64_t at = i * std::uint64_t{c.cols} + j;
        if (c.full_c)
          ASSERT_EQ(m_.memory.get<std::int32_t>(PhysAddr{c_at + 4 * at}), sum) << i << "," << j;
        else
          ASSERT_EQ(m_.memory.get<std::int8_t>(PhysAddr{c_at + at}), scaled_reference(sum, c.scale, c.relu))
              << i << "," << j;
      }
  }

  Machine& m_;
  std::mt19937& random_;
};

MatmulCase random_case(std::mt19937& random) {
  const auto size = [&](unsigned most) { return static_cast<std::uint32_t>(random() % most + 1); };
  const bool a_transpose = random() % 3 == 0;
  return {size(80),
          size(96),
          size(110),
          a_transpose,
          !a_transpose && random() % 3 == 0,
          random() % 2 == 0,
          random() % 2 == 0,
          random() % 4 == 0,
          random() % 2 == 0,
          false,
          1.0F / static_cast<float>(random() % 2000 + 1)};
}

TEST(LoopWs, MatchesPlainMatrixProductsLoopAfterLoop) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    Machine machine;
    RandomMatmul matmul(machine, random);
    for (unsigned loop = 0; loop < 5; ++loop) {
      SCOPED_TRACE("loop " + std::to_string(loop));
      matmul.run(random_case(random));
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(LoopWs, AccumulatesOverLoopsThatStoreNothing) {
  std::mt19937 random(3);
  Machine m;
  const auto a = random_matrix<std::int8_t>(16, 32, random), b = random_matrix<std::int8_t>(32, 16, random);
  m.put(0x80000000, a.values()), m.put(0x80100000, b.values());
  m.run(isa::ConfigEx{});
  m.load_config(32, 0), m.load_config(16, 1), m.store_config(64);
  for (std::uint64_t half = 0; half < 2; ++half) {
    m.run(isa::LoopWsBounds{1, 1, 1, 0, 0, 0});
    m.run(isa::LoopWsAddrsAb{VirtAddr{0x80000000 + 16 * half}, VirtAddr{0x80100000 + 256 * half}});
    m.run(isa::LoopWsAddrsDc{VirtAddr{0}, VirtAddr{half ? 0x80300000 : 0}});
    m.run(isa::LoopWsStridesAb{32, 16});
    m.run(isa::LoopWsStridesDc{16, 16});
    isa::LoopWsRun run;
    run.ex_accumulate = half != 0;
    run.full_c = true;
    m.run(run);
  }
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 16; ++j) {
      std::int32_t sum = 0;
      for (unsigned k = 0; k < 32; ++k) sum += a(i, k) * b(k, j);
      ASSERT_EQ(m.memory.get<std::int32_t>(PhysAddr{0x80300000 + 4 * (i * 16 + j)}), sum);
    }
}

TEST(LoopWs, ReusesAnOperandByItsScratchpadId) {
  std::mt19937 random(5);
  Machine m(head_params());
  const auto a = random_matrix<std::int8_t>(16, 16, random), b = random_matrix<std::int8_t>(16, 32, random);
  m.put(0x80000000, a.values()), m.put(0x80100000, b.values());
  m.run(isa::ConfigEx{});
  m.load_config(16, 0), m.load_config(32, 1), m.store_config(128);
  for (std::uint64_t j = 0; j < 2; ++j) {
    m.run(isa::LoopWsBounds{1, 1, 1, 0, 0, 0});
    m.run(isa::LoopWsAddrsAb{VirtAddr{j ? 0 : 0x80000000}, VirtAddr{0x80100000 + 16 * j}});
    m.run(isa::LoopWsAddrsDc{VirtAddr{0}, VirtAddr{0x80300000 + 64 * j}});
    m.run(isa::LoopWsStridesAb{16, 32});
    m.run(isa::LoopWsStridesDc{32, 32});
    isa::LoopWsRun run;
    run.full_c = true;
    run.a_spad_id = 1;
    m.run(run);
  }
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 32; ++j) {
      std::int32_t sum = 0;
      for (unsigned k = 0; k < 16; ++k) sum += a(i, k) * b(k, j);
      ASSERT_EQ(m.memory.get<std::int32_t>(PhysAddr{0x80300000 + 4 * (i * 32 + j)}), sum);
    }
}

TEST(LoopWs, AddsResiduals) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    Machine m(head_params());
    const auto rows = static_cast<std::uint32_t>(random() % 60 + 1),
               cols = static_cast<std::uint32_t>(random() % 100 + 1);
    const auto a = random_matrix<std::int8_t>(rows, cols, random), b = random_matrix<std::int8_t>(rows, cols, random);
    m.put(0x80000000, a.values()), m.put(0x80100000, b.values());
    m.run(isa::ConfigEx{});
    m.load_config(cols, 0, 0.75F, true), m.load_config(cols, 1, 1.0F, true),
        m.store_config(cols, 0.5F, Activation::Relu);
    const auto tiles = [](std::uint32_t n) { return (n + 15) / 16; };
    m.run(isa::LoopWsBounds{tiles(rows), tiles(cols), 0, tiles(rows) * 16 - rows, tiles(cols) * 16 - cols, 0});
    m.run(isa::LoopWsAddrsAb{VirtAddr{0x80000000}, VirtAddr{0x80100000}});
    m.run(isa::LoopWsAddrsDc{VirtAddr{0}, VirtAddr{0x80300000}});
    m.run(isa::LoopWsStridesAb{cols, cols});
    m.run(isa::LoopWsStridesDc{cols, cols});
    isa::LoopWsRun run;
    run.is_resadd = true;
    m.run(run);
    for (std::size_t i = 0; i < a.values().size(); ++i) {
      const std::int32_t sum = scaled_reference(a.values()[i], 0.75F) + b.values()[i];
      ASSERT_EQ(m.memory.get<std::int8_t>(PhysAddr{0x80300000 + i}), scaled_reference(sum, 0.5F, true)) << i;
    }
  }
}

TEST(LoopWs, NormalisesEveryRow) {
  OracleParams params = head_params();
  params.has_normalizations = true;
  Machine m(params);
  std::mt19937 random(9);
  const std::uint32_t rows = 19, cols = 70, depth = 20;
  const auto a = random_matrix<std::int8_t>(rows, depth, random), b = random_matrix<std::int8_t>(depth, cols, random);
  m.put(0x80000000, a.values()), m.put(0x80100000, b.values());
  m.run(isa::ConfigEx{});
  m.load_config(depth, 0), m.load_config(cols, 1), m.store_config(cols, 30.0F, Activation::LayerNorm);
  m.run(isa::LoopWsBounds{2, 5, 2, 13, 10, 12});
  m.run(isa::LoopWsAddrsAb{VirtAddr{0x80000000}, VirtAddr{0x80100000}});
  m.run(isa::LoopWsAddrsDc{VirtAddr{0}, VirtAddr{0x80300000}});
  m.run(isa::LoopWsStridesAb{depth, cols});
  m.run(isa::LoopWsStridesDc{cols, cols});
  isa::LoopWsRun run;
  run.activation = Activation::LayerNorm;
  m.run(run);
  for (std::uint32_t i = 0; i < rows; ++i) {
    std::vector<std::int32_t> x(cols);
    std::int64_t sum = 0, squares = 0;
    for (std::uint32_t j = 0; j < cols; ++j) {
      for (std::uint32_t k = 0; k < depth; ++k) x[j] += a(i, k) * b(k, j);
      sum += x[j];
    }
    const auto mean = static_cast<std::int32_t>(sum / cols);
    for (const std::int32_t value : x) squares += std::int64_t{value - mean} * (value - mean);
    const auto wrapped = static_cast<std::int32_t>(squares);
    const auto variance = static_cast<std::uint32_t>(wrapped / static_cast<std::int32_t>(cols));
    const auto deviation =
        std::max(1.0F, static_cast<float>(static_cast<std::uint32_t>(std::sqrt(static_cast<double>(variance)))));
    for (std::uint32_t j = 0; j < cols; ++j)
      ASSERT_EQ(m.memory.get<std::int8_t>(PhysAddr{0x80300000 + i * cols + j}),
                scaled_reference(x[j] - mean, 1.0F / deviation * 30.0F));
  }
}

TEST(LoopWs, RefusesAnEmptyLoop) {
  Machine m;
  m.run(isa::LoopWsBounds{1, 0, 1, 0, 0, 0});
  EXPECT_THROW(m.run(isa::LoopWsRun{}), UserError);
}

// ----------------------------------------------------------------------------------------------- convolution

struct ConvCase {
  int batches = 1, in_dim = 8, in_cols = 8, channels = 3, outputs = 5, kernel = 3, stride = 1, padding = 1,
      dilation = 1;
  int pool_size = 1, pool_stride = 0, pool_padding = 0;
  int pixels = 1;
  bool bias = true, relu = true, downsample = false, dilated_input = false, rotated = false, depthwise = false;
  bool output_1203 = false, weight_1203 = false, weight_0132 = false, input_3120 = false;
  isa::ConvEncoding encoding = isa::ConvEncoding::Square;
  float scale = 0.01F;

  int virtual_dim(int dim) const { return dilated_input ? 2 * dim - 1 : dim; }
  int spread() const { return dilation * (kernel - 1) + 1; }
  int out(int dim) const { return (virtual_dim(dim) + 2 * padding - spread()) / stride + 1; }
  int pooled(int dim) const {
    return pool_stride ? (out(dim) + 2 * pool_padding - pool_size) / pool_stride + 1 : out(dim);
  }
};

class RandomConv {
 public:
  RandomConv(const ConvCase& c, std::mt19937& random)
      : c_(c),
        m_(params(c)),
        orows_(c.out(c.in_dim)),
        ocols_(c.out(c.in_cols)),
        input_(random_matrix<std::int8_t>(static_cast<std::size_t>(c.batches * c.in_dim * c.in_cols),
                                          static_cast<std::size_t>(c.channels), random)),
        weights_(
            random_matrix<std::int8_t>(static_cast<std::size_t>(c.kernel * c.kernel * (c.depthwise ? 1 : c.channels)),
                                       static_cast<std::size_t>(c.outputs), random)),
        bias_(random_matrix<std::int32_t>(1, static_cast<std::size_t>(c.outputs), random, -3000, 3000)) {}

  void run() {
    place();
    configure();
    if (c_.depthwise)
      for (int channel = 0; channel < c_.channels; ++channel) loop(channel);
    else
      loop(0);
    compare();
  }

 private:
  static constexpr std::uint64_t in_at = 0x80000000, w_at = 0x80100000, bias_at = 0x80200000, out_at = 0x80300000;

  static OracleParams params(const ConvCase& c) {
    OracleParams p = head_params();
    p.loops.conv_encoding = c.encoding;
    return p;
  }

  std::int8_t input(int b, int row, int col, int ch) const {
    return input_(static_cast<std::size_t>((b * c_.in_dim + row) * c_.in_cols + col), static_cast<std::size_t>(ch));
  }
  std::int8_t weight(int row, int col, int ich, int och) const {
    const int depth = c_.depthwise ? 1 : c_.channels;
    return weights_(static_cast<std::size_t>((row * c_.kernel + col) * depth + ich), static_cast<std::size_t>(och));
  }

  template <class T>
  void put(std::uint64_t at, int index, T value) {
    m_.memory.put<T>(PhysAddr{at + static_cast<std::uint64_t>(index) * sizeof(T)}, value);
  }

  void place() {
    for (int b = 0; b < c_.batches; ++b)
      for (int row = 0; row < c_.in_dim; ++row)
        for (int col = 0; col < c_.in_cols; ++col)
          for (int ch = 0; ch < c_.channels; ++ch) {
            const int pixel = row * c_.in_cols + col;
            const int nhwc = (b * c_.in_dim * c_.in_cols + pixel) * c_.channels + ch;
            const int chwn = (ch * c_.in_dim * c_.in_cols + pixel) * c_.batches + b;
            put(in_at, c_.input_3120 ? chwn : nhwc, input(b, row, col, ch));
          }
    const int depth = c_.depthwise ? 1 : c_.channels, taps = c_.kernel * c_.kernel;
    for (int tap = 0; tap < taps; ++tap)
      for (int ich = 0; ich < depth; ++ich)
        for (int och = 0; och < c_.outputs; ++och) {
          const int plain = (tap * depth + ich) * c_.outputs + och;
          const int channel_first = (ich * taps + tap) * c_.outputs + och;
          const int transposed = (tap * c_.outputs + och) * depth + ich;
          const int depthwise = och * taps + tap;
          put(w_at,
              c_.depthwise     ? depthwise
              : c_.weight_1203 ? channel_first
              : c_.weight_0132 ? transposed
                               : plain,
              weight(tap / c_.kernel, tap % c_.kernel, ich, och));
        }
    m_.put(bias_at, bias_.values());
  }

  void configure() {
    const int out_row = c_.output_1203 ? c_.batches * c_.outputs : c_.outputs;
    m_.store_config(static_cast<std::uint32_t>(out_row), c_.scale, c_.relu ? Activation::Relu : Activation::None);
    isa::ConfigEx ex;
    ex.a_stride = static_cast<std::uint32_t>(c_.stride >> (c_.downsample ? 1 : 0));
    ex.c_stride = c_.dilated_input ? 2 : 1;
    ex.a_transpose = c_.input_3120;
    ex.b_transpose = c_.weight_0132;
    m_.run(ex);
  }

  void loop(int channel) {
    const auto u = [](int x) { return static_cast<std::uint32_t>(x); };
    const int outputs = c_.depthwise ? 1 : c_.outputs, channels = c_.depthwise ? 1 : c_.channels;
    isa::LoopConvConfig1 one;
    one.out_channels = u(c_.outputs), one.in_channels = u(c_.channels), one.batch_size = u(c_.batches);
    one.in_row_dim = u(c_.in_dim), one.padding = u(c_.padding), one.stride = u(c_.stride);
    one.out_row_dim = u(orows_), one.out_col_dim = u(ocols_), one.pool_out_row_dim = u(c_.pooled(c_.in_dim));
    m_.run(one.encode(c_.encoding));
    isa::LoopConvConfig2 two;
    two.kernel_dim = u(c_.kernel), two.pool_out_col_dim = u(c_.pooled(c_.in_cols)), two.pool_size = u(c_.pool_size);
    two.pool_stride = u(c_.pool_stride ? c_.pool_stride : 1), two.pool_padding = u(c_.pool_padding);
    two.batches = u(c_.batches), two.porows = u(c_.pooled(c_.in_dim)), two.pocols = u(c_.pooled(c_.in_cols)),
    two.pochs = u(outputs);
    m_.run(two.encode(c_.encoding));
    isa::LoopConvConfig3 three;
    three.krows = three.kcols = u(c_.kernel), three.kchs = u(channels), three.in_col_dim = u(c_.in_cols);
    three.lpad = three.upad = u(c_.padding), three.plpad = u(c_.pool_padding);
    three.rpad = u(right_padding(ocols_, c_.in_cols)), three.dpad = u(right_padding(orows_, c_.in_dim));
    m_.run(three.encode(c_.encoding));
    isa::LoopConvConfig4 four;
    four.orows = u(orows_), four.ocols = u(ocols_), four.pupad = u(c_.pool_padding),
    four.kernel_dilation = u(c_.dilation);
    four.in_stride = u(c_.channels), four.weight_stride = u(c_.outputs), four.out_stride = u(c_.outputs);
    m_.run(four.encode(c_.encoding));
    const int taps = c_.kernel * c_.kernel;
    m_.run(isa::LoopConvConfig5{VirtAddr{w_at + u(channel * taps)}, VirtAddr{out_at + u(channel)}});
    m_.run(isa::LoopConvConfig6{VirtAddr{bias_at + 4 * u(channel)}, VirtAddr{in_at + u(channel)}});
    isa::LoopConvRun run;
    run.no_bias = !c_.bias, run.no_pool = c_.pool_stride == 0, run.dw = c_.depthwise, run.wrot180 = c_.rotated;
    run.trans_output_1203 = c_.output_1203, run.trans_weight_1203 = c_.weight_1203,
    run.trans_weight_0132 = c_.weight_0132;
    run.trans_input_3120 = c_.input_3120, run.max_pixels_per_row = u(c_.pixels), run.downsample = c_.downsample;
    run.input_dilated = c_.dilated_input, run.activation = c_.relu ? Activation::Relu : Activation::None;
    m_.run(run);
  }

  /// Padding behind the image as far as the last window reaches; less than none cannot be said, so the input is cut.
  int right_padding(int outputs, int dim) const {
    return std::max(0, (outputs - 1) * c_.stride + c_.spread() - c_.virtual_dim(dim) - c_.padding + (c_.stride - 1));
  }

  std::int32_t sum_at(int b, int orow, int ocol, int och) const {
    std::int32_t sum = c_.bias ? bias_(0, static_cast<std::size_t>(och)) : 0;
    for (int krow = 0; krow < c_.kernel; ++krow)
      for (int kcol = 0; kcol < c_.kernel; ++kcol) {
        const int row = orow * c_.stride + krow * c_.dilation - c_.padding,
                  col = ocol * c_.stride + kcol * c_.dilation - c_.padding;
        if (row < 0 || col < 0 || row >= c_.virtual_dim(c_.in_dim) || col >= c_.virtual_dim(c_.in_cols)) continue;
        if (c_.dilated_input && ((row | col) & 1)) continue;
        const int shift = c_.dilated_input ? 1 : 0;
        const int wrow = c_.rotated ? c_.kernel - 1 - krow : krow, wcol = c_.rotated ? c_.kernel - 1 - kcol : kcol;
        for (int ich = 0; ich < (c_.depthwise ? 1 : c_.channels); ++ich)
          sum += input(b, row >> shift, col >> shift, c_.depthwise ? och : ich) * weight(wrow, wcol, ich, och);
      }
    return sum;
  }

  std::int8_t pixel(int b, int orow, int ocol, int och) const {
    return scaled_reference(sum_at(b, orow, ocol, och), c_.scale, c_.relu);
  }

  std::int8_t pooled_pixel(int b, int prow, int pcol, int och) const {
    int best = -128;
    for (int k = 0; k < c_.pool_size * c_.pool_size; ++k) {
      const int row = prow * c_.pool_stride + k / c_.pool_size - c_.pool_padding;
      const int col = pcol * c_.pool_stride + k % c_.pool_size - c_.pool_padding;
      const bool inside = row >= 0 && col >= 0 && row < orows_ && col < ocols_;
      best = std::max<int>(best, inside ? pixel(b, row, col, och) : 0);
    }
    return static_cast<std::int8_t>(best);
  }

  void compare() const {
    const int rows = c_.pooled(c_.in_dim), cols = c_.pooled(c_.in_cols);
    for (int b = 0; b < c_.batches; ++b)
      for (int row = 0; row < rows; ++row)
        for (int col = 0; col < cols; ++col)
          for (int och = 0; och < c_.outputs; ++och) {
            const int place = c_.output_1203 ? ((row * cols + col) * c_.batches + b) * c_.outputs + och
                                             : ((b * rows + row) * cols + col) * c_.outputs + och;
            const std::int8_t expected = c_.pool_stride ? pooled_pixel(b, row, col, och) : pixel(b, row, col, och);
            ASSERT_EQ(m_.memory.get<std::int8_t>(PhysAddr{out_at + static_cast<std::uint64_t>(place)}), expected)
                << "batch " << b << " row " << row << " col " << col << " channel " << och;
          }
  }

  ConvCase c_;
  Machine m_;
  int orows_, ocols_;
  Matrix<std::int8_t> input_, weights_;
  Matrix<std::int32_t> bias_;
};

class Convolution : public ::testing::Test {
 protected:
  /// Many random cases; `shape` narrows each to the feature under test.
  template <class Shape>
  void check(unsigned cases, Shape shape) {
    for (unsigned seed = 1; seed <= cases; ++seed) {
      std::mt19937 random(seed);
      ConvCase c = random_case(random);
      shape(c, random);
      SCOPED_TRACE("seed " + std::to_string(seed));
      RandomConv(c, random).run();
      if (HasFatalFailure()) return;
    }
  }

  static ConvCase random_case(std::mt19937& random) {
    const auto between = [&](int low, int high) {
      return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
    };
    ConvCase c;
    c.batches = between(1, 2);
    c.channels = between(1, 40), c.outputs = between(1, 20), c.kernel = between(1, 3), c.stride = between(1, 2);
    c.padding = between(0, c.kernel / 2);
    c.in_dim = c.in_cols = between(c.kernel, 10);
    c.bias = random() % 2, c.relu = random() % 2;
    c.scale = 1.0F / static_cast<float>(between(50, 2000));
    c.encoding = random() % 2 ? isa::ConvEncoding::Square : isa::ConvEncoding::Rectangular;
    // The unroller's input covers a whole number of strides: keep shapes whose last window ends at the padding.
    return c;
  }
};

TEST_F(Convolution, MatchesPlainLoops) {
  check(60, [](ConvCase&, std::mt19937&) {});
}

TEST_F(Convolution, OfWideRowsTakesSeveralTilesARow) {
  check(10, [](ConvCase& c, std::mt19937& random) {
    c.batches = 1, c.kernel = 3, c.padding = 1, c.stride = 1, c.outputs = 5, c.channels = 7;
    c.in_dim = 4, c.in_cols = 20 + static_cast<int>(random() % 40);
    c.encoding = isa::ConvEncoding::Rectangular;
  });
}

TEST_F(Convolution, OfManyChannelsTakesSeveralBlocks) {
  check(6, [](ConvCase& c, std::mt19937& random) {
    c.batches = 1, c.in_dim = c.in_cols = 4, c.kernel = 2, c.stride = 1, c.padding = 0;
    c.channels = 60 + static_cast<int>(random() % 80), c.outputs = 60 + static_cast<int>(random() % 60);
  });
}

TEST_F(Convolution, PoolsItsResult) {
  check(30, [](ConvCase& c, std::mt19937& random) {
    c.in_dim = c.in_cols = 8 + static_cast<int>(random() % 3), c.kernel = 3, c.padding = 1;
    c.pool_size = 2 + static_cast<int>(random() % 2), c.pool_stride = 1 + static_cast<int>(random() % 2);
    c.pool_padding = static_cast<int>(random() % 2);
    c.relu = true;
  });
}

TEST_F(Convolution, DilatesItsKernel) {
  check(15, [](ConvCase& c, std::mt19937&) {
    c.kernel = 3, c.dilation = 2, c.padding = 2, c.in_dim = c.in_cols = 9, c.stride = 1;
  });
}

TEST_F(Convolution, SkipsEverySecondPixelWhenDownsampling) {
  check(15, [](ConvCase& c, std::mt19937& random) {
    c.kernel = 1, c.stride = 2, c.padding = 0, c.downsample = true;
    c.in_dim = c.in_cols = 2 * (1 + static_cast<int>(random() % 5));
  });
}

TEST_F(Convolution, PacksPixelsOfTheFirstLayer) {
  check(20, [](ConvCase& c, std::mt19937& random) {
    c.channels = 1 + static_cast<int>(random() % 5), c.kernel = 3, c.padding = 1, c.in_dim = c.in_cols = 9;
    c.pixels = std::min(c.kernel, 16 / c.channels);
  });
}

TEST_F(Convolution, GoesDepthwiseOneChannelALoop) {
  check(10, [](ConvCase& c, std::mt19937& random) {
    c.depthwise = true, c.channels = c.outputs = 1 + static_cast<int>(random() % 20);
    c.kernel = 3, c.padding = 1, c.in_dim = c.in_cols = 7, c.batches = 1;
  });
}

TEST_F(Convolution, RotatesItsKernel) {
  check(10,
        [](ConvCase& c, std::mt19937&) { c.kernel = 3, c.padding = 1, c.in_dim = c.in_cols = 6, c.rotated = true; });
}

TEST_F(Convolution, SpreadsItsInput) {
  check(20, [](ConvCase& c, std::mt19937& random) {
    c.dilated_input = true, c.stride = 1, c.kernel = 2 + static_cast<int>(random() % 2);
    c.padding = static_cast<int>(random() % 3), c.in_dim = c.in_cols = 3 + static_cast<int>(random() % 4);
    if (random() % 2) c.in_dim = 3, c.in_cols = 20, c.encoding = isa::ConvEncoding::Rectangular, c.batches = 1;
  });
}

TEST_F(Convolution, TransposesWeightsAndOutputs) {
  check(30, [](ConvCase& c, std::mt19937& random) {
    c.weight_1203 = random() % 3 == 0;
    c.weight_0132 = !c.weight_1203 && random() % 2;
    c.output_1203 = random() % 2;
  });
}

TEST_F(Convolution, TransposesItsInput) {
  check(20, [](ConvCase& c, std::mt19937& random) {
    c.input_3120 = true, c.batches = 1 + static_cast<int>(random() % 20), c.stride = 1;
    c.in_dim = c.in_cols = 3 + static_cast<int>(random() % 2), c.kernel = 2, c.padding = 0;
    c.channels = 1 + static_cast<int>(random() % 20), c.outputs = 1 + static_cast<int>(random() % 8);
    // Results of one batch lie orows * ocols apart; a store of the plain layout finds them there.
  });
}

TEST_F(Convolution, RefusesAnEmptySize) {
  Machine m;
  EXPECT_THROW(m.run(isa::LoopConvRun{}), UserError);
}

}  // namespace
}  // namespace castor::functional
