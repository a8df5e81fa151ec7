#include "castor/config/soc_config.h"

#include <gtest/gtest.h>

#include "user_error.h"

namespace castor::config {
namespace {

/// The complaint about a file with this text.
std::string refusal(const std::string& yaml) {
  const ScratchDirectory directory;
  const std::string path = directory.write("soc.yaml", yaml);
  const std::string error = user_error([&] { SocConfig::load(path); });
  return error.rfind(path, 0) == 0 ? error.substr(path.size() + 1) : error;
}

/// The complaint about this override.
std::string override_refusal(const std::string& text) {
  return user_error([&] { SocConfig::load("", {text}); });
}

TEST(SocConfig, IsValidByDefault) {
  const SocConfig config = SocConfig::load("");
  EXPECT_EQ(config.gemmini.dim(), 16u);
  EXPECT_EQ(config.l2.sets(), 1024u);
  EXPECT_EQ(config.bus.beat_bytes(), 16u);
  EXPECT_EQ(config.memory_bus.max_in_flight(), 16u);
}

TEST(SocConfig, TakesFileThenCommandLine) {
  const ScratchDirectory directory;
  directory.write("base.yaml", "l2:\n  ways: 2\n  mshrs: 6\n  capacity: 64 KiB\n");
  const auto top = directory.write("top.yaml", "include: base.yaml\nl2:\n  ways: 4\n");
  const SocConfig config = SocConfig::load(top, {"l2.capacity=1MiB", "gemmini.acc_scale_args.latency=4"});
  EXPECT_EQ(config.l2.ways(), 4u);
  EXPECT_EQ(config.l2.ways.origin().text(), top + ":3");
  EXPECT_EQ(config.l2.mshrs(), 6u);
  EXPECT_EQ(config.l2.mshrs.origin().text(), directory.file("base.yaml") + ":3");
  EXPECT_EQ(config.l2.capacity(), 1_MiB);
  EXPECT_EQ(config.l2.capacity.origin().text(), "-p l2.capacity=1MiB");
  EXPECT_EQ(config.gemmini.acc_scale.latency(), 4u);
  EXPECT_EQ(config.l2.banks.origin().text(), "default");
}

TEST(SocConfig, LastOverrideWins) { EXPECT_EQ(SocConfig::load("", {"l2.ways=2", "l2.ways=16"}).l2.ways(), 16u); }

TEST(SocConfig, LetsSwitchesOfTheGenerationBeOverriddenInAnyOrder) {
  const ScratchDirectory directory;
  const auto path = directory.write("a.yaml", "gemmini:\n  has_store_spad: false\n  rtl_generation: head\n");
  const SocConfig config = SocConfig::load(path);
  EXPECT_FALSE(config.gemmini.has_store_spad);
  EXPECT_TRUE(config.gemmini.store_issue_waits_completion);
  EXPECT_EQ(config.gemmini.store_issue_waits_completion.origin().text(), "follows rtl_generation");
}

TEST(SocConfig, CanBeCopied) {
  const SocConfig original = SocConfig::load("", {"l2.ways=4"});
  SocConfig copy = original;
  copy.l2.ways.set(16);
  EXPECT_EQ(original.l2.ways(), 4u);
  EXPECT_EQ(copy.l2.ways(), 16u);
}

TEST(SocConfig, RefusesAnUnknownKeyAndSuggestsTheClosest) {
  EXPECT_EQ(refusal("tlb:\n  sector: 2\n"),
            "2: tlb.sector: unknown key, did you mean tlb.sectors?; allowed: sectors, ways, replacement, "
            "superpage_entries, special_entries, hit_latency, blocking, miss_to_request, refill_to_hit, "
            "sfence_flushes");
  EXPECT_NE(refusal("gemmini:\n  sp_capcity: 256 KiB\n").find("did you mean gemmini.sp_capacity?"), std::string::npos);
  EXPECT_NE(refusal("gemmini:\n  mesh_rows: 8\n").find("did you mean gemmini.meshRows?"), std::string::npos);
  EXPECT_NE(refusal("gemini:\n  sp_banks: 8\n").find("did you mean gemmini.sp_banks?"), std::string::npos);
}

TEST(SocConfig, SuggestsTheSameNameInAnotherGroup) {
  EXPECT_EQ(override_refusal("tlb.tlb_size=8"),
            "-p tlb.tlb_size=8: tlb.tlb_size: unknown key, did you mean gemmini.tlb_size?; allowed: sectors, ways, "
            "replacement, superpage_entries, special_entries, hit_latency, blocking, miss_to_request, refill_to_hit, "
            "sfence_flushes");
}

TEST(SocConfig, ListsTheGroupsForAKeyUnlikeAnyOther) {
  EXPECT_EQ(refusal("floorplan:\n  width: 3\n").substr(0, 20), "2: floorplan.width: ");
  EXPECT_EQ(override_refusal("zzzzzzzzzzzz=3"),
            "-p zzzzzzzzzzzz=3: zzzzzzzzzzzz: unknown key; allowed: soc, gemmini, host, tlb, ptw, paging, bus, l2, "
            "memory_bus, "
            "dram, devices, workload");
}

TEST(SocConfig, RefusesAValueForAGroup) {
  EXPECT_EQ(
      refusal("soc: 3\n"),
      "1: soc: is a group of parameters, not a parameter; allowed: clock_ghz, virtual_memory, dram_base, dram_size, "
      "sram_base, sram_size");
}

TEST(SocConfig, RefusesAGroupForAParameter) {
  EXPECT_EQ(refusal("soc:\n  clock_ghz:\n    value: 1\n"),
            "3: soc.clock_ghz.value: unknown key; allowed: clock_ghz, virtual_memory, dram_base, dram_size, sram_base, "
            "sram_size");
}

TEST(SocConfig, RefusesAWrongUnit) {
  EXPECT_EQ(refusal("gemmini:\n  sp_capacity: 256 KB\n"),
            "2: gemmini.sp_capacity: '256 KB' has the wrong unit 'KB'; allowed: B, KiB, MiB, GiB, or a plain number of "
            "bytes");
  EXPECT_EQ(refusal("dram:\n  latency: 100 ns\n"),
            "2: dram.latency: '100 ns' has the wrong unit 'ns'; allowed: a number alone or followed by 'cycles'");
}

TEST(SocConfig, RefusesAWrongType) {
  EXPECT_EQ(refusal("gemmini:\n  has_max_pool: 1\n"),
            "2: gemmini.has_max_pool: '1' is neither true nor false; allowed: true, false");
  EXPECT_EQ(refusal("gemmini:\n  dataflow: ws\n"), "2: gemmini.dataflow: 'ws' is not known; allowed: OS, WS, BOTH");
  EXPECT_EQ(refusal("l2:\n  ways: many\n"),
            "2: l2.ways: 'many' is not a whole number; allowed: a whole number of ways, not negative");
}

TEST(SocConfig, RefusesAValueOutOfRange) {
  EXPECT_EQ(refusal("gemmini:\n  ex_queue_length: 2\n"),
            "2: gemmini.ex_queue_length: 2 is out of range; allowed: 3 to 1024");
  EXPECT_EQ(refusal("gemmini:\n  sp_banks: 3\n"),
            "2: gemmini.sp_banks: 3 is out of range; allowed: a power of two, 2 to 64");
  EXPECT_EQ(refusal("gemmini:\n  acc_sub_banks: 3\n"),
            "2: gemmini.acc_sub_banks: 3 is out of range; allowed: -1, 1, 2, 4");
  EXPECT_EQ(refusal("soc:\n  clock_ghz: 0\n"), "2: soc.clock_ghz: 0 is out of range; allowed: 0.001 to 100");
  EXPECT_EQ(override_refusal("l2.ways=1"), "-p l2.ways=1: l2.ways: 1 is out of range; allowed: 2 to 64");
  EXPECT_EQ(override_refusal("l2.ways=-1"),
            "-p l2.ways=-1: l2.ways: '-1' is not a whole number; allowed: a whole number of ways, not negative");
}

TEST(SocConfig, NamesTheLineOfAnImpossibleGeometry) {
  EXPECT_EQ(refusal("gemmini:\n  sp_capacity: 192 KiB\n"),
            "2: gemmini.sp_capacity: a scratchpad bank must have a power of two of rows, not 3072");
  EXPECT_EQ(
      refusal("gemmini:\n  sp_banks: 4\n  acc_capacity: 1 MiB\n"),
      "3: gemmini.acc_capacity: the accumulator is too large: it holds 1024 tiles, allowed are the scratchpad's 1024 "
      "less 2");
  EXPECT_EQ(
      refusal("gemmini:\n  sp_capacity: 64 KiB\n  acc_capacity: 256 KiB\n"),
      "3: gemmini.acc_capacity: the accumulator is too large: it holds 256 tiles, allowed are the scratchpad's 256 "
      "less 2");
}

TEST(SocConfig, RefusesGroupsThatDoNotFitTogether) {
  EXPECT_EQ(refusal("bus:\n  width: 64\n"), "2: bus.width: gemmini.dma_buswidth (128) must equal bus.width (64)");
  EXPECT_EQ(refusal("bus:\n  block_bytes: 32 B\n"),
            "2: bus.block_bytes: gemmini.dma_maxbytes must not exceed bus.block_bytes (32 B)");
  EXPECT_EQ(refusal("l2:\n  block_bytes: 128 B\n"),
            "2: l2.block_bytes: l2.block_bytes must equal bus.block_bytes (64 B)");
  EXPECT_EQ(refusal("host:\n  l1d:\n    block_bytes: 128 B\n"),
            "3: host.l1d.block_bytes: host.l1d.block_bytes must equal bus.block_bytes (64 B)");
  EXPECT_EQ(refusal("host:\n  l1i:\n    block_bytes: 128 B\n"),
            "3: host.l1i.block_bytes: host.l1i.block_bytes must equal bus.block_bytes (64 B)");
  EXPECT_EQ(refusal("bus:\n  block_bytes: 64 B\nmemory_bus:\n  beat_bytes: 64 B\nl2:\n  put_beats: 4\n  put_lists: 4\n"
                    "gemmini:\n  dma_buswidth: 64\n"),
            "9: gemmini.dma_buswidth: gemmini.dma_buswidth (64) must equal bus.width (128)");
}

TEST(SocConfig, RefusesImpossibleCaches) {
  EXPECT_EQ(
      override_refusal("l2.ways=6"),
      "-p l2.ways=6: l2.ways: capacity / (ways * banks * block_bytes) must be a power of two of sets of at least 2; "
      "384 B make one set of all banks");
  EXPECT_EQ(
      override_refusal("host.l1d.capacity=24KiB"),
      "-p host.l1d.capacity=24KiB: host.l1d.capacity: capacity / (ways * block_bytes) must be a power of two of sets");
  EXPECT_EQ(override_refusal("l2.put_lists=64"),
            "-p l2.put_lists=64: l2.put_lists: put_beats must be at least put_lists, a beat for each list");
}

TEST(SocConfig, RefusesImpossibleMemoryTimingAndMapping) {
  EXPECT_EQ(override_refusal("dram.ddr3.tRC=20"), "-p dram.ddr3.tRC=20: dram.ddr3.tRC: tRC must be at least tRAS");
  EXPECT_EQ(override_refusal("dram.ddr3.tAL=20"), "-p dram.ddr3.tAL=20: dram.ddr3.tAL: tAL must not exceed tRCD");
  EXPECT_EQ(override_refusal("dram.ddr3.tREFI=100"),
            "-p dram.ddr3.tREFI=100: dram.ddr3.tREFI: tREFI must be longer than tRFC");
  EXPECT_EQ(override_refusal("dram.ddr3.bank_bit=16"),
            "-p dram.ddr3.bank_bit=16: dram.ddr3.bank_bit: the address bits of bank and rank overlap");
  EXPECT_EQ(override_refusal("dram.ddr3.row_bit=17"),
            "-p dram.ddr3.row_bit=17: dram.ddr3.row_bit: row_bit must lie above the address bits of bank and rank");
  EXPECT_EQ(override_refusal("soc.sram_size=2048MiB"),
            "-p soc.sram_size=2048MiB: soc.sram_size: 2 GiB is out of range; allowed: 0 B to 64 MiB");
  EXPECT_EQ(override_refusal("soc.dram_base=0x80000001"),
            "-p soc.dram_base=0x80000001: soc.dram_base: dram_base must be a multiple of 4 KiB");
  EXPECT_EQ(override_refusal("soc.dram_base=0xfffffffff0000000"),
            "-p soc.dram_base=0xfffffffff0000000: soc.dram_base: memory must end below 2^64");
  EXPECT_EQ(override_refusal("soc.dram_base=0xffff00000000000"),
            "-p soc.dram_base=0xffff00000000000: soc.dram_base: memory must end below 2^32 times a way of the L2 "
            "(65536 B)");
}

TEST(SocConfig, RefusesPipelinesThatTheModelDoesNotHave) {
  EXPECT_EQ(override_refusal("bus.request_stages=1"),
            "-p bus.request_stages=1: bus.request_stages: 1 is out of range; allowed: 2 to 64");
  EXPECT_EQ(override_refusal("l2.hit_latency=3"),
            "-p l2.hit_latency=3: l2.hit_latency: 3 is out of range; allowed: 4 to 64");
}

}  // namespace
}  // namespace castor::config
