#include "castor/sim/tilelink.h"

#include <gtest/gtest.h>

#include "castor/sim/probes.h"

namespace castor::sim {
namespace {

TEST(TransactionPool, GivesAPayloadBackWhenItsLastUserReleasesIt) {
  TransactionPool pool;
  auto& first = pool.take();
  first.acquire();
  first.release();
  auto& second = pool.take();
  EXPECT_NE(&first, &second) << "still in use";
  first.release();
  EXPECT_EQ(&pool.take(), &first);
}

TEST(TransactionPool, ResetsTheExtensionOfARecycledPayload) {
  TransactionPool pool;
  auto& payload = pool.take();
  tilelink(payload).source = 9;
  tilelink(payload).beats_delivered = 4;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  payload.release();
  auto& again = pool.take();
  ASSERT_EQ(&again, &payload);
  EXPECT_EQ(tilelink(again).source, 0);
  EXPECT_EQ(tilelink(again).beats_delivered, 0);
  EXPECT_EQ(again.get_response_status(), tlm::TLM_INCOMPLETE_RESPONSE);
}

struct Recorder : Observer {
  void allocate(Cycle now, RobId id, const isa::Command& command) override {
    cycle = now, entry = id.entry(), queue = id.queue(), funct = command.funct;
  }
  Cycle cycle;
  unsigned entry = 0;
  IssueQueue queue = IssueQueue::Load;
  unsigned funct = 0;
};

TEST(Probes, ReachEveryObserver) {
  Probes probes;
  EXPECT_FALSE(probes.watched());
  Recorder one, two;
  probes.attach(one);
  probes.attach(two);
  EXPECT_TRUE(probes.watched());
  probes.emit(&Observer::allocate, Cycle{7}, RobId{0x1A}, isa::Command{6, 1, 2});
  for (const Recorder* recorder : {&one, &two}) {
    EXPECT_EQ(recorder->cycle, Cycle{7});
    EXPECT_EQ(recorder->queue, IssueQueue::Execute);
    EXPECT_EQ(recorder->entry, 10U);
    EXPECT_EQ(recorder->funct, 6U);
  }
}

}  // namespace
}  // namespace castor::sim
