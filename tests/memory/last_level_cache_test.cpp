// The last-level cache before the DDR3 model: its cycles, request by request.
#include "castor/memory/last_level_cache.h"

#include <gtest/gtest.h>

#include <numeric>

#include "castor/config/soc_config.h"
#include "castor/memory/dram_ddr3.h"
#include "dram_bench.h"

namespace castor::memory::test {
namespace {

using Blocks = std::vector<Port::Block>;
using Cycles = std::vector<std::uint64_t>;

struct LlcBench {
  explicit LlcBench(config::DramParams given = {}, sim::StepOrder order = sim::StepOrder::Normal)
      : params(std::move(given)),
        domain("clock", sc_core::sc_time(1, sc_core::SC_NS), order),
        dram("dram", domain, params, bus, 1.0),
        cache("cache", domain, params, bus, 64_B),
        port("port", domain) {
    cache.dram.bind(dram.socket);
    port.socket.bind(cache.socket);
  }
  Cycles run(Blocks blocks) {
    port.blocks = std::move(blocks);
    domain.set_max_cycles(Cycle{1000000});
    sc_core::sc_start();
    domain.rethrow_failure();
    Cycles answers;
    for (const Port::Block& block : port.blocks) answers.push_back(block.answered);
    return answers;
  }
  config::DramParams params;
  config::MemoryBusParams bus;
  sim::ClockDomain domain;
  DramDdr3 dram;
  LastLevelCache cache;
  Port port;
};

// Accepted 10, looked up 11, both reads of the block sent 12 and 13; the DRAM opens the row in 13 and gives the first
// beats in 13 + 14 + 14 + 2 = 43 and 51, so the last beat comes in 58.
constexpr std::uint64_t last_beat = 58;

TEST(LastLevelCache, AnswersAMissItsHitLatencyAfterTheLastBeatOfItsBlock) {
  LlcBench bench;
  EXPECT_EQ(bench.run({{10, 0, false}}), (Cycles{last_beat + 3}));
  EXPECT_EQ(bench.cache.stats.misses.value(), 1u);
  EXPECT_EQ(bench.dram.stats.reads.value(), 2u) << "a block of 128 B is two of the bus's";
}

TEST(LastLevelCache, AnswersAHitInItsLatency) {
  LlcBench bench;
  EXPECT_EQ(bench.run({{10, 0, false}, {100, 0, false}, {200, 64, false}}), (Cycles{61, 103, 203}));
  EXPECT_EQ(bench.cache.stats.hits.value(), 2u);
  EXPECT_EQ(bench.dram.stats.reads.value(), 2u);
}

TEST(LastLevelCache, TakesItsHitLatencyFromTheConfiguration) {
  config::DramParams params;
  params.llc.hit_latency.set(1);
  LlcBench bench(params);
  EXPECT_EQ(bench.run({{10, 0, false}, {100, 0, false}}), (Cycles{last_beat + 1, 101}));
}

TEST(LastLevelCache, PassesTheDataOfHitsThroughOnePort) {
  LlcBench bench;
  const Cycles answers =
      bench.run({{10, 0, false}, {100, 0, false}, {101, 64, false}, {102, 0, true}, {103, 0, false}});
  EXPECT_EQ(answers[1], 103u);
  EXPECT_EQ(answers[2], 103u + 8);
  EXPECT_EQ(answers[3], 103u + 16 + 7) << "a write is acknowledged with its last beat";
  EXPECT_EQ(answers[4], 103u + 24);
}

TEST(LastLevelCache, LetsAMissOfABlockUnderWayJoin) {
  LlcBench bench;
  EXPECT_EQ(bench.run({{10, 0, false}, {20, 64, false}}), (Cycles{last_beat + 3, last_beat + 3 + 8}));
  EXPECT_EQ(bench.cache.stats.joined.value(), 1u);
  EXPECT_EQ(bench.dram.stats.reads.value(), 2u);
}

TEST(LastLevelCache, FetchesTheBlockOfAWriteThatMisses) {
  LlcBench bench;
  EXPECT_EQ(bench.run({{10, 0, true}}), (Cycles{last_beat + 3 + 7}));
  EXPECT_EQ(bench.dram.stats.reads.value(), 2u);
  EXPECT_EQ(bench.dram.stats.writes.value(), 0u);
}

config::DramParams direct_mapped() {
  config::DramParams params;
  params.llc.ways.set(1);
  params.llc.sets.set(4);
  return params;
}

TEST(LastLevelCache, WritesADirtyVictimBackBeforeItFetches) {
  LlcBench bench(direct_mapped());
  bench.run({{10, 0, true}, {200, 512, false}, {400, 0, false}});
  EXPECT_EQ(bench.cache.stats.evictions.value(), 2u);
  EXPECT_EQ(bench.cache.stats.write_backs.value(), 1u) << "the second victim was clean";
  EXPECT_EQ(bench.dram.stats.writes.value(), 2u);
  EXPECT_EQ(bench.dram.stats.reads.value(), 6u);
}

TEST(LastLevelCache, FillsEmptyWaysBeforeItReplaces) {
  LlcBench bench;
  Blocks blocks;
  for (unsigned i = 0; i < 8; ++i) blocks.push_back({10 + 100 * i, i * 4096ull * 128, false});
  for (unsigned i = 0; i < 8; ++i) blocks.push_back({2000 + 100 * i, i * 4096ull * 128, false});
  bench.run(blocks);
  EXPECT_EQ(bench.cache.stats.evictions.value(), 0u);
  EXPECT_EQ(bench.cache.stats.hits.value(), 8u);
}

TEST(LastLevelCache, HoldsAMissBackUntilAnMshrIsFree) {
  config::DramParams params;
  params.llc.mshrs.set(1);
  LlcBench bench(params);
  const Cycles answers = bench.run({{10, 0, false}, {11, 128, false}});
  // The MSHR is free in 59; looked up in that cycle, sent 60 and 61, the row is open: read in 61.
  EXPECT_EQ(answers[1], 61u + 14 + 2 + 15 + 3);
  EXPECT_EQ(bench.cache.stats.cycles_blocked.value(), 47u) << "12 to 58";
}

TEST(LastLevelCache, HoldsAMissBackWhileEveryWayIsBeingFilled) {
  LlcBench bench(direct_mapped());
  const Cycles answers = bench.run({{10, 0, false}, {11, 512, false}});
  EXPECT_GT(answers[1], last_beat + 14 + 2 + 15);
  EXPECT_EQ(bench.cache.stats.cycles_blocked.value(), 47u);
}

TEST(LastLevelCache, HoldsRequestsBackWhileItsQueueIsFull) {
  config::DramParams params;
  params.llc.mshrs.set(1);
  LlcBench bench(params);
  Blocks blocks;
  for (unsigned i = 0; i < 12; ++i) blocks.push_back({10, 4096ull * i, false});
  bench.run(blocks);
  EXPECT_GT(bench.cache.stats.queue_full.value(), 0u);
  EXPECT_GT(bench.port.blocks[11].accepted, 60u);
}

class BusyLastLevelCache : public testing::TestWithParam<sim::StepOrder> {};

TEST_P(BusyLastLevelCache, TakesTheSameCyclesInEitherOrderOfSteps) {
  LlcBench bench(direct_mapped(), GetParam());
  Blocks blocks;
  for (unsigned i = 0; i < 300; ++i) blocks.push_back({10 + 3 * i, (i * 7919ull % 61) * 64, i % 3 == 0});
  const Cycles answers = bench.run(blocks);
  EXPECT_EQ(answers.back(), 8953u);
  EXPECT_EQ(std::accumulate(answers.begin(), answers.end(), 0ull), 1345198u);
}

INSTANTIATE_TEST_SUITE_P(BothOrders, BusyLastLevelCache,
                         testing::Values(sim::StepOrder::Normal, sim::StepOrder::Reversed));

std::string error_of(const std::vector<std::string>& settings) {
  try {
    config::SocConfig::load("", settings);
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

TEST(LastLevelCache, StandsBeforeTheDdr3ModelOnly) {
  EXPECT_NE(error_of({"dram.llc.enabled=true"}).find("dram.llc.enabled: a last-level cache needs dram.model: ddr3"),
            std::string::npos);
  EXPECT_EQ(error_of({"dram.llc.enabled=true", "dram.model=ddr3"}), "");
}

}  // namespace
}  // namespace castor::memory::test
