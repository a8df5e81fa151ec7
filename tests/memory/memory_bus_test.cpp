// The crossbar between L2 banks and memory channels.
#include "castor/memory/memory_bus.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace castor::memory::test {
namespace {

constexpr std::uint64_t base = 0x80000000;

config::SocConfig machine(unsigned banks, unsigned channels) {
  config::SocConfig config;
  config.l2.banks.set(banks);
  config.memory_bus.channels.set(channels);
  return config;
}

/// Cycles between the last beats of two neighbouring blocks from memory, asked for one after the other.
std::uint64_t between_two_blocks(const config::SocConfig& config) {
  Bench bench(config);
  const Order& first = bench.reader.order(get(20, base));
  const Order& second = bench.reader.order(get(21, base + 64));
  bench.run();
  return second.beats.back() - first.beats.back();
}

TEST(MemoryInterleave, SendsBlocksRoundTheChannelsAndGivesEachItsOwnWithoutGaps) {
  const MemoryInterleave interleave{4, 64};
  EXPECT_EQ(interleave.channel_of(PhysAddr{base + 5 * 64 + 63}), 1u);
  EXPECT_EQ(interleave.local(PhysAddr{base + 5 * 64 + 63}), PhysAddr{base / 4 + 64 + 63});
  EXPECT_EQ(interleave.local(PhysAddr{base + 9 * 64}), PhysAddr{base / 4 + 2 * 64});
}

TEST(MemoryChannels, GiveTheBeatsOfABlockEachWhereOneGivesThemInTurn) {
  EXPECT_EQ(between_two_blocks(machine(2, 1)), 8u) << "eight beats of a block";
}

TEST(MemoryChannels, AnswerTwoBanksSideBySide) {
  EXPECT_EQ(between_two_blocks(machine(2, 2)), 4u) << "four beats on the system bus";
}

TEST(MemoryChannels, AnswerOneBankABlockAfterTheOther) { EXPECT_EQ(between_two_blocks(machine(1, 2)), 8u); }

TEST(MemoryChannels, HaveAMemoryEach) {
  Bench bench(machine(2, 4));
  for (unsigned i = 0; i < 8; ++i) bench.reader.order(get(20 + i, base + 64 * i, 16));
  bench.run();
  unsigned memories = 0;
  for (const sc_core::sc_object* object : bench.memory.get_child_objects())
    memories += std::string(object->basename()).rfind("dram_", 0) == 0;
  EXPECT_EQ(memories, 4u);
}

}  // namespace
}  // namespace castor::memory::test
