#include "castor/compiler/fuse.h"

#include <gmock/gmock.h>

#include "castor/compiler/compiler.h"
#include "castor/compiler/executor.h"
#include "castor/compiler/npy.h"
#include "castor/compiler/onnx_import.h"
#include "castor/compiler/quantise.h"
#include "castor/compiler/simplify.h"
#include "castor/config/soc_config.h"
#include "model_writer.h"

namespace castor::compiler {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Not;
using W = ModelWriter;

Network fused(const W& model, const FuseOptions& options = {}) {
  return fuse(simplify(import_onnx(model.save("m"))), options);
}

std::vector<std::string> kinds(const Network& network) {
  std::vector<std::string> names;
  for (const Layer& layer : network.layers) names.emplace_back(name_of(layer.kind));
  return names;
}

std::vector<W::Attribute> same_padding() {
  return {W::integers("kernel_shape", {3, 3}), W::integers("pads", {1, 1, 1, 1})};
}

W conv(const std::string& result = "c") {
  W model;
  model.input("x", {1, 3, 8, 8}).constant("w", {4, 3, 3, 3}, noise(108, 1)).constant("b", {4}, noise(4, 2)).output("y");
  model.node("Conv", {"x", "w", "b"}, result, same_padding());
  return model;
}

/// The network's float meaning of an input.
std::vector<float> evaluate(Network network, const std::vector<float>& input) {
  for (Layer& layer : network.layers) layer.weights.make_real(1);
  Executor executor(network);
  executor.set_input(network.inputs[0], Tensor::of<float>(network.tensors[network.inputs[0]].shape, input));
  for (const Layer& layer : network.layers) executor.run_real(layer);
  return executor.of(network.outputs[0]).real;
}

TEST(Fuse, BringsReluIntoTheConvolution) {
  const Network network = fused(conv().node("Relu", {"c"}, "y"));
  ASSERT_THAT(kinds(network), ElementsAre("Quantise", "Conv", "Dequantise"));
  EXPECT_TRUE(network.layers[1].relu);
  EXPECT_EQ(network.tensors[network.layers[1].output].name, "y");
}

TEST(Fuse, LeavesReluAloneWhereTheMachineHasNone) {
  EXPECT_THAT(kinds(fused(conv().node("Relu", {"c"}, "y"), {false, true})),
              ElementsAre("Quantise", "Conv", "Lookup", "Dequantise"));
}

TEST(Fuse, LeavesReluAloneWhenItsInputIsReadElsewhere) {
  EXPECT_THAT(kinds(fused(conv().node("Relu", {"c"}, "r").node("Add", {"c", "r"}, "y"))),
              ElementsAre("Quantise", "Conv", "Lookup", "Add", "Dequantise"));
}

TEST(Fuse, TakesClipFromZeroAsReluWithACeiling) {
  const Network network = fused(conv().scalar("low", 0).scalar("high", 6).node("Clip", {"c", "low", "high"}, "y"));
  ASSERT_THAT(kinds(network), ElementsAre("Quantise", "Conv", "Dequantise"));
  EXPECT_TRUE(network.layers[1].relu);
  EXPECT_EQ(network.layers[1].ceiling, 6.0F);
  EXPECT_THAT(kinds(fused(conv().scalar("low", -1).scalar("high", 6).node("Clip", {"c", "low", "high"}, "y"))),
              ElementsAre("Quantise", "Conv", "Lookup", "Dequantise"));
}

TEST(Fuse, FoldsBatchNormalisationWithoutChangingTheFunction) {
  W model = conv();
  for (const char* name : {"gamma", "beta", "mean"})
    model.constant(name, {4}, noise(4, static_cast<std::uint32_t>(name[0])));
  model.constant("var", {4}, {0.5F, 1.0F, 2.0F, 4.0F})
      .node("BatchNormalization", {"c", "gamma", "beta", "mean", "var"}, "y", {W::real("epsilon", 0.01F)});
  const Graph graph = simplify(import_onnx(model.save("m")));
  const auto input = noise(192, 3);
  const Network separate = lower_graph(graph), together = fuse(graph);
  EXPECT_THAT(kinds(separate), ElementsAre("Quantise", "Conv", "Conv", "Dequantise"));
  ASSERT_THAT(kinds(together), ElementsAre("Quantise", "Conv", "Dequantise"));
  const auto a = evaluate(separate, input), b = evaluate(together, input);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-4) << i;
}

TEST(Fuse, TakesAConstantPerChannelAsScaleOrBias) {
  const Network network = fused(conv()
                                    .constant("k", {1, 4, 1, 1}, noise(4, 5))
                                    .scalar("half", 0.5F)
                                    .node("Mul", {"c", "half"}, "m")
                                    .node("Add", {"k", "m"}, "y"));
  EXPECT_THAT(kinds(network), ElementsAre("Quantise", "Conv", "Dequantise"));
}

TEST(Fuse, BringsAMaxPoolIntoTheConvolution) {
  W model = conv().node("Relu", {"c"}, "r");
  model.node("MaxPool", {"r"}, "y",
             {W::integers("kernel_shape", {3, 3}), W::integers("strides", {2, 2}), W::integers("pads", {1, 1, 1, 1})});
  const Network network = fused(model);
  ASSERT_THAT(kinds(network), ElementsAre("Quantise", "Conv", "Dequantise"));
  EXPECT_EQ(network.layers[1].pool->to_string(), "3x3/2 pad 1,1,1,1");
  EXPECT_THAT(kinds(fused(model, {true, false})), ElementsAre("Quantise", "Conv", "MaxPool", "Dequantise"));
}

TEST(Fuse, KeepsAPaddedPoolApartFromAConvolutionWithNegativeResults) {
  const auto pool = [](std::int64_t kernel, std::int64_t pad) {
    return std::vector<W::Attribute>{W::integers("kernel_shape", {kernel, kernel}),
                                     W::integers("pads", {pad, pad, pad, pad})};
  };
  EXPECT_THAT(kinds(fused(conv().node("MaxPool", {"c"}, "y", pool(2, 1)))),
              ElementsAre("Quantise", "Conv", "MaxPool", "Dequantise"));
  EXPECT_THAT(kinds(fused(conv().node("MaxPool", {"c"}, "y", pool(2, 0)))),
              ElementsAre("Quantise", "Conv", "Dequantise"));
  EXPECT_THAT(kinds(fused(conv().node("MaxPool", {"c"}, "y", pool(4, 0)))),
              ElementsAre("Quantise", "Conv", "MaxPool", "Dequantise"));
}

TEST(Fuse, BringsAReluBehindThePoolIn) {
  const Network network =
      fused(conv().node("MaxPool", {"c"}, "p", {W::integers("kernel_shape", {2, 2})}).node("Relu", {"p"}, "y"));
  ASSERT_THAT(kinds(network), ElementsAre("Quantise", "Conv", "Dequantise"));
  EXPECT_TRUE(network.layers[1].relu && network.layers[1].pool);
}

TEST(Fuse, CallsAnAveragePoolOverTheImageAGlobalAverage) {
  W model;
  model.input("x", {1, 3, 7, 7}).output("y").node("AveragePool", {"x"}, "y", {W::integers("kernel_shape", {7, 7})});
  EXPECT_THAT(kinds(fused(model)), ElementsAre("Quantise", "GlobalAveragePool", "Dequantise"));
}

TEST(Fuse, LetsASoftmaxAtTheEndGiveFloats) {
  W model;
  model.input("x", {1, 10}).output("y").node("Softmax", {"x"}, "y");
  EXPECT_THAT(kinds(fused(model)), ElementsAre("Quantise", "Softmax"));
}

TEST(Fuse, MergesAPadIntoTheConvolutionAfterIt) {
  W model;
  model.input("x", {1, 3, 8, 8}).constant("w", {4, 3, 3, 3}, noise(108, 1)).output("y");
  model.constant("pads", Tensor::of<std::int64_t>({8}, {0, 0, 1, 2, 0, 0, 1, 0}))
      .node("Pad", {"x", "pads"}, "p")
      .node("Conv", {"p", "w"}, "y");
  const Network network = fused(model);
  ASSERT_THAT(kinds(network), ElementsAre("Quantise", "Conv", "Dequantise"));
  EXPECT_EQ(network.layers[1].window.to_string(), "3x3/1 pad 1,2,1,0");
}

TEST(Fuse, ReordersTheWeightsOfAMatrixProductBehindAFlattenedImage) {
  W model;
  model.input("x", {1, 2, 3, 3}).constant("w", {5, 18}, noise(90, 1)).output("y");
  model.node("Flatten", {"x"}, "f").node("Gemm", {"f", "w"}, "y", {W::integer("transB", 1)});
  const auto input = noise(18, 2), weights = noise(90, 1);
  const auto result = evaluate(fused(model), input);
  for (std::size_t o = 0; o < 5; ++o) {
    float expected = 0;
    for (std::size_t i = 0; i < 18; ++i) expected += weights[o * 18 + i] * input[i];
    EXPECT_NEAR(result[o], expected, 1e-5);
  }
}

TEST(Fuse, DropsWhatNobodyReads) {
  EXPECT_THAT(kinds(fused(conv("y").node("Sigmoid", {"x"}, "unused"))), ElementsAre("Quantise", "Conv", "Dequantise"));
}

// ---- quantised models

constexpr float scale_x = 0.03F, scale_w = 0.01F, scale_y = 0.05F;

Tensor int8_weights() {
  std::vector<std::int8_t> steps;
  for (const float v : noise(108, 1)) steps.push_back(static_cast<std::int8_t>(v * 127));
  return Tensor::of<std::int8_t>({4, 3, 3, 3}, steps);
}

void add_quantisation(W& model) {
  model.scalar("sx", scale_x).scalar("sw", scale_w).scalar("sy", scale_y).scalar("sb", scale_x * scale_w);
  model.number<std::int8_t>("z", 0).number<std::int32_t>("z32", 0);
  model.constant("w", int8_weights()).constant("b", Tensor::of<std::int32_t>({4}, {100, -200, 300, 0}));
}

W qdq_form() {
  W model;
  model.input("x", {1, 3, 8, 8}).output("y");
  add_quantisation(model);
  model.node("QuantizeLinear", {"x", "sx", "z"}, "xq").node("DequantizeLinear", {"xq", "sx", "z"}, "xd");
  model.node("DequantizeLinear", {"w", "sw", "z"}, "wd").node("DequantizeLinear", {"b", "sb", "z32"}, "bd");
  model.node("Conv", {"xd", "wd", "bd"}, "c", same_padding());
  model.node("QuantizeLinear", {"c", "sy", "z"}, "cq").node("DequantizeLinear", {"cq", "sy", "z"}, "y");
  return model;
}

W qoperator_form() {
  W model;
  model.input("x", {1, 3, 8, 8}).output("y");
  add_quantisation(model);
  model.node("QuantizeLinear", {"x", "sx", "z"}, "xq");
  model.node("QLinearConv", {"xq", "sx", "z", "w", "sw", "z", "sy", "z", "b"}, "c", same_padding());
  model.node("DequantizeLinear", {"c", "sy", "z"}, "y");
  return model;
}

TEST(QuantisedModels, KeepTheirScalesWeightsAndBiasBitForBit) {
  const Network network = fused(qdq_form());
  ASSERT_THAT(kinds(network), ElementsAre("Quantise", "Conv", "Dequantise"));
  EXPECT_TRUE(states_every_scale(network));
  const Quantised quantised = quantise(network, {{Tensor(DataType::Float32, {1, 3, 8, 8})}});
  EXPECT_FALSE(quantised.calibrated);
  const Layer& conv = quantised.network.layers[1];
  const Tensor weights = int8_weights();
  EXPECT_EQ(conv.weights.steps,
            std::vector<std::int8_t>(weights.data<std::int8_t>(), weights.data<std::int8_t>() + weights.size()));
  EXPECT_THAT(conv.weights.bias_steps, ElementsAre(100, -200, 300, 0));
  EXPECT_EQ(out_factor(quantised.network, conv), scale_x * scale_w / scale_y);
}

TEST(QuantisedModels, MeanTheSameInQdqAndInQOperatorForm) {
  const std::vector<std::vector<Tensor>> sample{{Tensor(DataType::Float32, {1, 3, 8, 8})}};
  EXPECT_EQ(dump(quantise(fused(qdq_form()), sample).network), dump(quantise(fused(qoperator_form()), sample).network));
}

TEST(QuantisedModels, TakeEveryQOperator) {
  W model;
  model.input("x", {1, 4, 6, 6}).output("y").scalar("s", 0.05F).scalar("t", 0.04F).number<std::int8_t>("z", 0);
  model.constant("w", Tensor(DataType::Int8, {3, 4}))
      .constant("m", Tensor(DataType::Int8, {3, 5}))
      .constant("b", Tensor(DataType::Int32, {3}));
  const std::string ms = "com.microsoft";
  model.node("QuantizeLinear", {"x", "s", "z"}, "q")
      .node("QLinearAdd", {"q", "s", "z", "q", "s", "z", "t", "z"}, "add", {}, ms);
  model.node("QLinearMul", {"add", "t", "z", "q", "s", "z", "s", "z"}, "mul", {}, ms);
  model.node("QLinearConcat", {"s", "z", "mul", "s", "z", "q", "s", "z"}, "cat", {W::integer("axis", 1)}, ms);
  model.node("QLinearAveragePool", {"q", "s", "z", "t", "z"}, "avg", {W::integers("kernel_shape", {2, 2})}, ms);
  model.node("QLinearLeakyRelu", {"avg", "t", "z", "s", "z"}, "leaky", {W::real("alpha", 0.1F)}, ms);
  model.node("QLinearSigmoid", {"leaky", "s", "z", "t", "z"}, "sig", {}, ms);
  model.node("QLinearGlobalAveragePool", {"sig", "t", "z", "s", "z"}, "gap", {W::integer("channels_last", 0)}, ms)
      .node("Flatten", {"gap"}, "flat");
  model.node("QGemm", {"flat", "s", "z", "w", "s", "z", "b", "t", "z"}, "fc", {W::integer("transB", 1)}, ms);
  model.node("QLinearMatMul", {"fc", "t", "z", "m", "s", "z", "s", "z"}, "mm")
      .node("DequantizeLinear", {"mm", "s", "z"}, "y");
  model.node("DequantizeLinear", {"cat", "s", "z"}, "cats").output("cats");
  const Network network = fused(model);
  EXPECT_TRUE(states_every_scale(network));
  EXPECT_THAT(kinds(network), ElementsAre("Quantise", "Add", "Mul", "Concat", "AveragePool", "Lookup", "Lookup",
                                          "GlobalAveragePool", "MatMul", "MatMul", "Dequantise", "Dequantise"));
}

TEST(QuantisedModels, AreRequantisedWhenUnsignedOrPerChannel) {
  W model;
  model.input("x", {1, 3, 8, 8}).output("y").scalar("sx", 0.03F).scalar("sy", 0.05F);
  model.number<std::uint8_t>("zx", 100).number<std::uint8_t>("zy", 0).constant("sw", {4},
                                                                               {0.01F, 0.02F, 0.005F, 0.01F});
  model.constant("zw", Tensor(DataType::Int8, {4}))
      .constant("w", int8_weights())
      .constant("b", Tensor::of<std::int32_t>({4}, {1000, 2000, 3000, 0}));
  model.node("QuantizeLinear", {"x", "sx", "zx"}, "xq");
  model.node("QLinearConv", {"xq", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"}, "c", same_padding())
      .node("DequantizeLinear", {"c", "sy", "zy"}, "y");
  const Network network = fused(model);
  EXPECT_FALSE(states_every_scale(network));
  EXPECT_TRUE(network.layers[1].relu) << "unsigned results saturate at zero";
  EXPECT_THAT(network.layers[1].weights.bias,
              ElementsAre(FloatNear(0.3F, 1e-6), FloatNear(1.2F, 1e-6), FloatNear(0.45F, 1e-6), 0.0F));
  const Quantised quantised = quantise(network, {{seeded_sample(network.tensors[network.inputs[0]], 1)}});
  EXPECT_TRUE(quantised.calibrated);
  ASSERT_EQ(quantised.noise.size(), 3U);
  EXPECT_GT(quantised.noise.back().sqnr_db, 25);
}

TEST(QuantisedModels, KeepAClipThatTheirScaleDoesNotSaturateAt) {
  const auto with_scale = [](float scale) {
    W model = conv()
                  .scalar("low", 0)
                  .scalar("high", 6)
                  .scalar("s", scale)
                  .number<std::int8_t>("z", 0)
                  .node("Clip", {"c", "low", "high"}, "k");
    return fused(model.node("QuantizeLinear", {"k", "s", "z"}, "q").node("DequantizeLinear", {"q", "s", "z"}, "y"));
  };
  EXPECT_THAT(kinds(with_scale(6.0F / 127)), ElementsAre("Quantise", "Conv", "Dequantise"));
  EXPECT_THAT(kinds(with_scale(0.1F)), ElementsAre("Quantise", "Conv", "Lookup", "Dequantise"));
}

// ---- calibration

TEST(Calibration, BoundsTheScaleByAFusedCeiling) {
  const Network network = fused(conv().scalar("low", 0).scalar("high", 0.5F).node("Clip", {"c", "low", "high"}, "y"));
  const Quantised quantised = quantise(network, {{seeded_sample(network.tensors[network.inputs[0]], 1)}});
  EXPECT_LE(quantised.network.tensors[quantised.network.layers[1].output].scale, 0.5F / 127);
}

TEST(Calibration, GivesThePartsOfAConcatenationOneScale) {
  W model = conv();
  model.constant("v", {2, 3, 1, 1}, noise(6, 9))
      .node("Conv", {"x", "v"}, "d")
      .node("Concat", {"c", "d"}, "y", {W::integer("axis", 1)});
  const Network network = fused(model);
  const Network q = quantise(network, {{seeded_sample(network.tensors[network.inputs[0]], 1)}}).network;
  EXPECT_EQ(q.tensors[q.layers[1].output].scale, q.tensors[q.layers[2].output].scale);
  EXPECT_EQ(q.tensors[q.layers[1].output].scale, q.tensors[q.layers[3].output].scale);
}

TEST(Calibration, LosesLittleOnAChainOfConvolutionsWithUnevenChannels) {
  W model;
  std::vector<float> first = noise(16 * 3 * 9, 1), second = noise(16 * 16 * 9, 2);
  for (std::size_t i = 0; i < first.size(); ++i) first[i] *= i / 27 % 4 == 0 ? 1.0F : 0.02F;  // most channels are small
  for (std::size_t i = 0; i < second.size(); ++i) second[i] *= i / 9 % 16 % 4 == 0 ? 0.02F : 1.0F;
  model.input("x", {1, 3, 16, 16})
      .constant("w", {16, 3, 3, 3}, first)
      .constant("v", {16, 16, 3, 3}, second)
      .output("y");
  model.node("Conv", {"x", "w"}, "c", same_padding())
      .node("Relu", {"c"}, "r")
      .node("Conv", {"r", "v"}, "y", same_padding());
  const Network network = fused(model);
  const Quantised quantised = quantise(network, {{seeded_sample(network.tensors[network.inputs[0]], 1)}});
  EXPECT_GT(quantised.noise.back().sqnr_db, 30) << dump(quantised.noise);
}

// Scales chosen on larger, seeded inputs left a faint one a handful of steps.
TEST(Calibration, LooksAtNothingButTheGivenInput) {
  std::vector<float> faint = noise(3 * 8 * 8, 5);
  for (float& v : faint) v /= 1000;
  CompileOptions options;
  options.input = temporary_file("faint.npy", "");
  write_npy(options.input, Tensor::of<float>({1, 3, 8, 8}, faint));
  const CompiledModel model = compile(conv("y").save("m"), config::SocConfig(), options);
  EXPECT_LE(model.network.tensors[model.network.layers[0].output].scale, 0.001F / 127);
  EXPECT_GT(model.noise.back().sqnr_db, 30) << dump(model.noise);
}

TEST(Calibration, IsTheSameEveryTime) {
  const Network network = fused(conv().node("Relu", {"c"}, "y"));
  const std::vector<std::vector<Tensor>> samples{{seeded_sample(network.tensors[network.inputs[0]], 1)}};
  EXPECT_EQ(dump(quantise(network, samples).network), dump(quantise(network, samples).network));
}

}  // namespace
}  // namespace castor::compiler
