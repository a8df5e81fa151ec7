#include "castor/host/command_stream_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "stand_in_accelerator.h"

namespace castor::host {
namespace {

using sim::StopReason;
using test::ns;
using test::StandInAccelerator;
using testing::ElementsAre;

const isa::Command plain{2, 0x80000000, 0x0010001000000000};

struct Recorder : StreamObserver {
  void layer_began(Cycle now, const isa::LayerBegin& layer) override { note(now, "layer " + layer.name); }
  void fence_passed(Cycle now) override { note(now, "fence"); }
  void host_work(Cycle now, std::uint64_t cycles) override { note(now, "work " + std::to_string(cycles)); }
  void host_operator(Cycle now, const isa::HostOp& op) override { note(now, "op " + op.kind); }
  void stream_ended(Cycle now) override { note(now, "end"); }
  void note(Cycle now, const std::string& what) { events.push_back(std::to_string(now.count()) + " " + what); }
  std::vector<std::string> events;
};

config::HostParams switched_every(unsigned interval, unsigned cost = 100) {
  config::HostParams core;
  core.issue.plain_command.set(4);
  core.issue.fence.set(5);
  core.context_switch.interval.set(interval);
  core.context_switch.cost.set(cost);
  return core;
}

// A host that talks straight to a stand-in.
struct Bench {
  explicit Bench(std::size_t room = 1000, std::uint64_t work = 1, const config::HostParams& given = {})
      : core(given), accelerator(domain, room, work) {
    host.when_done([this] { domain.finish(); });
    host.attach(recorder);
  }
  void run() {
    host.load(stream);
    sc_core::sc_start();
  }

  config::HostParams core;
  config::IssueParams& params = core.issue;
  sim::ClockDomain domain{"clock", ns(1)};
  StandInAccelerator accelerator;
  functional::SparseMemory memory;
  CommandStreamHost host{"host", domain, core, accelerator, &memory};
  Recorder recorder;
  isa::Stream stream;
};

TEST(CommandStreamHost, HandsOverAPlainCommandEveryFewCycles) {
  Bench bench;
  bench.params.plain_command.set(4);
  for (int i = 0; i < 3; ++i) bench.stream.add(plain);
  bench.run();
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(4, 8, 12));
  EXPECT_EQ(bench.host.stats().commands.value(), 3U);
  EXPECT_EQ(bench.domain.stop_reason(), StopReason::Finished);
}

TEST(CommandStreamHost, TheSixCommandsOfALoopShareItsCost) {
  Bench bench;
  bench.params.loop_ws.set(100);
  for (const std::uint8_t funct : {9, 10, 11, 12, 13, 8, 9}) bench.stream.add(isa::Command{funct, 0, 0});
  bench.run();
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(16, 32, 48, 64, 80, 100, 116));
}

TEST(CommandStreamHost, TheSevenCommandsOfAConvolutionShareItsCost) {
  Bench bench;
  bench.params.loop_conv.set(210);
  for (const std::uint8_t funct : {16, 17, 18, 19, 20, 21, 15}) bench.stream.add(isa::Command{funct, 0, 0});
  bench.run();
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(30, 60, 90, 120, 150, 180, 210));
}

TEST(CommandStreamHost, ReplaysOnceWhenThePortIsFullThenComesThroughThePipeline) {
  Bench bench(1, 50);
  bench.params.plain_command.set(4);
  bench.params.replay.set(5);
  bench.stream.add(plain);
  bench.stream.add(plain);
  bench.run();
  // Arrives in 4, done in 54, room from 55: decode sees it then, write-back four cycles later.
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(4, 59));
  EXPECT_EQ(bench.host.stats().replays.value(), 1U);
}

TEST(CommandStreamHost, AReplayCostsItsCyclesEvenWhenRoomComesAtOnce) {
  Bench bench(1, 5);
  bench.params.plain_command.set(4);
  bench.params.replay.set(9);
  bench.stream.add(plain);
  bench.stream.add(plain);
  bench.run();
  // First tried in 8, room from 10; fetched again and at decode in 17.
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(4, 8 + 9));
}

TEST(CommandStreamHost, AFenceWaitsUntilBusyFallsAndCostsItsCycles) {
  Bench bench(10, 30);
  bench.params.plain_command.set(4);
  bench.params.fence.set(5);
  bench.stream.add(plain);
  bench.stream.add(isa::Fence{});
  bench.stream.add(plain);
  bench.run();
  // Arrives in 4, done in 34, idle from 35; told to observers when it retires.
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(4, 35 + 5 + 4));
  EXPECT_THAT(bench.recorder.events, ElementsAre("40 fence", "80 fence", "80 end"));
  EXPECT_EQ(bench.host.stats().fences.value(), 1U) << "the one at the end of the stream is not the program's";
}

TEST(CommandStreamHost, ChargesHostWork) {
  Bench bench;
  bench.params.plain_command.set(4);
  bench.stream.add(isa::HostWork{Cycle{1000}});
  bench.stream.add(plain);
  bench.run();
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(1004));
  EXPECT_EQ(bench.host.stats().cycles.value(CommandStreamHost::Activity::Working), 1000U);
}

TEST(CommandStreamHost, ReportsLayersAsTheyGoByAtNoCost) {
  Bench bench;
  bench.params.plain_command.set(4);
  bench.stream.add(isa::LayerBegin{"conv_1", "Conv", isa::Placement::Accelerator, 7});
  bench.stream.add(plain);
  bench.stream.add(isa::LayerBegin{"conv_2", "Conv", isa::Placement::Accelerator, 7});
  bench.stream.add(plain);
  bench.run();
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(4, 8));
  EXPECT_EQ(bench.recorder.events[0], "0 layer conv_1");
  EXPECT_EQ(bench.recorder.events[1], "4 layer conv_2");
}

TEST(CommandStreamHost, EveryCycleIsAccountedFor) {
  Bench bench(2, 40);
  for (int i = 0; i < 5; ++i) bench.stream.add(plain);
  bench.stream.add(isa::Fence{});
  bench.stream.add(isa::HostWork{Cycle{17}});
  bench.run();
  const auto& stats = bench.host.stats();
  EXPECT_EQ(stats.cycles.total(), bench.domain.now().count());
  EXPECT_GT(stats.cycles.value(CommandStreamHost::Activity::PortFull), 0U);
  EXPECT_GT(stats.cycles.value(CommandStreamHost::Activity::Fence), 0U);
  EXPECT_EQ(bench.host.items_passed(), 7U);
  EXPECT_TRUE(bench.host.ended());
}

TEST(CommandStreamHost, SleepsWhileItWaits) {
  struct Watched : StandInAccelerator {
    using StandInAccelerator::StandInAccelerator;
    bool busy(Cycle now) const override { return ++looks, StandInAccelerator::busy(now); }
    mutable int looks = 0;
  };
  sim::ClockDomain domain("clock", ns(1));
  const config::HostParams core;
  Watched accelerator(domain, 10, 1000000);
  CommandStreamHost host("host", domain, core, accelerator, nullptr);
  host.when_done([&] { domain.finish(); });
  isa::Stream stream;
  stream.add(plain);
  stream.add(isa::Fence{});
  host.load(stream);
  sc_core::sc_start();
  EXPECT_LT(accelerator.looks, 10) << "it polls";
}

TEST(CommandStreamHost, TakesTheAnswersOfCounterReads) {
  Bench bench;
  for (int i = 0; i < 10; ++i) bench.stream.add(isa::Command{126, 0, 0});
  bench.run();
  EXPECT_EQ(bench.domain.stop_reason(), StopReason::Finished);
  EXPECT_EQ(bench.host.stats().responses.value(), 10U);
}

std::vector<std::uint64_t> arrivals_with_a_switch_every(unsigned interval) {
  Bench bench(1000, 1, switched_every(interval, 3));
  for (int i = 0; i < 3; ++i) bench.stream.add(plain);
  bench.run();
  return bench.accelerator.arrivals;
}

TEST(CommandStreamHost, HandsOverWhatComesBeforeAContextSwitch) {
  EXPECT_THAT(arrivals_with_a_switch_every(13), ElementsAre(4, 8, 12));
}

TEST(CommandStreamHost, KeepsWhatComesInTheCycleOfAContextSwitch) {
  EXPECT_THAT(arrivals_with_a_switch_every(12), ElementsAre(4, 8, 12 + 3));
}

TEST(CommandStreamHost, GoesOnAfterAContextSwitchWhereItWas) {
  EXPECT_THAT(arrivals_with_a_switch_every(10), ElementsAre(4, 8, 12 + 3));
}

TEST(CommandStreamHost, TheAcceleratorGoesOnDuringAContextSwitch) {
  Bench bench(10, 30, switched_every(1000, 200));
  bench.stream.add(isa::HostWork{Cycle{985}});
  bench.stream.add(plain);
  bench.stream.add(isa::Fence{});
  bench.run();
  // Arrives in 989, done in 1019; the core is back in 1200 and finds it idle.
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(989));
  EXPECT_THAT(bench.recorder.events, ElementsAre("0 work 985", "1205 fence", "1211 fence", "1211 end"));
}

TEST(CommandStreamHost, AContextSwitchThatEndsBeforeTheAcceleratorCostsAFenceNothing) {
  Bench bench(10, 500, switched_every(300, 100));
  bench.stream.add(plain);
  bench.stream.add(isa::Fence{});
  bench.run();
  // Arrives in 4, done in 504, idle from 505. Away from 300 to 400.
  EXPECT_EQ(bench.recorder.events[0], "510 fence");
  EXPECT_EQ(bench.host.stats().context_switches.value(), 1U);
}

TEST(CommandStreamHost, AContextSwitchWhileThePortIsFullFetchesTheCommandAgain) {
  Bench bench(1, 50, switched_every(40, 30));
  bench.stream.add(plain);
  bench.stream.add(plain);
  bench.run();
  // Room from 55 on; the core is back in 70: decode sees it then, write-back four cycles later.
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(4, 74));
}

std::vector<std::uint64_t> sfences_of_three_switches(bool flush) {
  Bench bench(10, 175, switched_every(50, 10));
  bench.core.context_switch.flush_tlb.set(flush);
  std::vector<std::uint64_t> sfences;
  bench.host.on_sfence([&](Cycle now) { sfences.push_back(now.count()); });
  bench.stream.add(plain);
  bench.run();
  EXPECT_EQ(bench.host.stats().context_switches.value(), 3U);
  EXPECT_EQ(bench.host.stats().cycles.value(CommandStreamHost::Activity::Switched), 30U);
  EXPECT_EQ(bench.host.stats().cycles.total(), bench.domain.now().count());
  return sfences;
}

TEST(CommandStreamHost, EveryContextSwitchDoesAnSfenceInItsCycle) {
  EXPECT_THAT(sfences_of_three_switches(true), ElementsAre(50, 100, 150));
}

TEST(CommandStreamHost, DoesNoSfenceUnlessAsked) { EXPECT_THAT(sfences_of_three_switches(false), testing::IsEmpty()); }

TEST(CommandStreamHost, ContextSwitchesKeepNoDeadlockAlive) {
  struct Stuck : StandInAccelerator {
    using StandInAccelerator::StandInAccelerator;
    bool busy(Cycle) const override { return true; }
  };
  const config::HostParams core = switched_every(50, 10);
  sim::ClockDomain domain("clock", ns(1));
  Stuck accelerator(domain, 10, 10);
  CommandStreamHost host("host", domain, core, accelerator, nullptr);
  isa::Stream stream;
  stream.add(plain);
  host.load(stream);
  sc_core::sc_start();
  EXPECT_EQ(domain.stop_reason(), StopReason::Deadlock);
}

TEST(CommandStreamHost, NamesTheFenceItWaitsAt) {
  struct Stuck : StandInAccelerator {
    using StandInAccelerator::StandInAccelerator;
    bool busy(Cycle) const override { return true; }
  };
  sim::ClockDomain domain("clock", ns(1));
  const config::HostParams core;
  Stuck accelerator(domain, 10, 10);
  CommandStreamHost host("host", domain, core, accelerator, nullptr);
  isa::Stream stream;
  stream.add(plain);
  stream.add(isa::Fence{});
  host.load(stream);
  sc_core::sc_start();
  EXPECT_EQ(domain.stop_reason(), StopReason::Deadlock);
  EXPECT_THAT(domain.waiters(), ElementsAre("host: the accelerator to become idle (fence, item 2 of 2)"));
}

TEST(CommandStreamHost, NamesTheCommandItCannotHandOver) {
  struct Full : StandInAccelerator {
    using StandInAccelerator::StandInAccelerator;
    bool can_accept(Cycle) const override { return false; }
  };
  sim::ClockDomain domain("clock", ns(1));
  const config::HostParams core;
  Full accelerator(domain, 10, 10);
  CommandStreamHost host("host", domain, core, accelerator, nullptr);
  isa::Stream stream;
  stream.add(plain);
  host.load(stream);
  sc_core::sc_start();
  EXPECT_EQ(domain.stop_reason(), StopReason::Deadlock);
  EXPECT_THAT(domain.waiters(), ElementsAre("host: room at the RoCC port for mvin (item 1 of 1)"));
}

}  // namespace
}  // namespace castor::host
