// castor run --elf, from the outside: how programs end, well or badly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../host/assembly.h"
#include "program.h"

namespace castor::e2e {
namespace {

using namespace host::test;  // NOLINT: the words of a program
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string edge = source("configs/edge.yaml");

/// Where the test's runs leave their reports.
const std::string& out() {
  static const std::string path = directory();  // a process a test
  return path;
}

std::string file_of(const std::vector<std::uint8_t>& bytes) {
  return file_with("program.elf", std::string(bytes.begin(), bytes.end()));
}

Outcome run_file(const std::string& path, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {
      "run", "--config", edge, "--elf", path, "--out", out(), "-p", "host.timing=functional"};
  words.insert(words.end(), more.begin(), more.end());
  return castor(words);
}
Outcome run_words(const Words& words, const std::vector<std::string>& more = {}) {
  return run_file(file_of(elf_of(words).bytes()), more);
}
Outcome run_spoilt(void (*spoil)(ElfFile&)) {
  ElfFile file = elf_of({loop});
  spoil(file);
  return run_file(file_of(file.bytes()));
}

/// Prints a character through the HTIF's console (destroys t2 and s1).
Words print(char character) {
  return {addi(t2, zero, 0x101), slli(t2, t2, 48), addi(t2, t2, character), lui(s1, 0x80001000), slli(s1, s1, 32),
          srli(s1, s1, 32),      sd(t2, s1, 0)};
}

TEST(Elf, PrintsItsConsoleUnchangedAndReportsItsCycles) {
  const Outcome outcome = run_words(print('h') + print('i') + exit_with(zero), {"--quiet"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "hi");
  EXPECT_THAT(outcome.err, IsEmpty());
  const auto json = report(out());
  EXPECT_EQ(json["complete"], true);
  EXPECT_EQ(json["workload"]["kind"], "elf");
  EXPECT_EQ(json["stats"]["soc.hart"]["instructions"]["value"], json["cycles"]);
}

TEST(Elf, EndsWithTheExitCodeOfTheProgram) {
  const Outcome outcome = run_words(Words{addi(t0, zero, 5)} + exit_with(t0));
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(outcome.err, HasSubstr("program.elf: exit code 5\n"));
  EXPECT_EQ(report(out())["complete"], true);
}

TEST(Elf, IsNotSwitchedAwayByTheSimulator) {
  const Outcome outcome = run_words(exit_with(zero), {"-p", "host.context_switch.interval=1000000"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("host.context_switch.interval: a RISC-V program cannot be switched away; allowed: 0"));
}

TEST(Elf, FailsWithAnExitCodeOfWhichTheShellWouldSeeZero) {
  EXPECT_EQ(run_words(Words{addi(t0, zero, 256)} + exit_with(t0)).status, 1);
}

TEST(Elf, TellsOfAnIllegalInstructionAndWhereItIs) {
  const Outcome outcome = run_words({nop, illegal});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("program.elf: illegal instruction (0x0) at pc 0x80000004 (main+0x4), cycle 7; "));
  const auto json = report(out());
  EXPECT_EQ(json["complete"], false);
  EXPECT_THAT(json["stopped_by"].get<std::string>(), HasSubstr("illegal instruction"));
}

TEST(Elf, TellsOfTheExceptionWhoseHandlerEndsTheProgram) {
  const Outcome outcome =
      run_words(Words{auipc(s0), addi(s0, s0, 16), csrw(trap_vector, s0), illegal, addi(t0, zero, 5)} + exit_with(t0));
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(outcome.err, HasSubstr("exit code 5; last exception: illegal instruction (0x0) at pc 0x8000000c"));
  EXPECT_EQ(report(out())["complete"], false);
  EXPECT_THAT(report(out())["stopped_by"].get<std::string>(), HasSubstr("illegal instruction"));
}

TEST(Elf, TellsOfAnAccessToNothingAndTheAddress) {
  const Outcome outcome = run_words({lui(t0, 0x40000000), sd(t0, t0, 0)});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("store access fault (0x40000000) at pc 0x80000004 (main+0x4)"));
}

TEST(Elf, TellsOfAMisalignedAccess) {
  const Outcome outcome = run_words({lui(t0, 0x1000), addi(t0, t0, 1), ld(t1, t0)});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, Not(IsEmpty()));
  EXPECT_THAT(outcome.err, HasSubstr("at pc 0x80000008 (main+0x8)"));
}

TEST(Elf, TellsWhatTheAcceleratorWasAskedThatMemoryCannot) {
  // mvin of a row at address 0x1000, where nothing is.
  const Words words = {lui(t0, 0x1000),
                       addi(t1, zero, 1),
                       slli(t1, t1, 48),
                       addi(t2, zero, 1),
                       slli(t2, t2, 32),
                       addi(t1, t1, 0),
                       0x00000033 | t2 << 20 | t1 << 15 | t1 << 7 /* add t1, t1, t2 */,
                       2U << 25 | t1 << 20 | t0 << 15 | 3 << 12 | 0x7b,
                       fence};
  const Outcome outcome = run_words(words + exit_with(zero));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("0x1000"));
  EXPECT_THAT(outcome.err, HasSubstr("pc 0x8000002"));
  EXPECT_EQ(report(out())["complete"], false);
}

TEST(Elf, StopsAnEndlessProgramAtMaxCyclesAndTellsWhereItIs) {
  const Outcome outcome = run_words({nop, loop}, {"--max-cycles", "100000"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("soc.hart: the program to end, at pc 0x80000004 (main+0x4)"));
  EXPECT_EQ(report(out())["stopped_by"], "max_cycles");
}

TEST(Elf, TellsThatAProgramSleepsWithNothingToWakeIt) {
  const Outcome outcome = run_words({wfi, loop});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("soc.hart: an interrupt (wfi), at pc 0x80000004"));
}

TEST(Elf, RefusesFilesThatAreNoProgramForThisMachine) {
  const auto refusal = [](void (*spoil)(ElfFile&)) {
    const Outcome outcome = run_spoilt(spoil);
    EXPECT_EQ(outcome.status, 2);
    return outcome.err;
  };
  EXPECT_THAT(refusal([](ElfFile& file) { file.header.e_ident[EI_CLASS] = ELFCLASS32; }), HasSubstr("32-bit"));
  EXPECT_THAT(refusal([](ElfFile& file) { file.header.e_machine = EM_X86_64; }), HasSubstr("for machine 62"));
  EXPECT_THAT(refusal([](ElfFile& file) { file.header.e_type = ET_DYN; }), HasSubstr("dynamically linked"));
  EXPECT_THAT(refusal([](ElfFile& file) {
                file.segment(0x1000, {1, 2});
              }),
              HasSubstr("2 bytes at 0x1000 lies outside"));
}

TEST(Elf, RefusesATohostOutsideMemory) {
  ElfFile file;
  file.object("tohost", 0x40);
  const Outcome outcome = run_file(file_of(file.bytes()));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("program.elf: tohost or fromhost at 0x40 lies outside memory; allowed: "));
}

TEST(Elf, RefusesATruncatedFileAndWhatIsNoElf) {
  std::vector<std::uint8_t> bytes = elf_of({loop}).bytes();
  bytes.resize(bytes.size() / 2);
  const Outcome truncated = run_file(file_of(bytes));
  EXPECT_EQ(truncated.status, 2);
  EXPECT_THAT(truncated.err, HasSubstr("program.elf: truncated"));
  const Outcome text = run_file(file_with("notes.txt", "no program"));
  EXPECT_EQ(text.status, 2);
  EXPECT_THAT(text.err, HasSubstr("notes.txt: not an ELF file; allowed: "));
}

TEST(Elf, RefusesOptionsThatOnlyStreamsHave) {
  EXPECT_THAT(run_words({loop}, {"--values", "off"}).err, HasSubstr("allowed with --values on only"));
  EXPECT_THAT(run_words({loop}, {"--input", "x.npy"}).err, HasSubstr("--input goes with --model only"));
}

}  // namespace
}  // namespace castor::e2e
