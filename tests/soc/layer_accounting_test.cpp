#include "castor/soc/layer_accounting.h"

#include <gtest/gtest.h>

#include "machine.h"

namespace castor::soc {
namespace {

using test::Machine;
using test::one_tile;

TEST(LayerAccounting, GivesEveryCycleAfterTheFirstMarkerToALayer) {
  Machine machine(std::string(one_tile) + "layer name=\"softmax\" op=Softmax on=host macs=0\nhost_work cycles=500\n");
  machine.soc.run();
  const auto& rows = machine.layers.rows();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].layer.name, "tile");
  EXPECT_EQ(rows[0].start, Cycle{0});
  EXPECT_EQ(rows[1].layer.on, isa::Placement::Host);
  EXPECT_EQ(rows[1].start, rows[0].start + rows[0].cycles);
  EXPECT_EQ(rows[1].start + rows[1].cycles, machine.soc.cycles());
}

TEST(LayerAccounting, ChargesHostWorkToItsLayer) {
  Machine machine(std::string(one_tile) + "layer name=\"softmax\" op=Softmax on=host macs=0\nhost_work cycles=500\n");
  machine.soc.run();
  EXPECT_EQ(machine.layers.rows()[0].host_cycles, 0U);
  EXPECT_EQ(machine.layers.rows()[1].host_cycles, 500U);
}

TEST(LayerAccounting, MeasuresUtilizationAgainstThePeak) {
  Machine machine(one_tile);
  machine.soc.run();
  const LayerRow& row = machine.layers.rows()[0];
  EXPECT_DOUBLE_EQ(row.utilization, 4096.0 / (256.0 * static_cast<double>(row.cycles)));
}

TEST(LayerAccounting, CountsTheLinesReadFromMemory) {
  Machine machine(one_tile);
  machine.soc.run();
  const LayerRow& row = machine.layers.rows()[0];
  EXPECT_GE(row.dram_read_bytes, 512U) << "A and B, cold";
  EXPECT_GT(row.l2_miss_rate, 0);
  EXPECT_LE(row.l2_miss_rate, 1);
}

// The same page in two layers.
const std::string page_twice =
    "config_mvin stride=64\n"
    "layer name=\"cold\" op=Test on=accelerator macs=0\n"
    "mvin dram=0x80000000 local=sp+0 rows=16 cols=64\nfence\n"
    "layer name=\"warm\" op=Test on=accelerator macs=0\n"
    "mvin dram=0x80000000 local=sp+0 rows=16 cols=64\nfence\n";

TEST(LayerAccounting, MeasuresThePacketsThatTheTlbDidNotHold) {
  config::SocConfig config;
  config.soc.virtual_memory.set(true);
  Machine machine(page_twice, true, sim::StepOrder::Normal, config);
  machine.soc.run();
  const auto& tlb = machine.soc.tile().accelerator->dma().tlb.stats();
  const double misses = static_cast<double>(tlb.private_misses.value());
  EXPECT_GT(misses, 0);
  EXPECT_EQ(tlb.packets.value(), 32U) << "a row is a packet";
  EXPECT_DOUBLE_EQ(machine.layers.rows()[0].tlb_miss_rate, misses / 16);
  EXPECT_EQ(machine.layers.rows()[1].tlb_miss_rate, 0);
}

TEST(LayerAccounting, WithoutVirtualMemoryTheTlbHoldsEverything) {
  Machine machine(page_twice);
  machine.soc.run();
  EXPECT_EQ(machine.soc.tile().accelerator->dma().tlb.stats().packets.value(), 32U);
  EXPECT_EQ(machine.layers.rows()[0].tlb_miss_rate, 0);
}

}  // namespace
}  // namespace castor::soc
