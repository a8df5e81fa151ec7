#include "castor/sim/queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "bench.h"

namespace castor::sim {
namespace {

using test::Block;

TEST(PlainQueue, ShowsWhatWasPushedOneCycleLater) {
  Queue<int> queue(2);
  queue.push(Cycle{10}, 7);
  EXPECT_FALSE(queue.can_pop(Cycle{10}));
  ASSERT_TRUE(queue.can_pop(Cycle{11}));
  EXPECT_EQ(queue.head_visible(), Cycle{11});
  EXPECT_EQ(queue.pop(Cycle{11}), 7);
}

TEST(PlainQueue, StaysFullInTheCycleOfAPop) {
  Queue<int> queue(1);
  queue.push(Cycle{0}, 1);
  EXPECT_FALSE(queue.can_push(Cycle{1}));
  queue.drop(Cycle{1});
  EXPECT_FALSE(queue.can_push(Cycle{1}));
  EXPECT_TRUE(queue.can_push(Cycle{2}));
}

TEST(PlainQueue, CountsSeveralPopsOfOneCycleAsStillOccupied) {
  Queue<int> queue(4);
  for (int i = 0; i < 4; ++i) queue.push(Cycle{0}, i);
  queue.drop(Cycle{5});
  queue.drop(Cycle{5});
  EXPECT_EQ(queue.room(Cycle{5}), 0U);
  EXPECT_EQ(queue.room(Cycle{6}), 2U);
}

TEST(PlainQueue, ForgetsThePopsOfAnEarlierCycle) {
  Queue<int> queue(4);
  for (int i = 0; i < 4; ++i) queue.push(Cycle{0}, i);
  queue.drop(Cycle{5});
  queue.drop(Cycle{7});
  EXPECT_EQ(queue.room(Cycle{7}), 1U) << "the place freed in cycle 5 is free";
}

TEST(PlainQueue, OfDepthTwoSustainsOneEntryACycle) {
  Queue<int> queue(2);
  int received = 0;
  for (std::uint64_t t = 0; t < 100; ++t) {
    if (queue.can_pop(Cycle{t})) received += queue.pop(Cycle{t}) >= 0;
    ASSERT_TRUE(queue.can_push(Cycle{t}));
    queue.push(Cycle{t}, static_cast<int>(t));
  }
  EXPECT_EQ(received, 99);
}

TEST(PlainQueue, OfDepthOneSustainsOneEntryInTwoCycles) {
  Queue<int> queue(1);
  int received = 0;
  for (std::uint64_t t = 0; t < 100; ++t) {
    if (queue.can_pop(Cycle{t})) queue.drop(Cycle{t}), ++received;
    if (queue.can_push(Cycle{t})) queue.push(Cycle{t}, 1);
  }
  EXPECT_EQ(received, 50);
}

TEST(PipeQueue, AcceptsInTheCycleInWhichItsHeadLeaves) {
  Queue<int> queue(1, QueueMode::Pipe);
  queue.push(Cycle{0}, 1);
  EXPECT_FALSE(queue.can_push(Cycle{1}));
  queue.drop(Cycle{1});
  ASSERT_TRUE(queue.can_push(Cycle{1}));
  queue.push(Cycle{1}, 2);
  EXPECT_FALSE(queue.can_pop(Cycle{1}));
  EXPECT_TRUE(queue.can_pop(Cycle{2}));
}

TEST(FlowQueue, ShowsWhatWasPushedInTheSameCycle) {
  Queue<int> queue(1, QueueMode::Flow);
  queue.push(Cycle{3}, 9);
  ASSERT_TRUE(queue.can_pop(Cycle{3}));
  EXPECT_EQ(queue.pop(Cycle{3}), 9);
}

TEST(FlowQueue, IsFullInTheCycleOfAPopAsAPlainOne) {
  Queue<int> queue(1, QueueMode::Flow);
  queue.push(Cycle{3}, 9);
  queue.drop(Cycle{3});
  EXPECT_FALSE(queue.can_push(Cycle{3}));
  EXPECT_TRUE(queue.can_push(Cycle{4}));
}

TEST(QueueLatency, DelaysEveryEntryBySoManyCycles) {
  Queue<int> queue(8, QueueMode::Plain, 3);
  for (std::uint64_t t = 0; t < 5; ++t) queue.push(Cycle{t}, static_cast<int>(t));
  EXPECT_FALSE(queue.can_pop(Cycle{2}));
  for (std::uint64_t t = 3; t < 8; ++t) {
    ASSERT_TRUE(queue.can_pop(Cycle{t}));
    EXPECT_EQ(queue.pop(Cycle{t}), static_cast<int>(t - 3));
  }
}

TEST(Queue, LetsEveryVisibleEntryBeSeenBehindTheHead) {
  Queue<int> queue(4);
  queue.push(Cycle{0}, 10);
  queue.push(Cycle{0}, 11);
  queue.push(Cycle{1}, 12);
  EXPECT_TRUE(queue.visible(1, Cycle{1}));
  EXPECT_FALSE(queue.visible(2, Cycle{1}));
  EXPECT_TRUE(queue.visible(2, Cycle{2}));
  EXPECT_FALSE(queue.visible(3, Cycle{2}));
  EXPECT_EQ(queue.at(2), 12);
}

TEST(Queue, RefusesAPushWithoutRoom) {
  Queue<int> queue(1);
  queue.push(Cycle{0}, 1);
  EXPECT_THROW(queue.push(Cycle{0}, 2), InternalError);
}

TEST(Queue, RefusesAPopOfWhatIsNotYetVisible) {
  Queue<int> queue(1);
  queue.push(Cycle{0}, 1);
  EXPECT_THROW(queue.pop(Cycle{0}), InternalError);
}

// A sleeping consumer wakes in the cycle in which the entry is visible.
std::vector<std::uint64_t> cycles_of_consumer(QueueMode mode, unsigned latency) {
  ClockDomain domain("clock", test::ns(1));
  Queue<int> queue(2, mode, latency);
  std::vector<std::uint64_t> cycles;
  Block consumer("consumer", [&](Cycle now) {
    cycles.push_back(now.count());
    if (queue.can_pop(now)) queue.drop(now);
    return Cycle::never();
  });
  Block producer("producer", [&](Cycle now) {
    if (now == Cycle{10}) queue.push(now, 1);
    return now < Cycle{10} ? Cycle{10} : Cycle::never();
  });
  queue.connect_consumer(consumer);
  domain.enrol(producer, mode == QueueMode::Flow ? 1 : 2);
  domain.enrol(consumer, mode == QueueMode::Flow ? 2 : 1);
  sc_core::sc_start();
  return cycles;
}

using Cycles = std::vector<std::uint64_t>;
TEST(Queue, WakesItsConsumerOneCycleAfterThePush) {
  EXPECT_EQ(cycles_of_consumer(QueueMode::Plain, 1), (Cycles{0, 11}));
}
TEST(Queue, WakesItsConsumerWhenTheLatencyIsOver) {
  EXPECT_EQ(cycles_of_consumer(QueueMode::Plain, 5), (Cycles{0, 15}));
}
TEST(Queue, WakesTheConsumerOfAFlowQueueAtOnce) { EXPECT_EQ(cycles_of_consumer(QueueMode::Flow, 1), (Cycles{0, 10})); }

// A producer that found the queue full wakes when it may push again.
std::vector<std::uint64_t> cycles_of_producer(QueueMode mode) {
  ClockDomain domain("clock", test::ns(1));
  Queue<int> queue(1, mode);
  std::vector<std::uint64_t> cycles;
  Block producer("producer", [&](Cycle now) {
    cycles.push_back(now.count());
    if (queue.can_push(now)) queue.push(now, 1);
    return Cycle::never();
  });
  Block consumer("consumer", [&](Cycle now) {
    if (now == Cycle{10}) queue.drop(now);
    return now < Cycle{10} ? Cycle{10} : Cycle::never();
  });
  queue.connect_producer(producer);
  domain.enrol(producer, 2);
  domain.enrol(consumer, 1);
  sc_core::sc_start();
  return cycles;
}

TEST(Queue, WakesTheProducerOfAFullPlainQueueAfterThePop) {
  EXPECT_EQ(cycles_of_producer(QueueMode::Plain), (Cycles{0, 11}));
}
TEST(Queue, WakesTheProducerOfAFullPipeQueueInTheCycleOfThePop) {
  EXPECT_EQ(cycles_of_producer(QueueMode::Pipe), (Cycles{0, 10}));
}

// Chisel's Queue, written down once more and naively.
class ReferenceQueue {
 public:
  ReferenceQueue(std::size_t depth, QueueMode mode) : depth_(depth), mode_(mode) {}
  void begin_cycle() { at_start_ = entries_.size(), popped_ = false; }
  bool valid() const { return at_start_ != 0 || (mode_ == QueueMode::Flow && !entries_.empty()); }
  bool ready() const { return at_start_ < depth_ || (mode_ == QueueMode::Pipe && popped_); }
  void enqueue(int value) { entries_.push_back(value); }
  int dequeue() {
    const int value = entries_.front();
    entries_.pop_front();
    popped_ = true;
    return value;
  }

 private:
  std::size_t depth_, at_start_ = 0;
  QueueMode mode_;
  bool popped_ = false;
  std::deque<int> entries_;
};

class QueueAgainstChisel : public testing::TestWithParam<std::tuple<QueueMode, std::size_t>> {};

TEST_P(QueueAgainstChisel, AgreesInEveryCycleOfRandomTraffic) {
  const auto [mode, depth] = GetParam();
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    Queue<int> queue(depth, mode);
    ReferenceQueue reference(depth, mode);
    const bool producer_first = mode == QueueMode::Flow;
    for (std::uint64_t t = 0; t < 500; ++t) {
      const Cycle now{t};
      reference.begin_cycle();
      const auto produce = [&] {
        ASSERT_EQ(queue.can_push(now), reference.ready()) << "cycle " << t;
        if (!queue.can_push(now) || random() % 3 == 0) return;
        queue.push(now, static_cast<int>(t));
        reference.enqueue(static_cast<int>(t));
      };
      const auto consume = [&] {
        ASSERT_EQ(queue.can_pop(now), reference.valid()) << "cycle " << t;
        if (queue.can_pop(now) && random() % 3 != 0) {
          ASSERT_EQ(queue.pop(now), reference.dequeue());
        }
      };
      if (producer_first) produce();
      consume();
      if (!producer_first) produce();
      if (HasFatalFailure()) return;
    }
  }
}

std::string name_of(const testing::TestParamInfo<std::tuple<QueueMode, std::size_t>>& instance) {
  static const char* const modes[] = {"Plain", "Pipe", "Flow"};
  return modes[static_cast<int>(std::get<0>(instance.param))] + std::to_string(std::get<1>(instance.param));
}

INSTANTIATE_TEST_SUITE_P(Depths, QueueAgainstChisel,
                         testing::Combine(testing::Values(QueueMode::Plain, QueueMode::Pipe, QueueMode::Flow),
                                          testing::Values(1, 2, 3, 5, 8)),
                         name_of);

}  // namespace
}  // namespace castor::sim
