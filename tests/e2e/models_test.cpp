// Whole networks through castor run: every command checked, and the answer that of the oracle, byte for byte. Models
// that are not there are skipped.
#include <gtest/gtest.h>

#include <filesystem>

#include "castor/app/outputs.h"
#include "castor/config/soc_config.h"
#include "oracle_network.h"
#include "program.h"

namespace castor::e2e {
namespace {

const std::string edge = source("configs/edge.yaml");

/// What the oracle makes of the same model, written as castor run writes it.
void run_oracle(const std::string& model, const std::string& out) {
  const config::SocConfig soc = config::SocConfig::load(edge, {});
  const compiler::CompiledModel compiled = compiler::compile(model, soc);
  compiler::OracleNetwork oracle(compiled, soc.gemmini);
  oracle.run();
  app::write_outputs(compiled.stream.outputs, oracle.memory(), app::OutputDirectory(out));
}

struct Case {
  const char* name;
  const char* model;  ///< relative to the project
};
void PrintTo(const Case& the_case, std::ostream* out) { *out << the_case.model; }

class WholeModels : public testing::TestWithParam<Case> {};

TEST_P(WholeModels, RunWithoutAMismatchAndGiveTheOraclesAnswer) {
  const std::string model = source(GetParam().model);
  if (!std::filesystem::exists(model)) GTEST_SKIP() << GetParam().model << " is not there";
  const std::string out = directory();
  const Outcome outcome =
      castor({"run", "--config", edge, "--model", model, "--check", "--quiet", "--out", out + "/castor"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto json = report(out + "/castor");
  EXPECT_GT(json["values"]["checked_commands"], 100000);
  EXPECT_EQ(json["values"]["mismatches"], 0);
  run_oracle(model, out + "/oracle");
  const std::string answer = file_text(file_in(out + "/castor", "output_"));
  EXPECT_GT(answer.size(), 128U + 1000U * sizeof(float) - 1);
  EXPECT_TRUE(answer == file_text(file_in(out + "/oracle", "output_"))) << "the bytes differ";
}

INSTANTIATE_TEST_SUITE_P(Each, WholeModels,
                         testing::Values(Case{"ResNet50Int8", "models/resnet50-int8.onnx"},
                                         Case{"SqueezeNetInt8", "../shared/models/squeezenet1.0-12-int8.onnx"},
                                         Case{"LightSqueezeNet", "../shared/models/light_squeezenet.onnx"},
                                         Case{"LightAlexNet", "../shared/models/light_bvlc_alexnet.onnx"},
                                         Case{"LightResNet50", "../shared/models/light_resnet50.onnx"}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace castor::e2e
