// The memory system against the measured RTL: the DMA's own requests, replayed in their cycles.
#include <gtest/gtest.h>

#include <cstdio>

#include "replay.h"

namespace castor::memory::test {
namespace {

std::vector<RtlSegment> run_of(const std::string& file) { return read_rtl_run(rtl_directory() + "/" + file); }

Comparison compare(const std::string& file, const ReplayOptions& options) {
  Comparison sum;
  for (const Comparison& one : replay(run_of(file), options)) sum.add(one);
  std::printf("%s\n  D beats     %s\n  acks        %s\n  reads       %s\n  write-backs %s\n  one side only %llu\n",
              file.c_str(), sum.read_beats.text().c_str(), sum.write_acks.text().c_str(), sum.fetches.text().c_str(),
              sum.write_backs.text().c_str(), static_cast<unsigned long long>(sum.missing));
  return sum;
}

#define SKIP_WITHOUT(file) \
  if (run_of(file).empty()) GTEST_SKIP() << file << " is not in " << rtl_directory() << " (set CASTOR_RTL_DIR)"

// Where every D beat was recorded, every answer must come in its cycle: hits, misses and puts.
class MeasuredKernels : public testing::TestWithParam<const char*> {};

TEST_P(MeasuredKernels, GetEveryAnswerInTheMeasuredCycle) {
  SKIP_WITHOUT(GetParam());
  const Comparison sum = compare(GetParam(), {});
  EXPECT_GT(sum.read_beats.exact, 1000u);
  EXPECT_EQ(sum.all().exact, sum.all().total());
  EXPECT_EQ(sum.missing, 0u);
  EXPECT_EQ(sum.late_requests.total(), 0u) << "the bus must take every request when the RTL did";
}
INSTANTIATE_TEST_SUITE_P(Rtl, MeasuredKernels, testing::Values("events/operations.gz", "events/kernels.gz"));

// Victims are pseudo-random and the core's own accesses, which nobody recorded, step the register that names them: with
// a filled cache single lines differ, but not the mean.
struct MeasuredRun {
  const char* file;
  unsigned latency;
  double mean;  // of (modelled - measured) over the line fetches, at most, in cycles
};

class MeasuredRuns : public testing::TestWithParam<MeasuredRun> {};

TEST_P(MeasuredRuns, AskMemoryAtTheMeasuredTimesOnAverage) {
  const MeasuredRun& run = GetParam();
  SKIP_WITHOUT(run.file);
  ReplayOptions options;
  options.latency = run.latency;
  options.told = false;
  const Comparison sum = compare(run.file, options);
  const double fetches = static_cast<double>(sum.fetches.total());
  EXPECT_LE(std::abs(static_cast<double>(sum.fetches.sum) / fetches), run.mean);
}
INSTANTIATE_TEST_SUITE_P(Rtl, MeasuredRuns,
                         testing::Values(MeasuredRun{"traces/mvin.trace.gz", 0, 5},
                                         MeasuredRun{"traces/mvin_lat100.trace.gz", 100, 2},
                                         MeasuredRun{"traces/mvout.trace.gz", 0, 5},
                                         MeasuredRun{"traces/rows.trace.gz", 0, 2},
                                         MeasuredRun{"traces/matmul_a.trace.gz", 0, 10}));

}  // namespace
}  // namespace castor::memory::test
