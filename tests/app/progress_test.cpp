#include "castor/app/progress.h"

#include <gtest/gtest.h>

namespace castor::app {
namespace {

isa::Stream two_layers() {
  isa::Stream stream;
  stream.add(isa::LayerBegin{"light", "Conv", isa::Placement::Accelerator, 100});
  for (int i = 0; i < 9; ++i) stream.add(isa::Command{2, 0, 0});
  stream.add(isa::LayerBegin{"heavy", "Conv", isa::Placement::Accelerator, 300});
  for (int i = 0; i < 9; ++i) stream.add(isa::Command{2, 0, 0});
  return stream;
}

TEST(StreamShare, WeighsLayersByTheirMacs) {
  const StreamShare share(two_layers());
  EXPECT_DOUBLE_EQ(share.done(0), 0);
  EXPECT_DOUBLE_EQ(share.done(5), 0.125);
  EXPECT_DOUBLE_EQ(share.done(10), 0.25);
  EXPECT_DOUBLE_EQ(share.done(15), 0.625);
  EXPECT_DOUBLE_EQ(share.done(20), 1);
}

TEST(StreamShare, WeighsItemsWhenThereAreNoMacs) {
  isa::Stream stream;
  for (int i = 0; i < 4; ++i) stream.add(isa::Fence{});
  const StreamShare share(stream);
  EXPECT_DOUBLE_EQ(share.done(1), 0.25);
  EXPECT_DOUBLE_EQ(share.done(4), 1);
}

TEST(StreamShare, OfAnEmptyStreamIsNothing) { EXPECT_DOUBLE_EQ(StreamShare(isa::Stream{}).done(0), 0); }

TEST(ProgressText, TellsLayerShareSpeedAndTimeLeft) {
  EXPECT_EQ(progress_text("conv_3", 0.25, 5000000, 4), "conv_3                            25.0 %  1.25 MHz  0:12 left");
}

TEST(ProgressLine, StaysAwayFromWhatIsNoTerminal) {
  const isa::Stream stream = two_layers();
  const ProgressLine line({&stream}, false);
  EXPECT_FALSE(line.shown()) << "run by ctest, stderr is a pipe";
}

}  // namespace
}  // namespace castor::app
