#include "castor/functional/overlay_memory.h"

#include <gtest/gtest.h>

namespace castor::functional {
namespace {

TEST(OverlayMemory, ShowsWhatWasWrittenOverWhatLiesBelow) {
  SparseMemory below;
  OverlayMemory memory(below);
  below.put<std::uint32_t>(PhysAddr{0x1fe}, 0x44332211);
  memory.put<std::uint8_t>(PhysAddr{0x200}, 0xaa);
  EXPECT_EQ(memory.get<std::uint32_t>(PhysAddr{0x1fe}), 0x44aa2211U);
  EXPECT_EQ(below.get<std::uint32_t>(PhysAddr{0x1fe}), 0x44332211U) << "the machine's memory stays as it is";
}

TEST(OverlayMemory, FollowsWhatLiesBelowWhereNothingWasWritten) {
  SparseMemory below;
  OverlayMemory memory(below);
  memory.put<std::uint8_t>(PhysAddr{0x1000}, 1);
  below.put<std::uint16_t>(PhysAddr{0x1000}, 0x0705);
  EXPECT_EQ(memory.get<std::uint16_t>(PhysAddr{0x1000}), 0x0701U);
  memory.clear();
  EXPECT_EQ(memory.get<std::uint16_t>(PhysAddr{0x1000}), 0x0705U);
}

}  // namespace
}  // namespace castor::functional
