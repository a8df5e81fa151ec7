#include "castor/host/rtl_trace.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "castor/common/error.h"

namespace castor::host {
namespace {

std::string trace_file(const std::string& text) {
  const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path = testing::TempDir() + name + ".trace";
  std::ofstream(path) << text;
  return path;
}

std::string error_of(const std::string& text) {
  const std::string path = trace_file(text);
  try {
    read_rtl_trace(path);
  } catch (const UserError& error) {
    return std::string(error.what()).substr(path.size());
  }
  return "no error";
}

TEST(RtlTrace, ReadsTheCommandsOfEachSegment) {
  const auto segments =
      read_rtl_trace(trace_file("# castor rtl trace 1\nsegment 0 gap=1384\n0 cmd 7 0 0\nsegment 4 gap=64\n0 cmd 0 "
                                "3f80000000010004 1000000000000\n"
                                "4 alloc 0 3f80000000010004 1000000000000\n12 cmd e 83000000 10001000000000\n"));
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].gap, 1384U);
  EXPECT_EQ(segments[1].number, 4U);
  ASSERT_EQ(segments[1].commands.size(), 2U);
  EXPECT_EQ(segments[1].commands[1].at, Cycle{12});
  EXPECT_EQ(segments[1].commands[1].command, (isa::Command{14, 0x83000000, 0x0010001000000000}));
}

TEST(RtlTrace, TakesALineThatNoDmaRequestOfTheSegmentNamesForTheCores) {
  const auto segments = read_rtl_trace(
      trace_file("segment 0 gap=1\n0 cmd 2 83000000 0\n10 rda 0 83000010 4\n16 ar 1 83000000 8\n21 ar 3 80000840 8\n"
                 "segment 1 gap=1\n0 cmd 2 0 0\n16 ar 1 83000000 8\n30 wra 0 84000020 5\n40 ar 1 84000000 8\n"));
  ASSERT_EQ(segments[0].misses.size(), 1U);
  EXPECT_EQ(segments[0].misses[0].line, PhysAddr{0x80000840});
  EXPECT_EQ(segments[0].misses[0].at, Cycle{21});
  ASSERT_EQ(segments[1].misses.size(), 1U);
  EXPECT_EQ(segments[1].misses[0].line, PhysAddr{0x83000000});
}

TEST(RtlTrace, RefusesARequestWithoutAnAddress) {
  EXPECT_EQ(error_of("segment 0 gap=1\n0 rda 0\n"),
            ":2: has no address; allowed: CYCLE EVENT ID ADDRESS LOG2_SIZE (fields hexadecimal)");
}

TEST(RtlTrace, ReadsAMeasuredFile) {
  const std::string path = std::string(CASTOR_SOURCE_DIR) + "/tests/rtl/traces/compute.trace.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto segments = read_rtl_trace(path);
  EXPECT_EQ(segments.size(), 129U);
}

TEST(RtlTrace, RefusesWhatIsNoEvent) {
  EXPECT_EQ(error_of("segment 0 gap=1\nhello\n"), ":2: is no event; allowed: CYCLE EVENT FIELDS");
}

TEST(RtlTrace, RefusesABrokenCommand) {
  EXPECT_EQ(error_of("segment 0 gap=1\n0 cmd 7 zz\n"),
            ":2: is no command; allowed: CYCLE cmd FUNCT RS1 RS2 (fields hexadecimal)");
}

TEST(RtlTrace, RefusesAFunctOfMoreThanSevenBits) {
  EXPECT_EQ(error_of("segment 0 gap=1\n0 cmd 80 0 0\n"), ":2: funct out of range; allowed: 0..7f");
}

TEST(RtlTrace, RefusesACommandBeforeTheFirstSegment) {
  EXPECT_EQ(error_of("0 cmd 7 0 0\n"), ":1: comes before the first segment");
}

TEST(RtlTrace, RefusesAnEmptyFile) {
  EXPECT_EQ(error_of(""), ":0: holds no segment; allowed: a line \"segment N gap=G\" before the events");
}

TEST(RtlTrace, NamesAFileThatIsNotThere) {
  try {
    read_rtl_trace("/no/such.trace");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "/no/such.trace: cannot be opened; allowed: a trace file, plain or gzip, or -");
  }
}

}  // namespace
}  // namespace castor::host
