#include "castor/host/rocket_timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "assembly.h"
#include "castor/host/reservation.h"
#include "castor/host/riscv_host.h"
#include "castor/host/rocket_multiplier.h"
#include "stand_in_accelerator.h"

namespace castor::host {
namespace {

using namespace test;  // NOLINT: the words of a program
using testing::ElementsAre;

class FlatMemory : public functional::Memory {
 public:
  void read(PhysAddr address, void* to, std::size_t count) const override {
    std::memcpy(to, bytes.data() + (address.value() - ElfFile::base), count);
  }
  void write(PhysAddr address, const void* from, std::size_t count) override {
    std::memcpy(bytes.data() + (address.value() - ElfFile::base), from, count);
  }
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(0x10000);
};

/// Caches in which one line of data misses, once, and stores to another rewrite its tag, once.
class StandInCaches : public sim::ClockedModule, public CoreCaches {
 public:
  explicit StandInCaches(sim::ClockDomain& domain) : ClockedModule("caches", domain, sim::level::l1_caches) {}

  Outcome access(Cycle s0, VirtAddr, PhysAddr address, Use use) override {
    accesses.push_back(s0.count());
    use == Use::Reserve ? reservation_.reserve(s0 + 2) : reservation_.access(s0 + 2);
    if (address.value() == first_write) {
      first_write = 0;
      return Outcome::FirstWrite;
    }
    if (address.value() != missing) return Outcome::Hit;
    missing = 0;
    answer_at_ = s0 + 2 + latency;
    wake(answer_at_);
    return Outcome::Waits;
  }
  bool reserved(Cycle s2) const override { return reservation_.fresh(s2); }
  bool holds_instructions(PhysAddr) const override { return true; }
  bool fetch(Cycle, VirtAddr, PhysAddr) override { return true; }
  void invalidate_instructions() override {}
  void when_answered(Answer data, Answer) override { answer_ = std::move(data); }
  Cycle step(Cycle now) override {
    if (now == answer_at_) answer_(now);
    return Cycle::never();
  }

  static constexpr std::uint64_t latency = 40;
  std::uint64_t missing = 0, first_write = 0;
  std::vector<std::uint64_t> accesses;

 private:
  Reservation reservation_{Reservation::back_off};
  Answer answer_;
  Cycle answer_at_ = Cycle::never();
};

constexpr std::uint64_t data = ElfFile::base + 0x2000;
constexpr unsigned a0 = 10, a1 = 11, a2 = 12;
constexpr std::uint32_t scratch = 0x340;
constexpr std::uint32_t jump_over_one = 8U << 20 | 0x6f;

struct Bench {
  explicit Bench(const Words& words, std::size_t room = 100, std::uint64_t work = 1,
                 sim::StepOrder order = sim::StepOrder::Normal)
      : domain("clock", ns(1), order),
        image(functional::ElfImage::parse(elf_of(words).bytes(), "test.elf")),
        accelerator(domain, room, work) {
    host.when_done([this] { domain.finish(); });
  }
  Bench& run() {
    domain.set_max_cycles(Cycle{1000000});
    sc_core::sc_start();
    domain.rethrow_failure();
    EXPECT_EQ(domain.stop_reason(), sim::StopReason::Finished);
    return *this;
  }
  std::uint64_t word(std::uint64_t address) const {
    std::uint64_t value = 0;
    memory.read(PhysAddr{address}, &value, sizeof(value));
    return value;
  }
  std::uint64_t get(unsigned reg) const { return host.hart().read_register(x(reg)); }
  /// Between the two readings of a measured program.
  std::uint64_t measured() const { return get(t1) - get(t0) - 1; }

  config::SocConfig config;
  sim::ClockDomain domain;
  functional::ElfImage image;
  StandInAccelerator accelerator;
  StandInCaches caches{domain};
  FlatMemory memory;
  std::ostringstream console;
  Platform platform{"platform", domain, config, {memory, PhysAddr{ElfFile::base}, 64_KiB, memory.bytes.data()},
                    image,      console};
  RiscvHost host{"hart", domain, config, accelerator, platform, &caches};
};

const Words drain(10, nop);

/// s0 holds the address of data; the words are measured: t1 - t0 - 1 cycles.
Words measured(const Words& words) {
  return Words{lui(s0, static_cast<std::uint32_t>(data)), slli(s0, s0, 32), srli(s0, s0, 32)} + drain +
         Words{csrr(t0, cycles)} + words + Words{csrr(t1, cycles)} + exit_with(zero);
}

/// Several measurements in one program, each behind a drained pipeline.
std::vector<std::uint64_t> costs(const std::vector<Words>& pieces, sim::StepOrder order = sim::StepOrder::Normal) {
  constexpr unsigned results = 0x200;
  Words program{lui(s0, static_cast<std::uint32_t>(data)), slli(s0, s0, 32), srli(s0, s0, 32)};
  for (unsigned i = 0; i < pieces.size(); ++i)
    program = program + drain + Words{csrr(t0, cycles)} + pieces[i] + Words{csrr(t1, cycles)} + drain +
              Words{sd(t0, s0, results + 16 * i), sd(t1, s0, results + 16 * i + 8)};
  Bench bench(program + exit_with(zero), 100, 1, order);
  bench.run();
  std::vector<std::uint64_t> result;
  for (unsigned i = 0; i < pieces.size(); ++i)
    result.push_back(bench.word(data + results + 16 * i + 8) - bench.word(data + results + 16 * i) - 1);
  return result;
}

std::uint32_t load(unsigned funct3, unsigned rd, unsigned base) { return base << 15 | funct3 << 12 | rd << 7 | 0x03; }
std::uint32_t lb(unsigned rd, unsigned base) { return load(0, rd, base); }
std::uint32_t mul(unsigned rd, unsigned rs1, unsigned rs2) { return 1U << 25 | rs2 << 20 | rs1 << 15 | rd << 7 | 0x33; }
std::uint32_t div_word(unsigned rd, unsigned rs1, unsigned rs2) {
  return 1U << 25 | rs2 << 20 | rs1 << 15 | 4 << 12 | rd << 7 | 0x3b;
}
std::uint32_t bne(unsigned rs1, unsigned rs2, int offset) {
  const auto o = static_cast<std::uint32_t>(offset);
  return (o >> 12 & 1) << 31 | (o >> 5 & 63) << 25 | rs2 << 20 | rs1 << 15 | 1 << 12 | (o >> 1 & 15) << 8 |
         (o >> 11 & 1) << 7 | 0x63;
}
std::uint32_t jalr(unsigned rd, unsigned rs1, int offset) {
  return static_cast<std::uint32_t>(offset) << 20 | rs1 << 15 | rd << 7 | 0x67;
}

// --- the scoreboard

TEST(RocketTiming, CountsACycleForAnInstructionWithoutHazards) {
  EXPECT_THAT(costs({{nop, nop, nop, nop}, {addi(a0, zero, 1), addi(a1, a0, 1), addi(a2, a1, 1)}}),
              ElementsAre(4U, 3U));
}

TEST(RocketTiming, ReadsTheCycleCounterEveryCycle) {
  EXPECT_THAT(costs({{csrr(a0, cycles), csrr(a1, cycles)}}), ElementsAre(2U));
}

TEST(RocketTiming, DelaysTheUserOfALoadedWordByOne) {
  EXPECT_THAT(costs({{ld(a0, s0), nop}, {ld(a0, s0), addi(a1, a0, 1)}}), ElementsAre(2U, 3U));
}

TEST(RocketTiming, DelaysTheUserOfALoadedByteByTwo) {
  EXPECT_THAT(costs({{lb(a0, s0), addi(a1, a0, 1)}}), ElementsAre(4U));
}

TEST(RocketTiming, DelaysTheUserOfACsrByTwo) {
  EXPECT_THAT(costs({{csrr(a0, cycles), addi(a1, a0, 1)}}), ElementsAre(4U));
}

TEST(RocketTiming, FlushesThePipelineAfterAWriteOfACsrButNotOfAScratchRegister) {
  EXPECT_THAT(costs({{csrw(scratch, zero), nop}, {csrw(trap_vector, zero), nop}}), ElementsAre(2U, 2U + 4));
}

TEST(RocketTiming, LetsInstructionsPassAMultiplicationThatTheyDoNotNeed) {
  EXPECT_THAT(costs({{mul(a0, zero, zero), nop, nop}, {mul(a0, zero, zero), addi(a1, a0, 1)}}), ElementsAre(3U, 5U));
}

TEST(RocketTiming, WritesAProductOnlyInACycleWithoutAnotherWrite) {
  // The response is there when the two additions are in WB.
  EXPECT_THAT(costs({{mul(a0, zero, zero), addi(a1, zero, 1), addi(a2, zero, 1), addi(a1, a0, 1)}}), ElementsAre(7U));
}

TEST(RocketTiming, TakesTheNextProductWhenTheUnitHasAnswered) {
  EXPECT_THAT(costs({{mul(a0, zero, zero), mul(a1, zero, zero)}}), ElementsAre(5U));
}

// --- the multiplier

Instruction instruction(std::uint32_t bits, TimingClass timing) {
  Instruction result;
  result.bits = bits;
  result.timing = timing;
  return result;
}

TEST(RocketMultiplier, EndsWhenTheRestOfTheMultiplierIsZero) {
  const Instruction product = instruction(mul(a0, a1, a2), TimingClass::Multiply);
  EXPECT_EQ(multiply_cycles(product, 0), 2U);
  EXPECT_EQ(multiply_cycles(product, 0xff), 2U);
  EXPECT_EQ(multiply_cycles(product, 0x100), 3U);
  EXPECT_EQ(multiply_cycles(product, 1ULL << 40), 7U);
  EXPECT_EQ(multiply_cycles(product, ~0ULL), 8U);
}

TEST(RocketMultiplier, MultipliesWordsInHalfTheIterations) {
  const Instruction product = instruction(mul(a0, a1, a2) | 8, TimingClass::Multiply);
  EXPECT_EQ(multiply_cycles(product, 0), 1U);
  EXPECT_EQ(multiply_cycles(product, ~0ULL), 4U);
}

TEST(RocketMultiplier, NeverEndsEarlyForTheUpperHalf) {
  EXPECT_EQ(multiply_cycles(instruction(mul(a0, a1, a2) | 1 << 12, TimingClass::Multiply), 0), 8U);
}

TEST(RocketMultiplier, SkipsTheLeadingZerosOfAQuotient) {
  const Instruction quotient = instruction(mul(a0, a1, a2) | 5 << 12, TimingClass::Divide);  // divu
  EXPECT_EQ(divide_cycles(quotient, 1, 1), 1U + 2);
  EXPECT_EQ(divide_cycles(quotient, 1000, 1), 1U + 11);
  EXPECT_EQ(divide_cycles(quotient, ~0ULL, 1), 65U);
  EXPECT_EQ(divide_cycles(quotient, 1, 2), 65U);  // a quotient without bits is not noticed
  EXPECT_EQ(divide_cycles(quotient, 1, 0), 65U);
}

TEST(RocketMultiplier, NegatesOperandsAndResult) {
  const Instruction quotient = instruction(div_word(a0, a1, a2), TimingClass::Divide);
  EXPECT_EQ(divide_cycles(quotient, ~0ULL, 1), 1U + 3 + 1);
  EXPECT_EQ(divide_cycles(quotient, ~0ULL, ~0ULL), 1U + 3);
}

// --- branches

TEST(RocketTiming, PaysThreeCyclesForABranchThatWasNotForeseen) {
  EXPECT_THAT(costs({{bne(s0, zero, 8), nop, nop}, {bne(zero, zero, 8), nop}}), ElementsAre(2U + 3, 2U));
}

TEST(RocketTiming, PaysOneCycleForAJumpTheFirstTime) {
  EXPECT_THAT(costs({{jump_over_one, nop, nop}}), ElementsAre(2U + 1));
}

TEST(RocketTiming, LearnsALoop) {
  // Twenty iterations of two instructions. The nine histories of up to eight taken branches are hashed to six counters,
  // each of which is wrong once; so is the guess at the exit.
  EXPECT_THAT(costs({{addi(a0, zero, 20), addi(a0, a0, -1), bne(a0, zero, -4)}}),
              ElementsAre(1U + 2 * 20 + 3 * (6 + 1)));
}

TEST(RocketTiming, PaysThreeCyclesForAnIndirectJumpTheFirstTime) {
  EXPECT_THAT(costs({{auipc(a0), jalr(zero, a0, 12), nop, nop}}), ElementsAre(3U + 3));
}

TEST(RocketTiming, FollowsReturnsByTheirStack) {
  // A call past a jump to a return, and the jump.
  EXPECT_THAT(
      costs({{auipc(a2), addi(a2, a2, 24), auipc(a0), jalr(1, a0, 12), jalr(zero, a2, 0), jalr(zero, 1, 0), nop}}),
      ElementsAre(7U + 3 + 1 + 3));
}

// --- memory

TEST(RocketTiming, ReplaysALoadFromAPendingStore) {
  EXPECT_THAT(
      costs(
          {{sd(zero, s0, 0), ld(a0, s0)}, {sd(zero, s0, 0), nop, ld(a0, s0)}, {sd(zero, s0, 0), nop, nop, ld(a0, s0)}}),
      ElementsAre(2U + 5, 3U + 5, 4U));
}

TEST(RocketTiming, LoadsOtherWordsPastAPendingStore) {
  EXPECT_THAT(costs({{sd(zero, s0, 8), ld(a0, s0)}}), ElementsAre(2U));
}

TEST(RocketTiming, ReplaysAnAccessBehindOneThatRewritesItsTag) {
  Bench bench(measured({sd(zero, s0, 0), sd(zero, s0, 8), nop}));
  bench.caches.first_write = data;
  EXPECT_EQ(bench.run().measured(), 3U + 5);
}

/// What sc leaves in a0 in that many cycles after lr.
std::uint64_t conditional_store_after(unsigned distance) {
  constexpr std::uint32_t lr = 0x1004352f, sc = 0x1804352f;  // .d, a0, (s0)
  Bench bench(measured(Words{lr} + Words(distance - 1, nop) + Words{sc} + drain));
  return bench.run().get(a0);
}

TEST(RocketTiming, StoresConditionallyInTheSeventySixthCycleAfterTheReservation) {
  EXPECT_EQ(conditional_store_after(76), 0U);
}

TEST(RocketTiming, StoresNothingInTheSeventySeventh) { EXPECT_EQ(conditional_store_after(77), 1U); }

TEST(RocketTiming, StopsEverythingForAMiss) {
  Bench bench(measured({ld(a0, s0), nop}));
  bench.caches.missing = data;
  EXPECT_EQ(bench.run().measured(), 2U + StandInCaches::latency);
}

TEST(RocketTiming, EntersTheDataCacheInExecute) {
  Bench bench(measured({nop, ld(a0, s0)}));
  bench.run();
  EXPECT_EQ(bench.caches.accesses.front(), bench.get(t0) + 2 - RocketPipeline::to_wb + RocketPipeline::to_ex);
}

TEST(RocketTiming, HoldsLoadsBehindAFenceUntilTheLastAccessIsOver) {
  EXPECT_THAT(costs({{ld(a0, s0), fence, nop}, {ld(a0, s0), fence, ld(a1, s0)}}), ElementsAre(3U, 3U + 2));
}

// --- the accelerator

TEST(RocketTiming, IssuesACommandACycleFromWriteBack) {
  Bench bench(measured({rocc(2), rocc(2), rocc(2)}));
  bench.run();
  const std::uint64_t first = bench.get(t0) + 1;
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(first, first + 1, first + 2));
}

TEST(RocketTiming, ReplaysACommandThatFindsThePortFull) {
  Bench bench(measured({rocc(2), rocc(2)}), 1, 20);
  bench.run();
  const std::uint64_t first = bench.get(t0) + 1, ready = first + 20 + 1;
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(first, ready + 4));  // decode in ready + 1, WB three later
}

TEST(RocketTiming, KeepsAFenceInDecodeUntilTheAcceleratorIsIdle) {
  Bench bench(measured({rocc(2), fence}), 100, 20);
  bench.run();
  const std::uint64_t idle = bench.accelerator.arrivals[0] + 20 + 1;
  EXPECT_EQ(bench.get(t1), idle + 1 + RocketPipeline::to_wb);
}

TEST(RocketTiming, WaitsForAResponseOnlyWhereItIsNeeded) {
  const Words program = measured({rocc(126, a0), nop, nop, addi(a1, a0, 1)});
  Bench bench(program);
  bench.run();
  EXPECT_EQ(bench.get(a1), StandInAccelerator::counter + 1);
  // The response: written by the stand-in in WB, a cycle in its queue, one in the core's.
  EXPECT_EQ(bench.measured(), 1U + 3 + 2 + 1 - 1);
}

TEST(RocketTiming, HasTheSameCyclesHoweverFarTheHartRunsAhead) {
  const Words work = {sd(zero, s0, 0), ld(a0, s0), mul(a1, s0, s0), addi(a1, a1, 1), lb(a2, s0), addi(a2, a2, 1)};
  constexpr std::uint64_t begun_idle = 0, begun_busy = 1;
  const Words start{rocc(2)};
  const std::vector<std::uint64_t> found = costs({work, start + work});
  EXPECT_EQ(found[begun_busy], found[begun_idle] + start.size());
}

// The second command is in WB in the fifth cycle and done two later: there the fence leaves decode.
TEST(RocketTiming, HasTheseCyclesInNormalOrder) {
  EXPECT_THAT(costs({{rocc(2), rocc(2), fence, ld(a0, s0)}, {sd(zero, s0, 0), ld(a0, s0)}}, sim::StepOrder::Normal),
              ElementsAre(4U + 4, 2U + 5));
}

TEST(RocketTiming, HasTheseCyclesInReversedOrder) {
  EXPECT_THAT(costs({{rocc(2), rocc(2), fence, ld(a0, s0)}, {sd(zero, s0, 0), ld(a0, s0)}}, sim::StepOrder::Reversed),
              ElementsAre(4U + 4, 2U + 5));
}

}  // namespace
}  // namespace castor::host
