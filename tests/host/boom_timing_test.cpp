// The window of an out-of-order core, mechanism by mechanism: the cycles in which instructions are dispatched.
#include "castor/host/boom_timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "assembly.h"
#include "castor/host/decoder.h"

namespace castor::host {
namespace {

using namespace test;  // NOLINT: the words of a program
using testing::ElementsAre;

constexpr unsigned a0 = 10, a1 = 11, a2 = 12;
constexpr std::uint64_t code = 0x80000000, data = 0x80010000;

std::uint32_t add(unsigned rd, unsigned rs1, unsigned rs2) { return rs2 << 20 | rs1 << 15 | rd << 7 | 0x33; }
std::uint32_t mul(unsigned rd, unsigned rs1, unsigned rs2) { return 1U << 25 | add(rd, rs1, rs2); }
std::uint32_t div_of(unsigned rd, unsigned rs1, unsigned rs2) { return 4U << 12 | mul(rd, rs1, rs2); }
std::uint32_t bne(unsigned rs1, unsigned rs2) { return 0x00001463 | rs2 << 20 | rs1 << 15; }       // over one
std::uint32_t bne_back(unsigned rs1, unsigned rs2) { return 0xfe001ce3 | rs2 << 20 | rs1 << 15; }  // over two

/// Caches in which everything hits but the lines that a test names; what misses is answered by hand.
class StandInCaches : public WindowCaches {
 public:
  bool access(Cycle s0, VirtAddr, PhysAddr address, MemoryOp, Number number) override {
    entered.push_back(s0.count());
    if (missing.count(address.value()) == 0) return true;
    waiting[address.value()] = number;
    return false;
  }
  std::uint64_t hit_latency() const override { return 2; }
  bool reserved(Cycle s0) const override { return s0.count() <= reserved_until; }
  bool fetch(Cycle, VirtAddr, PhysAddr) override { return true; }
  void invalidate_instructions() override {}
  void when_answered(DataAnswer data, FetchAnswer) override { answer_ = std::move(data); }
  void answer(std::uint64_t address, std::uint64_t cycle) { answer_(waiting.at(address), Cycle{cycle}); }

  std::map<std::uint64_t, bool> missing;
  std::map<std::uint64_t, Number> waiting;
  std::vector<std::uint64_t> entered;
  std::uint64_t reserved_until = 0;

 private:
  DataAnswer answer_;
};

/// A core that is fed one instruction after another.
struct BoomWindow : testing::Test {
  static constexpr std::uint64_t waits = not_known;

  /// The cycle in which it is dispatched; it then accesses `address`, or leads to `next`.
  std::uint64_t dispatch(std::uint32_t word, std::uint64_t address = data, std::uint64_t next = 0) {
    if (!timing) timing = std::make_unique<BoomTiming>(host, caches, [] {});
    const Instruction instruction = decoder.decode(word, ~0ULL);
    const auto cycle = timing->schedule(instruction, pc, PhysAddr{pc});
    if (!cycle) return waits;
    next = next == 0 ? pc + 4 : next;
    timing->retire(instruction, *cycle, {pc, next, ~0ULL, 3, {PhysAddr{address}, 8}, true});
    pc = next;
    return *cycle;
  }
  /// From the first one's cycle.
  std::vector<std::uint64_t> dispatches(const Words& words) {
    std::vector<std::uint64_t> cycles;
    for (const std::uint32_t word : words) cycles.push_back(dispatch(word));
    for (std::size_t i = cycles.size(); i-- > 0;)
      if (cycles[i] != waits) cycles[i] -= cycles[0];
    return cycles;
  }
  /// What an instruction that stands alone sees: the window is empty.
  std::uint64_t drained() { return dispatch(csrr(t0, cycles)); }
  /// Cycles of `words` between two such instructions, without those of nothing at all.
  std::uint64_t cost(const Words& words) {
    const std::uint64_t begin = drained();
    for (const std::uint32_t word : words) dispatch(word);
    const std::uint64_t middle = drained();
    return middle - begin - (drained() - middle);
  }

  config::HostParams host;
  StandInCaches caches;
  Decoder decoder;
  std::unique_ptr<BoomTiming> timing;
  std::uint64_t pc = code;
};

TEST_F(BoomWindow, AsksForItsReservationWhenTheConditionalStoreEntersTheCache) {
  constexpr std::uint32_t sc = 0x1805b52f;  // sc.d a0, zero, (a1)
  const std::uint64_t dispatched = dispatch(sc);
  ASSERT_THAT(caches.entered, ElementsAre(dispatched + 3));
  caches.reserved_until = dispatched + 2;
  EXPECT_FALSE(timing->reserved(dispatched));
  caches.reserved_until = dispatched + 3;
  EXPECT_TRUE(timing->reserved(dispatched));
}

// --- width and dependences

TEST_F(BoomWindow, DispatchesAsManyIndependentInstructionsInACycleAsItIsWide) {
  EXPECT_THAT(dispatches(Words(7, addi(a0, zero, 1))), ElementsAre(0U, 0U, 0U, 1U, 1U, 1U, 2U));
}

TEST_F(BoomWindow, IsAsWideAsTheConfigurationSays) {
  host.boom.decode_width.set(1);
  EXPECT_THAT(dispatches(Words(3, addi(a0, zero, 1))), ElementsAre(0U, 1U, 2U));
}

TEST_F(BoomWindow, SustainsItsWidthWithIndependentInstructions) {
  const std::uint64_t few = cost(Words(30, addi(a0, zero, 1)));
  EXPECT_NEAR(static_cast<double>(cost(Words(330, addi(a0, zero, 1))) - few), 100, 1);
}

TEST_F(BoomWindow, ExecutesADependentChainOneAfterTheOther) {
  const std::uint64_t few = cost(Words(30, addi(a0, a0, 1)));
  EXPECT_EQ(cost(Words(60, addi(a0, a0, 1))) - few, 30U);
}

TEST_F(BoomWindow, TakesTheLatencyOfTheUnitBetweenDependentMultiplications) {
  const std::uint64_t few = cost(Words(10, mul(a0, a0, a0)));
  EXPECT_EQ(cost(Words(20, mul(a0, a0, a0))) - few, 30U);
}

TEST_F(BoomWindow, PipelinesIndependentMultiplicationsThroughOneUnit) {
  const std::uint64_t few = cost(Words(10, mul(a0, a1, a2)));
  EXPECT_EQ(cost(Words(20, mul(a0, a1, a2))) - few, 10U);
}

TEST_F(BoomWindow, DividesOneAtATime) {
  const std::uint64_t one = cost({div_of(a0, a1, a2)});
  EXPECT_GE(cost({div_of(a0, a1, a2), div_of(a1, a2, a2)}) - one, 60U);
}

TEST_F(BoomWindow, GivesAReaderTheDataOfALoadThatHitsAfterLoadToUse) {
  const std::uint64_t few = cost(Words(10, ld(a0, a0)));
  EXPECT_EQ(cost(Words(20, ld(a0, a0))) - few, 40U);
}

// --- what the window holds

TEST_F(BoomWindow, FillsTheReorderBufferBehindALongMiss) {
  caches.missing[data] = true;
  host.boom.rob_entries.set(8);
  const std::uint64_t load = dispatch(ld(a0, zero));
  for (int i = 0; i < 7; ++i) EXPECT_NE(dispatch(addi(a1, zero, 1)), waits);
  EXPECT_EQ(dispatch(addi(a1, zero, 1)), waits);
  caches.answer(data, load + 100);
  EXPECT_EQ(dispatch(addi(a1, zero, 1)), load + 100 + 3 + 1);  // committed three cycles after its data
}

TEST_F(BoomWindow, CommitsInOrder) {
  caches.missing[data] = true;
  const std::uint64_t load = dispatch(ld(a0, zero));
  dispatch(addi(a1, zero, 1));
  EXPECT_EQ(drained(), waits);
  caches.answer(data, load + 50);
  EXPECT_EQ(drained(), load + 50 + 3 + 1);
}

TEST_F(BoomWindow, KeepsWhatWaitsForAMissInItsIssueQueue) {
  caches.missing[data] = true;
  host.boom.integer.entries.set(3);
  const std::uint64_t load = dispatch(ld(a0, zero));
  for (int i = 0; i < 3; ++i) EXPECT_NE(dispatch(addi(a1, a0, 1)), waits);
  EXPECT_EQ(dispatch(addi(a1, zero, 1)), waits);
  EXPECT_NE(dispatch(mul(a1, zero, zero)), waits) << "another queue";
  EXPECT_EQ(dispatch(addi(a1, zero, 1)), waits);
  caches.answer(data, load + 50);
  EXPECT_EQ(dispatch(addi(a1, zero, 1)), load + 50);
}

TEST_F(BoomWindow, RunsOutOfPhysicalRegisters) {
  caches.missing[data] = true;
  host.boom.int_registers.set(34);
  const std::uint64_t load = dispatch(ld(a0, zero));
  dispatch(addi(a1, zero, 1));
  EXPECT_EQ(dispatch(addi(a2, zero, 1)), waits);
  caches.answer(data, load + 50);
  EXPECT_EQ(dispatch(addi(a2, zero, 1)), load + 50 + 3 + 1);
}

TEST_F(BoomWindow, RunsOutOfTheLoadQueueAndOfTheStoreQueue) {
  caches.missing[data] = true;
  host.boom.load_queue.set(1);
  host.boom.store_queue.set(1);
  const std::uint64_t load = dispatch(ld(a0, zero));
  EXPECT_EQ(dispatch(ld(a1, zero), data + 64), waits);
  caches.answer(data, load + 50);
  EXPECT_EQ(dispatch(ld(a1, zero), data + 64), load + 50 + 3 + 1);
  EXPECT_NE(dispatch(sd(a0, zero, 0), data), waits);
  EXPECT_EQ(dispatch(sd(a0, zero, 0), data + 64), waits) << "the first one misses";
  caches.answer(data, load + 200);
  EXPECT_EQ(dispatch(sd(a0, zero, 0), data + 64), load + 200);
}

TEST_F(BoomWindow, RunsOutOfBranches) {
  caches.missing[data] = true;
  host.boom.branches.set(1);
  const std::uint64_t load = dispatch(ld(a0, zero));
  EXPECT_NE(dispatch(bne(a0, zero)), waits);
  EXPECT_EQ(dispatch(bne(zero, zero)), waits);
  caches.answer(data, load + 50);
  EXPECT_EQ(dispatch(bne(zero, zero)), load + 50 + 3);
}

// --- memory

TEST_F(BoomWindow, SendsIndependentMissesToTheCacheWithoutWaiting) {
  caches.missing = {{data, true}, {data + 64, true}};
  const std::uint64_t first = dispatch(ld(a0, zero), data);
  dispatch(ld(a1, zero), data + 64);
  EXPECT_THAT(caches.entered, ElementsAre(first + 3, first + 3));  // issued together, in the cache two cycles later
}

TEST_F(BoomWindow, SendsADependentMissWhenTheFirstIsAnswered) {
  caches.missing = {{data, true}, {data + 64, true}};
  const std::uint64_t first = dispatch(ld(a0, zero), data);
  dispatch(ld(a1, a0), data + 64);
  caches.answer(data, first + 80);
  EXPECT_THAT(caches.entered, ElementsAre(first + 3, first + 80 + 2));
}

TEST_F(BoomWindow, ForwardsTheDataOfAStoreThatIsNotWritten) {
  caches.missing[data] = true;
  dispatch(sd(a0, zero, 0), data);
  const std::uint64_t before = caches.entered.size();
  const std::uint64_t load = dispatch(ld(a1, zero), data);
  EXPECT_EQ(caches.entered.size(), before) << "the cache is not asked";
  dispatch(addi(a2, a1, 1));
  EXPECT_EQ(drained(), waits) << "the store is under way";
  caches.answer(data, load + 60);
  EXPECT_EQ(drained(), load + 60);
}

TEST_F(BoomWindow, WritesStoresInOrderOneACycleAfterTheirCommit) {
  const std::uint64_t first = dispatch(sd(a0, zero, 0), data);
  dispatch(sd(a0, zero, 0), data + 64);
  // issued at first + 1, its result a cycle later, commit three later, then the cache
  EXPECT_THAT(caches.entered, ElementsAre(first + 6, first + 7));
}

// --- control

TEST_F(BoomWindow, PaysTwelveCyclesForAWrongGuess) {
  dispatch(addi(a0, zero, 1));
  const std::uint64_t branch = dispatch(bne(a0, zero), 0, pc + 8);
  EXPECT_EQ(dispatch(addi(a0, zero, 1)) - branch, 12U + 1U);  // its operand is a cycle late
  EXPECT_EQ(timing->mispredictions(), 1U);
}

TEST_F(BoomWindow, WaitsWithTheRightPathUntilTheBranchKnows) {
  caches.missing[data] = true;
  const std::uint64_t load = dispatch(ld(a0, zero));
  dispatch(bne(a0, zero), 0, pc + 8);
  EXPECT_EQ(dispatch(addi(a0, zero, 1)), waits);
  caches.answer(data, load + 50);
  EXPECT_EQ(dispatch(addi(a0, zero, 1)), load + 50 + 3 + 8);
}

TEST_F(BoomWindow, FollowsALoopWithoutBubblesOnceItIsKnown) {
  std::vector<std::uint64_t> rounds;
  for (int i = 0; i < 40; ++i) {
    dispatch(addi(a1, zero, 1));
    dispatch(addi(a2, zero, 1));
    rounds.push_back(dispatch(bne_back(t1, t2), 0, code));
  }
  EXPECT_EQ(rounds[39] - rounds[29], 10U);
}

TEST_F(BoomWindow, LearnsAPatternThatASingleCounterCannot) {
  for (int i = 0; i < 2000; ++i) dispatch(bne(t1, t2), 0, i % 4 == 0 ? pc + 8 : 0), pc = code;
  const std::uint64_t before = timing->mispredictions();
  for (int i = 0; i < 400; ++i) dispatch(bne(t1, t2), 0, i % 4 == 0 ? pc + 8 : 0), pc = code;
  EXPECT_LE(timing->mispredictions() - before, 4U);
}

TEST_F(BoomWindow, DispatchesACsrAloneAndFetchesAgainBehindIt) {
  const std::uint64_t add = dispatch(addi(a0, zero, 1));
  const std::uint64_t csr = dispatch(csrr(t0, cycles));
  EXPECT_EQ(csr - add, 1U + 1U + 3U + 1U);  // issue, result, commit, empty
  EXPECT_EQ(dispatch(addi(a0, zero, 1)) - csr, 1U + 1U + 3U + 2U + 8U);
}

// --- RoCC

TEST_F(BoomWindow, SendsCommandsInOrderFromTheHeadOneACycle) {
  caches.missing[data] = true;
  const std::uint64_t load = dispatch(ld(a0, zero));
  dispatch(rocc(0));
  dispatch(rocc(0));
  EXPECT_FALSE(timing->command_due()) << "the load has not committed";
  caches.answer(data, load + 50);
  ASSERT_EQ(timing->command_due(), load + 50 + 3);
  timing->command_sent(Cycle{load + 53}, false);
  EXPECT_EQ(timing->command_due(), load + 54);
}

TEST_F(BoomWindow, DispatchesOneCommandACycle) {
  EXPECT_THAT(dispatches({rocc(0), rocc(0), addi(a0, zero, 1)}), ElementsAre(0U, 1U, 1U));
}

TEST_F(BoomWindow, HoldsACommandBackWhileTheQueueOfCommandsIsFull) {
  for (int i = 0; i < 3; ++i) EXPECT_NE(dispatch(rocc(0)), waits);
  EXPECT_NE(dispatch(addi(a0, zero, 1)), waits) << "others pass";
  EXPECT_EQ(dispatch(rocc(0)), waits);
  timing->command_sent(Cycle{*timing->command_due()}, false);
  EXPECT_NE(dispatch(rocc(0)), waits);
}

TEST_F(BoomWindow, CommitsACommandThatWritesARegisterWithItsResponse) {
  const std::uint64_t command = dispatch(rocc(126, a0));
  timing->command_sent(Cycle{*timing->command_due()}, true);
  dispatch(addi(a1, a0, 1));
  EXPECT_EQ(drained(), waits);
  timing->respond(x(a0), Cycle{command + 40});
  EXPECT_EQ(drained(), command + 40 + 1 + 3 + 1);  // its reader commits last
}

TEST_F(BoomWindow, FetchesAgainWhenATrapHasCommitted) {
  const std::uint64_t add = dispatch(addi(a0, zero, 1));
  timing->trap(add);
  EXPECT_EQ(dispatch(addi(a0, zero, 1)) - add, 1U + 1U + 3U + 2U + 8U);
}

}  // namespace
}  // namespace castor::host
