#include "castor/soc/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine.h"

namespace castor::soc {
namespace {

using test::Machine;
using test::one_tile;
using testing::HasSubstr;

TEST(Checker, FindsNothingWrongWithACorrectMachine) {
  Machine machine(one_tile);
  machine.check();
  machine.soc.run();
  EXPECT_EQ(machine.checker->mismatches(), 0U) << machine.checker->first_mismatch();
  EXPECT_EQ(machine.checker->checked_commands(), 4U) << "two mvins, a preload with its C rows, an mvout";
}

TEST(Checker, FindsAnOutputStationaryResultTheArrayGaveOutByItself) {
  std::string text = one_tile;
  text.replace(text.find("config_ex"), 9, "config_ex dataflow=os");
  Machine machine(text);
  machine.check();
  machine.soc.run();
  EXPECT_EQ(machine.checker->mismatches(), 0U) << machine.checker->first_mismatch();
  EXPECT_EQ(machine.checker->checked_commands(), 4U);
}

TEST(Checker, NamesTheMvinWhoseDataIsWrong) {
  Machine machine(one_tile);
  machine.check();
  machine.soc.memory().bytes().put<std::uint8_t>(PhysAddr{0x80000025}, 99);  // row 2, byte 5 of A
  machine.soc.run();
  EXPECT_GT(machine.checker->mismatches(), 0U);
  EXPECT_THAT(machine.checker->first_mismatch(), HasSubstr("mvin dram=0x80000000"));
  EXPECT_THAT(machine.checker->first_mismatch(), HasSubstr("scratchpad row 2, byte 5 is 0x63"));
}

TEST(Checker, NamesThePreloadWhoseResultIsWrong) {
  Machine machine(one_tile);
  machine.check();
  // Changes C's row 3 behind the machine's back when its last row is written.
  struct AtTheLastRow : sim::Observer {
    explicit AtTheLastRow(gemmini::LocalMemory& local) : local(local) {}
    void accumulator_write(Cycle, unsigned, unsigned row, bool) override {
      if (row != 15) return;
      RowBytes changed = local.peek(LocalAddr::acc(3));
      changed.data()[1] = static_cast<std::uint8_t>(changed.data()[1] + 1);
      local.poke(LocalAddr::acc(3), changed);
    }
    gemmini::LocalMemory& local;
  } saboteur(machine.soc.tile().accelerator->local_memory());
  machine.soc.probes().attach(saboteur);
  machine.soc.run();
  EXPECT_GT(machine.checker->mismatches(), 0U);
  EXPECT_THAT(machine.checker->first_mismatch(), HasSubstr(": preload "));
  EXPECT_THAT(machine.checker->first_mismatch(), HasSubstr("accumulator row 3, byte 1 is "));
}

TEST(Checker, NamesTheMvoutWhoseBytesAreWrong) {
  Machine machine(one_tile);
  machine.check();
  auto& bytes = machine.soc.memory().bytes();
  struct AtTheEnd : sim::Observer {
    explicit AtTheEnd(functional::Memory& memory) : memory(memory) {}
    void dma_write_ack(Cycle, unsigned) override { memory.put<std::uint8_t>(PhysAddr{0x80010033}, 0x5a); }
    functional::Memory& memory;
  } saboteur(bytes);
  machine.soc.probes().attach(saboteur);
  machine.soc.run();
  EXPECT_EQ(machine.checker->mismatches(), 2U) << "the command's row and the program's";
  EXPECT_THAT(machine.checker->first_mismatch(), HasSubstr("mvout dram=0x80010000"));
  EXPECT_THAT(machine.checker->first_mismatch(), HasSubstr("memory 0x80010033 is 0x5a"));
}

// A program's checker: commands at the accelerator's port, inputs that the core writes as it goes.
struct ProgramChecker : host::StreamObserver {
  explicit ProgramChecker(const std::string& text)
      : machine(text),
        checker(functional::OracleParams(machine.config.gemmini), machine.soc.tile().accelerator->local_memory(),
                machine.soc.memory().bytes(), Checker::Of::Program) {
    machine.soc.probes().attach(checker);
    machine.host().attach(*this);
  }
  void fence_passed(Cycle now) override { checker.fence_passed(now); }

  Machine machine;
  Checker checker;
};

TEST(Checker, OfAProgramSeesWhatTheCoreHasWritten) {
  ProgramChecker program(one_tile);
  program.machine.soc.memory().bytes().put<std::uint8_t>(PhysAddr{0x80000025}, 99);
  program.machine.soc.run();
  EXPECT_EQ(program.checker.mismatches(), 0U) << program.checker.first_mismatch();
  EXPECT_EQ(program.checker.checked_commands(), 4U);
}

TEST(Checker, OfAProgramNamesTheMvoutWhoseBytesAreWrong) {
  ProgramChecker program(one_tile);
  struct AtTheEnd : sim::Observer {
    explicit AtTheEnd(functional::Memory& memory) : memory(memory) {}
    void dma_write_ack(Cycle, unsigned) override { memory.put<std::uint8_t>(PhysAddr{0x80010033}, 0x5a); }
    functional::Memory& memory;
  } saboteur(program.machine.soc.memory().bytes());
  program.machine.soc.probes().attach(saboteur);
  program.machine.soc.run();
  EXPECT_EQ(program.checker.mismatches(), 2U);
  EXPECT_THAT(program.checker.first_mismatch(), HasSubstr("memory 0x80010033 is 0x5a"));
}

TEST(Checker, LeavesARowThatALaterMvinMayHaveWrittenToThatOne) {
  Machine machine(
      "config_mvin stride=16\n"
      "mvin dram=0x80000000 local=sp+0 rows=16 cols=16\n"
      "mvin dram=0x80000100 local=sp+0 rows=16 cols=16\n"
      "mvin dram=0x80000000 local=sp+8 rows=8 cols=16\nfence\n");
  machine.check();
  machine.soc.run();
  EXPECT_EQ(machine.checker->mismatches(), 0U) << machine.checker->first_mismatch();
  EXPECT_EQ(machine.checker->checked_commands(), 3U);
}

// Every mvin adds a row; with cold lines among them they land out of order.
TEST(Checker, AcceptsSumsThatLandInAnyOrder) {
  std::string text = "config_mvin stride=64 shrink=1\n";
  for (int i = 0; i < 40; ++i)
    text += "mvin dram=0x" +
            std::string(i % 3 == 0   ? "80000000"
                        : i % 3 == 1 ? "80100010"
                                     : "80000100") +
            " local=acc+0" + (i == 0 ? "" : "+accumulate") + " rows=1 cols=16\n";
  Machine machine(text + "fence\n");
  machine.check();
  machine.soc.run();
  EXPECT_EQ(machine.checker->mismatches(), 0U) << machine.checker->first_mismatch();
  EXPECT_EQ(machine.checker->checked_commands(), 40U);
}

RowBytes row_of(std::int32_t value) {
  RowBytes row(64);
  for (std::size_t lane = 0; lane < 16; ++lane) row.set<std::int32_t>(lane, value);
  return row;
}

// Past bug 6: a mvin overtaken by a later one was not told of the rows in which that one had found nothing wrong.
TEST(Checker, Bug6TellsAnOvertakenSumOfEveryRowThatAnotherHasWritten) {
  Machine machine(one_tile);
  gemmini::LocalMemory& local = machine.soc.tile().accelerator->local_memory();
  Checker checker(functional::OracleParams(machine.soc.config().gemmini), local, machine.soc.memory().bytes());
  for (functional::Memory* memory : checker.memories())
    for (unsigned byte = 0; byte < 32; ++byte) {
      memory->put<std::uint8_t>(PhysAddr{0x80000000U + byte}, 1);
      memory->put<std::uint8_t>(PhysAddr{0x80100000U + byte}, 2);
    }
  const auto take = [&](unsigned id, const isa::Command& command) {
    checker.allocate(Cycle{id}, sim::RobId{static_cast<std::uint8_t>(id)}, command);
    checker.issue(Cycle{id}, sim::RobId{static_cast<std::uint8_t>(id)}, command);
  };
  isa::ConfigMvin narrow;
  narrow.stride = 64, narrow.shrink = true;
  take(0, narrow.encode());
  checker.complete(Cycle{1}, sim::RobId{0}, true);
  const LocalAddr sums = LocalAddr::acc(0).with_accumulate(true);
  take(1, isa::Mvin{0, VirtAddr{0x80100000}, {sums, 1, 32}}.encode());
  take(2, isa::Mvin{0, VirtAddr{0x80000000}, {sums, 1, 32}}.encode());
  local.poke(LocalAddr::acc(0), row_of(3));   // both
  local.poke(LocalAddr::acc(16), row_of(1));  // the second mvin only, as yet
  checker.complete(Cycle{10}, sim::RobId{2}, false);
  local.poke(LocalAddr::acc(16), row_of(3));
  checker.complete(Cycle{20}, sim::RobId{1}, false);
  EXPECT_EQ(checker.mismatches(), 0U) << checker.first_mismatch();
}

TEST(Checker, FindsASumThatLacksOneOfSeveral) {
  std::string text = "config_mvin stride=64 shrink=1\n";
  for (int i = 0; i < 8; ++i)
    text += "mvin dram=0x80000000 local=acc+0" + std::string(i == 0 ? "" : "+accumulate") + " rows=1 cols=16\n";
  Machine machine(text + "fence\n");
  machine.check();
  struct OnceAgain : sim::Observer {
    explicit OnceAgain(gemmini::LocalMemory& local) : local(local) {}
    void accumulator_write(Cycle, unsigned, unsigned, bool) override {
      if (++writes == 5) local.poke(LocalAddr::acc(0), RowBytes(64));  // forgets what was added so far
    }
    gemmini::LocalMemory& local;
    int writes = 0;
  } saboteur(machine.soc.tile().accelerator->local_memory());
  machine.soc.probes().attach(saboteur);
  machine.soc.run();
  EXPECT_GT(machine.checker->mismatches(), 0U);
}

TEST(Checker, FollowsLoopsTwice) {
  Machine machine(
      "config_ex\nconfig_mvout stride=32\nconfig_mvin state=0 stride=32\nconfig_mvin state=1 stride=32\n"
      "config_mvin state=2 stride=0\n"
      "loop_ws_config_bounds i=1 j=1 k=1 pad_i=0 pad_j=0 pad_k=0\n"
      "loop_ws_config_addrs_ab a=0x80000000 b=0x80000100\nloop_ws_config_addrs_dc d=0x0 c=0x80010000\n"
      "loop_ws_config_strides_ab a=16 b=16\nloop_ws_config_strides_dc d=0 c=32\nloop_ws\nfence\n");
  machine.check();
  machine.soc.run();
  EXPECT_EQ(machine.checker->mismatches(), 0U) << machine.checker->first_mismatch();
  EXPECT_EQ(machine.checker->checked_commands(), 4U);
}

}  // namespace
}  // namespace castor::soc
