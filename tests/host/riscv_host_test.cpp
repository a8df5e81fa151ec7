#include "castor/host/riscv_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "assembly.h"
#include "castor/common/error.h"
#include "stand_in_accelerator.h"

namespace castor::host {
namespace {

using namespace test;  // NOLINT: the words of a program
using testing::ElementsAre;
using testing::HasSubstr;

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

struct Bench {
  explicit Bench(const Words& words, std::size_t room = 100, std::uint64_t work = 1,
                 const std::vector<std::string>& settings = {})
      : config(config::SocConfig::load("", settings)),
        image(functional::ElfImage::parse(elf_of(words).bytes(), "test.elf")),
        accelerator(domain, room, work) {
    host.when_done([this] { domain.finish(); });
  }
  sim::StopReason run(std::uint64_t limit = 1000000) {
    domain.set_max_cycles(Cycle{limit});
    sc_core::sc_start();
    domain.rethrow_failure();
    return domain.stop_reason();
  }
  std::uint64_t get(unsigned reg) const { return host.hart().read_register(x(reg)); }

  config::SocConfig config;
  functional::ElfImage image;
  sim::ClockDomain domain{"clock", ns(1)};
  StandInAccelerator accelerator;
  FlatMemory memory;
  std::ostringstream console;
  Platform platform{"platform", domain, config, {memory, PhysAddr{ElfFile::base}, 64_KiB, memory.bytes.data()},
                    image,      console};
  RiscvHost host{"hart", domain, config, accelerator, platform};
};

/// The five instructions of the boot ROM come first.
constexpr std::uint64_t boot = 5;

TEST(RiscvHost, EndsWithTheProgramsExitCode) {
  Bench bench(Words{addi(t0, zero, 42)} + exit_with(t0));
  EXPECT_EQ(bench.run(), sim::StopReason::Finished);
  EXPECT_EQ(bench.host.ending(), RiscvHost::Ending::Exited);
  EXPECT_EQ(bench.host.exit_code(), 42);
  EXPECT_EQ(bench.host.last_exception(), "");
}

TEST(RiscvHost, TakesACycleForEachInstruction) {
  Bench bench(Words{nop, nop, nop, csrr(t0, cycles), nop, csrr(t1, cycles)} + exit_with(zero));
  bench.run();
  EXPECT_EQ(bench.get(t0), boot + 3);
  EXPECT_EQ(bench.get(t1), boot + 5);
  EXPECT_EQ(bench.domain.now().count(), bench.host.stats().instructions.value());
}

TEST(RiscvHost, KeepsAReservationHoweverLongWithoutTheTimingOfACore) {
  constexpr std::uint32_t lr = 0x1004332f, sc = 0x1804332f;  // .d, t1, (s0)
  Bench bench(Words{auipc(s0), lr} + Words(1000, nop) + Words{sc} + exit_with(t1));
  bench.run();
  EXPECT_EQ(bench.host.exit_code(), 0) << "it stored";
}

TEST(RiscvHost, IssuesACommandACycleWhileThereIsRoom) {
  Bench bench(Words{rocc(2), rocc(2), rocc(2)} + exit_with(zero));
  bench.run();
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(boot, boot + 1, boot + 2));
  EXPECT_EQ(bench.host.stats().commands.value(), 3U);
}

TEST(RiscvHost, WaitsForRoomAtThePort) {
  Bench bench(Words{rocc(2), rocc(2), csrr(t0, cycles)} + exit_with(zero), 1, 100);
  bench.run();
  EXPECT_THAT(bench.accelerator.arrivals, ElementsAre(boot, boot + 101));
  EXPECT_EQ(bench.get(t0), boot + 102);
  EXPECT_EQ(bench.host.stats().cycles.value(RiscvHost::Activity::PortFull), 100U);
}

TEST(RiscvHost, WaitsAtAFenceUntilTheAcceleratorIsIdle) {
  Bench bench(Words{rocc(2), csrr(t0, cycles), fence, csrr(t1, cycles)} + exit_with(zero), 1, 100);
  bench.run();
  EXPECT_EQ(bench.get(t0), boot + 1) << "without a fence it goes on";
  EXPECT_EQ(bench.get(t1), boot + 102 + bench.config.host.issue.fence());
}

// Past bug 1: a program read its last result before the last beat of it had been written.
TEST(RiscvHost, HoldsAFenceThatComesWhenTheAcceleratorHasJustBecomeIdle) {
  Words words = {rocc(2)};
  words.insert(words.end(), 101, nop);  // the accelerator becomes idle meanwhile
  Bench bench(words + Words{fence, csrr(t1, cycles)} + exit_with(zero), 1, 100);
  bench.run();
  EXPECT_EQ(bench.get(t1), boot + 102 + bench.config.host.issue.fence());
}

TEST(RiscvHost, WaitsForAResponse) {
  Bench bench(Words{addi(t0, zero, 77), rocc(126, t0), csrr(t1, cycles)} + exit_with(zero), 4, 1);
  bench.run();
  EXPECT_EQ(bench.get(t0), StandInAccelerator::counter);
  EXPECT_EQ(bench.get(t1), boot + 2) << "the response is seen a cycle after the command";
}

TEST(RiscvHost, TakesTheTimersInterruptInItsCycle) {
  // mtimecmp = 3 with 100 cycles a tick; sleep; the handler is the code after wfi.
  const Words handler_after = {auipc(s0),
                               addi(s0, s0, 4 * 10),
                               csrw(trap_vector, s0),
                               lui(t0, 0x2004000),
                               addi(t1, zero, 3),
                               sd(t1, t0, 0),
                               addi(t1, zero, 128),
                               csrw(machine_interrupts, t1),
                               csrw(machine_status, /*MIE*/ t2),
                               wfi,
                               csrr(t0, cycles)};
  Words words = {addi(t2, zero, 8)};
  Bench bench(words + handler_after + exit_with(zero), 1, 1, {"devices.mtime_divider=100"});
  EXPECT_EQ(bench.run(), sim::StopReason::Finished);
  EXPECT_EQ(bench.get(t0), 301U) << "the trap takes cycle 300";
  EXPECT_EQ(bench.host.stats().traps.value(), 1U);
}

TEST(RiscvHost, ReadsTheTimersRegisterAsOfTheCycleOfTheLoad) {
  Words words = {lui(t0, 0x200c000), addi(t0, t0, -8)};
  words.insert(words.end(), 200, nop);
  words.push_back(ld(t1, t0));
  Bench bench(words + exit_with(zero), 1, 1, {"devices.mtime_divider=1"});
  bench.run();
  EXPECT_EQ(bench.get(t1), boot + 202);
}

TEST(RiscvHost, IsLostWithoutAHandlerAndSaysWhere) {
  Bench bench({nop, illegal});
  EXPECT_EQ(bench.run(), sim::StopReason::Finished);
  EXPECT_EQ(bench.host.ending(), RiscvHost::Ending::Lost);
  EXPECT_EQ(bench.host.last_exception(), "illegal instruction (0x0) at pc 0x80000004 (main+0x4)");
}

TEST(RiscvHost, IsLostWhenItsHandlerTrapsForEver) {
  // The handler stores where nothing is, as a handler does whose stack has left memory.
  Bench bench({auipc(s0), addi(s0, s0, 12), csrw(trap_vector, s0), lui(t0, 0x40000000), nop, sd(t0, t0, 0)});
  EXPECT_EQ(bench.run(), sim::StopReason::Finished);
  EXPECT_EQ(bench.host.ending(), RiscvHost::Ending::Lost);
  EXPECT_THAT(bench.host.last_exception(), HasSubstr("store access fault (0x40000000) at pc 0x80000014"));
}

TEST(RiscvHost, TellsWhereAnEndlessProgramIs) {
  Bench bench({nop, loop});
  EXPECT_EQ(bench.run(50000), sim::StopReason::MaxCycles);
  EXPECT_THAT(bench.host.waiting_for(), HasSubstr("at pc 0x80000004 (main+0x4)"));
}

TEST(RiscvHost, TellsThatAProgramSleepsForEver) {
  Bench bench({wfi, loop});
  bench.run();
  EXPECT_THAT(bench.host.waiting_for(), HasSubstr("an interrupt (wfi), at pc 0x80000004"));
}

TEST(RiscvHost, RefusesAProgramThatMemoryCannotHold) {
  ElfFile file = elf_of({nop});
  file.segment(ElfFile::base + 0x20000, {1});
  const auto image = functional::ElfImage::parse(file.bytes(), "big.elf");
  Bench bench({nop});
  EXPECT_THROW(
      Platform("second", bench.domain, bench.config,
               {bench.memory, PhysAddr{ElfFile::base}, 64_KiB, bench.memory.bytes.data()}, image, bench.console),
      UserError);
}

}  // namespace
}  // namespace castor::host
