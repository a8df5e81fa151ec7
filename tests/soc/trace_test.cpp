#include "castor/soc/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "castor/soc/mark_trace.h"
#include "machine.h"

namespace castor::soc {
namespace {

using testing::HasSubstr;

std::string traced(TraceKind kind) {
  test::Machine machine(test::one_tile);
  std::ostringstream out;
  std::unique_ptr<Trace> trace;
  for (const TraceType& type : trace_types())
    if (type.kind == kind) trace = type.make(out, 1.0);
  machine.soc.probes().attach(*trace);
  machine.host().attach(*trace);
  machine.soc.run();
  trace->finish(machine.soc.cycles());
  return out.str();
}

TEST(TraceTypes, AreFoundByTheirNameOnTheCommandLine) {
  for (const char* name : {"commands", "marks", "perfetto", "vcd"}) ASSERT_NE(find_trace(name), nullptr) << name;
  EXPECT_EQ(find_trace("pcap"), nullptr);
}

TEST(CommandTrace, HoldsEveryCommandOfTheProgram) {
  const std::string text = traced(TraceKind::Commands);
  EXPECT_THAT(text, HasSubstr("# castor rtl trace 1\nsegment 0 gap="));
  std::istringstream lines(text);
  int commands = 0, completions = 0;
  for (std::string line; std::getline(lines, line);) {
    commands += line.find(" cmd ") != std::string::npos;
    completions += line.find(" done ") != std::string::npos;
  }
  EXPECT_EQ(commands, 8);
  EXPECT_EQ(completions, 6) << "config_ex, two mvins, preload, compute, mvout";
}

TEST(MarkTrace, TellsWhenTheAcceleratorWorkedBetweenTwoMarks) {
  std::ostringstream out;
  MarkTrace trace(out);
  trace.mark(Cycle{100}, 7);
  trace.command(Cycle{130}, {});
  trace.command(Cycle{140}, {});
  trace.dma_write_ack(Cycle{190}, 0);
  trace.mark(Cycle{200}, 8);
  trace.mark(Cycle{300}, 9);
  trace.finish(Cycle{301});
  EXPECT_EQ(out.str(),
            "mark,cycle,first_command,last_command,last_event,commands\n7,100,,,,0\n8,200,30,40,90,2\n9,300,,,,0\n");
}

TEST(PerfettoTrace, IsJsonWithASliceForEachCommandAndLayer) {
  const auto json = nlohmann::json::parse(traced(TraceKind::Perfetto));
  int slices = 0, mvins = 0;
  bool layer = false;
  for (const auto& event : json["traceEvents"]) {
    if (event["ph"] != "X") continue;
    ++slices;
    mvins += event["name"] == "mvin";
    layer |= event["name"] == "tile";
    EXPECT_GE(event["dur"].get<double>(), 0);
  }
  EXPECT_EQ(mvins, 2);
  EXPECT_TRUE(layer);
  EXPECT_EQ(slices, 9) << "eight commands and the layer";
}

TEST(PerfettoTrace, CountsRequestsInFlightDownToZero) {
  const auto json = nlohmann::json::parse(traced(TraceKind::Perfetto));
  std::map<std::string, int> last, most;
  for (const auto& event : json["traceEvents"]) {
    if (event["ph"] != "C") continue;
    last[event["name"]] = event["args"]["requests"];
    most[event["name"]] = std::max<int>(most[event["name"]], event["args"]["requests"]);
  }
  EXPECT_EQ(last.at("DMA reads in flight"), 0);
  EXPECT_EQ(last.at("DMA writes in flight"), 0);
  EXPECT_EQ(most.at("DMA reads in flight"), 16);
}

TEST(VcdTrace, TimeOnlyGoesForward) {
  std::istringstream lines(traced(TraceKind::Vcd));
  long long last = -1;
  int changes = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] != '#') continue;
    const long long now = std::stoll(line.substr(1));
    EXPECT_GE(now, last);
    last = now;
    ++changes;
  }
  EXPECT_GT(changes, 20);
}

TEST(VcdTrace, OccupancyReturnsToZero) {
  std::istringstream lines(traced(TraceKind::Vcd));
  std::map<char, std::string> value;
  for (std::string line; std::getline(lines, line);)
    if (line[0] == 'b') value[line.back()] = line.substr(1, line.find(' ') - 1);
  for (const char code : {'"', '#', '$', '%', '&', '\''}) EXPECT_EQ(value.at(code), "00000000") << code;
}

}  // namespace
}  // namespace castor::soc
