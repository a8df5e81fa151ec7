// Every arrow of the front end as text, compared with files under golden/. CASTOR_UPDATE_GOLDEN=1 writes them anew.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "castor/compiler/compiler.h"
#include "castor/config/soc_config.h"
#include "model_writer.h"

namespace castor::compiler {
namespace {

using W = ModelWriter;

/// QDQ form: a stem with ReLU and max-pool, a residual addition, a strided shortcut, two branches joined, average,
/// classifier.
class SmallModel {
 public:
  SmallModel() { model_.input("x", {1, 3, 16, 16}).number<std::int8_t>("z", 0).number<std::int32_t>("z32", 0); }

  W build() {
    quantise("x", "x", 0.03F);
    conv("stem", "x", 3, 20, 3, 1, true);
    model_.node("MaxPool", {"stem"}, "pool_", {W::integers("kernel_shape", {2, 2}), W::integers("strides", {2, 2})});
    quantise("pool_", "pool", 0.04F);
    conv("branch", "pool", 20, 20, 1, 1, false);
    model_.node("Add", {"branch", "pool"}, "sum_").node("Relu", {"sum_"}, "sum_r");
    quantise("sum_r", "sum", 0.05F);
    conv("down", "sum", 20, 24, 1, 2, false);
    conv("left", "down", 24, 12, 1, 1, true);
    conv("right", "down", 24, 10, 3, 1, true);
    model_.node("Concat", {"left", "right"}, "joined_", {W::integer("axis", 1)});
    quantise("joined_", "joined", 0.04F);
    model_.node("GlobalAveragePool", {"joined"}, "mean_");
    quantise("mean_", "mean", 0.02F);
    model_.node("Flatten", {"mean"}, "flat");
    weights("fc", {6, 22}, 0.02F);
    model_.node("Gemm", {"flat", "fc.w", "fc.b"}, "fc_", {W::integer("transB", 1)});
    quantise("fc_", "logits", 0.03F);
    return model_.node("Softmax", {"logits"}, "y", {W::integer("axis", 1)}).output("y");
  }

 private:
  /// QuantizeLinear and DequantizeLinear after `from`; the result replaces `name`.
  void quantise(const std::string& from, const std::string& name, float scale) {
    const std::string result = from == name ? name + "_dq" : name;
    model_.scalar(name + ".s", scale)
        .node("QuantizeLinear", {from, name + ".s", "z"}, name + "_q")
        .node("DequantizeLinear", {name + "_q", name + ".s", "z"}, result);
    scales_[result] = scale;
  }

  void weights(const std::string& name, const Shape& shape, float input_scale) {
    std::vector<std::int8_t> steps;
    for (const float v : noise(static_cast<std::size_t>(elements(shape)), ++seed_))
      steps.push_back(static_cast<std::int8_t>(v * 100));
    std::vector<std::int32_t> bias;
    for (const float v : noise(static_cast<std::size_t>(shape[0]), ++seed_))
      bias.push_back(static_cast<std::int32_t>(v * 1000));
    model_.constant(name + ".wq", Tensor::of<std::int8_t>(shape, steps)).scalar(name + ".ws", 0.01F);
    model_.constant(name + ".bq", Tensor::of<std::int32_t>({shape[0]}, bias)).scalar(name + ".bs", input_scale * 0.01F);
    model_.node("DequantizeLinear", {name + ".wq", name + ".ws", "z"}, name + ".w")
        .node("DequantizeLinear", {name + ".bq", name + ".bs", "z32"}, name + ".b");
  }

  void conv(const std::string& name, std::string from, std::int64_t in, std::int64_t out, std::int64_t kernel,
            std::int64_t stride, bool relu) {
    if (from == "x") from = "x_dq";
    weights(name, {out, in, kernel, kernel}, scales_.at(from));
    const std::int64_t pad = kernel / 2;
    model_.node("Conv", {from, name + ".w", name + ".b"}, name + "_c",
                {W::integers("strides", {stride, stride}), W::integers("pads", {pad, pad, pad, pad})});
    if (relu) model_.node("Relu", {name + "_c"}, name + "_r");
    quantise(name + (relu ? "_r" : "_c"), name, 0.04F);
  }

  W model_;
  std::map<std::string, float> scales_;
  std::uint32_t seed_ = 0;
};

void compare(const std::string& name, const std::string& text) {
  const std::string path = std::string(CASTOR_SOURCE_DIR) + "/tests/compiler/golden/" + name;
  if (std::getenv("CASTOR_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, expected) << "see " << path << "; CASTOR_UPDATE_GOLDEN=1 writes it anew";
}

void compare_all(const std::string& prefix, const config::SocConfig& soc) {
  const CompiledModel model = compile(SmallModel().build().save("small"), soc);
  compare(prefix + "-graph.txt", model.graph);
  compare(prefix + "-placement.txt", model.placement);
  compare(prefix + "-tiling.txt", model.tiling);
  compare(prefix + "-commands.txt", model.commands());
}

TEST(Golden, DumpsOfASmallNetworkForTheOldGeneration) { compare_all("old", {}); }

TEST(Golden, DumpsOfASmallNetworkForTheHeadGeneration) {
  config::SocConfig soc;
  soc.gemmini.rtl_generation.set(config::RtlGeneration::Head);
  compare_all("head", soc);
}

}  // namespace
}  // namespace castor::compiler
