// The scripts, as far as they can be run inside a test (scripts/accuracy: tests/scripts).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"

namespace castor::e2e {
namespace {

using testing::HasSubstr;

TEST(CheckFloors, FindsNothingInThisTree) {
  const Outcome outcome = run({"/usr/bin/python3", source("scripts/check_floors.py")});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
}

TEST(CheckFloors, NamesAnIncludeAcrossTheFloors) {
  const std::string file =
      file_with("tree/include/castor/memory/x.h", "#pragma once\n#include \"castor/gemmini/gemmini.h\"\n");
  file_with("tree/src/isa/y.cpp", "#include <systemc>\n");
  const std::string tree = file.substr(0, file.find("/include/"));
  const Outcome outcome = run({"/usr/bin/python3", source("scripts/check_floors.py"), tree});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out,
              HasSubstr("include/castor/memory/x.h:2: memory includes castor/gemmini/gemmini.h; allowed: "));
  EXPECT_THAT(outcome.out, HasSubstr("src/isa/y.cpp:1: isa includes systemc; allowed in: "));
}

TEST(Install, HasNothingToDoWhereCastorIsBuilt) {
  const Outcome outcome = run({source("scripts/install")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(GemminiGcc, SaysHowItIsUsed) {
  const Outcome asked = run({source("scripts/gemmini-gcc"), "--help"});
  EXPECT_EQ(asked.status, 0);
  EXPECT_THAT(asked.out,
              HasSubstr("Usage: scripts/gemmini-gcc CONFIG.yaml [-p key=value]... PROGRAM.c [gcc arguments]"));
  const Outcome alone = run({source("scripts/gemmini-gcc")});
  EXPECT_EQ(alone.status, 2);
  EXPECT_EQ(alone.err, asked.out);
}

TEST(ProgramAccuracy, SaysWhatMakesTheProgramsThatAreMissing) {
  const Outcome outcome = run({"/usr/bin/python3", "-B", source("scripts/program_accuracy"), "--castor", CASTOR_PROGRAM,
                               "--programs", "/no/such/folder", "m_issue", "m_rows"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("program_accuracy: /no/such/folder: m_issue, m_rows: no such program (.elf); "));
  EXPECT_THAT(outcome.err, HasSubstr("scripts/build programs makes them"));
}

}  // namespace
}  // namespace castor::e2e
