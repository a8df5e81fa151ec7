#include "castor/functional/stream_access.h"

#include <gtest/gtest.h>

#include <sstream>

namespace castor::functional {
namespace {

isa::Stream stream_of(const std::string& text) {
  std::istringstream in(text);
  return isa::read_stream(in, "test", OracleParams().stream_options());
}

const char* const plain =
    "# a comment\n"
    "config_mvin stride=256\n"
    "config_mvout stride=256\n"
    "mvin dram=0x80000000 local=0x0 rows=4 cols=16\n"
    "\n"
    "mvin dram=0x80001000 local=0x10 rows=4 cols=16\n"
    "mvout dram=0x80001000 local=0x0 rows=4 cols=16\n";

std::optional<StreamAccess> access(const isa::Stream& stream, std::uint64_t address, bool write) {
  return first_access(stream, stream.items.size(), VirtAddr{address}, 64, write, OracleParams());
}

TEST(FirstAccess, FindsTheRowByItsStride) {
  const isa::Stream stream = stream_of(plain);
  EXPECT_EQ(access(stream, 0x80000300, false)->line, 4u);
  EXPECT_EQ(access(stream, 0x80001300, false)->line, 6u);
  EXPECT_FALSE(access(stream, 0x80000340, false)) << "between two rows";
  EXPECT_FALSE(access(stream, 0x80000400, false)) << "behind the last";
}

TEST(FirstAccess, TellsReadsFromWrites) {
  const isa::Stream stream = stream_of(plain);
  EXPECT_EQ(access(stream, 0x80001000, true)->line, 7u);
  EXPECT_EQ(access(stream, 0x80001000, false)->line, 6u);
  EXPECT_FALSE(access(stream, 0x80000000, true));
}

TEST(FirstAccess, LooksNoFurtherThanTold) {
  const isa::Stream stream = stream_of(plain);
  EXPECT_FALSE(first_access(stream, 3, VirtAddr{0x80001000}, 64, false, OracleParams()));
}

TEST(FirstAccess, LooksIntoLoops) {
  const isa::Stream stream = stream_of(
      "config_mvin stride=16\n"
      "config_mvout stride=16\n"
      "loop_ws_config_bounds i=2 j=1 k=1\n"
      "loop_ws_config_addrs_ab a=0x80000000 b=0x80010000\n"
      "loop_ws_config_addrs_dc d=0 c=0x80020000\n"
      "loop_ws_config_strides_ab a=16 b=16\n"
      "loop_ws_config_strides_dc d=16 c=16\n"
      "loop_ws\n");
  const auto found = access(stream, 0x80000100, false);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->item, 7u);
  EXPECT_TRUE(found->command.is_mvin());
  EXPECT_TRUE(access(stream, 0x80020100, true));
}

}  // namespace
}  // namespace castor::functional
