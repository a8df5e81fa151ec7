#include "castor/functional/memory.h"

#include <gtest/gtest.h>

namespace castor::functional {
namespace {

TEST(SparseMemory, ReadsZeroWhereNothingWasWritten) {
  SparseMemory memory;
  EXPECT_EQ(memory.get<std::uint64_t>(PhysAddr{0x80000000}), 0u);
  EXPECT_EQ(memory.pages(), 0u);
}

TEST(SparseMemory, CrossesPages) {
  SparseMemory memory;
  const PhysAddr edge{SparseMemory::page_bytes - 3};
  memory.put<std::uint64_t>(edge, 0x1122334455667788);
  EXPECT_EQ(memory.pages(), 2u);
  EXPECT_EQ(memory.get<std::uint64_t>(edge), 0x1122334455667788u);
  EXPECT_EQ(memory.get<std::uint8_t>(edge + 3), 0x55);
}

TEST(SparseMemory, CopiesAreIndependent) {
  SparseMemory memory;
  memory.put<int>(PhysAddr{64}, 1);
  SparseMemory copy = memory;
  copy.put<int>(PhysAddr{64}, 2);
  EXPECT_EQ(memory.get<int>(PhysAddr{64}), 1);
  EXPECT_EQ(copy.get<int>(PhysAddr{64}), 2);
  memory = copy;
  EXPECT_EQ(memory.get<int>(PhysAddr{64}), 2);
}

}  // namespace
}  // namespace castor::functional
