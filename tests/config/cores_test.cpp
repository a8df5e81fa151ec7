// soc.cores: how many cores, and what each has of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "castor/config/soc_config.h"
#include "user_error.h"

namespace castor::config {
namespace {

using testing::HasSubstr;

SocConfig from(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  const ScratchDirectory directory;
  return SocConfig::load(directory.write("soc.yaml", yaml), overrides);
}

std::string refusal(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  return user_error([&] { from(yaml, overrides); });
}

constexpr const char* two_kinds =
    "gemmini:\n"
    "  sp_capacity: 128 KiB\n"
    "soc:\n"
    "  cores:\n"
    "    - {}\n"
    "    - gemmini:\n"
    "        sp_capacity: 512 KiB\n"
    "      host:\n"
    "        kind: rocket\n";

TEST(Cores, AreOneWithTheWholeMemoryWhenNothingIsSaid) {
  const SocConfig config = from("l2:\n  ways: 4\n");
  EXPECT_EQ(config.cores(), 1u);
  EXPECT_EQ(&config.core(0), &config);
  EXPECT_EQ(config.memory_of(0).base, config.soc.dram_base());
  EXPECT_EQ(config.memory_of(0).size, config.soc.dram_size());
}

TEST(Cores, HaveWhatTheirEntryStatesAndElseWhatAllHave) {
  const SocConfig config = from(two_kinds);
  ASSERT_EQ(config.cores(), 2u);
  EXPECT_EQ(config.core(0).gemmini.sp_capacity(), 128_KiB);
  EXPECT_EQ(config.core(1).gemmini.sp_capacity(), 512_KiB);
  EXPECT_EQ(config.core(0).host.kind(), HostKind::CommandStream);
  EXPECT_EQ(config.core(1).host.kind(), HostKind::Rocket);
  EXPECT_THAT(config.core(1).gemmini.sp_capacity.origin().text(), HasSubstr("soc.yaml:7"));
}

TEST(Cores, CanBeANumberOfEqualOnes) {
  const SocConfig config = from("soc:\n  cores: 3\n", {"gemmini.sp_capacity=64KiB"});
  ASSERT_EQ(config.cores(), 3u);
  for (std::size_t core = 0; core < 3; ++core) EXPECT_EQ(config.core(core).gemmini.sp_capacity(), 64_KiB);
}

TEST(Cores, CanBeChangedFromTheCommandLine) {
  const SocConfig more = from("", {"soc.cores=2", "soc.cores[1].gemmini.sp_capacity=64KiB"});
  EXPECT_EQ(more.core(0).gemmini.sp_capacity(), 256_KiB);
  EXPECT_EQ(more.core(1).gemmini.sp_capacity(), 64_KiB);
  EXPECT_EQ(from(two_kinds, {"soc.cores[0].gemmini.sp_capacity=1MiB"}).core(0).gemmini.sp_capacity(), 1_MiB);
  EXPECT_EQ(from(two_kinds, {"soc.cores=1"}).cores(), 1u) << "a number takes the place of the list";
}

TEST(Cores, ShareOutMemoryInEqualPartsThatDoNotOverlap) {
  const SocConfig config = from("soc:\n  cores: 3\n  dram_size: 64 MiB\n");
  const std::uint64_t part = config.memory_of(0).size.count();
  EXPECT_EQ(part, std::uint64_t{20} << 20) << "whole superpages";
  EXPECT_EQ(config.memory_of(0).base, config.soc.dram_base());
  EXPECT_EQ(config.memory_of(2).base, config.soc.dram_base() + 2 * part);
}

TEST(Cores, RefuseANumberThatCannotBe) {
  for (const char* number : {"0", "9", "-1", "two", "1000000000000000000000"})
    EXPECT_THAT(
        refusal(std::string("soc:\n  cores: ") + number + "\n"),
        HasSubstr(std::string("soc.yaml:2: soc.cores: '") + number + "' is no number of cores; allowed: 1 to 8"));
}

TEST(Cores, RefuseAnEntryThatIsNoMap) {
  EXPECT_THAT(refusal("soc:\n  cores:\n    - rocket\n"),
              HasSubstr("soc.yaml:3: soc.cores[0]: a core is a map of groups"));
}

TEST(Cores, RefuseWhatAllCoresShare) {
  EXPECT_THAT(
      refusal("soc:\n  cores:\n    - l2:\n        ways: 4\n"),
      HasSubstr("soc.yaml:4: soc.cores[0].l2.ways: no part of a core; allowed: host, gemmini, tlb, ptw, workload"));
}

TEST(Cores, RefuseAKeyThatDoesNotExist) {
  EXPECT_THAT(refusal("soc:\n  cores:\n    - gemmini:\n        sp_capacty: 64 KiB\n"),
              HasSubstr("soc.yaml:4: gemmini.sp_capacty: unknown key, did you mean gemmini.sp_capacity?"));
}

TEST(Cores, RefuseASettingOfACoreThatIsNotThere) {
  EXPECT_THAT(refusal(two_kinds, {"soc.cores[2].gemmini.sp_capacity=64KiB"}),
              HasSubstr("there is no such core; allowed: soc.cores[I].KEY with I from 0 to 1"));
  EXPECT_THAT(refusal("", {"soc.cores[0].gemmini.sp_capacity=64KiB"}), HasSubstr("there is no such core"));
}

TEST(Cores, AreValidatedEachForItself) {
  EXPECT_THAT(refusal(two_kinds, {"soc.cores[1].gemmini.dma_buswidth=64"}), HasSubstr("must equal bus.width"));
}

TEST(Cores, MayNameTheirWorkload) {
  const SocConfig config =
      from("soc:\n  cores:\n    - workload: {model: a.onnx, input: x.npy}\n    - workload: {commands: b}\n");
  EXPECT_EQ(config.core(0).workload.model(), "a.onnx");
  EXPECT_EQ(config.core(1).workload.commands(), "b");
}

TEST(Workload, IsOneOfItsKinds) {
  EXPECT_THAT(refusal("workload: {model: a, elf: b}\n"), HasSubstr("a core runs one workload"));
  EXPECT_THAT(refusal("workload: {elf: b, input: x}\n"), HasSubstr("is the input of workload.model"));
}

}  // namespace
}  // namespace castor::config
