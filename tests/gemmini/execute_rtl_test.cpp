// The execute side against the measured RTL: issues are replayed at their cycles; every request to the array and every
// completion must come in its cycle.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <set>

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

void print_first(const Expected& expected, const Seen& seen, std::uint64_t from, std::uint64_t to) {
  std::vector<std::pair<std::uint64_t, unsigned>> a, b;
  for (const auto& x : expected.done)
    if (x.first >= from && x.first < to) a.push_back(x);
  for (const auto& x : seen.done)
    if (x.first >= from && x.first < to) b.push_back(x);
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size() && i < b.size() && a[i] == b[i]) continue;
    if (i < a.size()) std::printf("    rtl done %llu %x\n", a[i].first - from + 0ULL, a[i].second);
    if (i < b.size()) std::printf("    sim done %llu %x\n", b[i].first - from + 0ULL, b[i].second);
    return;
  }
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
    if (std::getenv("CASTOR_RTL_VERBOSE") != nullptr) print_first(expected, seen, from, to);
    ++verdict.wrong_segments;
    if (std::getenv("CASTOR_RTL_VERBOSE") != nullptr)
      std::printf("  segment %zu (%s): %zu mismatches\n", i, segments[i].title.c_str(), wrong);
  }
  return verdict;
}

config::GemminiParams params_of(const std::string& machine) {
  config::GemminiParams params;
  if (machine == "rtl-b") params.dataflow.set(config::Dataflow::WS);
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

// ---- The event traces: every row in and out, with the DMA's writes replayed where the RTL did them.

/// Finds the bank of a scratchpad write from the mvins under way; the traces hold only the row within it.
class MvinsUnderWay {
 public:
  explicit MvinsUnderWay(const LocalLayout& layout) : layout_(layout) {}

  void allocated(const isa::Command& command) {
    if (command.is_config(isa::ConfigKind::Mvin)) {
      const isa::ConfigMvin config = isa::ConfigMvin::decode(command);
      block_strides_[config.state] = config.block_stride;
    }
  }
  void issued(unsigned id, const isa::Command& command) {
    if (command.is_mvin()) loads_.push_back({id, rows_of(isa::Mvin::decode(command))});
  }
  void done(unsigned id) {
    loads_.erase(std::remove_if(loads_.begin(), loads_.end(), [&](const Load& load) { return load.id == id; }),
                 loads_.end());
  }
  /// The bank of the oldest mvin that still has this row to write; -1 if there is none.
  int written(unsigned row) {
    for (Load& load : loads_)
      for (auto r = load.rows.begin(); r != load.rows.end(); ++r)
        if (r->bank_row(layout_) == row) {
          const auto bank = static_cast<int>(r->bank(layout_).value());
          load.rows.erase(r);
          return bank;
        }
    return -1;
  }

 private:
  struct Load {
    unsigned id;
    std::vector<LocalAddr> rows;
  };
  std::vector<LocalAddr> rows_of(const isa::Mvin& mvin) const {
    std::vector<LocalAddr> rows;
    if (mvin.local.addr.is_acc()) return rows;
    for (unsigned block = 0; block < ceil_div(mvin.local.cols, layout_.dim); ++block)
      for (unsigned i = 0; i < mvin.local.rows; ++i)
        rows.push_back(mvin.local.addr.with_offset(block * block_strides_[mvin.state] + i, layout_));
    return rows;
  }

  LocalLayout layout_;
  std::vector<Load> loads_;
  unsigned block_strides_[3] = {16, 16, 16};
};

struct ExpectedEvents : Expected {
  std::vector<std::pair<std::uint64_t, unsigned>> rows_in, reads, writes;
  std::vector<std::pair<std::uint64_t, bool>> rows_out;
};

void replay_writes(const TraceSegment& kernel, ExecuteBench& bench, ExpectedEvents& expected) {
  MvinsUnderWay mvins(bench.memory.layout());
  for (const TraceEvent& event : kernel.events) {
    const auto& f = event.fields;
    if (event.kind == "alloc") mvins.allocated({static_cast<std::uint8_t>(f[0]), f[1], f[2]});
    if (event.kind == "ld") mvins.issued(static_cast<unsigned>(f[0]), {static_cast<std::uint8_t>(f[1]), 0, f[2]});
    if (event.kind == "done") mvins.done(static_cast<unsigned>(f[0]));
    if (event.kind != "spw") continue;
    const int bank = mvins.written(static_cast<unsigned>(f[0]));
    if (bank >= 0)
      bench.write(event.cycle, static_cast<unsigned>(bank), static_cast<unsigned>(f[0]));
    else
      expected.writes.emplace_back(event.cycle, f[0]);
  }
}

void expect_rows(const TraceSegment& kernel, ExpectedEvents& expected) {
  std::set<std::uint64_t> writing;
  bool requested = false;
  for (const TraceEvent& event : kernel.events) {
    const auto& f = event.fields;
    if (event.kind == "meshrow") expected.rows_in.emplace_back(event.cycle, f[0]);
    requested = requested || event.kind == "mesh";
    if (event.kind == "meshout" && requested) {  // rows before the first request are those of an earlier flush
      expected.rows_out.emplace_back(event.cycle, f[1] != 0);
      if (f[1] != 0) writing.insert(event.cycle);
    }
    if (event.kind == "spr" && f[1] == 0) expected.reads.emplace_back(event.cycle, f[0]);
  }
  for (const TraceEvent& event : kernel.events)  // the DMA writes the accumulator too, but not while results arrive
    if (event.kind == "accw" && writing.count(event.cycle) != 0)
      expected.writes.emplace_back(event.cycle, event.fields[0]);
}

std::vector<std::pair<std::uint64_t, unsigned>> rows_of(const std::vector<Seen::Row>& seen) {
  std::vector<std::pair<std::uint64_t, unsigned>> rows;
  for (const Seen::Row& row : seen) rows.emplace_back(row.cycle, row.row);
  return rows;
}

template <class T>
std::size_t differences(std::vector<T> x, std::vector<T> y) {
  std::sort(x.begin(), x.end());
  std::sort(y.begin(), y.end());
  std::vector<T> only;
  std::set_symmetric_difference(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(only));
  if (std::getenv("CASTOR_RTL_VERBOSE") != nullptr)
    for (std::size_t i = 0; i < std::min<std::size_t>(only.size(), 24); ++i)
      std::printf("    %s %llu %u\n", std::binary_search(x.begin(), x.end(), only[i]) ? "rtl" : "sim",
                  static_cast<unsigned long long>(only[i].first), static_cast<unsigned>(only[i].second));
  return only.size();
}

/// The RTL's record has a line for each cycle in which A is accepted, whatever happens to B and D.
std::vector<std::pair<std::uint64_t, unsigned>> with_a(const std::vector<std::pair<std::uint64_t, unsigned>>& rows) {
  std::vector<std::pair<std::uint64_t, unsigned>> kept;
  for (const auto& row : rows)
    if (row.second & 4) kept.push_back(row);
  return kept;
}

/// A record stops with the last completion; rows of a last flush still leave the array after it.
bool recorded(const std::vector<TraceSegment>& kernels, std::uint64_t cycle) {
  return std::any_of(kernels.begin(), kernels.end(), [&](const TraceSegment& kernel) {
    return kernel.start <= cycle && cycle <= kernel.events.back().cycle;
  });
}

std::size_t measure_events(const std::string& file) {
  const auto kernels = read_trace(trace_path("rtl", "events/" + file + ".gz"));
  ExecuteBench bench(params_of("rtl"));
  ExpectedEvents expected;
  static_cast<Expected&>(expected) = replay(kernels, bench);
  bench.configure(100, true);
  for (const TraceSegment& kernel : kernels) {
    if (std::getenv("CASTOR_RTL_VERBOSE") != nullptr)
      std::printf("  %s starts at %llu\n", kernel.title.c_str(), static_cast<unsigned long long>(kernel.start));
    if (kernel.title.find("OS") != std::string::npos) bench.configure(kernel.start - 500, false);
    if (kernel.title.find("OS") != std::string::npos) bench.configure(kernel.events.back().cycle + 100, true);
    replay_writes(kernel, bench, expected);
    expect_rows(kernel, expected);
  }
  expected.done.insert(expected.done.end(), bench.configured.begin(), bench.configured.end());
  std::sort(expected.done.begin(), expected.done.end());
  bench.run(kernels.back().start + 1'000'000);
  const Verdict verdict = compare(kernels, expected, bench.seen);
  std::vector<std::pair<std::uint64_t, bool>> rows_out;
  for (const Seen::Request& row : bench.seen.rows_out)
    if (recorded(kernels, row.cycle)) rows_out.emplace_back(row.cycle, row.id_valid);
  const std::size_t reads = differences(expected.reads, rows_of(bench.seen.scratchpad_reads));
  const std::size_t in = differences(expected.rows_in, with_a(bench.seen.rows_in));
  const std::size_t out = differences(expected.rows_out, rows_out);
  auto results = rows_of(bench.seen.accumulator_writes);
  for (const auto& row : rows_of(bench.seen.scratchpad_writes))
    if (!bench.wrote(row.first, row.second)) results.push_back(row);
  const std::size_t writes = differences(expected.writes, results);
  std::printf("%s, events and those that differ: requests and completions %zu %zu, reads %zu %zu, rows in %zu %zu, ",
              file.c_str(), verdict.events, verdict.mismatches, expected.reads.size(), reads, expected.rows_in.size(),
              in);
  std::printf("rows out %zu %zu, results written %zu %zu\n", expected.rows_out.size(), out, expected.writes.size(),
              writes);
  return verdict.mismatches + reads + in + out + writes;
}

TEST(ExecuteRtl, MatchesIssueCycleForCycle) { EXPECT_EQ(measure("rtl", "issue").mismatches, 0U); }
TEST(ExecuteRtl, MatchesEveryRowOfTheSingleOperations) { EXPECT_EQ(measure_events("operations"), 0U); }
TEST(ExecuteRtl, MatchesEveryRowOfTheKernels) { EXPECT_EQ(measure_events("kernels"), 0U); }
TEST(ExecuteRtl, MatchesTheSecondMachine) { EXPECT_EQ(measure("rtl-b", "compute2").mismatches, 0U); }

}  // namespace
}  // namespace castor::gemmini::test
