// Rules of the reservation station, one each: a cycle too early it refuses, on time it accepts.
#include "castor/gemmini/reservation_station.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "castor/common/error.h"
#include "commands.h"
#include "front_end_bench.h"

namespace castor::gemmini::test {
namespace {

using sim::IssueQueue;
using testing::ElementsAre;
using testing::IsEmpty;

/// The station stepped by hand: in each cycle first its step, then what a test allocates.
class Station {
 public:
  explicit Station(const config::GemminiParams& params = {}) : bench_(params) {}

  ReservationStation& station() { return bench_.reservation_station; }
  FrontEndBench& bench() { return bench_; }

  /// Steps through cycle `now`; returns the entries issued in it, as RTL ids.
  std::vector<unsigned> step(std::uint64_t now) {
    station().step(Cycle{now});
    std::vector<unsigned> issued;
    for (const IssueQueue queue : {IssueQueue::Load, IssueQueue::Execute, IssueQueue::Store}) {
      IssuePort& port = bench_.port(queue);
      for (; port.can_pop(Cycle{now + 1}); port.drop(Cycle{now + 1})) issued.push_back(port.front().id.raw);
    }
    return issued;
  }
  void allocate(std::uint64_t now, const isa::Command& command) { station().allocate(Cycle{now}, {command}); }
  bool can_allocate(std::uint64_t now, const isa::Command& command) {
    return station().can_allocate(Cycle{now}, command);
  }
  /// The controller reports in cycle `now`; to be called before that cycle's step.
  void complete(std::uint64_t now, unsigned id) {
    const sim::RobId rob{static_cast<std::uint8_t>(id)};
    bench_.done(rob.queue()).offer(Cycle{now}, rob);
  }
  /// Allocates in cycle 0, 1, ... and steps along, nothing completes; returns the next cycle.
  std::uint64_t run_in(std::initializer_list<isa::Command> commands) {
    for (const isa::Command& command : commands) {
      step(now_);
      allocate(now_++, command);
    }
    return now_;
  }

 private:
  FrontEndBench bench_;
  std::uint64_t now_ = 0;
};

LocalAddr sp(std::uint32_t row) { return LocalAddr::sp(row); }
LocalAddr acc(std::uint32_t row, bool accumulate = false) { return LocalAddr::acc(row, accumulate); }

constexpr unsigned ld = 0x00, ex = 0x10, st = 0x20;

TEST(ReservationStation, IssuesACommandInTheCycleAfterItsAllocation) {
  Station s;
  s.step(7);
  s.allocate(7, mvin(sp(0)));
  EXPECT_THAT(s.step(8), ElementsAre(ld + 0));
}

TEST(ReservationStation, IssuesOneCommandOfEachKindInACycle) {
  Station s;
  s.run_in({mvin(sp(0)), preload(sp(100), acc(0)), mvout(acc(100))});
  Station held;
  held.step(0);
  for (const auto& command : {mvin(sp(0)), preload(sp(100), acc(0)), mvout(acc(100))}) held.allocate(0, command);
  EXPECT_THAT(held.step(1), ElementsAre(ld + 0, ex + 0, st + 0));
}

TEST(ReservationStation, TakesTheLowestFreeEntryOfItsKind) {
  Station s;
  s.run_in({mvin(sp(0)), mvin(sp(100)), mvin(sp(200))});
  s.step(3);
  s.complete(4, ld + 1);
  s.step(4);
  s.step(5);
  s.allocate(5, mvin(sp(300)));
  EXPECT_THAT(s.step(6), ElementsAre(ld + 1));
}

TEST(ReservationStation, GivesAFreedEntryAwayOneCycleAfterTheCompletion) {
  Station s;
  std::uint64_t now = 0;
  for (; now < 8; ++now) s.step(now), s.allocate(now, mvin(sp(64 * now)));
  s.step(now);
  EXPECT_FALSE(s.can_allocate(now, mvin(sp(1000))));
  EXPECT_TRUE(s.can_allocate(now, mvout(acc(0)))) << "entries of other kinds are free";
  s.complete(20, ld + 3);
  s.step(20);
  EXPECT_FALSE(s.can_allocate(20, mvin(sp(1000))));
  EXPECT_TRUE(s.can_allocate(21, mvin(sp(1000))));
}

TEST(ReservationStation, TakesOneCompletionACycleExecuteBeforeLoadBeforeStore) {
  Station s;
  s.run_in({mvin(sp(0)), compute(sp(100)), mvout(acc(100))});
  s.step(3);
  for (const unsigned id : {ld, ex, st}) s.complete(10, id);
  const auto occupied = [&] {
    return std::vector<unsigned>{s.station().occupied(IssueQueue::Load), s.station().occupied(IssueQueue::Execute),
                                 s.station().occupied(IssueQueue::Store)};
  };
  s.step(10);
  EXPECT_THAT(occupied(), ElementsAre(1, 0, 1));
  s.step(11);
  EXPECT_THAT(occupied(), ElementsAre(0, 0, 1));
  s.step(12);
  EXPECT_THAT(occupied(), ElementsAre(0, 0, 0));
}

TEST(ReservationStation, IssuesLoadsInOrderWithoutAwaitingTheirCompletion) {
  Station s;
  s.step(0);
  s.allocate(0, mvin(sp(0)));
  s.allocate(0, mvin(sp(0)));
  EXPECT_THAT(s.step(1), ElementsAre(ld + 0));
  EXPECT_THAT(s.step(2), ElementsAre(ld + 1));
}

TEST(ReservationStation, HoldsACommandBackWhileTheControllersQueueIsFull) {
  FrontEndBench bench({}, 1);
  bench.reservation_station.allocate(Cycle{0}, {mvin(sp(0))});
  bench.reservation_station.allocate(Cycle{0}, {mvin(sp(64))});
  bench.reservation_station.step(Cycle{1});
  bench.reservation_station.step(Cycle{2});
  EXPECT_TRUE(bench.reservation_station.ready_to_issue(IssueQueue::Load)) << "the second one waits";
  bench.load.drop(Cycle{3});
  bench.reservation_station.step(Cycle{3});
  EXPECT_TRUE(bench.reservation_station.ready_to_issue(IssueQueue::Load)) << "room is seen one cycle later";
  bench.reservation_station.step(Cycle{4});
  EXPECT_FALSE(bench.reservation_station.ready_to_issue(IssueQueue::Load));
}

TEST(ReservationStation, HoldsAComputeBackUntilItsOperandIsLoaded) {
  Station s;
  s.run_in({config_ex(), mvin(sp(0)), compute(sp(8))});
  EXPECT_THAT(s.step(3), IsEmpty());
  s.complete(10, ld + 0);
  EXPECT_THAT(s.step(10), IsEmpty());
  EXPECT_THAT(s.step(11), ElementsAre(ex + 1));
}

TEST(ReservationStation, LetsAComputeOfOtherRowsPassALoad) {
  Station s;
  s.run_in({config_ex(), mvin(sp(0)), compute(sp(16))});
  EXPECT_THAT(s.step(3), ElementsAre(ex + 1));
}

TEST(ReservationStation, HoldsAMvinBackUntilTheComputeThatReadsItsRowsCompletes) {
  Station s;
  s.run_in({config_ex(), compute(sp(32)), mvin(sp(20), 13)});
  EXPECT_THAT(s.step(3), IsEmpty());
  s.complete(9, ex + 1);
  EXPECT_THAT(s.step(9), IsEmpty());
  EXPECT_THAT(s.step(10), ElementsAre(ld + 0));
}

TEST(ReservationStation, RefusesAStoreUntilThePreloadThatNamesItsRowsCompletes) {
  Station s;
  s.run_in({config_ex(), preload(sp(0), acc(0)), compute(sp(100)), mvout(acc(0))});
  s.complete(10, ex + 2);
  EXPECT_THAT(s.step(10), IsEmpty());
  EXPECT_THAT(s.step(11), IsEmpty()) << "the compute does not count";
  s.complete(20, ex + 1);
  EXPECT_THAT(s.step(20), IsEmpty());
  EXPECT_THAT(s.step(21), ElementsAre(st + 0));
}

TEST(ReservationStation, LetsAStoreReadWhatAComputeOnlyReads) {
  Station s;
  s.run_in({config_ex(), compute(sp(0)), mvout(sp(0))});
  EXPECT_THAT(s.step(3), ElementsAre(st + 0));
}

TEST(ReservationStation, HoldsAPreloadBackUntilItsDestinationIsStored) {
  Station s;
  s.run_in({config_ex(), mvout(acc(0)), preload(sp(0), acc(8))});
  EXPECT_THAT(s.step(3), IsEmpty());
  s.complete(9, st + 0);
  s.step(9);
  EXPECT_THAT(s.step(10), ElementsAre(ex + 1));
}

TEST(ReservationStation, ReadsTheStridesOfTheConfigurationBeforeACommand) {
  Station s;
  s.run_in({config_ex(4), mvin(sp(60)), compute(sp(0))});
  EXPECT_THAT(s.step(3), IsEmpty()) << "16 rows 4 apart reach row 64";
  Station dense;
  dense.run_in({config_ex(3), mvin(sp(60)), compute(sp(0))});
  EXPECT_THAT(dense.step(3), ElementsAre(ex + 1)) << "16 rows 3 apart end at row 48";
}

TEST(ReservationStation, CountsRowsThatABlockStrideSkipsAsLoaded) {
  Station s;
  s.run_in({config_ex(), config_mvin(0, 100), mvin(sp(0), 16, 32), compute(sp(50))});
  EXPECT_THAT(s.step(4), IsEmpty());
  Station beyond;
  beyond.run_in({config_ex(), config_mvin(0, 100), mvin(sp(0), 16, 32), compute(sp(116))});
  EXPECT_THAT(beyond.step(4), ElementsAre(ex + 1));
}

TEST(ReservationStation, LowersTheStartOfALoadByItsRepeatedPixelsButNotBelowItsHalf) {
  const auto waits = [](LocalAddr to, LocalAddr reads) {
    Station s;
    s.run_in({config_ex(), config_mvin(0, 16, 4), compute(reads, 1), mvin(to, 1)});
    return s.step(4).empty();
  };
  EXPECT_TRUE(waits(sp(10), sp(7)));
  EXPECT_FALSE(waits(sp(10), sp(6)));
  EXPECT_TRUE(waits(sp(8194), sp(8192)));
  EXPECT_FALSE(waits(sp(8194), sp(8191))) << "the floor of the upper half";
  EXPECT_TRUE(waits(sp(8192), sp(8189))) << "exactly at the half the floor is zero";
}

TEST(ReservationStation, TakesARangeThatEndsWithTheMemoryForEverythingAboveItsStart) {
  Station s;
  // Rows 16368..16383 end at 16384, which is 0 in the field: "wraps".
  s.run_in({config_ex(), mvin(sp(16368)), compute(sp(16383), 1)});
  EXPECT_THAT(s.step(3), IsEmpty());
  Station below;
  below.run_in({config_ex(), mvin(sp(16368)), compute(sp(16352))});
  EXPECT_THAT(below.step(3), ElementsAre(ex + 1)) << "a range that ends where the other begins";
}

TEST(ReservationStation, HoldsPreloadsIntoTheBankOfAPooledStoreBack) {
  Station s;
  s.run_in({config_ex(), config_mvout(2), mvout(acc(0), 0, 16), preload(sp(0), acc(496))});
  EXPECT_THAT(s.step(4), IsEmpty());
  Station other;
  other.run_in({config_ex(), config_mvout(2), mvout(acc(0), 0, 16), preload(sp(0), acc(512))});
  EXPECT_THAT(other.step(4), ElementsAre(ex + 1)) << "the other bank";
}

TEST(ReservationStation, ComparesGarbageAddressesWithNothing) {
  Station s;
  s.run_in({config_ex(), mvout(acc(1023), 1), preload(LocalAddr::garbage(), LocalAddr::garbage())});
  EXPECT_THAT(s.step(3), ElementsAre(ex + 1));
}

TEST(ReservationStation, CompletesLoadAndStoreConfigurationsAsTheyIssue) {
  Station s;
  s.run_in({config_mvin(), config_mvout(), config_ex()});
  s.step(3);
  EXPECT_EQ(s.station().occupied(IssueQueue::Load), 0U);
  EXPECT_EQ(s.station().occupied(IssueQueue::Store), 0U);
  EXPECT_EQ(s.station().occupied(IssueQueue::Execute), 1U) << "config_ex completes in its controller";
}

TEST(ReservationStation, OverlapsStoresInTheOldRtl) {
  Station s;
  s.step(0);
  s.allocate(0, mvout(acc(0)));
  s.allocate(0, mvout(acc(100)));
  EXPECT_THAT(s.step(1), ElementsAre(st + 0));
  EXPECT_THAT(s.step(2), ElementsAre(st + 1));
}

TEST(ReservationStation, SerialisesStoresIfIssueWaitsForCompletion) {
  config::GemminiParams params;
  params.store_issue_waits_completion.set(true);
  Station s(params);
  s.step(0);
  s.allocate(0, mvout(acc(0)));
  s.allocate(0, mvout(acc(100)));
  EXPECT_THAT(s.step(1), ElementsAre(st + 0));
  EXPECT_THAT(s.step(2), IsEmpty());
  s.complete(9, st + 0);
  EXPECT_THAT(s.step(9), IsEmpty());
  EXPECT_THAT(s.step(10), ElementsAre(st + 1));
}

TEST(ReservationStation, LetsAStoreFollowItsConfigurationAtOnceInEitherRtl) {
  config::GemminiParams params;
  params.store_issue_waits_completion.set(true);
  Station s(params);
  s.step(0);
  s.allocate(0, config_mvout());
  s.allocate(0, mvout(acc(100)));
  EXPECT_THAT(s.step(1), ElementsAre(st + 0));
  EXPECT_THAT(s.step(2), ElementsAre(st + 1));
}

TEST(ReservationStation, ForgetsADependenceThatEndsInTheCycleOfTheAllocation) {
  Station s;
  s.run_in({config_ex(), mvin(sp(0))});
  s.step(2);
  s.complete(9, ld + 0);
  s.step(9);
  s.allocate(9, compute(sp(0)));
  EXPECT_THAT(s.step(10), ElementsAre(ex + 1));
}

TEST(ReservationStation, IsNotBusyWithAPreloadThatStillLacksItsCompute) {
  Station s;
  s.run_in({preload(sp(0), acc(0))});
  EXPECT_FALSE(s.station().busy(Cycle{1}));
  s.run_in({compute(sp(64))});
  EXPECT_TRUE(s.station().busy(Cycle{2}));
}

TEST(ReservationStation, IsBusyUntilTheCycleAfterTheLastCompletion) {
  Station s;
  s.run_in({mvin(sp(0))});
  s.complete(9, ld + 0);
  s.step(9);
  EXPECT_TRUE(s.station().busy(Cycle{9}));
  EXPECT_FALSE(s.station().busy(Cycle{10}));
}

TEST(ReservationStation, RefusesACommandOfNoQueue) {
  Station s;
  EXPECT_THROW(s.can_allocate(0, {99, 0, 0}), UserError);
}

TEST(ReservationStation, SaysWhoWaits) {
  Station s;
  s.run_in({config_ex(), mvin(sp(0)), compute(sp(0))});
  s.step(3);
  EXPECT_THAT(s.station().waiting_for(), testing::HasSubstr("load: 1 issued, 0 waiting"));
  EXPECT_THAT(s.station().waiting_for(), testing::HasSubstr("execute: 1 issued, 1 waiting for others"));
}

// ---- Random streams against a plain statement of the rules

/// Rows as sets: what a command reads and writes.
struct Footprint {
  IssueQueue queue;
  bool writes_first;                     // the first range is written
  std::vector<std::uint32_t> ranges[2];  // accumulator rows from 1 << 20 on
};

std::vector<std::uint32_t> rows(LocalAddr start, std::uint32_t count) {
  std::vector<std::uint32_t> result;
  for (std::uint32_t r = 0; r < count; ++r)
    result.push_back((start.is_acc() ? 1U << 20 : 0) + (start.raw() & 0x3FFF) + r);
  return result;
}

bool meet(const std::vector<std::uint32_t>& x, const std::vector<std::uint32_t>& y) {
  return std::any_of(x.begin(), x.end(), [&](std::uint32_t r) { return std::find(y.begin(), y.end(), r) != y.end(); });
}

/// Whether `young` must wait for the completion of `old` (of another kind).
bool must_wait(const Footprint& young, const Footprint& old) {
  if (young.queue == IssueQueue::Load)
    return meet(young.ranges[0], old.ranges[0]) || meet(young.ranges[0], old.ranges[1]);
  if (young.queue == IssueQueue::Execute && old.queue == IssueQueue::Load)
    return meet(young.ranges[0], old.ranges[0]) || meet(young.ranges[1], old.ranges[0]);
  if (young.queue == IssueQueue::Execute) return young.writes_first && meet(young.ranges[0], old.ranges[0]);
  return old.writes_first && meet(young.ranges[0], old.ranges[0]);
}

struct RandomCommand {
  isa::Command command;
  Footprint footprint;
};

class RandomCommands {
 public:
  explicit RandomCommands(std::uint64_t seed) : random_(seed) {}
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  RandomCommand next() {
    const std::uint32_t count = 1 + pick(16);
    const LocalAddr x = address(), y = address();
    switch (pick(4)) {
      case 0:
        return {mvin(x, count), {IssueQueue::Load, true, {rows(x, count), {}}}};
      case 1:
        return {mvout(x, count), {IssueQueue::Store, false, {rows(x, count), {}}}};
      case 2:
        return {preload(x, y, count), {IssueQueue::Execute, true, {rows(y, count), rows(x, 16)}}};
      default:
        return {compute(x, count), {IssueQueue::Execute, false, {rows(x, count), {}}}};
    }
  }

 private:
  LocalAddr address() { return pick(2) != 0 ? sp(pick(120)) : acc(pick(120), pick(2) != 0); }
  std::mt19937_64 random_;
};

/// Everything allocated, with its state; checks each issue.
class OrderCheck : public sim::Observer {
 public:
  struct Allocated {
    Footprint footprint;
    bool issued = false, completed = false;
  };
  void allocated(const Footprint& footprint) { pending_ = footprint; }
  void allocate(Cycle, sim::RobId id, const isa::Command&) override {
    by_id_[id.raw] = all_.size();
    all_.push_back({pending_});
  }
  void issue(Cycle, sim::RobId id, const isa::Command&) override {
    Allocated& young = all_[by_id_[id.raw]];
    young.issued = true;
    for (std::size_t old = 0; old < by_id_[id.raw]; ++old) {
      const bool same = all_[old].footprint.queue == young.footprint.queue;
      EXPECT_TRUE(!same || all_[old].issued) << "overtakes its own kind";
      EXPECT_TRUE(same || all_[old].completed || !must_wait(young.footprint, all_[old].footprint));
    }
  }
  void complete(Cycle, sim::RobId id, bool) override { all_[by_id_[id.raw]].completed = true; }
  bool all_done() const {
    return std::all_of(all_.begin(), all_.end(), [](const Allocated& a) { return a.completed; });
  }
  /// Unissued, oldest of its kind, and free of every wait at the start of the cycle: it may issue.
  bool may_issue(std::size_t n) const {
    for (std::size_t old = 0; old < n; ++old) {
      const bool same = all_[old].footprint.queue == all_[n].footprint.queue;
      if (same ? !all_[old].issued : !all_[old].completed && must_wait(all_[n].footprint, all_[old].footprint))
        return false;
    }
    return !all_[n].issued;
  }
  std::vector<std::size_t> may_issue_now() const {
    std::vector<std::size_t> result;
    for (std::size_t n = 0; n < all_.size(); ++n)
      if (may_issue(n)) result.push_back(n);
    return result;
  }
  bool issued(std::size_t n) const { return all_[n].issued; }

 private:
  Footprint pending_;
  std::vector<Allocated> all_;
  std::size_t by_id_[64] = {};
};

class RandomStationTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomStationTest, IssuesExactlyWhatTheRulesAllow) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Station s;
  OrderCheck check;
  s.bench().probes.attach(check);
  RandomCommands commands(GetParam());
  check.allocated({IssueQueue::Execute, false, {}});
  s.allocate(0, config_ex());
  std::vector<unsigned> running;
  RandomCommand next = commands.next();
  unsigned allocated = 0;
  for (std::uint64_t now = 1; allocated < 200 || !running.empty() || now < 1000; ++now) {
    ASSERT_LT(now, 20000U) << "stuck: " << s.station().waiting_for();
    if (!running.empty() && commands.pick(3) == 0) {
      const std::size_t which = commands.pick(static_cast<std::uint32_t>(running.size()));
      s.complete(now, running[which]);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
    }
    const std::vector<std::size_t> expected = check.may_issue_now();
    for (const unsigned id : s.step(now)) running.push_back(id);
    for (const std::size_t n : expected) EXPECT_TRUE(check.issued(n)) << "command " << n << " held back in " << now;
    if (allocated < 200 && s.can_allocate(now, next.command)) {
      check.allocated(next.footprint);
      s.allocate(now, next.command);
      next = commands.next();
      ++allocated;
    }
  }
  EXPECT_TRUE(check.all_done());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomStationTest, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace castor::gemmini::test
