// Latencies, storage and head-of-line rules of the command path.
#include "castor/gemmini/command_front_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "commands.h"
#include "stepped_front_end.h"

namespace castor::gemmini::test {
namespace {

LocalAddr sp(std::uint32_t row) { return LocalAddr::sp(row); }

TEST(CommandFrontEnd, AllocatesAPlainCommandFourCyclesAfterThePortAcceptsIt) {
  SteppedFrontEnd s;
  s.run(10);
  s.send(mvin(sp(0)));
  s.run(10);
  ASSERT_EQ(s.allocated.size(), 1U);
  EXPECT_EQ(s.allocated[0].cycle, s.accepted[0].cycle + 4);
}

TEST(CommandFrontEnd, AllocatesOneCommandACycle) {
  SteppedFrontEnd s;
  for (unsigned i = 0; i < 8; ++i) s.send(mvin(sp(64 * i)));
  s.run(20);
  ASSERT_EQ(s.allocated.size(), 8U);
  for (unsigned i = 1; i < 8; ++i) EXPECT_EQ(s.allocated[i].cycle, s.allocated[0].cycle + i);
}

TEST(CommandFrontEnd, IsOneCycleShorterWithoutAConvolutionUnroller) {
  config::GemminiParams params;
  params.has_loop_conv.set(false);
  SteppedFrontEnd s(params);
  s.send(mvin(sp(0)));
  s.run(10);
  ASSERT_EQ(s.allocated.size(), 1U);
  EXPECT_EQ(s.allocated[0].cycle, s.accepted[0].cycle + 3);
}

TEST(CommandFrontEnd, StoresEightCommandsBehindABlockedReservationStation) {
  SteppedFrontEnd s;
  s.completes = false;
  for (unsigned i = 0; i < 30; ++i) s.send(mvin(sp(64 * i)));
  s.run(100);
  EXPECT_EQ(s.allocated.size(), 8U);
  EXPECT_EQ(s.accepted.size(), 16U);
}

TEST(CommandFrontEnd, HoldsAStoreBehindALoadThatFindsNoEntry) {
  SteppedFrontEnd s;
  s.completes = false;
  for (unsigned i = 0; i < 9; ++i) s.send(mvin(sp(64 * i)));
  s.send(mvout(LocalAddr::acc(0)));
  s.run(50);
  EXPECT_EQ(s.count(isa::Funct::Mvout), 0U);
  s.completes = true;
  s.run(20);
  EXPECT_EQ(s.count(isa::Funct::Mvout), 1U);
}

TEST(CommandFrontEnd, FlushesTheTlbWhenTheCommandIsAtItsHead) {
  SteppedFrontEnd s;
  std::vector<std::pair<std::uint64_t, bool>> flushes;
  s.bench.front_end.on_flush([&](Cycle now, bool skip) { flushes.emplace_back(now.count(), skip); });
  s.run(10);
  s.send(isa::Flush{true}.encode());
  s.send(isa::Flush{false}.encode());
  s.run(10);
  const std::uint64_t accepted = s.accepted[0].cycle.count();
  EXPECT_THAT(flushes, testing::ElementsAre(std::pair(accepted + 4, true), std::pair(accepted + 5, false)));
  EXPECT_TRUE(s.allocated.empty());
}

TEST(CommandFrontEnd, IsBusyFromTheCycleAfterACommandUntilItHasLeft) {
  SteppedFrontEnd s;
  s.run(10);
  EXPECT_FALSE(s.bench.front_end.busy(s.now()));
  s.send(isa::Flush{}.encode());
  s.step();
  for (unsigned i = 0; i < 4; ++i, s.step()) EXPECT_TRUE(s.bench.front_end.busy(s.now())) << i;
  EXPECT_FALSE(s.bench.front_end.busy(s.now()));
}

isa::Command counter(unsigned index, CounterEvent event, bool configure) {
  isa::Counter access;
  access.index = index;
  access.event = static_cast<std::uint32_t>(event);
  access.configure = configure;
  return access.encode();
}

TEST(CommandFrontEnd, AnswersACounterAccessInTheNextCycle) {
  SteppedFrontEnd s;
  s.send(counter(0, CounterEvent::Disable, false));
  s.run(4);
  EXPECT_FALSE(s.bench.counters.responses().can_pop(s.now()));
  s.step();
  EXPECT_TRUE(s.bench.counters.responses().can_pop(s.now()));
}

TEST(CommandFrontEnd, TakesTheNextCounterAccessWhenTheAnswerHasLeft) {
  SteppedFrontEnd s;
  s.send({counter(0, CounterEvent::Disable, false), counter(1, CounterEvent::Disable, false), mvin(sp(0))});
  s.run(50);
  EXPECT_TRUE(s.allocated.empty()) << "the second access and what follows wait";
  s.bench.counters.responses().drop(s.now());
  s.run(3);
  EXPECT_EQ(s.allocated.size(), 1U);
}

TEST(CounterFile, CountsTheCyclesOfALevelBetweenConfigurationAndAccess) {
  FrontEndBench bench{{}};
  EventCounts& events = bench.counters.events();
  bench.counters.access(Cycle{100}, counter(3, CounterEvent::ExeActiveCycle, true), 0);
  events.level(CounterEvent::ExeActiveCycle, Cycle{110}, true);
  events.level(CounterEvent::ExeActiveCycle, Cycle{130}, false);
  events.count(CounterEvent::ExeActiveCycle, 2);
  bench.counters.responses().drop(Cycle{150});
  bench.counters.access(Cycle{200}, counter(3, CounterEvent::Disable, false), 7);
  EXPECT_EQ(bench.counters.responses().front().value, 22U);
  EXPECT_EQ(bench.counters.responses().front().rd, 7);
}

TEST(CounterFile, KeepsASnapshotUntilItIsCleared) {
  FrontEndBench bench{{}};
  EventCounts& events = bench.counters.events();
  const auto read = [&](std::uint64_t now, bool take, bool clear) {
    isa::Counter access;
    access.take_snapshot = take, access.clear_snapshot = clear;
    bench.counters.access(Cycle{now}, access.encode(), 0);
    const std::uint64_t value = bench.counters.responses().front().value;
    bench.counters.responses().drop(Cycle{now + 1});
    return value;
  };
  bench.counters.access(Cycle{1}, counter(0, CounterEvent::DmaTlbTotalReq, true), 0);
  bench.counters.responses().drop(Cycle{2});
  events.count(CounterEvent::DmaTlbTotalReq, 5);
  EXPECT_EQ(read(10, true, false), 5U);
  events.count(CounterEvent::DmaTlbTotalReq, 5);
  EXPECT_EQ(read(20, false, false), 5U);
  EXPECT_EQ(read(30, false, true), 5U) << "the clearing access still reads the snapshot";
  EXPECT_EQ(read(40, false, false), 10U);
}

TEST(CounterFile, TellsWhichControllersWereBusyTogether) {
  FrontEndBench bench{{}};
  EventCounts& events = bench.counters.events();
  events.controller_busy(sim::IssueQueue::Load, Cycle{0}, true);
  events.controller_busy(sim::IssueQueue::Execute, Cycle{10}, true);
  events.controller_busy(sim::IssueQueue::Load, Cycle{13}, false);
  events.controller_busy(sim::IssueQueue::Execute, Cycle{20}, false);
  EXPECT_EQ(events.total(CounterEvent::MainLdCycles, Cycle{100}), 10U);
  EXPECT_EQ(events.total(CounterEvent::MainLdExCycles, Cycle{100}), 3U);
  EXPECT_EQ(events.total(CounterEvent::MainExCycles, Cycle{100}), 7U);
  EXPECT_EQ(events.total(CounterEvent::MainLdStExCycles, Cycle{100}), 0U);
}

TEST(CounterFile, ReadsTheOccupancyOfTheReservationStationAsAnExternalValue) {
  SteppedFrontEnd s;
  s.completes = false;
  isa::Counter access;
  access.configure = access.external = true;
  access.event = static_cast<std::uint32_t>(CounterExternal::ReservationStationLdCount);
  s.send({mvin(sp(0)), mvin(sp(100)), access.encode()});
  s.run(20);
  s.bench.counters.responses().drop(s.now());
  access.configure = false;
  s.send(access.encode());
  s.run(10);
  EXPECT_EQ(s.bench.counters.responses().front().value, 2U);
}

}  // namespace
}  // namespace castor::gemmini::test
