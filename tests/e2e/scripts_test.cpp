// The scripts, as far as they can be run inside a test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

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

std::vector<std::string> accuracy(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"/usr/bin/python3", source("scripts/accuracy"), "--castor", CASTOR_PROGRAM};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Accuracy, ComparesTheCasesOfAFolder) {
  const std::string out = directory();
  const Outcome outcome = run(accuracy({"--file", "issue", "--no-baseline", "--out", out}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\nissue         236"));
  EXPECT_THAT(
      file_text(out + "/accuracy.csv"),
      testing::StartsWith(
          "family,file,segment,commands,rtl_cycles,castor_cycles,error_percent\r\nissue,issue.trace,0,1,0,0,0"));
}

TEST(Accuracy, FailsWhenAFamilyBecameWorse) {
  const std::string out = directory();
  const std::string cases = out + "/cases";
  file_with("out/cases/cases.csv", "file,family,lat,segment,commands,span\na.trace,issue,0,0,1,4\n");
  file_with("out/cases/traces/a.trace", "segment 0 gap=10\n0 cmd 0 3f80000000010004 1000000000000\n");
  file_with("out/cases/baseline.csv", "family,cases,mean_error_percent\nissue,1,0.0\n");
  const Outcome outcome = run(accuracy({"--cases", cases, "--out", out}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("accuracy: worse than baseline.csv: issue: mean error 75.000 %, 0.000 % before"));
}

TEST(Accuracy, RecordsABaseline) {
  const std::string out = directory();
  file_with("out/cases/cases.csv", "file,family,lat,segment,commands,span\na.trace,issue,0,0,1,7\n");
  file_with("out/cases/traces/a.trace", "segment 0 gap=10\n0 cmd 0 3f80000000010004 1000000000000\n");
  EXPECT_EQ(run(accuracy({"--cases", out + "/cases", "--out", out, "--record"})).status, 0);
  EXPECT_EQ(file_text(out + "/cases/baseline.csv"),
            "family,cases,mean_error_percent\r\nissue,1,0.0000\r\noverall,1,0.0000\r\n");
  EXPECT_EQ(run(accuracy({"--cases", out + "/cases", "--out", out})).status, 0);
}

TEST(Install, HasNothingToDoWhereCastorIsBuilt) {
  const Outcome outcome = run({source("scripts/install")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

}  // namespace
}  // namespace castor::e2e
