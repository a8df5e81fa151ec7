// Machines with virtual memory: command streams mean the same as without, and what they may not touch stops them.
#include "castor/soc/tile_translation.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <regex>

#include "castor/common/error.h"
#include "machine.h"

namespace castor::soc::test {
namespace {

/// 24 tiles: three rows of tiles of A and B in, products out, over some tens of pages.
std::string many_tiles() {
  std::ostringstream text;
  text << "config_ex\nconfig_mvout stride=4096\nconfig_mvin stride=4096\n";
  for (unsigned tile = 0; tile < 24; ++tile) {
    const unsigned row = tile % 8 * 65536, column = tile / 8 * 16;
    text << std::hex << "mvin dram=0x" << 0x80000000 + row + column << " local=sp+0 rows=0x10 cols=0x10\n"
         << "mvin dram=0x" << 0x80200000 + row + column << " local=sp+16 rows=0x10 cols=0x10\n"
         << "preload bd=sp+16 bd_rows=16 bd_cols=16 c=acc+0 c_rows=16 c_cols=16\n"
         << "compute_preloaded a=sp+0 a_rows=16 a_cols=16 bd=garbage bd_rows=16 bd_cols=16\n"
         << "mvout dram=0x" << 0x80400000 + row + column << " local=acc+0 rows=16 cols=16\n"
         << std::dec;
  }
  text << "fence\n";
  return text.str();
}

/// The same with the rows of a tile in one page, where a filter register finds them.
std::string tiles_in_pages() { return std::regex_replace(many_tiles(), std::regex("stride=4096"), "stride=64"); }

constexpr PhysAddr outputs{0x80400000};
constexpr std::size_t output_bytes = 8 * 65536;

/// What a run leaves; from a process of its own, since SystemC has one kernel a process.
struct Left {
  std::uint64_t cycles = 0, image = 0, mismatches = 0, walks = 0;
  char error[400] = "";
};

struct Setting {
  bool translated = true, values = true, checked = false;
  sim::StepOrder order = sim::StepOrder::Normal;
  std::vector<std::pair<std::string, std::string>> params{};
};

void fill(functional::Memory& memory) {
  std::mt19937 random(7);
  for (std::uint32_t i = 0; i < 0x400000; i += 4)
    memory.put<std::uint32_t>(PhysAddr{0x80000000U + i}, random() & 0x03030303);
}

std::uint64_t image_of(const functional::Memory& memory) {
  std::vector<std::uint8_t> bytes(output_bytes);
  memory.read(outputs, bytes.data(), bytes.size());
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

config::SocConfig config_of(const Setting& setting) {
  std::vector<std::string> overrides{"soc.dram_size=64MiB"};
  if (setting.translated) overrides.emplace_back("soc.virtual_memory=true");
  for (const auto& [key, value] : setting.params) overrides.push_back(key + "=" + value);
  return config::SocConfig::load("", overrides);
}

void run_here(const std::string& text, const Setting& setting, Left& left) {
  Machine machine(text, setting.values, setting.order, config_of(setting));
  functional::Memory& memory = machine.soc.tile().memory(machine.soc.memory().bytes());
  fill(memory);
  Checker checker(functional::OracleParams(machine.config.gemmini), machine.soc.tile().accelerator->local_memory(),
                  memory);
  if (setting.checked) {
    for (functional::Memory* oracle : checker.memories()) fill(*oracle);
    machine.soc.probes().attach(checker);
    machine.host().attach(checker);
  }
  machine.soc.run();
  left.cycles = machine.soc.cycles().count();
  left.image = image_of(memory);
  left.mismatches = checker.mismatches();
  if (setting.translated) left.walks = machine.soc.tile().translation->walker().stats().walks.value();
}

Left run(const std::string& text, const Setting& setting) {
  int ends[2];
  Left left;
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    try {
      run_here(text, setting, left);
    } catch (const std::exception& error) {
      std::snprintf(left.error, sizeof left.error, "%s", error.what());
    }
    const bool written = write(ends[1], &left, sizeof left) == sizeof left;
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  EXPECT_EQ(read(ends[0], &left, sizeof left), static_cast<ssize_t>(sizeof left));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return left;
}

const Setting shuffled{true, true, false, sim::StepOrder::Normal, {{"paging.placement", "shuffled"}}};

TEST(TranslatedStream, LeavesTheSameValuesWhereverItsPagesLie) {
  Setting plain;
  plain.translated = false;
  const Left expected = run(many_tiles(), plain);
  EXPECT_STREQ(expected.error, "");
  std::vector<Setting> settings(4);
  settings[1].params = {{"paging.placement", "shuffled"}, {"paging.seed", "5"}};
  settings[2].params = {{"paging.page_bytes", "2MiB"}, {"paging.placement", "shuffled"}};
  settings[3].params = {{"paging.size", "32MiB"}, {"gemmini.use_shared_tlb", "false"}, {"ptw.walkers", "2"}};
  for (Setting& setting : settings) {
    setting.checked = true;
    const Left left = run(many_tiles(), setting);
    EXPECT_STREQ(left.error, "");
    EXPECT_EQ(left.image, expected.image);
    EXPECT_EQ(left.mismatches, 0u);
    EXPECT_GT(left.walks, 0u);
    EXPECT_GT(left.cycles, expected.cycles);
  }
}

TEST(TranslatedStream, TakesTheSameCyclesInEveryOrderWithoutValuesAndUnobserved) {
  Setting reversed = shuffled, timing_only = shuffled, watched = shuffled;
  reversed.order = sim::StepOrder::Reversed;
  timing_only.values = false;
  watched.checked = true;
  const std::uint64_t cycles = run(many_tiles(), shuffled).cycles;
  EXPECT_GT(cycles, 0u);
  for (const Setting& other : {reversed, timing_only, watched}) EXPECT_EQ(run(many_tiles(), other).cycles, cycles);
}

TEST(TranslatedStream, GainsByEachPartOfTheTranslationPath) {
  const auto cycles = [](std::vector<std::pair<std::string, std::string>> params,
                         const std::string& text = many_tiles()) {
    Setting setting;
    setting.params = std::move(params);
    return run(text, setting).cycles;
  };
  const std::pair<std::string, std::string> small_pages{"tlb.sectors", "1"};
  const std::uint64_t four = cycles({small_pages});
  EXPECT_LT(cycles({small_pages, {"gemmini.tlb_size", "512"}}), four);
  EXPECT_LT(cycles({small_pages, {"ptw.l2_tlb_entries", "512"}}), four);
  EXPECT_LT(cycles({{"paging.page_bytes", "2MiB"}}), four);
  const std::pair<std::string, std::string> slow{"tlb.hit_latency", "6"},
      bare{"gemmini.use_tlb_register_filter", "false"};
  EXPECT_GT(cycles({slow, bare}, tiles_in_pages()), cycles({slow}, tiles_in_pages()));
  EXPECT_GT(cycles({small_pages, {"ptw.pte_cache_entries", "0"}}), four);
}

std::string error_of(const std::string& text, std::vector<std::pair<std::string, std::string>> params = {}) {
  Setting setting;
  setting.params = std::move(params);
  return run(text, setting).error;
}

TEST(TranslatedStream, EndsAtAReadOfAnUnmappedPageAndNamesTheCommand) {
  const std::string error = error_of(
      "config_mvin stride=16\n"
      "mvin dram=0x80000000 local=0x0 rows=1 cols=16\n"
      "mvin dram=0x90000040 local=0x0 rows=1 cols=16\n");
  EXPECT_NE(error.find("the accelerator reads virtual address 0x90000040: unmapped page; command: mvin dram=0x90000040 "
                       "local=0x0 rows=1 cols=16 (item 3 of the stream, line 3)"),
            std::string::npos)
      << error;
}

TEST(TranslatedStream, EndsAtAWriteToAnUnmappedPage) {
  const std::string error = error_of("config_mvout stride=16\nmvout dram=0x90000000 local=0x0 rows=1 cols=16\n");
  EXPECT_NE(error.find("the accelerator writes virtual address 0x90000000: unmapped page; command: mvout"),
            std::string::npos)
      << error;
}

TEST(TranslatedStream, EndsAtAnAddressThatIsNotCanonical) {
  const std::string error = error_of("config_mvin stride=16\nmvin dram=0x8080000000 local=0x0 rows=1 cols=16\n");
  EXPECT_NE(error.find("virtual address 0x8080000000: non-canonical address"), std::string::npos) << error;
}

TEST(TranslatedStream, EndsAtAWriteToAPageThatMayOnlyBeRead) {
  const config::SocConfig config = config_of({});
  Machine machine("config_mvout stride=16\nmvout dram=0x80000000 local=0x0 rows=1 cols=16\n", true,
                  sim::StepOrder::Normal, config);
  memory::BackingStore& bytes = machine.soc.memory().bytes();
  const PhysAddr leaf{0x84000000 - 34 * 4096 + 2 * 4096};  // root, middle, then the leaves
  ASSERT_EQ(bytes.get<std::uint64_t>(leaf), 0x80000000 >> 12 << 10 | host::data_page_flags);
  bytes.put<std::uint64_t>(leaf, (0x80000000 >> 12 << 10) | (host::data_page_flags & ~4ULL));
  try {
    machine.soc.run();
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("writes virtual address 0x80000000: forbidden access"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace castor::soc::test
