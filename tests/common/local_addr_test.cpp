#include "castor/common/local_addr.h"

#include <gtest/gtest.h>

namespace castor {
namespace {

constexpr LocalLayout layout;

TEST(LocalAddr, HasFourteenRowBitsOnTheDefaultMachine) {
  EXPECT_EQ(layout.data_bits(), 14u);
  EXPECT_EQ(layout.sp_rows(), 16384u);
  EXPECT_EQ(layout.acc_rows(), 1024u);
}

TEST(LocalAddr, SplitsScratchpadRowsIntoBankAndRow) {
  const LocalAddr addr{3u << 12 | 0x123};
  EXPECT_FALSE(addr.is_acc());
  EXPECT_EQ(addr.bank(layout).value(), 3u);
  EXPECT_EQ(addr.bank_row(layout), 0x123u);
}

TEST(LocalAddr, UsesOnlyTenRowBitsInTheAccumulator) {
  const LocalAddr addr{0x80000000u | 0x3000 | 0x2ab};
  EXPECT_EQ(addr.row(layout), 0x2abu);
  EXPECT_EQ(addr.bank(layout).value(), 1u);
  EXPECT_EQ(addr.bank_row(layout), 0xabu);
}

TEST(LocalAddr, IsGarbageWhateverThePaddingAndNormBitsSay) {
  EXPECT_TRUE(LocalAddr::garbage().is_garbage(layout));
  EXPECT_TRUE(LocalAddr{0xE0007FFFu}.is_garbage(layout));
  EXPECT_TRUE(LocalAddr{0xFDA5FFFFu}.is_garbage(layout));
}

TEST(LocalAddr, IsNotGarbageWhenOneTestedBitIsMissing) {
  for (const unsigned cleared : {31u, 30u, 29u, 14u, 13u, 0u})
    EXPECT_FALSE(LocalAddr{0xFFFFFFFFu & ~(1u << cleared)}.is_garbage(layout)) << "bit " << cleared;
}

TEST(LocalAddr, WrapsAnOffsetInsideTheRowNumberAndKeepsTheFlags) {
  const LocalAddr addr = LocalAddr::acc(0x3fff, true, true).with_norm_cmd(5).with_offset(3, layout);
  EXPECT_EQ(addr.data(layout), 2u);
  EXPECT_TRUE(addr.is_acc());
  EXPECT_TRUE(addr.accumulate());
  EXPECT_TRUE(addr.read_full());
  EXPECT_EQ(addr.norm_cmd(), 5u);
}

TEST(LocalAddr, StopsBeingGarbageWhenAnOffsetIsAdded) {
  EXPECT_FALSE(LocalAddr::garbage().with_offset(1, layout).is_garbage(layout));
}

TEST(LocalAddr, CountsBackwards) { EXPECT_EQ(LocalAddr::sp(8192).with_offset(-2, layout), LocalAddr::sp(8190)); }

TEST(LocalAddr, MovesTheGarbageBitWithTheCapacity) {
  LocalLayout small;
  small.sp_bank_rows = 1024;
  EXPECT_EQ(small.data_bits(), 12u);
  EXPECT_TRUE(LocalAddr{0xE0001FFFu}.is_garbage(small));
  EXPECT_FALSE(LocalAddr{0xE0000FFFu}.is_garbage(small));
}

}  // namespace
}  // namespace castor
