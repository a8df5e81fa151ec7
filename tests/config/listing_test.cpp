#include "castor/config/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "castor/config/soc_config.h"
#include "user_error.h"

namespace castor::config {
namespace {

using testing::HasSubstr;

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Listing, ShowsValueUnitAndOriginOfEachParameter) {
  const std::string text = values_text(SocConfig::load("", {"dram.latency=100"}));
  EXPECT_THAT(text, testing::ContainsRegex("\ndram\\.latency +100 cycles +-p dram\\.latency=100\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\ndram\\.write_latency +100 cycles +follows latency\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\ngemmini\\.sp_capacity +256 KiB +default\n"));
}

TEST(Listing, WritesAFileThatLoadsToTheSameValues) {
  const SocConfig original = SocConfig::load(
      "", {"gemmini.rtl_generation=head", "gemmini.has_store_spad=false", "gemmini.sp_capacity=512KiB", "l2.ways=4"});
  const ScratchDirectory directory;
  const SocConfig again = SocConfig::load(directory.write("dump.yaml", values_yaml(original)));
  std::map<std::string, std::string> values;
  original.for_each([&](const ParamBase& param) { values[param.path()] = param.text(); });
  again.for_each([&](const ParamBase& param) {
    EXPECT_EQ(values[param.path()], param.text()) << param.path();
    EXPECT_EQ(param.origin().kind(), Origin::Kind::File) << param.path();
  });
}

TEST(Listing, DescribesEachDeclaration) {
  const SocConfig config;
  EXPECT_THAT(declarations_text(config),
              HasSubstr("gemmini.acc_latency (unsigned, default 2 cycles, allowed: 2 to 64)\n"
                        "    length of the accumulate pipeline\n"));
}

TEST(Listing, LeavesNoParameterWithoutMeaning) {
  SocConfig config;
  std::map<std::string, int> seen;
  config.for_each([&](const ParamBase& param) {
    EXPECT_STRNE(param.doc(), "") << param.path();
    EXPECT_EQ(++seen[param.path()], 1) << param.path();
  });
  EXPECT_GT(seen.size(), 120u);
}

TEST(Listing, OfDeclarationsIsTheDocumentation) {
  const std::string path = std::string(CASTOR_SOURCE_DIR) + "/docs/parameters.md";
  const std::string expected = declarations_markdown(SocConfig{});
  if (std::getenv("CASTOR_UPDATE_GOLDEN")) std::ofstream(path) << expected;
  EXPECT_EQ(contents(path), expected) << "to write it anew: CASTOR_UPDATE_GOLDEN=1 ctest -R Listing";
}

}  // namespace
}  // namespace castor::config
