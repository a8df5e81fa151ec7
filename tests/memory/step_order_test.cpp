// The order in which blocks of one level step must not matter. SystemC elaborates once a process: the reversed run
// happens in a child.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

namespace castor::memory::test {
namespace {

std::uint64_t digest_of_a_busy_run(sim::StepOrder order) {
  config::SocConfig config;
  config.l2.banks.set(2);
  Bench bench(config, order);
  for (unsigned i = 0; i < 400; ++i) {
    const std::uint64_t address = 0x80000000 + 64 * (i * 37 % 97) + 0x10000 * (i * 11 % 13);
    if (i % 3 == 0)
      bench.writer.order(put(20 + i, address, 16u << i % 3, static_cast<std::uint8_t>(i)));
    else
      bench.reader.order(get(20 + i, address, 16u << i % 3));
  }
  bench.run();
  std::uint64_t digest = 0;
  for (const Initiator* initiator : {&bench.reader, &bench.writer})
    for (const Order& one : initiator->orders())
      for (const std::uint64_t beat : one.beats) digest = digest * 1000003 + beat;
  return digest;
}

TEST(StepOrder, OfBlocksOfOneLevelChangesNoCycle) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::uint64_t digest = digest_of_a_busy_run(sim::StepOrder::Reversed);
    _exit(write(pipe_ends[1], &digest, sizeof digest) == sizeof digest ? 0 : 1);
  }
  std::uint64_t reversed = 0;
  ASSERT_EQ(read(pipe_ends[0], &reversed, sizeof reversed), static_cast<ssize_t>(sizeof reversed));
  waitpid(child, nullptr, 0);
  EXPECT_EQ(digest_of_a_busy_run(sim::StepOrder::Normal), reversed);
}

}  // namespace
}  // namespace castor::memory::test
