#include "castor/host/trace_replay_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stand_in_accelerator.h"

namespace castor::host {
namespace {

using test::ns;
using test::StandInAccelerator;
using testing::ElementsAre;

const isa::Command plain{2, 0, 0};

struct Bench {
  Bench(std::size_t room, std::uint64_t work) : accelerator(domain, room, work) {
    accelerator.probes = &probes;
    host.when_done([this] { domain.finish(); });
    host.on_segment([this](const TraceReplayHost::Result& result) { spans.push_back(result.span); });
  }
  void run(std::vector<TraceSegment> segments) {
    host.load(std::move(segments));
    sc_core::sc_start();
  }

  sim::ClockDomain domain{"clock", ns(1)};
  sim::Probes probes;
  StandInAccelerator accelerator;
  TraceReplayHost host{"replay", domain, accelerator, probes};
  std::vector<std::uint64_t> spans;
};

TEST(TraceReplayHost, SendsCommandsInTheirRecordedCycles) {
  Bench bench(100, 3);
  bench.run({{0, 10, {{Cycle{0}, plain}, {Cycle{4}, plain}, {Cycle{90}, plain}}}});
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(10, 14, 100));
  EXPECT_THAT(bench.spans, ElementsAre(93));
}

TEST(TraceReplayHost, SendsThemLaterWhenThereIsNoRoom) {
  Bench bench(1, 50);
  bench.run({{0, 0, {{Cycle{0}, plain}, {Cycle{4}, plain}}}});
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(0, 51));
  EXPECT_THAT(bench.spans, ElementsAre(101));
}

TEST(TraceReplayHost, TakesTheAnswersOfCounterReads) {
  Bench bench(100, 1);
  std::vector<TraceSegment::Arrival> reads(8, {Cycle{0}, {126, 0, 0}});
  bench.run({{0, 0, reads}});
  EXPECT_EQ(bench.accelerator.arrivals.size(), 8U) << "the answers' queue holds two";
}

TEST(TraceReplayHost, SendsOneCommandACycle) {
  Bench bench(100, 1);
  bench.run({{0, 0, {{Cycle{0}, plain}, {Cycle{0}, plain}, {Cycle{1}, plain}}}});
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(0, 1, 2));
}

TEST(TraceReplayHost, BeginsASegmentItsGapAfterTheLastEventOfTheOneBefore) {
  Bench bench(100, 30);
  bench.run({{0, 5, {{Cycle{0}, plain}}}, {1, 100, {{Cycle{0}, plain}}}});
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(5, 5 + 30 + 100));
  EXPECT_THAT(bench.spans, ElementsAre(30, 30));
}

TEST(TraceReplayHost, WaitsForIdleWhenTheGapIsShorter) {
  Bench bench(100, 30);
  bench.run({{0, 5, {{Cycle{0}, plain}}}, {1, 0, {{Cycle{0}, plain}}}});
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(5, 36));
}

}  // namespace
}  // namespace castor::host
