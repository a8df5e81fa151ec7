// Several cores in one machine, from the outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "program.h"

namespace castor::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string edge = source("configs/edge.yaml");
const std::string dual = source("configs/dual-edge.yaml");

std::vector<std::string> small_model(const std::string& config, const std::string& out) {
  return {"run",     "--config", config, "--model", data("small-int8.onnx"), "--input", data("small-input.npy"),
          "--quiet", "--out",    out};
}

nlohmann::json report_of(std::vector<std::string> words, const std::vector<std::string>& more = {}) {
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = castor(words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return report(*std::next(std::find(words.begin(), words.end(), "--out")));
}

/// What must not change from run to run.
nlohmann::json lasting(nlohmann::json report) {
  for (const char* changing : {"wall_seconds", "simulated_mhz", "peak_rss_bytes", "config"}) report.erase(changing);
  return report;
}

TEST(Cores, RunOneWorkloadEachInItsOwnPartOfMemoryAndAgreeOnTheValues) {
  const std::string out = directory();
  const auto json = report_of(small_model(dual, out), {"--check"});
  ASSERT_EQ(json["cores"].size(), 2U);
  EXPECT_FALSE(json.contains("layers"));
  EXPECT_EQ(json["cores"][1]["workload"]["kind"], "onnx");
  EXPECT_GT(json["cores"][1]["layers"].size(), 3U);
  EXPECT_EQ(json["values"]["mismatches"], 0);
  EXPECT_GT(json["values"]["checked_commands"], 2000);
  EXPECT_EQ(json["config"]["soc"]["cores"].size(), 2U);
  std::vector<std::string> outputs[2];
  for (const auto& file : std::filesystem::directory_iterator(out)) {
    const std::string name = file.path().filename();
    for (const int core : {0, 1})
      if (name.rfind("core" + std::to_string(core) + "_output_", 0) == 0)
        outputs[core].push_back(file_text(file.path()));
  }
  EXPECT_FALSE(outputs[0].empty());
  EXPECT_EQ(outputs[0], outputs[1]);
}

TEST(Cores, SlowEachOtherDownThroughWhatTheyShare) {
  const std::string out = directory();
  const auto alone = report_of(small_model(edge, out));
  const auto together = report_of(small_model(dual, out));
  const std::uint64_t cycles = together["cycles"];
  EXPECT_GT(cycles, alone["cycles"].get<std::uint64_t>());
  EXPECT_LT(cycles, 2 * alone["cycles"].get<std::uint64_t>());
  EXPECT_EQ(cycles, std::max(together["cores"][0]["cycles"].get<std::uint64_t>(),
                             together["cores"][1]["cycles"].get<std::uint64_t>()));
}

TEST(Cores, TakeTheSameCyclesHoweverTheyAreWatchedAndOrdered) {
  const std::string out = directory();
  const auto plain = lasting(report_of(small_model(dual, out)));
  EXPECT_EQ(lasting(report_of(small_model(dual, out))), plain);
  EXPECT_EQ(lasting(report_of(small_model(dual, out), {"--reversed"})), plain);
  const auto watched = report_of(small_model(dual, out), {"--values", "off", "--trace", "commands"});
  EXPECT_EQ(watched["cycles"], plain["cycles"]);
  EXPECT_EQ(watched["stats"], plain["stats"]);
  EXPECT_GT(std::filesystem::file_size(out + "/core1_commands.trace"), 1000U);
}

TEST(Cores, MayDifferInTheirAcceleratorsAndWorkloads) {
  const std::string out = directory();
  const std::string stream = file_with("tile.stream", one_tile);
  const std::string config = file_with(
      "soc.yaml", "include: " + edge + "\nsoc:\n  cores:\n    - workload: {model: " + data("small-int8.onnx") +
                      "}\n    - workload: {commands: tile.stream}\n"
                      "      gemmini: {sp_capacity: 64 KiB}\n");
  const auto json = report_of({"run", "--config", config, "--quiet", "--out", out});
  EXPECT_EQ(json["cores"][0]["workload"]["kind"], "onnx");
  EXPECT_EQ(json["cores"][1]["workload"]["kind"], "commands");
  EXPECT_LT(json["cores"][1]["cycles"], json["cores"][0]["cycles"]);
  EXPECT_EQ(json["config"]["soc"]["cores"][1]["gemmini"]["sp_capacity"], 65536);
  EXPECT_THAT(file_text(out + "/layers.csv"), AllOf(HasSubstr("core,name,op"), HasSubstr("\n1,tile,MatMul")));
}

TEST(Cores, RefuseMoreOrFewerWorkloadsThanTheyAre) {
  const std::string model = data("small-int8.onnx");
  const Outcome three = castor({"run", "--config", dual, "--model", model, "--model", model, "--model", model});
  EXPECT_EQ(three.status, 2);
  EXPECT_THAT(three.err, HasSubstr("3 workloads for 2 cores; allowed: one for all, or one for each"));
  const Outcome none = castor({"run", "--config", dual});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("core 0 has no workload"));
}

TEST(Cores, RefuseAnInputWithoutItsModel) {
  const Outcome outcome = castor({"run", "--config", dual, "--input", "a.npy", "--commands", "b"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--input goes with --model only, one with each"));
}

}  // namespace
}  // namespace castor::e2e
