#include "castor/host/trace_replay_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stand_in_accelerator.h"
#include "stand_in_bus.h"

namespace castor::host {
namespace {

using test::ns;
using test::StandInAccelerator;
using test::StandInBus;
using testing::ElementsAre;

const isa::Command plain{2, 0, 0};

struct Bench {
  Bench(std::size_t room, std::uint64_t work) : accelerator(domain, room, work) {
    accelerator.probes = &probes;
    host.core_socket().bind(bus.socket);
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
  StandInBus bus{"bus", domain};
  config::BusParams bus_params;
  TraceReplayHost host{"replay", domain, accelerator, bus_params, probes};
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

TEST(TraceReplayHost, RepeatsTheCoresMissesFourCyclesBeforeTheyReachMemory) {
  Bench bench(100, 50);
  bench.run({{0, 10, {{Cycle{0}, plain}}, {{Cycle{20}, PhysAddr{0x80000040}}, {Cycle{21}, PhysAddr{0x80000080}}}}});
  EXPECT_THAT(bench.bus.arrivals, ElementsAre(10 + 16, 10 + 17));
  EXPECT_THAT(bench.bus.lines, ElementsAre(0x80000040, 0x80000080));
}

TEST(TraceReplayHost, RepeatsALateMissInTheGapBehindItsSegment) {
  Bench bench(100, 5);
  bench.run({{0, 10, {{Cycle{0}, plain}}, {{Cycle{90}, PhysAddr{0x80000040}}}},
             {1, 200, {{Cycle{0}, plain}}, {{Cycle{4}, PhysAddr{0x80000080}}}}});
  EXPECT_THAT(bench.bus.lines, ElementsAre(0x80000040, 0x80000080));
  EXPECT_THAT(bench.bus.arrivals, ElementsAre(10 + 86, 10 + 5 + 200));
}

}  // namespace
}  // namespace castor::host
