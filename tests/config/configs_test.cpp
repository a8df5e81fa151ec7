// Every SoC under configs/ (the sweeps there are none: tests/scripts).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "castor/config/soc_config.h"

namespace castor::config {
namespace {

namespace fs = std::filesystem;

std::string in_configs(const std::string& name) {
  return std::string(CASTOR_SOURCE_DIR) + "/configs/" + name + ".yaml";
}
SocConfig load(const std::string& name) { return SocConfig::load(in_configs(name)); }

std::vector<std::string> all_files() {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(std::string(CASTOR_SOURCE_DIR) + "/configs")) {
    const bool sweep = entry.path().parent_path().filename() == "sweeps";
    if (entry.path().extension() == ".yaml" && !sweep) files.push_back(entry.path().string());
  }
  return files;
}

TEST(Configs, AllLoadAndValidate) {
  EXPECT_GE(all_files().size(), 20u);
  for (const std::string& path : all_files()) EXPECT_NO_THROW(SocConfig::load(path)) << path;
}

TEST(Configs, RtlDefaultIsTheMeasuredMachine) {
  const SocConfig soc = load("rtl-default");
  EXPECT_EQ(soc.gemmini.rtl_generation(), RtlGeneration::Old);
  EXPECT_EQ(soc.gemmini.sp_rows(), 16384u);
  EXPECT_TRUE(soc.gemmini.sp_singleported);
  EXPECT_EQ(soc.gemmini.acc_rows(), 1024u);
  EXPECT_EQ(soc.gemmini.dma_command_slots(), 2u);
  EXPECT_EQ(soc.gemmini.mvin_scale.units(), 4);
  EXPECT_TRUE(soc.gemmini.acc_scale.fully_parallel());
  EXPECT_EQ(soc.gemmini.acc_scale.latency(), 8u);
  EXPECT_EQ(soc.gemmini.tlb_size(), soc.tlb.sectors()) << "one tag of four pages";
  EXPECT_EQ(soc.l2.sets(), 1024u);
  EXPECT_EQ(soc.l2.mshrs + soc.l2.reserved_mshrs, 12u);
  EXPECT_EQ(soc.dram.model(), DramModel::Ideal);
  EXPECT_TRUE(soc.dram.in_order);
  EXPECT_EQ(soc.dram.latency(), 0u);
  EXPECT_EQ(soc.host.l1d.sets(), 64u);
  EXPECT_FALSE(soc.soc.virtual_memory);
}

TEST(Configs, RtlDefaultTakesTheLatencyOfTheSlowerRuns) {
  const SocConfig soc = SocConfig::load(in_configs("rtl-default"), {"dram.latency=100"});
  EXPECT_EQ(soc.dram.latency(), 100u);
  EXPECT_EQ(soc.dram.write_latency(), 100u);
}

TEST(Configs, RtlBLiesBetweenTheGenerations) {
  const SocConfig soc = load("rtl-b");
  EXPECT_EQ(soc.gemmini.dma_command_slots(), 3u);
  EXPECT_EQ(soc.l2.sets(), 256u);
  EXPECT_EQ(soc.gemmini.loop_conv_encoding(), LoopConvEncoding::Rectangular);
  EXPECT_TRUE(soc.gemmini.has_resadd_unroller);
  EXPECT_TRUE(soc.gemmini.spad_read_pipe_in_latency);
  EXPECT_FALSE(soc.gemmini.store_issue_waits_completion);
  EXPECT_FALSE(soc.gemmini.supports(Dataflow::OS));
}

TEST(Configs, EdgeIsThePapersSoc) {
  const SocConfig soc = load("edge");
  EXPECT_EQ(soc.gemmini.dim(), 16u);
  EXPECT_EQ(soc.gemmini.sp_capacity(), 256_KiB);
  EXPECT_EQ(soc.gemmini.acc_capacity(), 64_KiB);
  EXPECT_EQ(soc.soc.clock_ghz(), 1.0);
  EXPECT_EQ(soc.dram.model(), DramModel::Ddr3);
}

TEST(Configs, TheCaseStudiesShareAMachine) {
  for (const std::string name : {"case-study-a", "case-study-b"}) {
    const SocConfig soc = load(name);
    EXPECT_TRUE(soc.soc.virtual_memory) << name;
    EXPECT_TRUE(soc.tlb.blocking) << name;
    EXPECT_EQ(soc.gemmini.max_in_flight_mem_reqs(), 16u) << name;
    EXPECT_EQ(soc.dram.model(), DramModel::Ideal) << name;
    EXPECT_FALSE(soc.dram.in_order) << name;
  }
  EXPECT_EQ(load("case-study-b").gemmini.acc_capacity(), 256_KiB);
  EXPECT_EQ(load("case-study-b").ptw.l2_tlb_entries(), 1024u);
}

TEST(Configs, FireSimsPipeAnswersAfter30Cycles) {
  const SocConfig soc = load("memory/pipe30");
  EXPECT_EQ(1 + soc.dram.latency(), 30u);
  EXPECT_EQ(1 + soc.dram.write_latency(), 30u);
  EXPECT_EQ(soc.dram.max_in_flight(), soc.memory_bus.max_in_flight());
}

TEST(Configs, NamedAcceleratorsHaveTheirDerivedQuantities) {
  EXPECT_EQ(load("gemmini/chip").gemmini.mesh_latency(), 33u);
  EXPECT_EQ(load("gemmini/chip").gemmini.acc_rows(), 512u);
  EXPECT_FALSE(load("gemmini/chip").gemmini.third_instruction_needed());
  EXPECT_EQ(load("gemmini/large-chip").gemmini.mesh_latency(), 65u);
  EXPECT_EQ(load("gemmini/large-chip").gemmini.dma_command_slots(), 1u);
  EXPECT_EQ(load("gemmini/lean").gemmini.dma_command_slots(), 5u);
  EXPECT_EQ(load("gemmini/fp32").gemmini.mesh_latency(), 14u);
  EXPECT_EQ(load("gemmini/fp32").gemmini.mesh_tag_queue(), 11u);
  EXPECT_EQ(load("gemmini/fp32").gemmini.sp_bank_rows(), 4096u);
  EXPECT_EQ(load("gemmini/fp32").gemmini.acc_bank_rows(), 4096u);
  EXPECT_EQ(load("gemmini/fp32-default").gemmini.mesh_latency(), 21u);
  EXPECT_EQ(load("gemmini/fp32-default").gemmini.mesh_tag_queue(), 16u);
  EXPECT_EQ(load("gemmini/bf16-8x8").gemmini.mesh_latency(), 45u);
  EXPECT_EQ(load("gemmini/bf16").gemmini.input_bytes(), 2u);
  EXPECT_EQ(load("gemmini/fp16").gemmini.mvin_scale.type().name(), "fp16");
  EXPECT_EQ(load("gemmini/chip-fp32").gemmini.acc_scale.function(), ScaleFunction::Identity);
  EXPECT_EQ(load("gemmini/high-perf-inference").gemmini.peak_macs_per_cycle(), 1024u);
  EXPECT_TRUE(load("gemmini/training").gemmini.has_training_convs);
  EXPECT_TRUE(load("gemmini/ibert").gemmini.has_normalizations);
}

TEST(Configs, ComposeByIncludes) {
  const SocConfig chip = load("chip");
  EXPECT_EQ(chip.gemmini.sp_capacity(), 64_KiB);
  EXPECT_THAT(chip.gemmini.sp_capacity.origin().text(), testing::EndsWith("configs/gemmini/chip.yaml:4"));
  EXPECT_EQ(chip.l2.capacity(), load("edge").l2.capacity());
}

}  // namespace
}  // namespace castor::config
