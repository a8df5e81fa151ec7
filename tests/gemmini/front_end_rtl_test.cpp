// The command front end against the RTL, cycle for cycle: recorded commands go in at their recorded cycles, the
// controllers' part (room in their queues, completions) is played from the recording, and every allocation and every
// issue must fall into the recorded cycle with the recorded fields.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <sstream>

#include "front_end_bench.h"
#include "rtl_trace.h"

namespace castor::gemmini::test {
namespace {

using sim::IssueQueue;
using Kind = RtlEvent::Kind;

constexpr IssueQueue queues[] = {IssueQueue::Load, IssueQueue::Execute, IssueQueue::Store};

std::size_t index(IssueQueue queue) { return static_cast<std::size_t>(queue); }

bool is_issue(Kind kind) { return kind == Kind::IssueLoad || kind == Kind::IssueExecute || kind == Kind::IssueStore; }

IssueQueue queue_of(Kind kind) {
  return kind == Kind::IssueLoad      ? IssueQueue::Load
         : kind == Kind::IssueExecute ? IssueQueue::Execute
                                      : IssueQueue::Store;
}

/// Recorded events of some kinds, read one by one.
class Recording {
 public:
  template <class Wanted>
  Recording(const std::vector<RtlEvent>& events, Wanted wanted) {
    for (const RtlEvent& event : events)
      if (wanted(event)) events_.push_back(&event);
  }
  bool more() const { return next_ < events_.size(); }
  const RtlEvent& head() const { return *events_[next_]; }
  bool due(Cycle now) const { return more() && head().cycle == now; }
  Cycle next_cycle() const { return more() ? head().cycle : Cycle::never(); }
  const RtlEvent& pop() { return *events_[next_++]; }
  std::size_t size() const { return events_.size(); }

 private:
  std::vector<const RtlEvent*> events_;
  std::size_t next_ = 0;
};

/// Offers the recorded commands at the RoCC port, and takes answers at once.
class RecordedHost : public sim::Clocked {
 public:
  RecordedHost(FrontEndBench& bench, const std::vector<RtlEvent>& events)
      : bench_(bench), commands_(events, [](const RtlEvent& e) { return e.kind == Kind::Command; }) {
    bench.domain.enrol(*this, sim::level::host);
    bench.counters.responses().connect_consumer(*this);
  }
  Cycle step(Cycle now) override {
    if (bench_.counters.responses().can_pop(now)) bench_.counters.responses().drop(now);
    if (commands_.due(now)) {
      if (!bench_.front_end.can_accept(now)) {
        ++refused;
        bench_.domain.finish();
        return Cycle::never();
      }
      const RtlEvent& event = commands_.pop();
      bench_.front_end.send(now,
                            {{static_cast<std::uint8_t>(event.fields[0]), event.fields[1], event.fields[2]}, false, 0});
    }
    return commands_.next_cycle();
  }
  std::string block_name() const override { return "host"; }
  std::uint64_t refused = 0;

 private:
  FrontEndBench& bench_;
  Recording commands_;
};

/// Plays the three controllers: makes room in a queue in exactly the cycles of the recorded issues, and completes what
/// the recording completes.
class RecordedControllers : public sim::Clocked {
 public:
  RecordedControllers(FrontEndBench& bench, const std::vector<RtlEvent>& events)
      : bench_(bench),
        issues_(events, [](const RtlEvent& e) { return is_issue(e.kind); }),
        completions_(events, [](const RtlEvent& e) { return e.kind == Kind::Done; }) {
    bench.domain.enrol(*this, sim::level::load_controller);
    for (const IssueQueue queue : queues) bench.port(queue).push(Cycle{0}, {});
  }
  Cycle step(Cycle now) override {
    while (issues_.due(now)) {
      IssuePort& port = bench_.port(queue_of(issues_.pop().kind));
      if (port.can_pop(now)) port.drop(now);
    }
    while (completions_.due(now)) {
      const sim::RobId id{static_cast<std::uint8_t>(completions_.pop().fields[0])};
      bench_.done(id.queue()).offer(now, id);
    }
    return std::min(issues_.next_cycle(), completions_.next_cycle());
  }
  std::string block_name() const override { return "controllers"; }

 private:
  FrontEndBench& bench_;
  Recording issues_;
  Recording completions_;
};

/// Compares allocations and issues with the recording; stops at the first difference.
class Comparison : public sim::Observer {
 public:
  Comparison(FrontEndBench& bench, const std::vector<RtlEvent>& events)
      : bench_(bench),
        allocations_(events, [](const RtlEvent& e) { return e.kind == Kind::Allocate; }),
        issues_{issues_of(events, IssueQueue::Load), issues_of(events, IssueQueue::Execute),
                issues_of(events, IssueQueue::Store)} {
    bench.probes.attach(*this);
  }

  void allocate(Cycle now, sim::RobId, const isa::Command& c) override {
    compare(allocations_, "alloc", now, {c.funct, c.rs1, c.rs2});
  }
  void issue(Cycle now, sim::RobId id, const isa::Command& c) override {
    compare(issues_[index(id.queue())], "issue", now, {id.raw, c.funct, c.rs2});
  }

  std::size_t missing() const {
    std::size_t count = allocations_.more() ? 1 : 0;
    for (const Recording& recording : issues_) count += recording.more() ? 1 : 0;
    return count;
  }
  std::size_t compared = 0;
  std::string first_difference;

 private:
  struct Fields {
    std::uint64_t a, b, c;
  };
  static Recording issues_of(const std::vector<RtlEvent>& events, IssueQueue queue) {
    return Recording(events, [queue](const RtlEvent& e) { return is_issue(e.kind) && queue_of(e.kind) == queue; });
  }

  void compare(Recording& recording, const char* what, Cycle now, Fields fields) {
    ++compared;
    if (recording.more()) {
      const RtlEvent& rtl = recording.pop();
      if (rtl.cycle == now && rtl.fields[0] == fields.a && rtl.fields[1] == fields.b && rtl.fields[2] == fields.c)
        return;
      if (first_difference.empty()) first_difference = describe(what, now, fields, &rtl);
    } else if (first_difference.empty()) {
      first_difference = describe(what, now, fields, nullptr);
    }
    bench_.domain.finish();
  }

  static std::string describe(const char* what, Cycle now, Fields fields, const RtlEvent* rtl) {
    std::ostringstream text;
    text << what << std::hex << " " << fields.a << " " << fields.b << " " << fields.c << std::dec << " in cycle "
         << now;
    if (rtl == nullptr) return text.str() + ", which the RTL does not have";
    text << std::hex << ", RTL: " << rtl->fields[0] << " " << rtl->fields[1] << " " << rtl->fields[2] << std::dec
         << " in cycle " << rtl->cycle << " (segment " << rtl->segment << ", line " << rtl->line << ")";
    return text.str();
  }

  FrontEndBench& bench_;
  Recording allocations_;
  Recording issues_[3];
};

/// A command that is ready but not issued must be held by a full controller queue. What a queue holds is not recorded;
/// it can be full only if enough commands have been issued and not completed.
class EarlyIssueWatch : public sim::Clocked, public sim::Observer {
 public:
  explicit EarlyIssueWatch(FrontEndBench& bench) : bench_(bench) {
    bench.domain.enrol(*this, sim::level::host + 1);
    bench.probes.attach(*this);
  }
  void issue(Cycle now, sim::RobId id, const isa::Command& c) override {
    State& state = states_[index(id.queue())];
    if (state.ready_since < now && state.could_issue) report(state, now, id, c);
    state.ready_since = Cycle::never();
    state.could_issue = false;
    if (c.is_config(isa::ConfigKind::Ex)) b_transposed_ = isa::ConfigEx::decode(c).b_transpose;
    state.held += held_by_queue(id, c);
  }
  void complete(Cycle, sim::RobId id, bool on_issue) override {
    if (on_issue) return;
    State& state = states_[index(id.queue())];
    state.held -= slots_[id.raw];
    slots_[id.raw] = 0;
  }
  Cycle step(Cycle now) override {
    for (const IssueQueue queue : queues) {
      State& state = states_[index(queue)];
      if (!bench_.reservation_station.ready_to_issue(queue)) continue;
      if (state.ready_since == Cycle::never()) state.ready_since = now + 1;
      if (state.held < depth(queue)) state.could_issue = true;
    }
    return sim::ClockDomain::with_others();
  }
  std::string block_name() const override { return "watch"; }
  std::size_t early = 0;
  std::string first;

 private:
  struct State {
    Cycle ready_since = Cycle::never();
    bool could_issue = false;
    int held = 0;  // commands issued and not completed: an upper bound of what the queue holds
  };
  /// Configurations of load and store complete as they issue but still stand in the queue: they count until the next
  /// other command completes.
  int held_by_queue(sim::RobId id, const isa::Command& c) {
    int& configurations = configurations_[index(id.queue())];
    if (c.funct == 0 && id.queue() != IssueQueue::Execute) return ++configurations, 1;
    slots_[id.raw] = 1 + configurations;
    configurations = 0;
    return 1;
  }
  int depth(IssueQueue queue) const {
    const auto& p = bench_.params;
    if (queue == IssueQueue::Load) return static_cast<int>(p.ld_queue_length());
    if (queue == IssueQueue::Store) return static_cast<int>(p.st_queue_length());
    // With B transposed, the two-entry queue in front of it is busy for three cycles a preload.
    return b_transposed_ ? 2 : static_cast<int>(p.ex_queue_length());
  }
  void report(const State& state, Cycle now, sim::RobId id, const isa::Command& c) {
    ++early;
    if (!first.empty()) return;
    std::ostringstream text;
    text << "entry " << std::hex << unsigned{id.raw} << " funct " << unsigned{c.funct} << std::dec << " was ready in "
         << state.ready_since << ", the RTL issues in " << now;
    first = text.str();
  }

  FrontEndBench& bench_;
  State states_[3];
  int configurations_[3] = {};  // issued since the last other command
  int slots_[64] = {};
  bool b_transposed_ = false;
};

config::GemminiParams machine_params(const std::string& machine) {
  config::GemminiParams params;
  if (machine == "rtl") return params;
  params.max_in_flight_mem_reqs.set(32);
  params.has_loop_spad_ids.set(true);
  params.has_resadd_unroller.set(true);
  params.loop_conv_encoding.set(config::LoopConvEncoding::Rectangular);
  return params;
}

struct Trace {
  std::string machine;
  std::string path;
};

std::string trace_name(const Trace& trace) {
  std::string name = trace.machine + "_" + std::filesystem::path(trace.path).filename().string();
  name = name.substr(0, name.find('.'));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class FrontEndAgainstRtl : public testing::TestWithParam<Trace> {};

TEST_P(FrontEndAgainstRtl, AllocatesAndIssuesInTheRecordedCycles) {
  const std::vector<RtlEvent> events = read_rtl_trace(GetParam().path);
  FrontEndBench bench(machine_params(GetParam().machine), 1, sim::QueueMode::Pipe);
  Comparison comparison(bench, events);
  EarlyIssueWatch watch(bench);
  RecordedHost host(bench, events);
  RecordedControllers controllers(bench, events);
  sc_core::sc_start();
  std::cout << trace_name(GetParam()) << ": " << comparison.compared << " allocations and issues compared, "
            << watch.early << " ready too early, " << host.refused << " commands refused\n";
  EXPECT_EQ(comparison.first_difference, "");
  EXPECT_EQ(host.refused, 0U);
  EXPECT_EQ(comparison.missing(), 0U) << "recorded events that did not happen";
  EXPECT_EQ(watch.early, 0U) << watch.first;
}

std::vector<Trace> all_traces() {
  std::vector<Trace> traces;
  for (const char* machine : {"rtl", "rtl-b"})
    for (const std::string& path : rtl_traces(machine)) traces.push_back({machine, path});
  return traces;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FrontEndAgainstRtl);
INSTANTIATE_TEST_SUITE_P(Traces, FrontEndAgainstRtl, testing::ValuesIn(all_traces()),
                         [](const auto& info) { return trace_name(info.param); });

}  // namespace
}  // namespace castor::gemmini::test
