// The execute side against the measured RTL: issues are replayed at their cycles; every request to the array and every
// completion must come in its cycle.
#include <gtest/gtest.h>

#include <cstdio>

#include "event_trace.h"
#include "execute_bench.h"

namespace castor::gemmini::test {
namespace {

constexpr unsigned execute_queue = 1;
bool is_execute(std::uint64_t id) { return (id >> 4) == execute_queue; }

struct Expected {
  std::vector<Seen::Request> requests;
  std::vector<std::pair<std::uint64_t, unsigned>> done;
};

/// Issues of `segments` into the bench; commands come from the `alloc` lines, which precede in order.
Expected replay(const std::vector<TraceSegment>& segments, ExecuteBench& bench) {
  Expected expected;
  for (const TraceSegment& segment : segments) {
    std::vector<isa::Command> allocated;  // execute commands, in program order
    std::size_t issued = 0;
    for (const TraceEvent& event : segment.events) {
      const auto& f = event.fields;
      if (event.kind == "alloc") {
        const isa::Command command{static_cast<std::uint8_t>(f[0]), f[1], f[2]};
        if (command.is_execute()) allocated.push_back(command);
      } else if (event.kind == "ex") {
        const isa::Command& command = allocated.at(issued++);
        EXPECT_EQ(command.funct, f[1]);
        EXPECT_EQ(command.rs2, f[2]);
        bench.issue(event.cycle, static_cast<unsigned>(f[0]), command);
      } else if (event.kind == "done" && is_execute(f[0])) {
        expected.done.emplace_back(event.cycle, static_cast<unsigned>(f[0]));
      } else if (event.kind == "mesh") {
        expected.requests.push_back({event.cycle, static_cast<unsigned>(f[0]), f[1] != 0, f[2] != 0});
      }
    }
  }
  return expected;
}

bool same(const Seen::Request& x, const Seen::Request& y) {
  return x.cycle == y.cycle && x.id_valid == y.id_valid && x.flush == y.flush && (!x.id_valid || x.id == y.id);
}

struct Verdict {
  std::size_t events = 0;
  std::size_t wrong_segments = 0;
  std::size_t mismatches = 0;
};

template <class T, class Cycle, class Same>
std::size_t mismatches_in(const std::vector<T>& expected, const std::vector<T>& seen, std::uint64_t from,
                          std::uint64_t to, Cycle cycle, Same equal, std::size_t& total) {
  std::vector<T> a, b;
  for (const T& x : expected)
    if (cycle(x) >= from && cycle(x) < to) a.push_back(x);
  for (const T& x : seen)
    if (cycle(x) >= from && cycle(x) < to) b.push_back(x);
  total += a.size();
  std::size_t wrong = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (!equal(a[i], b[i])) ++wrong;
  return wrong;
}

Verdict compare(const std::vector<TraceSegment>& segments, const Expected& expected, const Seen& seen) {
  Verdict verdict;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::uint64_t from = segments[i].start;
    const std::uint64_t to = i + 1 < segments.size() ? segments[i + 1].start : ~0ULL;
    std::size_t wrong = mismatches_in(
        expected.requests, seen.requests, from, to, [](const auto& x) { return x.cycle; }, same, verdict.events);
    wrong += mismatches_in(
        expected.done, seen.done, from, to, [](const auto& x) { return x.first; },
        [](const auto& x, const auto& y) { return x == y; }, verdict.events);
    verdict.mismatches += wrong;
    if (wrong == 0) continue;
    ++verdict.wrong_segments;
    if (std::getenv("CASTOR_RTL_VERBOSE") != nullptr)
      std::printf("  segment %zu (%s): %zu mismatches\n", i, segments[i].title.c_str(), wrong);
  }
  return verdict;
}

config::GemminiParams params_of(const std::string& machine) {
  config::GemminiParams params;
  if (machine == "rtl-b") params.rtl_generation.set(config::RtlGeneration::Head);
  params.settle();
  return params;
}

Verdict measure(const std::string& machine, const std::string& file) {
  const auto segments = read_trace(trace_path(machine, "traces/" + file + ".trace.gz"));
  ExecuteBench bench(params_of(machine));
  const Expected expected = replay(segments, bench);
  bench.run(segments.back().start + 3'000'000);
  const Verdict verdict = compare(segments, expected, bench.seen);
  std::printf("%s/%s: %zu events, %zu mismatches, %zu of %zu segments differ, %llu issues refused\n", machine.c_str(),
              file.c_str(), verdict.events, verdict.mismatches, verdict.wrong_segments, segments.size(),
              static_cast<unsigned long long>(bench.refused));
  return verdict;
}

TEST(ExecuteRtl, MatchesComputeCycleForCycle) { EXPECT_EQ(measure("rtl", "compute").mismatches, 0U); }
TEST(ExecuteRtl, MatchesCompute2CycleForCycle) { EXPECT_EQ(measure("rtl", "compute2").mismatches, 0U); }
TEST(ExecuteRtl, MatchesRowsCycleForCycle) { EXPECT_EQ(measure("rtl", "rows").mismatches, 0U); }

class ExecuteRtlSurvey : public testing::TestWithParam<const char*> {};
TEST_P(ExecuteRtlSurvey, DISABLED_File) { measure("rtl", GetParam()); }
INSTANTIATE_TEST_SUITE_P(Files, ExecuteRtlSurvey,
                         testing::Values("matmul_a", "matmul_bias", "matmul_bt", "matmul_full", "matmul_os",
                                         "conv_small", "issue", "mvin", "mvout"));
class ExecuteRtlBSurvey : public testing::TestWithParam<const char*> {};
TEST_P(ExecuteRtlBSurvey, DISABLED_File) { measure("rtl-b", GetParam()); }
INSTANTIATE_TEST_SUITE_P(Files, ExecuteRtlBSurvey, testing::Values("compute2", "conv", "matmul", "issue"));

}  // namespace
}  // namespace castor::gemmini::test
