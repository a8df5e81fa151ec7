// castor run, from the outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "program.h"

namespace castor::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string edge = source("configs/edge.yaml");

Outcome run_stream(const std::string& text, const std::string& out, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"run",   "--config", edge, "--commands", file_with("program.stream", text),
                                    "--out", out};
  words.insert(words.end(), more.begin(), more.end());
  return castor(words);
}

TEST(Run, LeavesReportTableAndOutputsOfACommandStream) {
  const std::string out = directory();
  const Outcome outcome = run_stream(one_tile, out, {"--check"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty()) << "no progress line where there is no terminal";
  EXPECT_EQ(outcome.out, file_text(out + "/summary.txt"));
  EXPECT_THAT(outcome.out, HasSubstr("0 mismatches"));
  const auto json = report(out);
  EXPECT_EQ(json["complete"], true);
  EXPECT_EQ(json["workload"]["kind"], "commands");
  EXPECT_EQ(json["workload"]["sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(json["values"]["checked_commands"], 4);
  EXPECT_EQ(json["values"]["mismatches"], 0);
  EXPECT_EQ(json["layers"][0]["name"], "tile");
  EXPECT_EQ(json["layers"][0]["macs"], 4096);
  EXPECT_GT(json["stats"]["soc.host"]["commands"]["value"], 0);
  EXPECT_THAT(file_text(out + "/layers.csv"), HasSubstr("\ntile,MatMul,accelerator,0,"));
  EXPECT_EQ(std::filesystem::file_size(out + "/output_c.npy"), 128U + 256U);
}

TEST(Run, SimulatesAModelWithCheckedValues) {
  const std::string out = directory();
  const Outcome outcome = castor({"run", "--config", edge, "--model", data("small-int8.onnx"), "--input",
                                  data("small-input.npy"), "--check", "--quiet", "--out", out});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty()) << "--quiet";
  const auto json = report(out);
  EXPECT_EQ(json["workload"]["kind"], "onnx");
  EXPECT_GT(json["values"]["checked_commands"], 1000);
  EXPECT_EQ(json["values"]["mismatches"], 0);
  std::uint64_t cycles = 0;
  for (const auto& layer : json["layers"]) cycles += layer["cycles"].get<std::uint64_t>();
  EXPECT_LE(cycles, json["cycles"]);
  EXPECT_GT(cycles, json["cycles"].get<double>() * 0.99) << "the layers are the run";
}

// Cycles must not depend on what is watched, computed, or on the order of steps.
TEST(Run, TakesTheSameCyclesHoweverItIsWatched) {
  const std::string out = directory();
  const std::vector<std::string> model = {"run",     "--config", edge, "--model", data("small-int8.onnx"),
                                          "--quiet", "--out",    out};
  const auto cycles = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = model;
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = castor(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return report(out)["cycles"].get<std::uint64_t>();
  };
  const std::uint64_t plain = cycles({});
  EXPECT_GT(plain, 10000U);
  EXPECT_EQ(cycles({"--values", "off"}), plain);
  EXPECT_EQ(cycles({"--check"}), plain);
  EXPECT_EQ(cycles({"--reversed"}), plain);
  EXPECT_EQ(cycles({"--sample", "1"}), plain);
  EXPECT_EQ(cycles({"--sample", "1000"}), plain);
  EXPECT_EQ(cycles({"--trace", "commands", "--trace", "perfetto", "--trace", "vcd"}), plain);
  for (const char* file : {"/commands.trace", "/perfetto.json", "/waves.vcd"})
    EXPECT_GT(std::filesystem::file_size(out + file), 1000U) << file;
}

TEST(Run, GivesTheSameOutputBytesEveryTime) {
  const std::string out = directory();
  const auto output = [&](const std::string& order) {
    std::vector<std::string> words = {"run",     "--config", edge, "--model", data("small-int8.onnx"),
                                      "--quiet", "--out",    out};
    if (!order.empty()) words.push_back(order);
    EXPECT_EQ(castor(words).status, 0);
    return file_text(file_in(out, "output_"));
  };
  const std::string first = output("");
  EXPECT_GT(first.size(), 128U);
  EXPECT_EQ(output("--reversed"), first);
}

TEST(Run, SavesTheInputThatItMadeForSomebodyToRunAgain) {
  const std::string out = directory();
  const auto run = [&](const std::string& folder, const std::vector<std::string>& input) {
    std::vector<std::string> words = {"run",     "--config", edge,        "--model", data("small-int8.onnx"),
                                      "--quiet", "--out",    out + folder};
    words.insert(words.end(), input.begin(), input.end());
    EXPECT_EQ(castor(words).status, 0);
    return file_text(file_in(out + folder, "output_"));
  };
  const std::string made = run("/made", {});
  const std::string input = file_in(out + "/made", "input_");
  ASSERT_THAT(input, HasSubstr("input_"));
  EXPECT_EQ(run("/given", {"--input", input}), made);
  EXPECT_EQ(file_in(out + "/given", "input_"), "") << "the user has that one";
}

TEST(Run, ReadsWhatCompileWrites) {
  const std::string out = directory();
  const std::string stream = out + "/small.stream";
  ASSERT_EQ(castor({"compile", "--config", edge, "--model", data("small-int8.onnx"), "-o", stream}).status, 0);
  ASSERT_EQ(
      castor({"run", "--config", edge, "--model", data("small-int8.onnx"), "--quiet", "--out", out + "/a"}).status, 0);
  const Outcome outcome = castor({"run", "--config", edge, "--commands", stream, "--quiet", "--out", out + "/b"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(report(out + "/a")["cycles"], report(out + "/b")["cycles"]);
  EXPECT_EQ(file_text(out + "/a/output_output.npy"), file_text(out + "/b/output_output.npy"));
}

TEST(Run, TakesParametersFromTheCommandLine) {
  const std::string out = directory();
  ASSERT_EQ(run_stream(one_tile, out, {"--quiet", "-p", "soc.clock_ghz=0.5"}).status, 0);
  const auto json = report(out);
  EXPECT_DOUBLE_EQ(json["clock_ghz"], 0.5);
  EXPECT_DOUBLE_EQ(json["seconds"], json["cycles"].get<double>() / 0.5e9);
}

TEST(Run, StopsAtTheCycleLimitWithStatus3AndAnIncompleteReport) {
  const std::string out = directory();
  const Outcome outcome = run_stream(one_tile, out, {"--quiet", "--max-cycles", "50"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("castor: --max-cycles reached in cycle "));
  const auto json = report(out);
  EXPECT_EQ(json["complete"], false);
  EXPECT_EQ(json["stopped_by"], "max_cycles");
  EXPECT_LE(json["cycles"], 50);
}

TEST(Run, ShowsNothingWhenQuiet) {
  const Outcome outcome = run_stream(one_tile, directory(), {"--quiet"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Run, LogsAsMuchAsItsLevelAsks) {
  const auto log = [&](const std::string& level) {
    return run_stream(one_tile, directory(), {"--quiet", "--log-level", level}).err;
  };
  EXPECT_THAT(log("warn"), IsEmpty());
  EXPECT_THAT(log("info"), HasSubstr("castor info: "));
  EXPECT_THAT(log("debug"), HasSubstr("castor debug: configuration "));
}

TEST(Run, WritesEachTraceAskedForAndNoOther) {
  const std::pair<const char*, const char*> traces[] = {
      {"commands", "/commands.trace"}, {"perfetto", "/perfetto.json"}, {"vcd", "/waves.vcd"}};
  for (const auto& [kind, file] : traces) {
    const std::string out = directory();
    ASSERT_EQ(run_stream(one_tile, out, {"--quiet", "--trace", kind}).status, 0);
    for (const auto& [other, its_file] : traces)
      EXPECT_EQ(std::filesystem::exists(out + its_file), its_file == file) << kind << ' ' << other;
  }
}

TEST(Run, SamplesAddUpToTheStatisticsOfTheReport) {
  const std::string out = directory();
  ASSERT_EQ(run_stream(one_tile, out, {"--quiet", "--sample", "100"}).status, 0);
  std::map<std::pair<std::string, std::string>, std::uint64_t> sums;
  std::istringstream rows(file_text(out + "/samples.csv"));
  std::string cycle, module, statistic, unit, value;
  std::getline(rows, cycle);
  EXPECT_EQ(cycle, "cycle,module,statistic,unit,value");
  while (std::getline(rows, cycle, ',')) {
    std::getline(rows, module, ','), std::getline(rows, statistic, ','), std::getline(rows, unit, ',');
    std::getline(rows, value);
    EXPECT_EQ(std::stoull(cycle) % 100, 0U) << cycle;
    sums[{module, statistic}] += std::stoull(value);
  }
  const auto stats = report(out)["stats"];
  for (const auto& [name, group] : stats.items())
    for (const auto& [member, total] : group.items())
      EXPECT_EQ((sums[{name, member}]), total["value"].get<std::uint64_t>()) << name << ' ' << member;
}

TEST(Run, SamplesNothingUnlessAsked) {
  const std::string out = directory();
  ASSERT_EQ(run_stream(one_tile, out, {"--quiet"}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(out + "/samples.csv"));
}

TEST(Run, TheCoreIsTakenAwayAsOftenAsTheIntervalSays) {
  const std::string out = directory();
  const std::vector<std::string> often = {"--quiet", "-p", "host.context_switch.interval=100", "-p",
                                          "host.context_switch.cost=10"};
  ASSERT_EQ(run_stream(one_tile, out, often).status, 0);
  const auto json = report(out);
  EXPECT_EQ(json["stats"]["soc.host"]["context_switches"]["value"], (json["cycles"].get<std::uint64_t>() - 1) / 100);
}

TEST(Run, ADeadlockNamesWhoWaitsForWhomWithStatus3) {
  const std::string out = directory();
  const Outcome outcome = run_stream(
      "config_ex\npreload bd=sp+0 bd_rows=16 bd_cols=16 c=acc+0 c_rows=16 c_cols=16\n"
      "mvout dram=0x80000000 local=acc+0 rows=16 cols=16\nfence\n",
      out, {"--quiet"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("castor: deadlock in cycle "));
  EXPECT_THAT(outcome.err, HasSubstr("soc.gemmini.execute_controller: the compute behind a preload\n"));
  EXPECT_THAT(outcome.err, HasSubstr("soc.host: the accelerator to become idle (fence, item 4 of 4)\n"));
  EXPECT_EQ(report(out)["stopped_by"], "deadlock");
  EXPECT_EQ(report(out)["complete"], false);
}

std::string endless_stream() {
  std::string text = "config_mvin stride=64\nlayer name=\"first\" op=Test on=accelerator macs=0\n";
  for (int i = 0; i < 300000; ++i) text += "mvin dram=0x80000000 local=sp+0 rows=16 cols=64\n";
  return text;
}

TEST(Run, ShowsOneProgressLineOnATerminal) {
  const Outcome outcome = castor_on_terminal(
      {"run", "--config", edge, "--commands", file_with("program.stream", endless_stream()), "--out", directory()},
      " left");
  EXPECT_EQ(outcome.status, 130);
  EXPECT_THAT(outcome.err, testing::ContainsRegex("\rfirst +[0-9.]+ %  [0-9.]+ MHz  [0-9]+:[0-9][0-9] left"));
  EXPECT_EQ(outcome.err.find('\n'), std::string::npos) << "one line";
}

TEST(Run, AnInterruptLeavesTheReportSoFarWithStatus130) {
  const std::string out = directory();
  const Outcome outcome =
      castor_interrupted({"run", "--config", edge, "--commands", file_with("program.stream", endless_stream()),
                          "--trace", "commands", "--out", out},
                         out + "/commands.trace", 10000);
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  const auto json = report(out);
  EXPECT_EQ(json["complete"], false);
  EXPECT_EQ(json["stopped_by"], "interrupt");
  EXPECT_GT(json["cycles"], 1000);
  EXPECT_EQ(json["layers"][0]["name"], "first") << "the layer under way is in the report";
  EXPECT_THAT(file_text(out + "/summary.txt"), HasSubstr("NOT COMPLETE  stopped by interrupt"));
}

TEST(Run, EndsAtAnUnmappedPageWithItsAddressAndCommandAndAnIncompleteReport) {
  const std::string out = directory();
  const std::string stream =
      file_with("wild.stream", "config_mvin stride=64\nmvin dram=0x1f0000000 local=0x0 rows=1 cols=16\n");
  const Outcome outcome = castor({"run", "--config", source("configs/rtl-default.yaml"), "-p",
                                  "soc.virtual_memory=true", "--commands", stream, "--out", out, "--quiet"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("reads virtual address 0x1f0000000: unmapped page; command: mvin dram=0x1f0000000 "
                                     "local=0x0 rows=1 cols=16 (item 2 of the stream, line 2)\n"));
  EXPECT_EQ(report(out)["complete"], false);
  EXPECT_THAT(report(out)["stopped_by"].get<std::string>(), HasSubstr("unmapped page"));
}

TEST(Run, WritesTheSameOutputsWithPagesShuffledAndChecksThem) {
  const auto outputs = [](const std::vector<std::string>& more) {
    const std::string out = directory();
    std::vector<std::string> words = {
        "run",     "--config", source("configs/rtl-default.yaml"), "--model", data("small-int8.onnx"), "--out", out,
        "--quiet", "--check"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = castor(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return file_text(out + "/output_output.npy");
  };
  const std::string expected = outputs({});
  EXPECT_GT(expected.size(), 100u);
  EXPECT_EQ(outputs({"-p", "soc.virtual_memory=true", "-p", "paging.placement=shuffled"}), expected);
}

}  // namespace
}  // namespace castor::e2e
