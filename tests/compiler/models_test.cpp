// Whole models on the oracle: every layer's values are those of the int8 executor. Models that are not there are
// skipped.
#include <gmock/gmock.h>

#include <filesystem>

#include "castor/compiler/executor.h"
#include "castor/config/soc_config.h"
#include "oracle_network.h"

namespace castor::compiler {
namespace {

/// Runs `path` (relative to the project) and returns what was compiled; nothing when it is not there.
std::optional<CompiledModel> run(const std::string& path) {
  const std::string file = std::string(CASTOR_SOURCE_DIR) + "/" + path;
  if (!std::filesystem::exists(file)) return std::nullopt;
  const config::SocConfig soc;
  CompiledModel model = compile(file, soc);
  OracleNetwork oracle(model, soc.gemmini);
  Executor executor(model.network);
  for (std::size_t i = 0; i < model.inputs.size(); ++i) executor.set_input(model.network.inputs[i], model.inputs[i]);
  std::size_t next = 0;
  oracle.run([&](std::size_t index) {
    for (; next <= index; ++next) executor.run_steps(model.network.layers[next]);
    const TensorId output = model.network.layers[index].output;
    if (model.network.tensors[output].outside) {
      EXPECT_EQ(oracle.array(output).floats(), executor.of(output).real);
    } else {
      EXPECT_EQ(oracle.steps(output) == executor.of(output).steps, true) << model.network.layers[index].name;
    }
    executor.forget_after(index);
  });
  return model;
}

#define RUN_OR_SKIP(model, path) \
  const auto model = run(path);  \
  if (!model) GTEST_SKIP() << path << " is not there"

std::size_t count_on_host(const CompiledModel& model) {
  std::size_t count = 0;
  for (const Placed& placed : model.placed) count += placed.method == Method::Host;
  return count;
}

TEST(Models, ResNet50Int8RunsOnTheAcceleratorButForItsEnds) {
  RUN_OR_SKIP(model, "models/resnet50-int8.onnx");
  EXPECT_EQ(count_on_host(*model), 2U) << model->placement;
  EXPECT_TRUE(model->noise.empty()) << "every scale comes with the model";
}

TEST(Models, SmallAndVarietyRunInBothForms) {
  for (const char* name : {"small", "small-int8", "variety", "variety-int8"}) {
    RUN_OR_SKIP(model, std::string("models/") + name + ".onnx");
    EXPECT_FALSE(model->stream.outputs.empty());
  }
}

TEST(Models, SqueezeNetInt8IsRequantisedWithinTwentyDecibels) {
  RUN_OR_SKIP(model, "../shared/models/squeezenet1.0-12-int8.onnx");
  ASSERT_GE(model->noise.size(), 2U);
  EXPECT_GT(model->noise[model->noise.size() - 2].sqnr_db, 20) << dump(model->noise);
}

TEST(Models, LightSqueezeNetRuns) { RUN_OR_SKIP(model, "../shared/models/light_squeezenet.onnx"); }
TEST(Models, LightAlexNetRuns) { RUN_OR_SKIP(model, "../shared/models/light_bvlc_alexnet.onnx"); }
TEST(Models, LightResNet50Runs) { RUN_OR_SKIP(model, "../shared/models/light_resnet50.onnx"); }

}  // namespace
}  // namespace castor::compiler
