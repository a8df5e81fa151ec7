// The DMA paths against the measured machine: commands issue in the recorded cycles, and every row request, TileLink
// beat and completion must come in its recorded cycle.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "castor/memory/memory_system.h"
#include "dma_bench.h"
#include "event_trace.h"

namespace castor::gemmini::test {
namespace {

/// What a trace says of one segment.
struct Segment {
  std::string title;
  std::uint64_t start = 0;
  std::vector<Seen> events;  // of the kinds compared, but "ld", "st"
  bool misses = false;       // the L2 asked the memory
  bool computes = false;
};

const std::vector<std::string> kinds_in_traces = {"rda", "wra", "done"};

bool is_dma(const Seen& event) { return event.kind != "done" || (event.fields.at(0) >> 4) != 1; }

/// The events files begin after the programs' configuration: rows 256 bytes apart.
void configure_before(DmaStand& bench, std::uint64_t start) {
  isa::ConfigMvin load;
  load.stride = 256;
  isa::ConfigMvout store;
  store.stride = 256;
  bench.load(start - 10, load.encode());
  bench.store(start - 10, store.encode());
}

/// Loads the trace into the bench; the segments to compare.
struct Script {
  std::vector<BenchMemory::Scripted> beats, acks;
};
std::vector<Segment> feed(DmaStand& bench, const std::vector<TraceSegment>& trace, Script& script) {
  std::vector<Segment> segments;
  std::deque<isa::Command> loads, stores;
  for (const TraceSegment& from : trace) {
    Segment segment{from.title, from.start, {}, false, false};
    if (from.title[0] == 'k') configure_before(bench, from.start);
    for (const TraceEvent& event : from.events) {
      const auto field = [&](unsigned i) { return event.fields.at(i); };
      if (event.kind == "alloc") {
        const isa::Command command{static_cast<std::uint8_t>(field(0)), field(1), field(2)};
        if (command.is_load()) loads.push_back(command);
        if (command.is_store()) stores.push_back(command);
      } else if (event.kind == "ld" || event.kind == "st") {
        auto& queue = event.kind == "ld" ? loads : stores;
        EXPECT_EQ(queue.front().rs2, field(2));
        bench.station.issue({event.cycle, queue.front(), sim::RobId{static_cast<std::uint8_t>(field(0))}});
        queue.pop_front();
      } else if (event.kind == "rdd") {
        script.beats.push_back({event.cycle, static_cast<unsigned>(field(0))});
      } else if (event.kind == "wrd") {
        script.acks.push_back({event.cycle, static_cast<unsigned>(field(0))});
      } else if (event.kind == "ex") {
        segment.computes |= field(1) != 0;
      } else if (event.kind == "ar" || event.kind == "aw") {
        segment.misses = true;
      } else if (event.kind == "done" && (field(0) >> 4) == 1) {
        bench.station.execute_completes(event.cycle);
      }
      segment.events.push_back({event.cycle, event.kind, event.fields});
    }
    segments.push_back(std::move(segment));
  }
  return segments;
}

std::string text(const std::vector<Seen>& events, std::size_t i, std::uint64_t start) {
  if (i >= events.size()) return "nothing";
  std::ostringstream out;
  out << events[i].cycle - start << " " << events[i].kind << std::hex;
  for (const std::uint64_t field : events[i].fields) out << " " << field;
  return out.str();
}

std::vector<Seen> select(const std::vector<Seen>& events, const std::vector<std::string>& kinds, std::uint64_t from,
                         std::uint64_t to) {
  std::vector<Seen> result;
  for (const Seen& event : events)
    if (event.cycle >= from && event.cycle < to && is_dma(event) &&
        std::find(kinds.begin(), kinds.end(), event.kind) != kinds.end())
      result.push_back(event);
  std::stable_sort(result.begin(), result.end(), [](const Seen& a, const Seen& b) {
    return a.cycle != b.cycle ? a.cycle < b.cycle : a.kind != b.kind ? a.kind < b.kind : a.fields < b.fields;
  });
  return result;
}

struct Score {
  unsigned segments = 0, equal = 0, skipped = 0;
  unsigned hits = 0, equal_hits = 0;  // of the segments in which every line is in the L2
  std::size_t events = 0, equal_events = 0;
};

Score compare(const DmaStand& bench, const std::vector<Segment>& segments, const std::vector<std::string>& kinds,
              bool compare_misses, std::ostream& log) {
  Score score;
  std::vector<Seen> seen = bench.recorder.seen;
  std::size_t at = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    const std::uint64_t end = i + 1 < segments.size() ? segments[i + 1].start : ~0ULL;
    while (at < seen.size() && seen[at].cycle < segment.start) ++at;
    std::size_t stop = at;
    while (stop < seen.size() && seen[stop].cycle < end) ++stop;
    const auto model = select({seen.begin() + at, seen.begin() + stop}, kinds, segment.start, end);
    const auto rtl = select(segment.events, kinds, segment.start, end);
    at = stop;
    if (rtl.empty() && model.empty()) continue;
    if (segment.computes || (segment.misses && !compare_misses)) {
      ++score.skipped;
      continue;
    }
    ++score.segments;
    score.events += rtl.size();
    std::size_t same = 0;
    while (same < rtl.size() && same < model.size() && rtl[same] == model[same]) ++same;
    score.equal_events += same;
    if (!segment.misses) ++score.hits;
    if (same == rtl.size() && same == model.size()) {
      ++score.equal;
      if (!segment.misses) ++score.equal_hits;
    } else {
      if (const char* title = std::getenv("CASTOR_SHOW"); title != nullptr && segment.title.rfind(title, 0) == 0)
        for (std::size_t k = 0; k < std::max(rtl.size(), model.size()); ++k)
          std::cout << text(rtl, k, segment.start) << "   |   " << text(model, k, segment.start) << "\n";
      log << segment.title << (segment.misses ? " (misses)" : "") << ": event " << same << " of " << rtl.size()
          << ": rtl " << text(rtl, same, segment.start) << ", model " << text(model, same, segment.start) << "\n";
    }
  }
  return score;
}

std::string rtl_file(const std::string& file) { return trace_path("rtl", file); }

void report(const Score& score, const std::string& what) {
  std::cout << what << ": " << score.equal << " of " << score.segments << " segments equal (" << score.equal_hits
            << " of " << score.hits << " without misses), " << score.equal_events << " of " << score.events
            << " events; " << score.skipped << " skipped\n";
}

void replay(const std::string& file, unsigned latency, const std::vector<std::string>& kinds, bool scripted_reads) {
  if (!std::filesystem::exists(rtl_file(file))) GTEST_SKIP() << "no measured traces";
  DmaBench bench(config::GemminiParams(), latency);
  Script script;
  const auto segments = feed(bench, read_trace(rtl_file(file)), script);
  if (scripted_reads) bench.dram.script_reads(script.beats);
  bench.dram.script_acknowledgements(script.acks);
  bench.domain.set_max_cycles(Cycle{segments.back().start + 1'000'000});
  bench.run();
  EXPECT_EQ(bench.domain.stop_reason(), sim::StopReason::Deadlock) << "everything sleeps in the end";
  std::ostringstream log;
  for (const std::string& waiter : bench.domain.waiters()) log << waiter << "\n";
  const Score score = compare(bench, segments, kinds, scripted_reads, log);
  if (bench.station.late_issues != 0) log << bench.station.late_issues << " late issues\n";
  for (const auto& beat : bench.dram.lost) log << beat.cycle << ": a beat of " << beat.source << " without request\n";
  for (const auto& beat : bench.dram.late_beats) log << beat.cycle << ": a beat of " << beat.source << " refused\n";
  report(score, file);
  EXPECT_GT(score.segments, 0u);
  EXPECT_EQ(score.equal, score.segments) << log.str().substr(0, 8000);
}

/// With the modelled system bus and L2 in the place of the script. The core's own traffic is not there, so that
/// segments with L2 misses may differ, and a long one that ends late spoils the next; at least `equal_hits` of the
/// others are equal.
void replay_with_memory(const std::string& file, unsigned dram_latency, unsigned equal_hits) {
  if (!std::filesystem::exists(rtl_file(file))) GTEST_SKIP() << "no measured traces";
  config::SocConfig config;
  config.dram.latency.set(dram_latency);
  DmaStand bench(config::GemminiParams{});
  memory::MemorySystem memory("memory", bench.domain, config, bench.probes);
  const unsigned port = memory.bus().add_accelerator(0);
  bench.dma.stream_reader.socket.bind(memory.bus().socket(port, 0));
  bench.dma.stream_writer.socket.bind(memory.bus().socket(port, 1));
  Script script;
  const auto segments = feed(bench, read_trace(rtl_file(file)), script);
  bench.domain.set_max_cycles(Cycle{segments.back().start + 1'000'000});
  bench.run();
  std::ostringstream log;
  for (const std::string& waiter : bench.domain.waiters()) log << waiter << "\n";
  const Score score = compare(bench, segments, kinds_in_traces, true, log);
  report(score, file);
  EXPECT_GE(score.equal_hits, equal_hits) << log.str().substr(0, 8000);
}

TEST(DmaRtl, OperationsMatchEveryEvent) {
  replay("events/operations.gz", 10, {"rdreq", "rda", "rdd", "spw", "accw", "spr", "accr", "wrreq", "wra", "done"},
         true);
}
TEST(DmaRtl, MvinsWithTheL2) { replay_with_memory("traces/mvin.trace.gz", 0, 178); }
TEST(DmaRtl, MvinsWithTheL2AndSlowMemory) { replay_with_memory("traces/mvin_lat100.trace.gz", 100, 178); }
TEST(DmaRtl, MvoutsWithTheL2) { replay_with_memory("traces/mvout.trace.gz", 0, 158); }
TEST(DmaRtl, RowsWithTheL2) { replay_with_memory("traces/rows.trace.gz", 0, 124); }
TEST(DmaRtl, ResidualAddsWithTheL2) { replay_with_memory("traces/resadd.trace.gz", 0, 4); }

}  // namespace
}  // namespace castor::gemmini::test
