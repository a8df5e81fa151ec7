// The C library end to end without a hart: its kernels issue commands, the oracle executes them, and memory must hold
// what the library's own kernels on the core compute. Built once a configuration, against that configuration's header.
#include <gtest/gtest.h>

#include <random>

#include "oracle_rocc.h"

// Last: its macros have short names.
#include "castor/sw/include/gemmini.h"

namespace castor::sw {
namespace {

const config::SocConfig& soc() {
  static const config::SocConfig config =
      config::SocConfig::load(std::string(CASTOR_SOURCE_DIR) + "/configs/" + CASTOR_SW_CONFIG);
  return config;
}

/// A tensor with room behind it: the unroller reads whole blocks of weights.
template <class T>
class Tensor {
 public:
  explicit Tensor(std::size_t count) : count_(count), values_(count + 16 * 4096) {}
  Tensor(std::size_t count, std::mt19937& random, int low, int high) : Tensor(count) {
    for (std::size_t i = 0; i < count; ++i)
      values_[i] = static_cast<T>(low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)));
  }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  std::size_t size() const { return count_; }

 private:
  std::size_t count_;
  std::vector<T> values_;
};

using Elements = Tensor<elem_t>;
using Sums = Tensor<acc_t>;

template <class T>
void expect_same(const Tensor<T>& actual, const Tensor<T>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_EQ(actual.data()[i], expected.data()[i]) << "element " << i << " of " << expected.size();
}

class Kernels : public testing::Test {
 protected:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool one_in(int times) { return below(times) == 0; }
  Elements elements(std::size_t count) { return Elements(count, random_, -largest_, largest_); }
  Sums sums(std::size_t count) { return Sums(count, random_, -500, 500); }
  acc_scale_t scale() { return static_cast<acc_scale_t>(1.0 / (1 << below(8))); }

  static constexpr unsigned seed_ = 4;
  /// Products of these fit the array's narrowest sums.
  const int largest_ = 11;
  std::mt19937 random_{seed_};
  OracleRocc rocc_{soc().gemmini};
};

// ---- matrix product

struct Product {
  std::size_t I, J, K;
  bool bias, repeating, at, bt;
  int act;
  acc_scale_t scale;
};

std::ostream& operator<<(std::ostream& out, const Product& p) {
  return out << p.I << "x" << p.J << "x" << p.K << " bias " << p.bias << p.repeating << " transposes " << p.at << p.bt
             << " act " << p.act << " scale " << p.scale;
}

class Matmul : public Kernels {
 protected:
  Product any(int most, bool transposes) {
    Product p{};
    p.I = 1 + below(most), p.J = 1 + below(most), p.K = 1 + below(most);
    p.bias = !one_in(3), p.repeating = one_in(2);
    if (transposes) p.at = one_in(3), p.bt = !p.at && one_in(3);
    p.act = one_in(2) ? RELU : NO_ACTIVATION;
    p.scale = scale();
    return p;
  }

  void run(const Product& p, tiled_matmul_type_t type) {
    SCOPED_TRACE(testing::Message() << "seed " << seed_ << ": " << p);
    const Elements A = elements(p.I * p.K), B = elements(p.K * p.J);
    const Sums D = sums(p.I * p.J);
    Elements C(p.I * p.J), expected(p.I * p.J);
    call(p, type, A, B, D, C);
    call(p, CPU, A, B, D, expected);
    expect_same(C, expected);
  }

  static void call(const Product& p, tiled_matmul_type_t type, const Elements& A, const Elements& B, const Sums& D,
                   Elements& C) {
    tiled_matmul_auto(p.I, p.J, p.K, A.data(), B.data(), p.bias ? D.data() : nullptr, C.data(), p.at ? p.I : p.K,
                      p.bt ? p.K : p.J, p.J, p.J, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY, 1, p.act, p.scale, 0,
                      p.repeating, p.at, p.bt, false, false, 0, type);
  }
};

TEST_F(Matmul, WeightStationaryIsTheCores) {
  for (int trial = 0; trial < 120 && !HasFatalFailure(); ++trial) run(any(one_in(4) ? 300 : 60, true), WS);
}

TEST_F(Matmul, KeepsOperandsOfTwoTilesInTheScratchpad) {
  for (const Product& p : {Product{300, 100, 40, true, true, false, false, RELU, 0.25F},
                           Product{40, 300, 100, false, false, false, false, NO_ACTIVATION, 0.25F},
                           Product{100, 100, 1500, true, false, false, false, NO_ACTIVATION, 0.01F}})
    run(p, WS);
}

TEST_F(Matmul, OutputStationaryIsTheCores) {
  if (!soc().gemmini.supports(config::Dataflow::OS)) GTEST_SKIP() << "not built in";
  for (int trial = 0; trial < 60 && !HasFatalFailure(); ++trial) run(any(100, false), OS);
}

#ifdef ACC_READ_FULL_WIDTH
TEST_F(Matmul, LeavesWholeSumsWhenAsked) {
  const std::size_t I = 37, J = 50, K = 70;
  const Elements A = elements(I * K), B = elements(K * J);
  const Sums D = sums(I * J);
  Sums C(I * J), expected(I * J);
  tiled_matmul_auto(I, J, K, A.data(), B.data(), D.data(), C.data(), K, J, J, J, MVIN_SCALE_IDENTITY,
                    MVIN_SCALE_IDENTITY, 1, NO_ACTIVATION, ACC_SCALE_IDENTITY, 0, false, false, false, true, false, 0,
                    WS);
  for (std::size_t i = 0; i < I; ++i)
    for (std::size_t j = 0; j < J; ++j)
      expected.data()[i * J + j] = D.data()[i * J + j] + gemmini_dot(A.data() + i * K, 1, B.data() + j, J, K,
                                                                     MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY);
  expect_same(C, expected);
}
#endif

// ---- convolution

testing::Message text_of(const gemmini_conv& c) {
  return testing::Message() << c.batch_size << "x" << c.in_row_dim << "x" << c.in_col_dim << "x" << c.in_channels
                            << " to " << c.out_row_dim << "x" << c.out_col_dim << "x" << c.out_channels << ", kernel "
                            << c.kernel_dim << " stride " << c.stride << " padding " << c.padding << " dilations "
                            << c.input_dilation << c.kernel_dilation << " pool " << c.pool_size << "/" << c.pool_stride
                            << "/" << c.pool_padding << " layouts " << c.wrot180 << c.trans_output_1203
                            << c.trans_input_3120 << c.trans_weight_1203 << c.trans_weight_0132 << " strides "
                            << c.in_stride << "/" << c.weight_stride << "/" << c.out_stride << " act " << c.act
                            << " bias " << (c.bias != nullptr);
}

class Conv : public Kernels {
 protected:
  static int results(const gemmini_conv& c, int in) {
    const int dilated_in = in + (c.input_dilation - 1) * (in - 1);
    return (dilated_in + 2 * c.padding - c.kernel_dim - (c.kernel_dilation - 1) * (c.kernel_dim - 1)) / c.stride + 1;
  }

  /// Shapes until one has at least two results in each direction.
  gemmini_conv any(bool square) {
    gemmini_conv c{};
    do {
      c.batch_size = 1 + below(3), c.in_row_dim = 2 + below(18), c.in_col_dim = square ? c.in_row_dim : 2 + below(18);
      c.in_channels = 1 + below(40), c.out_channels = 1 + below(40);
      c.kernel_dim = 1 + below(4), c.stride = 1 + below(2), c.padding = below(c.kernel_dim);
      c.input_dilation = c.kernel_dilation = 1;
      c.out_row_dim = results(c, c.in_row_dim), c.out_col_dim = results(c, c.in_col_dim);
    } while (c.out_row_dim < 2 || c.out_col_dim < 2);
    c.act = one_in(2) ? RELU : NO_ACTIVATION, c.scale = scale();
    if (soc().gemmini.has_max_pool && one_in(3))
      c.pool_size = 2, c.pool_stride = 1 + below(2), c.pool_padding = below(2);
    c.in_stride = c.in_channels, c.weight_stride = c.out_stride = c.out_channels;
    return c;
  }

  static bool& layout(gemmini_conv& c, int which) {
    bool* const all[] = {&c.trans_output_1203, &c.trans_input_3120, &c.trans_weight_1203, &c.trans_weight_0132};
    return *all[which];
  }

  void widen(gemmini_conv& c) {
    c.in_stride += below(30), c.weight_stride += below(30);
    c.out_stride = one_in(3) ? c.weight_stride : c.out_stride + below(30);
  }

  void run(gemmini_conv c, bool biased) {
    const std::size_t outputs =
        static_cast<std::size_t>(c.batch_size) * gemmini_pooled(&c, c.out_row_dim) * gemmini_pooled(&c, c.out_col_dim);
    const Elements input = elements(static_cast<std::size_t>(c.batch_size) * c.in_row_dim * c.in_col_dim * c.in_stride);
    const Elements weights = elements(static_cast<std::size_t>(c.kernel_dim) * c.kernel_dim *
                                      (c.depthwise ? c.out_channels : c.in_channels * c.weight_stride));
    const Sums bias = sums(c.out_channels);
    Elements output(outputs * c.out_stride), expected(outputs * c.out_stride);
    c.input = input.data(), c.weights = weights.data(), c.bias = biased ? bias.data() : nullptr;
    SCOPED_TRACE(testing::Message() << "seed " << seed_ << ": " << text_of(c));
    c.output = output.data(), gemmini_conv_auto(c, WS);
    gemmini_fence();
    c.output = expected.data(), gemmini_conv_auto(c, CPU);
    expect_same(output, expected);
  }
};

TEST_F(Conv, OfAnyShapeIsTheCores) {
  for (int trial = 0; trial < 80 && !HasFatalFailure(); ++trial) run(any(one_in(2)), !one_in(4));
}

TEST_F(Conv, OfSeveralTilesIsTheCores) {
  gemmini_conv c{};
  c.batch_size = 2, c.in_row_dim = c.in_col_dim = c.out_row_dim = c.out_col_dim = 30;
  c.in_channels = 96, c.out_channels = 48, c.kernel_dim = 3, c.padding = 1;
  c.stride = c.input_dilation = c.kernel_dilation = 1;
  c.in_stride = c.in_channels, c.weight_stride = c.out_stride = c.out_channels, c.act = RELU, c.scale = 0.125F;
  run(c, true);
}

TEST_F(Conv, LoadsEverySecondPixelWhenItSkipsTheOthers) {
  gemmini_conv c{};
  c.batch_size = 2, c.in_row_dim = c.in_col_dim = 14, c.out_row_dim = c.out_col_dim = 7;
  c.in_channels = 70, c.out_channels = 50, c.kernel_dim = 1, c.stride = 2, c.input_dilation = c.kernel_dilation = 1;
  c.in_stride = c.in_channels, c.weight_stride = c.out_stride = c.out_channels, c.scale = 0.5F;
  ASSERT_TRUE(gemmini_conv_downsamples(&c, true));
  run(c, true);
}

TEST_F(Conv, InEveryTransposedLayoutIsTheCores) {
  if (!soc().gemmini.has_training_convs) GTEST_SKIP() << "not built in";
  for (int trial = 0; trial < 60 && !HasFatalFailure(); ++trial) {
    gemmini_conv c = any(true);
    c.pool_size = c.pool_stride = c.pool_padding = 0;
    layout(c, trial % 4) = true;
    c.wrot180 = one_in(4);
    run(c, true);
  }
}

TEST_F(Conv, WithDilatedKernelsAndInputsIsTheCores) {
  if (!soc().gemmini.has_training_convs) GTEST_SKIP() << "not built in";
  for (int trial = 0; trial < 40 && !HasFatalFailure(); ++trial) {
    gemmini_conv c = any(true);
    c.pool_size = c.pool_stride = c.pool_padding = 0, c.kernel_dim = 2 + below(2),
    c.in_row_dim = c.in_col_dim = 8 + below(8);
    c.padding = below(c.kernel_dim);
    if (trial % 2 == 0)
      c.kernel_dilation = 2 + below(2);
    else
      c.input_dilation = 2, c.stride = 1;
    c.out_row_dim = c.out_col_dim = results(c, c.in_row_dim);
    run(c, true);
  }
}

TEST_F(Conv, DepthwiseIsTheCores) {
  if (!soc().gemmini.has_dw_convs) GTEST_SKIP() << "not built in";
  for (int trial = 0; trial < 40 && !HasFatalFailure(); ++trial) {
    gemmini_conv c = any(one_in(2));
    c.depthwise = true, c.out_channels = c.in_channels;
    c.weight_stride = 1, c.out_stride = c.in_stride;
    run(c, true);
  }
}

// Past bug 9: where one number serves channels and strides, weights under wider inputs were read from the wrong rows.
TEST_F(Conv, IntoTheMiddleOfWiderTensorsIsTheCores) {
  for (int trial = 0; trial < 40 && !HasFatalFailure(); ++trial) {
    gemmini_conv c = any(one_in(2));
    widen(c);
    run(c, true);
  }
}

TEST_F(Conv, IntoTheMiddleOfWiderTensorsInEveryLayoutIsTheCores) {
  if (!soc().gemmini.has_training_convs) GTEST_SKIP() << "not built in";
  for (int trial = 0; trial < 60 && !HasFatalFailure(); ++trial) {
    gemmini_conv c = any(true);
    c.pool_size = c.pool_stride = c.pool_padding = 0;
    layout(c, trial % 4) = true;
    widen(c);
    if (c.trans_weight_0132) c.in_stride = c.in_channels;
    if (c.trans_input_3120) c.weight_stride = c.out_stride;
    run(c, true);
  }
}

TEST_F(Conv, DownsamplingRowByRowIsTheCores) {
  const int dim = 12, in = 50, out = 70;
  const Elements input = elements(2 * dim * dim * in), weights = elements(in * out);
  const Sums bias = sums(out);
  Elements output(2 * dim * dim / 4 * out), expected(output.size());
  tiled_conv_downsample(2, dim, dim, in, out, dim / 2, dim / 2, in, out, out, input.data(), weights.data(), bias.data(),
                        output.data(), RELU, 0.25F, WS);
  tiled_conv_auto(2, dim, dim, in, out, dim / 2, dim / 2, 2, 1, 1, 0, 1, false, false, false, false, false,
                  input.data(), weights.data(), bias.data(), expected.data(), RELU, 0.25F, 0, 0, 0, CPU);
  expect_same(output, expected);
}

// ---- what the accelerator cannot take ends the program

TEST_F(Matmul, WithBothOperandsTransposedEndsTheProgram) {
  const Product p{20, 20, 20, false, false, true, true, NO_ACTIVATION, 1};
  const Elements A = elements(400), B = elements(400);
  const Sums D = sums(400);
  Elements C(400);
  EXPECT_EXIT(call(p, WS, A, B, D, C), testing::ExitedWithCode(1), "");
}

TEST_F(Matmul, OfTilesLargerThanTheMatrixEndsTheProgram) {
  const Elements A = elements(400), B = elements(400);
  Elements C(400);
  EXPECT_EXIT(tiled_matmul(20, 20, 20, A.data(), B.data(), nullptr, C.data(), 20, 20, 20, 20, 1, 1, 1, NO_ACTIVATION, 1,
                           0, false, 20 / DIM + 2, 1, 1, false, false, false, false, 0, WS),
              testing::ExitedWithCode(1), "");
}

TEST_F(Conv, OutputStationaryEndsTheProgram) {
  EXPECT_EXIT(gemmini_conv_auto(any(true), OS), testing::ExitedWithCode(1), "");
}

TEST_F(Conv, PaddedByTheKernelsSizeEndsTheProgram) {
  gemmini_conv c = any(true);
  c.padding = c.kernel_dim;
  EXPECT_EXIT(gemmini_conv_auto(c, WS), testing::ExitedWithCode(1), "");
}

// Past bug 10: the loop counts rows of transposed inputs in images of its tile, so that a part of a batch read others.
TEST_F(Conv, OfTransposedInputsImageByImageEndsTheProgram) {
  gemmini_conv c = any(true);
  c.batch_size = 2, c.trans_input_3120 = true, c.pool_size = c.pool_stride = c.pool_padding = 0;
  EXPECT_EXIT(gemmini_conv_run(c, gemmini_conv_tile_of(1, 1, 1, 1, 1, 1, 1)), testing::ExitedWithCode(1), "");
}

// ---- the same call in the signatures of three ages

TEST_F(Conv, TakesTheArgumentsOfSquareImages) {
  const Elements input = elements(2 * 8 * 8 * 20), weights = elements(9 * 20 * 24);
  const Sums bias = sums(24);
  Elements output(2 * 8 * 8 * 24), expected(output.size());
  tiled_conv_auto(2, 8, 20, 24, 8, 1, 1, 1, 1, 3, false, false, false, false, false, input.data(), weights.data(),
                  bias.data(), output.data(), RELU, 0.25F, 0, 0, 0, WS);
  gemmini_fence();
  conv_cpu(2, 8, 20, 24, 8, 1, 1, 1, 1, 3, false, false, false, false, false, input.data(), weights.data(), bias.data(),
           expected.data(), RELU, 0.25F, 0, 0, 0);
  expect_same(output, expected);
}

// ---- element by element

TEST_F(Kernels, ResidualAdditionIsTheCores) {
  for (int trial = 0; trial < 40 && !HasFatalFailure(); ++trial) {
    const std::size_t I = 1 + below(200), J = 1 + below(200);
    const bool relu = one_in(2);
    const scale_t half = one_in(2) ? 1 : 0.5;
    const acc_scale_t out = one_in(2) ? 1 : 0.75;
    SCOPED_TRACE(testing::Message() << "seed " << seed_ << ": " << I << "x" << J << " relu " << relu);
    const Elements A = Elements(I * J, random_, -100, 100), B = Elements(I * J, random_, -100, 100);
    Elements C(I * J), expected(I * J);
    tiled_resadd_auto(I, J, half, 1, out, A.data(), B.data(), C.data(), relu, WS);
    tiled_resadd_auto(I, J, half, 1, out, A.data(), B.data(), expected.data(), relu, CPU);
    expect_same(C, expected);
  }
}

TEST_F(Kernels, GlobalAverageIsTheScaledSum) {
  for (const int channels : {1, 16, 40, 64, 100, 520}) {
    const int dim = 3 + below(6), batches = 2;
    SCOPED_TRACE(testing::Message() << channels << " channels of " << dim << "x" << dim);
    const Elements input = elements(static_cast<std::size_t>(batches) * dim * dim * channels);
    Elements output(static_cast<std::size_t>(batches) * channels), expected(output.size());
    tiled_global_average_auto(input.data(), output.data(), batches, channels, dim, WS);
    gemmini_fence();
    for (int b = 0; b < batches; ++b)
      for (int channel = 0; channel < channels; ++channel) {
        acc_t sum = 0;
        for (int pixel = 0; pixel < dim * dim; ++pixel)
          sum += input.data()[(b * dim * dim + pixel) * channels + channel];
        expected.data()[b * channels + channel] =
            scale_and_sat(sum, NO_ACTIVATION, static_cast<acc_scale_t>(1.0 / (dim * dim)), 0);
      }
    expect_same(output, expected);
  }
}

#ifdef HAS_NORMALIZATIONS
TEST_F(Matmul, IgeluIsTheCores) {
  const std::size_t I = 40, J = 50, K = 30;
  const Elements A = elements(I * K), B = elements(K * J);
  Elements C(I * J), expected(I * J);
  const auto call = [&](elem_t* out, tiled_matmul_type_t type) {
    tiled_matmul_auto(I, J, K, A.data(), B.data(), nullptr, out, K, J, J, J, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY,
                      1, IGELU, 1e-5F, 0.02F, false, false, false, false, false, 0, type);
  };
  call(C.data(), WS), call(expected.data(), CPU);
  expect_same(C, expected);
}

/// The hardware multiplies by a rounded inverse where the core divides: a step apart at most.
void expect_close(const Elements& actual, const Elements& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(actual.data()[i], expected.data()[i], 1) << "element " << i << " of " << expected.size();
}

// Past bug 11: the core rounded as the later RTL does, also where the machine truncates: two in five were a step apart.
void expect_mostly_same(const Elements& actual, const Elements& expected) {
  std::size_t apart = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) apart += actual.data()[i] != expected.data()[i];
  EXPECT_LT(apart * 100, expected.size()) << "one in a hundred";
}

struct WholeRows : Matmul {
  void expect_product_close(int activation, acc_scale_t bert_scale) {
    const std::size_t I = 40, J = 150, K = 30;
    const Elements A = elements(I * K), B = elements(K * J);
    Elements C(I * J), expected(I * J);
    const auto call = [&](elem_t* out, tiled_matmul_type_t type) {
      tiled_matmul_auto(I, J, K, A.data(), B.data(), nullptr, out, K, J, J, J, MVIN_SCALE_IDENTITY, MVIN_SCALE_IDENTITY,
                        1, activation, 1.0F, bert_scale, false, false, false, false, false, 0, type);
    };
    call(C.data(), WS), call(expected.data(), CPU);
    expect_close(C, expected);
    EXPECT_GT(*std::max_element(expected.data(), expected.data() + I * J), 1) << "something to compare";
  }
  void expect_sums_close(int activation, acc_scale_t bert_scale) {
    const std::size_t I = 37, J = 100;
    Sums in = sums(I * J);
    for (std::size_t i = 0; i < I * J; ++i) in.data()[i] %= 400;
    Elements out(I * J), expected(I * J);
    tiled_norm_auto(I, J, in.data(), out.data(), 1.0F, activation, WS);
    for (std::size_t i = 0; i < I; ++i) {
      std::vector<acc_t> row(in.data() + i * J, in.data() + (i + 1) * J);
      gemmini_matmul_row_out(row.data(), expected.data() + i * J, J, activation, 1.0F, bert_scale);
    }
    expect_close(out, expected);
    if (activation == LAYERNORM) expect_mostly_same(out, expected);
  }
};

TEST_F(WholeRows, LayerNormalisationOfAProductIsTheCoresWithinAStep) { expect_product_close(LAYERNORM, 0); }
// The unit shifts by the low six bits of the exponent: a row may span 64 ln(2) / scale, here 8,800.
TEST_F(WholeRows, SoftmaxOfAProductIsTheCoresWithinAStep) { expect_product_close(SOFTMAX, 0.005F); }
TEST_F(WholeRows, LayerNormalisationOfSumsIsTheCoresWithinAStep) { expect_sums_close(LAYERNORM, 0); }
TEST_F(WholeRows, SoftmaxOfSumsIsTheCoresWithinAStep) { expect_sums_close(SOFTMAX, 0.05F); }
#endif

}  // namespace
}  // namespace castor::sw
