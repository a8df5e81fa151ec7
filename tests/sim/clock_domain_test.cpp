#include "castor/sim/clock_domain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "bench.h"
#include "castor/common/error.h"
#include "castor/sim/queue.h"

namespace castor::sim {
namespace {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_ZERO_TIME;
using test::Block;
using test::ns;
using testing::ElementsAre;

// A process outside the domain.
struct Outside : sc_core::sc_module {
  SC_HAS_PROCESS(Outside);
  Outside(sc_core::sc_module_name name, std::function<void()> body) : sc_module(name), body_(std::move(body)) {
    SC_THREAD(run);
  }
  void run() { body_(); }

 private:
  std::function<void()> body_;
};

TEST(ClockDomain, StepsEveryBlockInCycleZero) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block block("block", [&](Cycle now) { return cycles.push_back(now.count()), Cycle::never(); });
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0));
}

TEST(ClockDomain, StepsABlockOnlyInTheCyclesItAsksFor) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block block("block", [&](Cycle now) {
    cycles.push_back(now.count());
    return now < Cycle{100} ? now + 40 : Cycle::never();
  });
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 40, 80, 120));
}

TEST(ClockDomain, StepsLowerLevelsFirst) {
  ClockDomain domain("clock", ns(1));
  std::vector<int> order;
  const auto note = [&](int level) {
    return [&order, level](Cycle) { return order.push_back(level), Cycle::never(); };
  };
  Block high("high", note(30)), low("low", note(10)), middle("middle", note(20));
  domain.enrol(high, 30);
  domain.enrol(low, 10);
  domain.enrol(middle, 20);
  sc_core::sc_start();
  EXPECT_THAT(order, ElementsAre(10, 20, 30));
}

TEST(ClockDomain, ReversedOrderTurnsBlocksOfOneLevelButNotTheLevels) {
  ClockDomain domain("clock", ns(1), StepOrder::Reversed);
  std::vector<int> order;
  const auto note = [&](int id) { return [&order, id](Cycle) { return order.push_back(id), Cycle::never(); }; };
  Block first("first", note(1)), second("second", note(2)), lower("lower", note(0));
  domain.enrol(first, 5);
  domain.enrol(second, 5);
  domain.enrol(lower, 4);
  sc_core::sc_start();
  EXPECT_THAT(order, ElementsAre(0, 2, 1));
}

TEST(ClockDomain, AWakeInTheSameCycleReachesAHigherLevel) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block high("high", [&](Cycle now) { return cycles.push_back(now.count()), Cycle::never(); });
  Block low("low", [&](Cycle now) {
    if (now == Cycle{7}) high.wake(now);
    return now < Cycle{7} ? Cycle{7} : Cycle::never();
  });
  domain.enrol(high, 2);
  domain.enrol(low, 1);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 7));
}

TEST(ClockDomain, AWakeInTheSameCycleReachesALowerLevelOneCycleLater) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block low("low", [&](Cycle now) { return cycles.push_back(now.count()), Cycle::never(); });
  Block high("high", [&](Cycle now) {
    if (now == Cycle{7}) low.wake(now);
    return now < Cycle{7} ? Cycle{7} : Cycle::never();
  });
  domain.enrol(high, 2);
  domain.enrol(low, 1);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 8));
}

TEST(ClockDomain, AWakeForTheNextCycleSurvivesAStepInThisOne) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block sleeper("sleeper", [&](Cycle now) {
    cycles.push_back(now.count());
    return now < Cycle{5} ? Cycle{5} : Cycle::never();  // due in 5 by itself
  });
  Block waker("waker", [&](Cycle now) {
    if (now == Cycle{5}) sleeper.wake(Cycle{6});  // steps before the sleeper
    return now < Cycle{5} ? Cycle{5} : Cycle::never();
  });
  domain.enrol(waker, 1);
  domain.enrol(sleeper, 2);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 5, 6));
}

TEST(ClockDomain, TheTwoEarliestWakesAreKept) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block sleeper("sleeper", [&](Cycle now) { return cycles.push_back(now.count()), Cycle::never(); });
  Block waker("waker", [&](Cycle now) {
    for (const std::uint64_t at : {9, 4, 6, 7}) sleeper.wake(Cycle{at});
    return Cycle::never();
  });
  domain.enrol(sleeper, 1);
  domain.enrol(waker, 2);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 4, 6));
}

TEST(ClockDomain, AWakeDuringItsOwnStepIsNotLost) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block* self = nullptr;
  Block block("block", [&](Cycle now) {
    cycles.push_back(now.count());
    if (now == Cycle{0}) self->wake(Cycle{3});
    return Cycle::never();
  });
  self = &block;
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 3));
}

TEST(ClockDomain, ABlockThatWatchesStepsWithTheOthers) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block worker("worker", [&](Cycle now) { return now < Cycle{30} ? now + 10 : Cycle::never(); });
  Block watcher("watcher", [&](Cycle now) { return cycles.push_back(now.count()), ClockDomain::with_others(); });
  domain.enrol(worker, 1);
  domain.enrol(watcher, 2);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 10, 20, 30));
  EXPECT_EQ(domain.stop_reason(), StopReason::Deadlock);
}

TEST(ClockDomain, RunsAheadOfTheKernelWhenNothingElseIsPending) {
  ClockDomain domain("clock", ns(1));
  sc_time stamp_at_the_end;
  Block block("block", [&](Cycle now) {
    stamp_at_the_end = sc_time_stamp();
    return now < Cycle{1000} ? now + 1 : Cycle::never();
  });
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_EQ(domain.now(), Cycle{1000});
  EXPECT_EQ(stamp_at_the_end, SC_ZERO_TIME) << "every cycle went through the kernel";
}

TEST(ClockDomain, DoesNotRunPastActivityOutside) {
  ClockDomain domain("clock", ns(1));
  Cycle seen_outside{};
  Block block("block", [&](Cycle now) { return now < Cycle{1000} ? now + 1 : Cycle::never(); });
  domain.enrol(block, 0);
  Outside outside("outside", [&] {
    sc_core::wait(ns(500.5));
    seen_outside = domain.now();
  });
  sc_core::sc_start();
  EXPECT_EQ(seen_outside, Cycle{500});
  EXPECT_EQ(domain.now(), Cycle{1000});
}

TEST(ClockDomain, MeetsTheKernelBeforeACallLeavesTheDomain) {
  ClockDomain domain("clock", ns(2));
  std::vector<std::pair<std::uint64_t, sc_time>> calls;  // cycle, kernel time
  Block block("block", [&](Cycle now) {
    if (now < Cycle{100}) return Cycle{100};
    if (!domain.in_step_with_kernel()) return now;
    calls.emplace_back(now.count(), sc_time_stamp());
    return now < Cycle{103} ? now + 1 : Cycle::never();
  });
  domain.enrol(block, 0);
  sc_core::sc_start();
  ASSERT_EQ(calls.size(), 4U);
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(calls[i].first, 100 + i);
    EXPECT_EQ(calls[i].second, ns(2.0 * static_cast<double>(100 + i)));
  }
}

TEST(ClockDomain, OtherBlocksStepOnceInACycleThatMeetsTheKernel) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block free_running("free", [&](Cycle now) {
    cycles.push_back(now.count());
    return now < Cycle{12} ? now + 1 : Cycle::never();
  });
  Block caller("caller", [&](Cycle now) {
    if (now < Cycle{10}) return Cycle{10};
    return domain.in_step_with_kernel() ? Cycle::never() : now;
  });
  domain.enrol(free_running, 1);
  domain.enrol(caller, 2);
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
}

// A process that answers after a time of its own, as an external TLM target would.
TEST(ClockDomain, AnAnswerFromOutsideArrivesAtTheFirstEdgeAfterIt) {
  ClockDomain domain("clock", ns(2));
  Queue<int> requests(4), answers(4);
  sc_core::sc_event requested;
  std::vector<std::uint64_t> arrivals;
  Block client("client", [&](Cycle now) {
    while (answers.can_pop(now)) arrivals.push_back(now.count()), answers.drop(now);
    if (now < Cycle{5}) return Cycle{5};
    if (now > Cycle{5}) return Cycle::never();
    if (!domain.in_step_with_kernel()) return now;
    requested.notify(SC_ZERO_TIME);
    return Cycle::never();
  });
  answers.connect_consumer(client);
  domain.enrol(client, 0);
  Outside target("target", [&] {
    sc_core::wait(requested);
    EXPECT_EQ(sc_time_stamp(), ns(10));
    sc_core::wait(ns(31));  // 41 ns: the next edge is 42 ns, cycle 21
    answers.push(domain.first_edge_after_kernel_time() + 0, 1);
  });
  sc_core::sc_start();
  EXPECT_THAT(arrivals, ElementsAre(22)) << "pushed in cycle 21, seen in the next";
}

TEST(ClockDomain, SleepsInTheKernelWhileOnlyTheOutsideIsBusy) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> cycles;
  Block block("block", [&](Cycle now) { return cycles.push_back(now.count()), Cycle::never(); });
  domain.enrol(block, 0);
  Outside outside("outside", [&] {
    for (int i = 0; i < 3; ++i) {
      sc_core::wait(ns(1000));
      block.wake(domain.first_edge_after_kernel_time());
    }
  });
  sc_core::sc_start();
  EXPECT_THAT(cycles, ElementsAre(0, 1001, 2001, 3001));
}

TEST(ClockDomain, StopsWithADeadlockWhenEveryBlockSleeps) {
  ClockDomain domain("clock", ns(1));
  Block reader("soc.reader", [](Cycle) { return Cycle::never(); });
  Block writer("soc.writer", [](Cycle now) { return now < Cycle{3} ? now + 1 : Cycle::never(); });
  Block idle("soc.idle", [](Cycle) { return Cycle::never(); });
  reader.waits_for = "row 3 of mvin 7";
  writer.waits_for = "an acknowledgement";
  domain.enrol(reader, 1);
  domain.enrol(writer, 2);
  domain.enrol(idle, 3);
  sc_core::sc_start();
  EXPECT_EQ(domain.stop_reason(), StopReason::Deadlock);
  EXPECT_THAT(domain.waiters(), ElementsAre("soc.reader: row 3 of mvin 7", "soc.writer: an acknowledgement"));
}

TEST(ClockDomain, StopsBeforeACycleBeyondTheLimit) {
  ClockDomain domain("clock", ns(1));
  domain.set_max_cycles(Cycle{50});
  Block block("block", [](Cycle now) { return now + 1; });
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_EQ(domain.stop_reason(), StopReason::MaxCycles);
  EXPECT_EQ(domain.now(), Cycle{50});
}

TEST(ClockDomain, StopsWhenABlockFinishes) {
  ClockDomain domain("clock", ns(1));
  Block block("block", [&](Cycle now) {
    if (now == Cycle{20}) domain.finish();
    return now + 1;
  });
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_EQ(domain.stop_reason(), StopReason::Finished);
  EXPECT_EQ(domain.now(), Cycle{20});
}

TEST(ClockDomain, StopsAtAnInterruptWithoutLosingItsPlace) {
  ClockDomain domain("clock", ns(1));
  std::atomic<bool> interrupted{false};
  domain.set_interrupt_flag(&interrupted);
  Block block("block", [&](Cycle now) {
    if (now == Cycle{1234}) interrupted = true;
    return now + 1;
  });
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_EQ(domain.stop_reason(), StopReason::Interrupted);
  EXPECT_EQ(domain.now(), Cycle{1234});
}

TEST(ClockDomain, KeepsWhatABlockThrows) {
  ClockDomain domain("clock", ns(1));
  Block block("block", [](Cycle now) -> Cycle {
    if (now == Cycle{5}) throw UserError("address 0x10 is not memory");
    return now + 1;
  });
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_EQ(domain.stop_reason(), StopReason::Failed);
  EXPECT_THROW(domain.rethrow_failure(), UserError);
}

TEST(ClockDomain, BeatsAtEveryMultipleOnceAllCyclesBeforeItHaveBeenStepped) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::string> order;
  domain.add_heartbeat(10, [&](Cycle at) { order.push_back("beat " + std::to_string(at.count())); });
  Block block("block", [&](Cycle now) {
    order.push_back(std::to_string(now.count()));
    return now < Cycle{24} ? now + 6 : now < Cycle{50} ? Cycle{50} : Cycle::never();
  });
  domain.enrol(block, 0);
  sc_core::sc_start();
  // Of 30, 40 and 50, none of which is stepped before 50, only the first.
  EXPECT_THAT(order, ElementsAre("0", "6", "beat 10", "12", "18", "beat 20", "24", "beat 30", "50"));
}

TEST(ClockDomain, BeatsForEveryoneWhoAsks) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> sevens, tens;
  domain.add_heartbeat(7, [&](Cycle at) { sevens.push_back(at.count()); });
  domain.add_heartbeat(10, [&](Cycle at) { tens.push_back(at.count()); });
  Block block("block", [](Cycle now) { return now < Cycle{30} ? now + 1 : Cycle::never(); });
  domain.enrol(block, 0);
  sc_core::sc_start();
  EXPECT_THAT(sevens, ElementsAre(7, 14, 21, 28));
  EXPECT_THAT(tens, ElementsAre(10, 20, 30));
}

TEST(ClockDomain, AnAlarmStepsASleepingBlockWhileOthersWork) {
  ClockDomain domain("clock", ns(1));
  std::vector<std::uint64_t> steps;
  Block worker("worker", [](Cycle now) { return now < Cycle{40} ? now + 20 : Cycle::never(); });
  Block sleeper("sleeper", [&](Cycle now) {
    steps.push_back(now.count());
    domain.set_alarm(sleeper, now + 15);
    return Cycle::never();
  });
  domain.enrol(worker, 0);
  domain.enrol(sleeper, 1);
  sc_core::sc_start();
  EXPECT_THAT(steps, ElementsAre(0, 15, 30)) << "45 is after the last cycle in which there was anything to do";
  EXPECT_EQ(domain.stop_reason(), StopReason::Deadlock);
}

// Two blocks exchange tokens over queues in both directions; the traffic must not depend on the order of steps.
std::vector<std::uint64_t> traffic(StepOrder order, unsigned seed) {
  ClockDomain domain("clock", ns(1), order);
  Queue<int> there(2), back(3);
  std::mt19937 left_random(seed), right_random(seed + 1);
  std::vector<std::uint64_t> arrivals;
  Block left("left", [&](Cycle now) {
    if (left_random() % 3 != 0 && there.can_push(now)) there.push(now, static_cast<int>(now.count()));
    if (left_random() % 2 != 0 && back.can_pop(now))
      arrivals.push_back(now.count() << 32 | static_cast<unsigned>(back.pop(now)));
    return now < Cycle{2000} ? now + 1 : Cycle::never();
  });
  Block right("right", [&](Cycle now) {
    if (right_random() % 4 != 0 && there.can_pop(now) && back.can_push(now)) back.push(now, there.pop(now));
    return now < Cycle{2000} ? now + 1 : Cycle::never();
  });
  domain.enrol(left, 1);
  domain.enrol(right, 1);
  sc_core::sc_start();
  return arrivals;
}

// SystemC has one kernel a process, so the reference is what normal order gave (an FNV hash of all arrivals).
std::uint64_t hash(const std::vector<std::uint64_t>& values) {
  std::uint64_t h = 14695981039346656037ULL;
  for (const std::uint64_t value : values) h = (h ^ value) * 1099511628211ULL;
  return h;
}

constexpr std::uint64_t traffic_of_seed_17 = 15056340014461148446ULL;

TEST(ClockDomain, TrafficOverPlainQueuesInNormalOrder) {
  EXPECT_EQ(hash(traffic(StepOrder::Normal, 17)), traffic_of_seed_17);
}

TEST(ClockDomain, TrafficOverPlainQueuesIsTheSameInReversedOrder) {
  EXPECT_EQ(hash(traffic(StepOrder::Reversed, 17)), traffic_of_seed_17);
}

}  // namespace
}  // namespace castor::sim
