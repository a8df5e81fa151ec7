#include "castor/host/rocket_front_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace castor::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// An instruction cache that holds some lines and notes when it is asked for others.
class StandInCaches : public CoreCaches {
 public:
  explicit StandInCaches(std::set<std::uint64_t> lines) : lines_(std::move(lines)) {}

  Outcome access(Cycle, VirtAddr, PhysAddr, Use) override { return Outcome::Hit; }
  bool reserved(Cycle) const override { return false; }
  bool holds_instructions(PhysAddr address) const override { return lines_.count(address.value() / line) != 0; }
  bool fetch(Cycle s0, VirtAddr, PhysAddr address) override {
    if (holds_instructions(address)) return true;
    if (on_the_way_ != address.value() / line) asked.push_back(s0.count());
    on_the_way_ = address.value() / line;
    return false;
  }
  void invalidate_instructions() override {}
  void when_answered(Answer, Answer) override {}

  static constexpr std::uint64_t line = 64;
  std::vector<std::uint64_t> asked;  // s0 of each

 private:
  std::set<std::uint64_t> lines_;
  std::uint64_t on_the_way_ = 0;
};

constexpr std::uint64_t code = 0x1000, next_line = code + StandInCaches::line;

/// Fetches instructions of 4 bytes from `first` on, each of which leaves decode when it can. The front end was
/// redirected from WB: the first packet is there in cycle 10.
struct Flow {
  explicit Flow(std::uint64_t first) : pc(first) { front_end.restart(10); }
  std::optional<std::uint64_t> fetch() { return front_end.fetch(pc, PhysAddr{pc}, 4); }
  /// The cycle in which it leaves.
  std::uint64_t pass() {
    last = std::max(*fetch(), last + 1);
    front_end.leave(last);
    pc += 4;
    return last;
  }

  StandInCaches caches{{code / StandInCaches::line}};
  RocketFrontEnd front_end{caches};
  std::uint64_t pc, last = 0;
};

constexpr std::uint64_t to_wb = 3;

TEST(RocketFrontEnd, AsksForNoLineOnAGuessButWhenTheInstructionIsInWriteBack) {
  Flow flow(next_line - 12);
  for (int i = 0; i < 3; ++i) flow.pass();
  EXPECT_THAT(flow.caches.asked, IsEmpty());
  EXPECT_EQ(flow.fetch(), std::nullopt);
  const std::uint64_t leaves = flow.last + 1;
  EXPECT_THAT(flow.caches.asked, ElementsAre(leaves + to_wb));
}

TEST(RocketFrontEnd, AsksACycleLaterForTheSecondHalfOfAnInstruction) {
  Flow flow(next_line - 14);
  for (int i = 0; i < 3; ++i) flow.pass();
  EXPECT_EQ(flow.fetch(), std::nullopt);
  const std::uint64_t leaves = flow.last + 1;
  EXPECT_THAT(flow.caches.asked, ElementsAre(leaves + to_wb + 1));
}

TEST(RocketFrontEnd, AsksAtOnceForTheFirstPacketAfterARedirectFromWriteBack) {
  Flow flow(next_line);
  EXPECT_EQ(flow.fetch(), std::nullopt);
  EXPECT_THAT(flow.caches.asked, ElementsAre(10U - 2));
}

TEST(RocketFrontEnd, AsksForTheSecondPacketWhileTheFirstInstructionWaits) {
  Flow flow(next_line - 4);
  EXPECT_EQ(flow.fetch(), 10U);
  EXPECT_THAT(flow.caches.asked, ElementsAre(10U - 1));
}

TEST(RocketFrontEnd, GivesTheAnswerToTheInstructionThatWaits) {
  Flow flow(next_line);
  flow.fetch();
  flow.front_end.answer(50);
  EXPECT_EQ(flow.fetch(), 50U);
}

TEST(RocketFrontEnd, TakesTheFirstHalfOfAnInstructionInACycleOfItsOwn) {
  Flow flow(code + 2);
  EXPECT_EQ(flow.pass(), 10U + 1);
  EXPECT_EQ(flow.pass(), 10U + 2);
}

TEST(RocketFrontEnd, TakesNoHalfBeforeDecodeTakesAnything) {
  Flow flow(code + 2);
  flow.fetch();
  flow.front_end.hold(30);
  EXPECT_EQ(flow.fetch(), 31U);
}

TEST(RocketFrontEnd, HoldsNoInstructionThatIsWhole) {
  Flow flow(code);
  flow.fetch();
  flow.front_end.hold(30);  // decode itself is held by the pipeline
  EXPECT_EQ(flow.fetch(), 10U);
}

}  // namespace
}  // namespace castor::host
