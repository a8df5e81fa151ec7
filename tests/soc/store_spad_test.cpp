// STORE_SPAD through the whole machine: rows of accumulator and scratchpad that land in the scratchpad by way of
// TileLink.
#include <gtest/gtest.h>

#include "machine.h"

namespace castor::soc {
namespace {

using sim::StopReason;
using test::Machine;

const config::SocConfig unified = config::SocConfig::load(
    "", {"gemmini.rtl_generation=head", "gemmini.sp_singleported=false", "gemmini.use_shared_ext_mem=true",
         "gemmini.use_tl_ext_mem=true", "gemmini.tl_ext_mem_base=0x40000000"});

const std::string load_and_multiply =
    "config_ex\nconfig_mvout stride=16\nconfig_mvin stride=16\n"
    "mvin dram=0x80000000 local=sp+0 rows=16 cols=16\n"
    "mvin dram=0x80000100 local=sp+16 rows=16 cols=16\n"
    "preload bd=sp+16 bd_rows=16 bd_cols=16 c=acc+0 c_rows=16 c_cols=16\n"
    "compute_preloaded a=sp+0 a_rows=16 a_cols=16 bd=garbage bd_rows=16 bd_cols=16\n";

/// A product stored to the scratchpad, used as an operand, moved out; whole and partial rows, strides.
const std::string back_and_forth = load_and_multiply +
                                   "store_spad destination=sp+100 stride=1 local=acc+0 rows=16 cols=16\n"
                                   "store_spad destination=sp+4095 stride=3 local=acc+2 rows=5 cols=7\n"
                                   "store_spad destination=sp+200 stride=4 local=acc+0+full rows=4 cols=9\n"
                                   "store_spad destination=sp+300 stride=1 local=sp+3 rows=16 cols=3\n"
                                   "fence\n"
                                   "preload bd=sp+100 bd_rows=16 bd_cols=16 c=acc+16 c_rows=16 c_cols=16\n"
                                   "compute_preloaded a=sp+0 a_rows=16 a_cols=16 bd=garbage bd_rows=16 bd_cols=16\n"
                                   "mvout dram=0x80010000 local=acc+16 rows=16 cols=16\n"
                                   "mvout dram=0x80010200 local=sp+4095 rows=16 cols=16\n"
                                   "mvout dram=0x80010400 local=sp+200 rows=16 cols=16\n"
                                   "mvout dram=0x80010600 local=sp+300 rows=16 cols=16\n"
                                   "fence\n";

std::string error_of(const std::string& text, const config::SocConfig& config) {
  try {
    std::istringstream in(text);
    isa::read_stream(in, "test", functional::OracleParams(config.gemmini).stream_options());
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

TEST(StoreSpad, LeavesWhatTheOracleLeaves) {
  Machine machine(back_and_forth, true, sim::StepOrder::Normal, unified);
  machine.check();
  ASSERT_EQ(machine.soc.run(), StopReason::Finished);
  EXPECT_EQ(machine.checker->mismatches(), 0U) << machine.checker->first_mismatch();
  EXPECT_EQ(machine.checker->checked_commands(), 3U + 4 + 1 + 4);
}

std::uint64_t cycles_of(const std::string& text, bool values, sim::StepOrder order) {
  Machine machine(text, values, order, unified);
  EXPECT_EQ(machine.soc.run(), StopReason::Finished);
  return machine.soc.cycles().count();
}

class StoreSpadRun : public testing::TestWithParam<std::tuple<bool, sim::StepOrder>> {};

TEST_P(StoreSpadRun, TakesTheSameCyclesHoweverItIsRun) {
  const auto [values, order] = GetParam();
  EXPECT_EQ(cycles_of(back_and_forth, values, order), 1530U);
}

INSTANTIATE_TEST_SUITE_P(Everyway, StoreSpadRun,
                         testing::Combine(testing::Bool(),
                                          testing::Values(sim::StepOrder::Normal, sim::StepOrder::Reversed)));

TEST(StoreSpad, IsAcknowledgedBeforeAFencePasses) {
  Machine machine(load_and_multiply + "store_spad destination=sp+100 stride=1 local=acc+0 rows=16 cols=16\nfence\n",
                  true, sim::StepOrder::Normal, unified);
  ASSERT_EQ(machine.soc.run(), StopReason::Finished);
  const gemmini::Dma& dma = machine.soc.tile().accelerator->dma();
  EXPECT_EQ(dma.scratchpad_writer->stats().requests.value(), 16U);
  EXPECT_EQ(dma.scratchpad_writer->stats().bytes_acknowledged.value(), 16U * 16);
  EXPECT_EQ(dma.stream_writer.stats().rows.value(), 0U) << "nothing of it goes to memory";
}

/// Cycles of the rows that STORE_SPAD reads (bank 0) and that land (bank 1).
struct Rows : sim::Observer {
  std::vector<std::uint64_t> read, landed;
  void scratchpad_read(Cycle now, unsigned bank, unsigned, bool dma) override {
    if (dma && bank == 0) read.push_back(now.count());
  }
  void scratchpad_write(Cycle now, unsigned bank, unsigned) override {
    if (bank == 1) landed.push_back(now.count());
  }
};

TEST(StoreSpad, LandsARowACycleEachSevenCyclesAfterItWasRead) {
  Machine machine("config_mvout stride=16\nstore_spad destination=sp+4096 stride=1 local=sp+0 rows=16 cols=16\nfence\n",
                  true, sim::StepOrder::Normal, unified);
  Rows rows;
  machine.soc.probes().attach(rows);
  ASSERT_EQ(machine.soc.run(), StopReason::Finished);
  ASSERT_EQ(rows.read.size(), 16U);
  ASSERT_EQ(rows.landed.size(), 16U);
  for (unsigned i = 0; i < 16; ++i) EXPECT_EQ(rows.landed[i], rows.landed[0] + i);
  EXPECT_EQ(rows.landed[0] - rows.read[0], 7U);
}

TEST(StoreSpad, IsWhatALoopWithSpadOnlyStoresWith) {
  EXPECT_EQ(error_of("loop_ws spad_only=1\n", {}),
            "test:1: loop_ws: spad_only=1: the scratchpad cannot be reached over TileLink; allowed: with "
            "gemmini.has_store_spad, gemmini.use_shared_ext_mem and gemmini.use_tl_ext_mem");
  Machine machine(load_and_multiply +
                      "loop_ws_config_bounds i=1 j=1 k=1\n"
                      "loop_ws_config_addrs_ab a=0x80000000 b=0x80000100\n"
                      "loop_ws_config_addrs_dc\n"
                      "loop_ws_config_strides_ab a=16 b=16\n"
                      "loop_ws_config_strides_dc c=16\n"
                      "loop_ws spad_only=1 c_spad_addr=500 inc_acc_addr=1\nfence\n"
                      "mvout dram=0x80010000 local=sp+500 rows=16 cols=16\nfence\n",
                  true, sim::StepOrder::Normal, unified);
  machine.check();
  ASSERT_EQ(machine.soc.run(), StopReason::Finished);
  EXPECT_EQ(machine.checker->mismatches(), 0U) << machine.checker->first_mismatch();
}

TEST(StoreSpad, IsRefusedWhereTheScratchpadIsInsideTheAccelerator) {
  EXPECT_EQ(error_of("store_spad destination=sp+0 stride=1 local=acc+0 rows=1 cols=1\n", {}),
            "test:1: store_spad: the scratchpad cannot be reached over TileLink; allowed: with gemmini.has_store_spad, "
            "gemmini.use_shared_ext_mem and gemmini.use_tl_ext_mem");
}

TEST(StoreSpad, NamesADestinationThatIsNoScratchpadRow) {
  const auto to = [](const std::string& destination) {
    return error_of("store_spad destination=" + destination + " local=acc+0 rows=2 cols=1\n", unified);
  };
  EXPECT_EQ(to("acc+0 stride=1"), "test:1: store_spad: destination: in the accumulator; allowed: a scratchpad row");
  EXPECT_EQ(to("sp+16383 stride=1"),
            "test:1: store_spad: destination: scratchpad rows 16383..16384 out of range; allowed: 0..16383");
  EXPECT_EQ(to("sp+0 stride=16384"), "test:1: store_spad: stride=16384; allowed: 0..16383");
}

TEST(StoreSpad, IsRefusedWhilePooling) {
  Machine machine(
      "config_mvout stride=16 pool_stride=1 pool_size=1\n"
      "store_spad destination=sp+0 stride=1 local=acc+0 rows=1 cols=1\nfence\n",
      true, sim::StepOrder::Normal, unified);
  EXPECT_THROW(machine.soc.run(), UserError);
}

}  // namespace
}  // namespace castor::soc
