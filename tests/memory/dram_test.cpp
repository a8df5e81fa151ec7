// The memories behind the port, driven by requests of their own.
#include <gtest/gtest.h>

#include <algorithm>

#include "bench.h"
#include "castor/memory/dram_ddr3.h"
#include "castor/memory/dram_ideal.h"
#include "dram_bench.h"

namespace castor::memory::test {
namespace {

using C = DramCommand;
using W = DramRule::Where;

TEST(DramIdeal, GivesAReadsFirstBeatOneCycleAndTheLatencyAfterItsRequest) {
  config::DramParams params;
  params.latency.set(30);
  params.settle();
  DramBench<DramIdeal> bench(params);
  EXPECT_EQ(bench.run({{10, 0, false}}), (std::vector<std::uint64_t>{41}));
}

TEST(DramIdeal, StreamsReadsInOrderEightBeatsEach) {
  DramBench<DramIdeal> bench{config::DramParams{}};
  EXPECT_EQ(bench.run({{10, 0, false}, {11, 64, false}, {12, 128, false}}), (std::vector<std::uint64_t>{11, 19, 27}));
}

TEST(DramIdeal, AcknowledgesAWriteOneCycleAndTheLatencyAfterItsLastBeat) {
  config::DramParams params;
  params.latency.set(5);
  params.settle();
  DramBench<DramIdeal> bench(params);
  EXPECT_EQ(bench.run({{10, 0, true}}), (std::vector<std::uint64_t>{10 + 8 + 1 + 5}));
}

config::DramParams pipe_of_two() {
  config::DramParams params;
  params.in_order.set(false);
  params.latency.set(100);
  params.max_in_flight.set(2);
  params.settle();
  return params;
}

TEST(DramIdeal, AcceptsNoMoreThanItsPipeHoldsWhenItIsAPipe) {
  DramBench<DramIdeal> bench(pipe_of_two());
  const std::vector<std::uint64_t> answers = bench.run({{10, 0, false}, {11, 64, false}, {12, 128, false}});
  EXPECT_EQ(bench.port.blocks[1].accepted, 11u);
  EXPECT_EQ(bench.port.blocks[2].accepted, 111u) << "the pipe is full until the first answer";
  EXPECT_EQ(answers, (std::vector<std::uint64_t>{111, 119, 111 + 1 + 100}));
}

TEST(DramIdeal, TakesAsManyWritesAsReadsBesideEachOther) {
  DramBench<DramIdeal> bench(pipe_of_two());
  bench.run({{10, 0, false}, {11, 64, false}, {12, 128, true}, {20, 192, true}, {28, 256, true}});
  EXPECT_EQ(bench.port.blocks[2].accepted, 12u) << "only the reads' side is full";
  EXPECT_EQ(bench.port.blocks[3].accepted, 20u);
  EXPECT_EQ(bench.port.blocks[4].accepted, 12u + 8 + 1 + 100) << "both sides are full";
}

/// Every rule of the table, alone: refused one cycle early, allowed on time.
class EveryDdr3Rule : public testing::TestWithParam<std::size_t> {};

TEST_P(EveryDdr3Rule, RefusesOneCycleEarlyAndAllowsOnTime) {
  const config::Ddr3Params params = config::DramParams{}.ddr3;
  const DramRule rule = ddr3_rules(params)[GetParam()];
  DramTiming timing({rule}, params.ranks, params.banks);
  const DramPlace here{1, 3};
  const DramPlace there = rule.where == W::SameBank   ? here
                          : rule.where == W::SameRank ? DramPlace{1, 4}
                                                      : DramPlace{2, 3};
  for (unsigned i = 0; i < rule.window; ++i) timing.issue(Cycle{100 + i}, rule.first, here);
  EXPECT_FALSE(timing.allows(Cycle{100 + rule.cycles - 1}, rule.second, there));
  EXPECT_TRUE(timing.allows(Cycle{100 + rule.cycles}, rule.second, there));
  const DramPlace elsewhere = rule.where == W::OtherRank ? here : DramPlace{3, 3};
  EXPECT_TRUE(timing.allows(Cycle{100}, rule.second, elsewhere)) << "the rule holds too widely";
}

INSTANTIATE_TEST_SUITE_P(Ddr3, EveryDdr3Rule, testing::Range<std::size_t>(0, 20));

TEST(Ddr3Rules, AreTwenty) { EXPECT_EQ(ddr3_rules(config::DramParams{}.ddr3).size(), 20u); }

TEST(Ddr3Rules, CountTheWindowOfFourActivatesFromTheFirstOfThem) {
  const config::Ddr3Params params = config::DramParams{}.ddr3;
  DramTiming timing(ddr3_rules(params), params.ranks, params.banks);
  for (unsigned i = 0; i < 4; ++i) timing.issue(Cycle{100 + 2 * i}, C::Activate, {0, i});
  EXPECT_FALSE(timing.allows(Cycle{124}, C::Activate, {0, 4}));
  EXPECT_TRUE(timing.allows(Cycle{125}, C::Activate, {0, 4})) << "tFAW 25 from the activate of 100";
  EXPECT_TRUE(timing.allows(Cycle{107}, C::Activate, {1, 4})) << "another rank has its own window";
}

constexpr std::uint64_t row = 1 << 18, bank = 1 << 13;

TEST(DramDdr3, OpensARowBeforeItsFirstRead) {
  DramBench<DramDdr3> bench(config::DramParams{}, 1.0);
  // Seen in 11, activate 11, read tRCD later, data tCAS and the backend later.
  EXPECT_EQ(bench.run({{10, 0, false}}), (std::vector<std::uint64_t>{11 + 14 + 14 + 2}));
  EXPECT_EQ(bench.dram.stats.row_misses.value(), 1u);
}

TEST(DramDdr3, ReadsAnOpenRowOneBurstAfterTheOther) {
  DramBench<DramDdr3> bench(config::DramParams{}, 1.0);
  const auto answers = bench.run({{10, 0, false}, {11, 64, false}, {12, 128, false}});
  EXPECT_EQ(answers[1] - answers[0], 8u) << "the port passes a beat a cycle";
  EXPECT_EQ(answers[2] - answers[1], 8u);
  EXPECT_EQ(bench.dram.stats.activates.value(), 1u);
}

TEST(DramDdr3, ClosesAndOpensForAnotherRowOfTheBank) {
  DramBench<DramDdr3> bench(config::DramParams{}, 1.0);
  const auto answers = bench.run({{10, 0, false}, {100, row, false}});
  EXPECT_EQ(answers[1], 101u + 14 + 14 + 14 + 2);  // tRP, tRCD, tCAS, backend
  EXPECT_EQ(bench.dram.stats.row_conflicts.value(), 1u);
  EXPECT_EQ(bench.dram.stats.precharges.value(), 1u);
}

TEST(DramDdr3, LetsARowHitPassAnOlderConflict) {
  DramBench<DramDdr3> bench(config::DramParams{}, 1.0);
  const auto answers = bench.run({{10, 0, false}, {11, row, false}, {12, 64, false}});
  EXPECT_LT(answers[2], answers[1]);
}

TEST(DramDdr3, ClosesARowThatNobodyWantsWhenThePageIsClosed) {
  config::DramParams params;
  params.ddr3.open_page.set(false);
  DramBench<DramDdr3> bench(params, 1.0);
  const auto answers = bench.run({{10, 0, false}, {200, 64, false}});
  EXPECT_EQ(answers[1], 201u + 14 + 14 + 2) << "activate again, but no precharge in the way";
  EXPECT_EQ(bench.dram.stats.activates.value(), 2u);
}

TEST(DramDdr3, WorksInItsBanksAtTheSameTime) {
  DramBench<DramDdr3> bench(config::DramParams{}, 1.0);
  const auto answers = bench.run({{10, 0, false}, {11, bank, false}, {12, 2 * bank, false}});
  EXPECT_EQ(answers[2] - answers[0], 16u) << "activates 8 apart, bursts back to back";
}

TEST(DramDdr3, HoldsARequestBackWhileItsQueuesAreFull) {
  config::DramParams params;
  params.ddr3.transaction_queue.set(2);
  params.ddr3.scheduler_window.set(1);
  DramBench<DramDdr3> bench(params, 1.0);
  std::vector<Port::Block> blocks;
  for (unsigned i = 0; i < 6; ++i) blocks.push_back({10, i * row, false});
  bench.run(blocks);
  EXPECT_GT(bench.dram.stats.queue_full.value(), 0u);
  EXPECT_GT(bench.port.blocks[4].accepted, 50u);
}

TEST(DramDdr3, RefreshesEveryRankInEachInterval) {
  config::DramParams params;
  params.ddr3.t_refi.set(1000);
  DramBench<DramDdr3> bench(params, 1.0);
  std::vector<Port::Block> blocks;
  for (unsigned i = 0; i < 500; ++i) blocks.push_back({10 + 20 * i, 64 * i, false});
  bench.run(blocks);
  EXPECT_NEAR(bench.dram.stats.refreshes.value(), 4 * 10, 4);
  const auto worst = std::max_element(bench.port.blocks.begin(), bench.port.blocks.end(),
                                      [](auto& a, auto& b) { return a.answered - a.cycle < b.answered - b.cycle; });
  EXPECT_GT(worst->answered - worst->cycle, 160u) << "a read that meets a refresh waits tRFC";
}

TEST(DramDdr3, CountsItsTimesInItsOwnClock) {
  config::DramParams params;
  params.ddr3.clock_ghz.set(2.0);
  DramBench<DramDdr3> bench(params, 1.0);
  EXPECT_EQ(bench.run({{10, 0, false}}), (std::vector<std::uint64_t>{11 + 7 + 8}));
}

/// A plain TLM-2.0 memory of another making: a SystemC thread that knows nothing of clock domains.
class ThreadMemory : public sc_core::sc_module, public tlm::tlm_fw_transport_if<> {
 public:
  explicit ThreadMemory(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {
    SC_HAS_PROCESS(ThreadMemory);
    SC_THREAD(work);
    socket.bind(*this);
  }
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    if (phase == tlm::END_RESP) return tlm::TLM_COMPLETED;
    EXPECT_EQ(phase, tlm::BEGIN_REQ);
    times.push_back(sc_core::sc_time_stamp());
    if (payload.is_write()) written.push_back(payload.get_data_ptr()[5]);
    waiting_.push_back(&payload);
    arrived_.notify();
    return tlm::TLM_ACCEPTED;
  }
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned int transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  tlm::tlm_target_socket<> socket;
  std::vector<sc_core::sc_time> times;
  std::vector<std::uint8_t> written;

 private:
  void call(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase) {
    sc_core::sc_time delay;
    socket->nb_transport_bw(payload, phase, delay);
  }
  void work() {
    for (;;) {
      while (waiting_.empty()) wait(arrived_);
      tlm::tlm_generic_payload& payload = *waiting_.front();
      waiting_.pop_front();
      wait(2.5, sc_core::SC_NS);
      call(payload, tlm::END_REQ);
      wait(50.2, sc_core::SC_NS);
      payload.set_response_status(tlm::TLM_OK_RESPONSE);
      call(payload, tlm::BEGIN_RESP);
    }
  }
  sc_core::sc_event arrived_;
  std::deque<tlm::tlm_generic_payload*> waiting_;
};

TEST(MemoryBus, MeetsAMemoryOutsideTheDomainAtTheKernelsTime) {
  Bench bench({}, sim::StepOrder::Normal, MemoryBus::Target::Outside);
  ThreadMemory memory("thread_memory");
  bench.memory.memory_port().bind(memory.socket);
  const Order& first = bench.reader.order(get(20, 0x80000000));
  bench.reader.order(get(21, 0x80000040));
  bench.run();
  ASSERT_EQ(memory.times.size(), 2u);
  EXPECT_EQ(memory.times[0], sc_core::sc_time(26, sc_core::SC_NS));
  EXPECT_EQ(memory.times[1], sc_core::sc_time(29, sc_core::SC_NS)) << "END_REQ of 28.5 ns is seen in cycle 29";
  // BEGIN_RESP at 78.7 ns is seen in 79: outer buffer 80, schedule 81, D 83 and 84, reader 86.
  EXPECT_EQ(first.beats.front(), 26u + 53 + 7 + 1);
}

TEST(MemoryBus, HandsTheBytesOfAWriteBackToAMemoryOutside) {
  config::SocConfig config;
  config.l2.capacity.set(2_KiB);
  config.l2.ways.set(2);
  Bench bench(config, sim::StepOrder::Normal, MemoryBus::Target::Outside);
  ThreadMemory memory("thread_memory");
  bench.memory.memory_port().bind(memory.socket);
  for (unsigned i = 0; i < 20; ++i) bench.writer.order(put(20 + 300 * i, 0x80000000 + 0x10000 * i, 64, 0x5a));
  bench.run();
  ASSERT_GT(memory.written.size(), 10u);
  for (const std::uint8_t byte : memory.written) EXPECT_EQ(byte, 0x5a);
}

}  // namespace
}  // namespace castor::memory::test
