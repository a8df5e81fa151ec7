// Reader and writer of an accelerator whose TLB holds no more than one of their pages.
#include <gtest/gtest.h>

#include "machine.h"

namespace castor::soc {
namespace {

using test::Machine;

// Rows in and rows out at the same time, every row in a page of its own, none in the region of another.
std::string pages_in_and_out() {
  std::string text = "config_mvin stride=65536\nconfig_mvout stride=65536\n";
  for (int i = 0; i < 8; ++i)
    text +=
        "mvin dram=0x80000000 local=sp+0 rows=16 cols=64\n"
        "mvout dram=0x81008000 local=sp+1024 rows=16 cols=16\n";
  return text;
}

config::SocConfig one_tag(unsigned hit_latency, unsigned l2_tlb_entries, bool filter) {
  config::SocConfig config;
  config.soc.virtual_memory.set(true);
  config.gemmini.use_tlb_register_filter.set(filter);
  config.tlb.hit_latency.set(hit_latency);
  config.ptw.l2_tlb_entries.set(l2_tlb_entries);
  return config;
}

class TranslationProgress : public testing::TestWithParam<std::tuple<unsigned, unsigned, bool>> {};

TEST_P(TranslationProgress, NeitherTakesTheOthersPageForEver) {
  const auto [hit_latency, l2_tlb_entries, filter] = GetParam();
  Machine machine(pages_in_and_out(), true, sim::StepOrder::Normal, one_tag(hit_latency, l2_tlb_entries, filter));
  machine.soc.clock().set_max_cycles(Cycle{200000});
  EXPECT_EQ(machine.soc.run(), sim::StopReason::Finished);
  const auto& tlb = machine.soc.tile().accelerator->dma().tlb.stats();
  EXPECT_EQ(tlb.packets.value(), 2U * 8 * 16);
}

TEST_P(TranslationProgress, ABlockingTlbWalksOnceForEachPacket) {
  const auto [hit_latency, l2_tlb_entries, filter] = GetParam();
  config::SocConfig config = one_tag(hit_latency, l2_tlb_entries, filter);
  config.tlb.blocking.set(true);
  Machine machine(pages_in_and_out(), true, sim::StepOrder::Normal, config);
  machine.soc.clock().set_max_cycles(Cycle{200000});
  EXPECT_EQ(machine.soc.run(), sim::StopReason::Finished);
  const auto& tlb = machine.soc.tile().accelerator->dma().tlb.stats();
  EXPECT_EQ(tlb.packets.value(), 2U * 8 * 16);
  EXPECT_EQ(tlb.private_misses.value(), tlb.packets.value());
  EXPECT_EQ(machine.soc.tile().translation->walker().stats().requests.value(), tlb.packets.value());
}

TEST(TranslationOfRows, BeforeABlockingTlbOneWaitsForTheOther) {
  config::SocConfig config = one_tag(0, 0, false);
  config.tlb.blocking.set(true);
  Machine machine("config_mvin stride=64\nmvin dram=0x80000000 local=sp+0 rows=16 cols=64\n", true,
                  sim::StepOrder::Normal, config);
  EXPECT_EQ(machine.soc.run(), sim::StopReason::Finished);
  const auto& tlb = machine.soc.tile().accelerator->dma().tlb.stats();
  EXPECT_EQ(tlb.private_misses.value(), 1u);
  EXPECT_EQ(tlb.private_joins.value(), 0u);
  EXPECT_EQ(tlb.private_hits.value(), 15u);
}

INSTANTIATE_TEST_SUITE_P(Latencies, TranslationProgress,
                         testing::Combine(testing::Values(0U, 1U, 2U, 3U, 4U, 7U), testing::Values(0U, 512U),
                                          testing::Bool()));

}  // namespace
}  // namespace castor::soc
