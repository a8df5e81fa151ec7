// compile, header, config, replay and help, from the outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "program.h"

namespace castor::e2e {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string edge = source("configs/edge.yaml");
const std::string rtl_default = source("configs/rtl-default.yaml");

TEST(Help, EverySubcommandHasIt) {
  for (const char* name : {"run", "compile", "header", "config", "replay"}) {
    const Outcome outcome = castor({name, "--help"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, StartsWith(std::string("castor ") + name + ": "));
    EXPECT_THAT(outcome.out, HasSubstr("--config SOC.yaml"));
  }
}

TEST(Help, NamesEverySubcommand) {
  const Outcome outcome = castor({"--help"});
  EXPECT_EQ(outcome.status, 0);
  for (const char* name : {"run", "compile", "header", "config", "replay"}) EXPECT_THAT(outcome.out, HasSubstr(name));
}

TEST(Help, RunNamesEveryOptionOfTheContract) {
  const Outcome outcome = castor({"run", "--help"});
  for (const char* option : {"--config", "-p", "--model", "--input", "--elf", "--commands", "--out", "--values",
                             "--check", "--trace", "--max-cycles", "--quiet", "--log-level"})
    EXPECT_THAT(outcome.out, HasSubstr(option));
}

TEST(Version, IsPrinted) { EXPECT_EQ(castor({"--version"}).out, "castor 0.1.0\n"); }

TEST(Compile, DumpsEveryStage) {
  for (const char* stage : {"graph", "placement", "tiling", "commands"}) {
    const Outcome outcome = castor({"compile", "--config", edge, "--model", data("small-int8.onnx"), "--dump", stage});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_GT(outcome.out.size(), 200U) << stage;
  }
}

TEST(Compile, RefusesAnUnknownStage) {
  const Outcome outcome = castor({"compile", "--config", edge, "--model", data("small-int8.onnx"), "--dump", "soul"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "castor compile: --dump is 'soul'; allowed: graph, placement, tiling, commands\n");
}

TEST(Header, GoesToStdoutOrAFile) {
  const std::string file = directory() + "/gemmini_params.h";
  const Outcome to_stdout = castor({"header", "--config", edge});
  EXPECT_EQ(to_stdout.status, 0);
  EXPECT_THAT(to_stdout.out, HasSubstr("#define DIM 16\n"));
  EXPECT_EQ(castor({"header", "--config", edge, "-o", file}).status, 0);
  EXPECT_EQ(file_text(file), to_stdout.out);
}

TEST(Config, ShowsValueUnitAndOrigin) {
  const Outcome outcome = castor({"config", "--config", edge, "-p", "l2.ways=4"});
  EXPECT_EQ(outcome.status, 0);
  std::istringstream lines(outcome.out);
  std::string ways, capacity;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("l2.ways", 0) == 0) ways = line;
    if (line.rfind("l2.capacity", 0) == 0) capacity = line;
  }
  EXPECT_THAT(ways, HasSubstr("4"));
  EXPECT_THAT(ways, HasSubstr("-p l2.ways=4"));
  EXPECT_THAT(capacity, HasSubstr("1 MiB"));
  EXPECT_THAT(capacity, HasSubstr("edge.yaml:"));
}

TEST(Config, DocumentsParametersAndStatistics) {
  EXPECT_THAT(castor({"config", "--list-params"}).out, HasSubstr("gemmini.meshRows"));
  EXPECT_THAT(castor({"config", "--list-stats"}).out, HasSubstr("soc.host.commands"));
}

TEST(Config, TheDocumentedParametersAreTodays) {
  EXPECT_EQ(castor({"config", "--list-params", "--format", "markdown"}).out, file_text(source("docs/parameters.md")));
}

TEST(Config, TheDocumentedStatisticsAreTodays) {
  EXPECT_EQ(castor({"config", "--list-stats", "--format", "markdown"}).out, file_text(source("docs/statistics.md")));
}

const char* const short_trace =
    "segment 0 gap=1384\n0 cmd 7 0 0\nsegment 1 gap=64\n0 cmd 0 3f80000000010004 1000000000000\n"
    "segment 2 gap=24\n0 cmd 0 2 3f80000000000040\n4 cmd 0 3f80000000100101 40\n";

TEST(Replay, PrintsTheSpanOfEachSegment) {
  const Outcome outcome = castor({"replay", "--config", rtl_default, "--trace", file_with("a.trace", short_trace)});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "segment,commands,span\n0,1,0\n1,1,7\n2,2,9\n");
}

TEST(Replay, WritesItsOwnEventsInTheFormOfTheTrace) {
  const std::string events = directory() + "/events.trace";
  const Outcome outcome =
      castor({"replay", "--config", rtl_default, "--trace", file_with("a.trace", short_trace), "--events", events});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(file_text(events),
            "# castor rtl trace 1\nsegment 0 gap=1384\n0 cmd 7 0 0\n"
            "segment 1 gap=64\n0 cmd 0 3f80000000010004 1000000000000\n4 alloc 0 3f80000000010004 1000000000000\n"
            "5 ex 10 0 1000000000000\n7 done 10\n"
            "segment 2 gap=24\n0 cmd 0 2 3f80000000000040\n4 cmd 0 3f80000000100101 40\n4 alloc 0 2 3f80000000000040\n"
            "5 st 20 0 3f80000000000040\n8 alloc 0 3f80000000100101 40\n9 ld 0 0 40\n");
}

TEST(Replay, ComputesTheSameSpansWithValues) {
  const std::string trace = source("tests/rtl/traces/matmul_os.trace.gz");
  const Outcome off = castor({"replay", "--config", rtl_default, "--trace", trace});
  const Outcome on = castor({"replay", "--config", rtl_default, "--trace", trace, "--values", "on"});
  EXPECT_EQ(off.status, 0) << off.err;
  EXPECT_EQ(on.out, off.out);
}

TEST(Replay, NamesTheLineOfABrokenTrace) {
  const Outcome outcome =
      castor({"replay", "--config", rtl_default, "--trace", file_with("a.trace", "segment 0 gap=1\nx\n")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("a.trace:2: is no event"));
}

}  // namespace
}  // namespace castor::e2e
