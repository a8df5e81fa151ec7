#include "castor/app/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace castor::app {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

const Workload workload{"onnx", "m.onnx", "00ff"};

RunResult result_of_one_layer() {
  RunResult result;
  result.complete = true;
  result.cores.resize(1);
  result.cores[0].workload = workload;
  result.cycles = 2000000;
  result.wall_seconds = 0.5;
  result.peak_rss_bytes = 1 << 20;
  soc::LayerRow row;
  row.layer = {"conv \"1\", big", "Conv", isa::Placement::Accelerator, 256000000};
  row.start = Cycle{5};
  row.cycles = 1999995;
  row.utilization = 0.5;
  row.dram_read_bytes = 4096;
  result.cores[0].layers.push_back(row);
  result.values_computed = true;
  return result;
}

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

TEST(Report, HasTheFieldsOfTheContractInTheirOrder) {
  const auto report = nlohmann::ordered_json::parse(report_json({}, result_of_one_layer()));
  EXPECT_THAT(keys(report), ElementsAre("castor", "complete", "config", "workload", "cycles", "clock_ghz", "seconds",
                                        "inferences_per_second", "wall_seconds", "simulated_mhz", "peak_rss_bytes",
                                        "layers", "stats", "values"));
  EXPECT_THAT(keys(report["layers"][0]),
              ElementsAre("name", "op", "on", "start_cycle", "cycles", "macs", "utilization", "dram_read_bytes",
                          "dram_write_bytes", "l2_miss_rate", "tlb_miss_rate", "host_cycles"));
  EXPECT_THAT(keys(report["workload"]), ElementsAre("kind", "path", "sha256"));
  EXPECT_THAT(keys(report["values"]), ElementsAre("computed", "checked_commands", "mismatches"));
}

TEST(Report, DerivesTimeAndSpeed) {
  const json report = json::parse(report_json({}, result_of_one_layer()));
  EXPECT_DOUBLE_EQ(report["seconds"], 0.002);
  EXPECT_DOUBLE_EQ(report["inferences_per_second"], 500);
  EXPECT_DOUBLE_EQ(report["simulated_mhz"], 4);
}

TEST(Report, HoldsEveryParameterResolvedUnderItsGroup) {
  const config::SocConfig config;
  const json report = json::parse(report_json(config, result_of_one_layer()));
  EXPECT_EQ(report["config"]["gemmini"]["meshRows"], 16);
  EXPECT_EQ(report["config"]["host"]["issue"]["plain_command"], config.host.issue.plain_command());
  std::size_t parameters = 0;
  config.for_each([&](const config::ParamBase&) { ++parameters; });
  std::size_t leaves = 0;
  const std::function<void(const json&)> count = [&](const json& node) {
    if (!node.is_object())
      ++leaves;
    else
      for (const auto& child : node) count(child);
  };
  count(report["config"]);
  EXPECT_EQ(leaves, parameters);
}

TEST(Report, SaysWhyARunIsNotComplete) {
  RunResult result = result_of_one_layer();
  result.complete = false;
  result.stopped_by = "deadlock";
  result.waiters = {"soc.host: the accelerator to become idle"};
  const json report = json::parse(report_json({}, result));
  EXPECT_EQ(report["complete"], false);
  EXPECT_EQ(report["stopped_by"], "deadlock");
  EXPECT_EQ(report["waiting"][0], "soc.host: the accelerator to become idle");
  EXPECT_EQ(report["inferences_per_second"], 0);
  EXPECT_THAT(summary({}, result), HasSubstr("NOT COMPLETE  stopped by deadlock"));
}

TEST(Report, TellsWhatWasCheckedInEachCore) {
  RunResult result = result_of_one_layer();
  result.cores.resize(2);
  result.cores[0].checked_commands = 5;
  result.cores[1].checked_commands = 7;
  result.cores[1].mismatches = 1;
  const json report = json::parse(report_json({}, result));
  EXPECT_EQ(report["values"]["checked_commands"], 12);
  EXPECT_EQ(report["cores"][0]["checked_commands"], 5);
  EXPECT_EQ(report["cores"][1]["mismatches"], 1);
}

TEST(Report, TellsWhatQuantisationCost) {
  RunResult result = result_of_one_layer();
  EXPECT_FALSE(json::parse(report_json({}, result)).contains("quantisation"));
  result.cores[0].noise = {{"conv1", "Conv", 31.5}, {"conv2", "Conv", 20.25}, {"fc", "MatMul", 24}};
  const json report = json::parse(report_json({}, result));
  EXPECT_EQ(report["quantisation"][1]["layer"], "conv2");
  EXPECT_DOUBLE_EQ(report["quantisation"][1]["sqnr_db"], 20.25);
  EXPECT_THAT(summary({}, result), HasSubstr("quantisation  24.0 dB SQNR of the answer, worst 20.2 dB in conv2\n"));
}

TEST(Summary, JudgesTheAnswerBeforeASoftmax) {
  RunResult result = result_of_one_layer();
  result.cores[0].noise = {{"fc", "MatMul", 24}, {"probabilities", "Softmax", 15}};
  EXPECT_THAT(summary({}, result), HasSubstr("24.0 dB SQNR of the answer, worst 15.0 dB in probabilities\n"));
}

TEST(Report, SurvivesANameThatIsNoUtf8) {
  RunResult result = result_of_one_layer();
  result.cores[0].layers[0].layer.name = "conv\xff";
  EXPECT_NO_THROW(json::parse(report_json({}, result)));
}

TEST(LayersCsv, HasARowForEachLayerAndQuotesWhatNeedsIt) {
  EXPECT_EQ(layers_csv(result_of_one_layer().cores),
            "name,op,on,start_cycle,cycles,macs,utilization,dram_read_bytes,dram_write_bytes,l2_miss_rate,"
            "tlb_miss_rate,host_cycles\n"
            "\"conv \"\"1\"\", big\",Conv,accelerator,5,1999995,256000000,0.5,4096,0,0,0,0\n");
}

TEST(Summary, ShowsLayersTotalsAndChecks) {
  RunResult result = result_of_one_layer();
  result.checked = true;
  result.cores[0].checked_commands = 12;
  const std::string text = summary({}, result);
  for (const char* part :
       {"m.onnx", "conv \"1\", big", "cycles        2000000", "256000000 (50.0 % of the array's peak)",
        "12 commands compared with the oracle, 0 mismatches"})
    EXPECT_THAT(text, HasSubstr(part));
}

}  // namespace
}  // namespace castor::app
