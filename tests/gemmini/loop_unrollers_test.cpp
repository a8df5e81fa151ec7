// The loop unrollers: order, throttles, contexts; and for random shapes the same commands as the untimed expansion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "castor/functional/loop_expander.h"
#include "commands.h"
#include "stepped_front_end.h"

namespace castor::gemmini::test {
namespace {

using isa::Command;
using isa::Funct;
using testing::ElementsAre;

// ---- Loops as the C library writes them

struct Matmul {
  isa::LoopWsBounds bounds{1, 1, 1, 0, 0, 0};
  isa::LoopWsAddrsAb ab{VirtAddr{0x1000000}, VirtAddr{0x2000000}};
  isa::LoopWsAddrsDc dc{VirtAddr{0}, VirtAddr{0x4000000}};
  isa::LoopWsStridesAb strides_ab{64, 64};
  isa::LoopWsStridesDc strides_dc{64, 64};
  isa::LoopWsRun run;
  std::vector<Command> commands() const {
    return {bounds.encode(), ab.encode(), dc.encode(), strides_ab.encode(), strides_dc.encode(), run.encode()};
  }
};

Matmul matmul(std::uint32_t i, std::uint32_t j, std::uint32_t k) {
  Matmul loop;
  loop.bounds.i = i, loop.bounds.j = j, loop.bounds.k = k;
  return loop;
}

struct Conv {
  isa::LoopConvConfig1 config1;
  isa::LoopConvConfig2 config2;
  isa::LoopConvConfig3 config3;
  isa::LoopConvConfig4 config4;
  isa::LoopConvConfig5 config5{VirtAddr{0x1000000}, VirtAddr{0x2000000}};
  isa::LoopConvConfig6 config6{VirtAddr{0x3000000}, VirtAddr{0x4000000}};
  isa::LoopConvRun run;
  std::vector<Command> commands(isa::ConvEncoding encoding) const {
    return {config1.encode(encoding),
            config2.encode(encoding),
            config3.encode(encoding),
            config4.encode(encoding),
            config5.encode(),
            config6.encode(),
            run.encode()};
  }
};

/// A 3x3 convolution of an 8x8 image, stride 1, padding 1.
Conv conv(std::uint32_t channels) {
  Conv c;
  c.config1.in_channels = c.config1.out_channels = channels;
  c.config1.in_row_dim = c.config1.out_row_dim = c.config1.out_col_dim = 8, c.config1.batch_size = 1;
  c.config1.stride = 1;
  c.config2.kernel_dim = 3, c.config2.batches = 1, c.config2.pochs = channels;
  c.config3.krows = c.config3.kcols = 3, c.config3.kchs = channels;
  c.config3.lpad = c.config3.rpad = c.config3.upad = c.config3.dpad = 1, c.config3.in_col_dim = 8;
  c.config4.orows = c.config4.ocols = 8, c.config4.kernel_dilation = 1;
  c.config4.in_stride = c.config4.weight_stride = c.config4.out_stride = channels;
  return c;
}

std::vector<unsigned> functs(const std::vector<Command>& commands) {
  std::vector<unsigned> result;
  for (const Command& command : commands) result.push_back(command.funct);
  return result;
}

constexpr unsigned a = 2, b = 1, pre = 6, flip = 4, stay = 5, st = 3;

// ---- LOOP_WS

TEST(LoopMatmul, AllocatesItsFirstCommandSixCyclesAfterTheRunCommand) {
  SteppedFrontEnd s;
  s.send(matmul(1, 1, 1).commands());
  s.run(30);
  ASSERT_FALSE(s.allocated.empty());
  EXPECT_EQ(s.allocated[0].cycle, s.accepted.back().cycle + 6);
  EXPECT_THAT(functs(s.allocated_commands()), ElementsAre(b, a, pre, flip, st));
  EXPECT_EQ(s.allocated[4].cycle, s.accepted.back().cycle + 10) << "one a cycle";
}

TEST(LoopMatmul, SendsBFirstThenWhicheverOfAAndBLagsInK) {
  SteppedFrontEnd s;
  Matmul loop = matmul(4, 4, 4);
  loop.dc.c = VirtAddr{0};
  s.completes = false;  // executes stay behind the loads they need
  s.send(loop.commands());
  s.run(100);
  std::vector<unsigned> loads;
  for (const Command& command : s.allocated_commands())
    if (command.is_mvin()) loads.push_back(command.funct);
  EXPECT_THAT(loads, ElementsAre(b, a, a, a, a, b, b, b));
}

TEST(LoopMatmul, LoadsBiasBeforeItExecutes) {
  SteppedFrontEnd s;
  Matmul loop = matmul(1, 2, 1);
  loop.dc.d = VirtAddr{0x3000000};
  s.send(loop.commands());
  s.run(60);
  const std::vector<unsigned> order = functs(s.allocated_commands());
  const auto last_bias = std::find(order.rbegin(), order.rend(), 14U);
  const auto first_preload = std::find(order.begin(), order.end(), pre);
  EXPECT_LT(last_bias.base(), first_preload + 1);
  EXPECT_THAT(order[0], 14U) << "D comes before A and B";
}

TEST(LoopMatmul, LoadsWholeTilesOfRowsOfBAlsoWhereKIsPadded) {
  SteppedFrontEnd s;
  Matmul loop = matmul(1, 1, 2);
  loop.bounds.pad_k = 12;
  s.send(loop.commands());
  ASSERT_TRUE(s.run_until_idle());
  std::vector<std::uint32_t> b_rows, a_cols;
  for (const Command& command : s.allocated_commands()) {
    if (command.funct == b) b_rows.push_back(isa::Mvin::decode(command).local.rows);
    if (command.funct == a) a_cols.push_back(isa::Mvin::decode(command).local.cols);
  }
  EXPECT_THAT(b_rows, ElementsAre(16, 16));
  EXPECT_THAT(a_cols, ElementsAre(20));
}

TEST(LoopMatmul, ReloadsWeightsOnlyForTheFirstRowOfTiles) {
  SteppedFrontEnd s;
  s.send(matmul(3, 1, 1).commands());
  ASSERT_TRUE(s.run_until_idle());
  EXPECT_EQ(s.count(Funct::ComputePreloaded), 1U);
  EXPECT_EQ(s.count(Funct::ComputeAccumulated), 2U);
}

TEST(LoopMatmul, HoldsBackAtTheSizesOfTheReservationStation) {
  SteppedFrontEnd s;
  s.completes = false;
  s.send(matmul(5, 6, 16).commands());
  OutstandingCommands& outstanding = s.bench.front_end.loop_matmul().outstanding();
  s.run(200);
  EXPECT_EQ(outstanding.count(sim::IssueQueue::Load), 8U);
  EXPECT_EQ(outstanding.count(sim::IssueQueue::Execute), 16U) << "eight loads let all of k = 0 execute";
  s.completes = true;
  std::mt19937_64 random(3);
  s.random = &random;
  unsigned most[3] = {};
  for (unsigned i = 0; i < 20000; ++i) {
    s.step();
    for (const auto queue : {sim::IssueQueue::Load, sim::IssueQueue::Execute, sim::IssueQueue::Store})
      most[static_cast<unsigned>(queue)] = std::max(most[static_cast<unsigned>(queue)], outstanding.count(queue));
  }
  EXPECT_THAT(most, ElementsAre(8, 16, 4));
}

TEST(LoopMatmul, LetsAPlainCommandPassWhenEverythingIsEmittedThoughNothingIsDone) {
  SteppedFrontEnd s;
  s.send(matmul(1, 1, 1).commands());
  s.send(mvin(LocalAddr::sp(5000)));
  s.completes = false;
  s.run(60);
  ASSERT_EQ(s.allocated.size(), 6U);
  EXPECT_EQ(s.allocated.back().command, mvin(LocalAddr::sp(5000)));
  EXPECT_GT(s.allocated.back().cycle, s.allocated[4].cycle + 1) << "the context is reset first";
}

TEST(LoopMatmul, TakesTheConfigurationOfTheNextLoopButNotOfTheOneAfter) {
  SteppedFrontEnd s;
  s.completes = false;
  for (unsigned n = 0; n < 3; ++n) s.send(matmul(4, 4, 4).commands());
  s.run(200);
  // Two loops, and what fits into the three queues before the unroller: 2 raw, 2 conv, 2 matmul.
  EXPECT_EQ(s.accepted.size(), 6U + 6U + 6U);
  SteppedFrontEnd longer;
  longer.completes = false;
  for (unsigned n = 0; n < 4; ++n) longer.send(matmul(4, 4, 4).commands());
  longer.run(200);
  EXPECT_EQ(longer.accepted.size(), 18U);
}

TEST(LoopMatmul, ChangesTheAccumulatorHalfOnlyAfterALoopThatStores) {
  SteppedFrontEnd s;
  Matmul keeps = matmul(1, 1, 1);
  keeps.dc.c = VirtAddr{0};
  for (const Matmul& loop : {keeps, matmul(1, 1, 1), matmul(1, 1, 1)}) s.send(loop.commands());
  ASSERT_TRUE(s.run_until_idle());
  std::vector<std::uint32_t> c_rows, a_rows;
  for (const Command& command : s.allocated_commands()) {
    if (command.funct == pre) c_rows.push_back(isa::Preload::decode(command).destination.addr.raw() & 0x3FF);
    if (command.funct == a) a_rows.push_back(isa::Mvin::decode(command).local.addr.raw());
  }
  EXPECT_THAT(c_rows, ElementsAre(0, 0, 512));
  EXPECT_THAT(a_rows, ElementsAre(0, 8192, 0)) << "the scratchpad half always";
}

TEST(LoopMatmul, WaitsWithALateColumnOfBForAllOfThatRowOfTiles) {
  // The RTL compares A's k where it means B's: inside a row k > 0 of B the readiness of single columns is not seen.
  SteppedFrontEnd s;
  s.send(matmul(1, 8, 4).commands());
  ASSERT_TRUE(s.run_until_idle());
  unsigned b_mvins = 0;
  bool second_row_begun = false;
  for (const Command& command : s.allocated_commands()) {
    if (command.funct == b) ++b_mvins;
    if (command.funct != pre || second_row_begun) continue;
    second_row_begun = isa::Preload::decode(command).destination.addr.accumulate();
    EXPECT_TRUE(!second_row_begun || b_mvins >= 4) << "both mvins of k = 0 and both of k = 1";
  }
  EXPECT_TRUE(second_row_begun);
}

TEST(LoopMatmul, LoadsAllOfAFirstInAResidualAddition) {
  config::GemminiParams params;
  params.rtl_generation.set(config::RtlGeneration::Head);
  params.settle();
  SteppedFrontEnd s(params);
  Matmul loop = matmul(3, 2, 1);
  loop.run.is_resadd = true;
  s.send(loop.commands());
  ASSERT_TRUE(s.run_until_idle());
  EXPECT_THAT(functs(s.allocated_commands()), ElementsAre(a, a, a, b, st, b, st, b, st));
}

// ---- LOOP_CONV_WS

TEST(LoopConv, AllocatesItsFirstCommandEightCyclesAfterTheRunCommand) {
  SteppedFrontEnd s;
  s.send(conv(16).commands(isa::ConvEncoding::Square));
  s.run(40);
  ASSERT_FALSE(s.allocated.empty());
  EXPECT_EQ(s.allocated[0].cycle, s.accepted.back().cycle + 8);
  EXPECT_TRUE(s.allocated[0].command.is_config(isa::ConfigKind::Mvin));
}

TEST(LoopConv, ExecutesNothingBeforeAllLoadsOfTheLoopAreEmitted) {
  SteppedFrontEnd s;
  s.send(conv(32).commands(isa::ConvEncoding::Square));
  ASSERT_TRUE(s.run_until_idle());
  const std::vector<Command> order = s.allocated_commands();
  const auto first_execute = std::find_if(order.begin(), order.end(), [](const Command& c) { return c.is_execute(); });
  const auto last_load = std::find_if(order.rbegin(), order.rend(), [](const Command& c) { return c.is_load(); });
  EXPECT_GE(first_execute, last_load.base());
  const auto cycle_of = [&](auto place) { return s.allocated[static_cast<std::size_t>(place - order.begin())].cycle; };
  EXPECT_EQ(cycle_of(first_execute), cycle_of(last_load.base() - 1) + 3) << "an empty pipeline, then two stages";
}

TEST(LoopConv, PreloadsWeightsOnceForEachKernelPixelAndChannelBlock) {
  SteppedFrontEnd s;
  s.send(conv(32).commands(isa::ConvEncoding::Square));
  ASSERT_TRUE(s.run_until_idle());
  EXPECT_EQ(s.count(Funct::ComputePreloaded), 2U * 3 * 3 * 2);
  EXPECT_EQ(s.count(Funct::Preload), 2U * 3 * 3 * 2 * 8);
}

TEST(LoopConv, PutsAPooledStoreBetweenConfigurationsOfPooling) {
  SteppedFrontEnd s;
  Conv pooled = conv(16);
  pooled.run.no_pool = false;
  pooled.config2.pool_size = pooled.config2.pool_stride = 2, pooled.config2.porows = pooled.config2.pocols = 4;
  s.send(pooled.commands(isa::ConvEncoding::Square));
  ASSERT_TRUE(s.run_until_idle());
  std::vector<unsigned> pool_strides;
  for (const Command& command : s.allocated_commands())
    if (command.is_config(isa::ConfigKind::Mvout))
      pool_strides.push_back(isa::ConfigMvout::decode(command).pool_stride);
  EXPECT_THAT(pool_strides, ElementsAre(2, 0));
  EXPECT_EQ(s.count(Funct::Mvout), 1U);
}

// ---- Random loops against the untimed expansion

config::GemminiParams params_of(config::RtlGeneration generation) {
  config::GemminiParams params;
  params.rtl_generation.set(generation);
  params.settle();
  return params;
}

isa::ConvEncoding encoding_of(const config::GemminiParams& params) {
  return params.loop_conv_encoding == config::LoopConvEncoding::Square ? isa::ConvEncoding::Square
                                                                       : isa::ConvEncoding::Rectangular;
}

functional::LoopParams loop_params(const config::GemminiParams& params) {
  functional::LoopParams loop;
  loop.layout = params.local_layout();
  loop.conv_encoding = encoding_of(params);
  loop.has_spad_ids = params.has_loop_spad_ids;
  loop.has_resadd = params.has_resadd_unroller;
  loop.has_skips = params.has_loop_skips;
  loop.norm_rows = params.has_resadd_unroller ? 2 : 4;
  return loop;
}

/// The garbage address in one spelling, so that commands can be compared.
Command with_one_garbage(Command command, const LocalLayout& layout) {
  const auto respell = [&](std::uint64_t& word) {
    if (LocalAddr(static_cast<std::uint32_t>(word)).is_garbage(layout)) word |= 0xFFFFFFFFU;
  };
  if (command.function() == Funct::Preload) respell(command.rs1);
  if (command.is_compute()) respell(command.rs2);
  return command;
}

std::vector<std::tuple<unsigned, std::uint64_t, std::uint64_t>> sorted(const std::vector<Command>& commands,
                                                                       const LocalLayout& layout) {
  std::vector<std::tuple<unsigned, std::uint64_t, std::uint64_t>> result;
  for (const Command& each : commands) {
    const Command command = with_one_garbage(each, layout);
    result.emplace_back(command.funct, command.rs1, command.rs2);
  }
  std::sort(result.begin(), result.end());
  return result;
}

class RandomLoops {
 public:
  RandomLoops(std::uint64_t seed, bool head) : random_(seed), head_(head) {}

  Matmul matmul(bool resadd) {
    Matmul loop;
    do {
      loop.bounds = {size(), size(), size(), pick(16), pick(16), pick(16)};
    } while (loop.bounds.i * loop.bounds.j > 32 || (loop.bounds.i + loop.bounds.j) * loop.bounds.k > 512);
    loop.ab = {address(head_ ? 10 : 0), address(head_ ? 10 : 0)};
    loop.dc = {address(40), address(25)};
    loop.strides_ab = {pick(2000), pick(2000)}, loop.strides_dc = {pick(2000), pick(2000)};
    loop.run.ex_accumulate = chance(30), loop.run.full_c = chance(20), loop.run.low_d = chance(30);
    loop.run.activation = static_cast<Activation>(pick(5));
    if (chance(30)) (chance(50) ? loop.run.a_transpose : loop.run.b_transpose) = true;
    if (head_ && !resadd) loop.run.a_spad_id = pick(3), loop.run.b_spad_id = pick(3);
    if (resadd) loop.run.is_resadd = true, loop.run.a_transpose = loop.run.b_transpose = false;
    if (head_ && !resadd && chance(20)) loop.run.skip_lda = chance(50), loop.run.skip_stc = chance(50);
    return loop;
  }

  Conv conv() {
    for (;;) {
      Conv c = any_conv();
      if (fits(c)) return c;
    }
  }

  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  bool chance(unsigned percent) { return pick(100) < percent; }
  std::mt19937_64& source() { return random_; }

 private:
  std::uint32_t size() { return 1 + pick(9); }
  VirtAddr address(unsigned percent_null) {
    return VirtAddr{chance(percent_null) ? 0 : 0x80000000ULL + (random_() & 0xFFFFFF0)};
  }

  Conv any_conv() {
    Conv c;
    c.config2.batches = 1 + pick(3), c.config2.pochs = 1 + pick(40);
    c.config3.krows = 1 + pick(3), c.config3.kcols = 1 + pick(3), c.config3.kchs = 1 + pick(100);
    c.config4.orows = 1 + pick(9), c.config4.ocols = 1 + pick(20), c.config4.kernel_dilation = 1 + pick(2);
    c.config3.lpad = pick(3), c.config3.rpad = pick(3), c.config3.upad = pick(3), c.config3.dpad = pick(3);
    c.config1 = {128, 128, 40, 3, 0, 1 + pick(2), 40, 20, 40};
    c.config2.kernel_dim = 3, c.config2.pool_out_col_dim = 20, c.config2.pool_size = 1 + pick(3);
    c.config2.pool_stride = 1 + pick(3), c.config2.porows = 1 + pick(9), c.config2.pocols = 1 + pick(9);
    c.config3.plpad = pick(2), c.config4.pupad = pick(2), c.config3.in_col_dim = 40;
    if (head_) c.config4.in_stride = pick(500), c.config4.weight_stride = pick(500), c.config4.out_stride = pick(500);
    c.config5 = {address(head_ ? 10 : 0), address(25)}, c.config6 = {address(25), address(head_ ? 10 : 0)};
    conv_options(c);
    return c;
  }

  void conv_options(Conv& c) {
    isa::LoopConvRun& run = c.run;
    run.no_bias = chance(30), run.no_pool = chance(60), run.activation = static_cast<Activation>(pick(2));
    run.wrot180 = chance(20), run.trans_output_1203 = chance(20);
    const unsigned layout = pick(6);
    run.trans_weight_1203 = layout == 1, run.trans_weight_0132 = layout == 2, run.dw = layout == 3;
    run.trans_input_3120 = layout == 4, run.input_dilated = layout == 5;
    if (run.input_dilated) c.config1.stride = 1;
    if (run.trans_input_3120) c.config4.kernel_dilation = 1;
    if (layout == 0 && chance(50)) {
      run.downsample = true, c.config1.stride = 2;
      c.config3.krows = c.config3.kcols = 1;
      c.config3.lpad = c.config3.rpad = c.config3.upad = c.config3.dpad = 0;
    }
    if (c.config3.kchs <= 5) run.max_pixels_per_row = 1 + pick(3);
    if (head_) run.a_spad_id = pick(3), run.b_spad_id = pick(3);
  }

  static std::uint32_t blocks(std::uint32_t channels) { return (channels + 15) / 16; }
  static bool fits(const Conv& c) {
    const std::uint32_t rows = c.config4.orows * c.config1.stride + (c.config3.krows - 1) * c.config4.kernel_dilation;
    const std::uint32_t cols = c.config4.ocols * c.config1.stride + (c.config3.kcols - 1) * c.config4.kernel_dilation;
    const std::uint32_t planes = c.run.trans_input_3120 ? c.config3.kchs : blocks(c.config3.kchs) * c.config2.batches;
    const std::uint32_t weights =
        c.config3.krows * c.config3.kcols *
        (c.run.trans_weight_0132 ? blocks(c.config3.kchs) * c.config2.pochs : blocks(c.config2.pochs) * c.config3.kchs);
    return rows >= c.config3.upad + c.config3.dpad && cols >= c.config3.lpad + c.config3.rpad &&
           blocks(c.config2.pochs) * c.config2.batches * c.config4.orows * c.config4.ocols <= 512 &&
           planes * rows * cols <= 8192 && weights <= 8192;
  }

  std::mt19937_64 random_;
  bool head_;
};

class RandomLoopTest : public testing::TestWithParam<std::tuple<config::RtlGeneration, std::uint64_t>> {
 protected:
  RandomLoopTest()
      : params_(params_of(std::get<0>(GetParam()))),
        loops_(std::get<1>(GetParam()), std::get<0>(GetParam()) == config::RtlGeneration::Head),
        expander_(loop_params(params_)),
        front_end_(params_) {
    front_end_.random = &loops_.source();
  }

  void send(const std::vector<Command>& commands) {
    front_end_.send(commands);
    for (const Command& command : commands)
      for (const Command& plain : expander_.accept(command)) expected_.push_back(plain);
  }
  void expect_same_commands() {
    ASSERT_TRUE(front_end_.run_until_idle());
    const LocalLayout layout = params_.local_layout();
    ASSERT_EQ(sorted(front_end_.allocated_commands(), layout), sorted(expected_, layout));
    front_end_.allocated.clear();
    expected_.clear();
  }

  config::GemminiParams params_;
  RandomLoops loops_;
  functional::LoopExpander expander_;
  SteppedFrontEnd front_end_;
  std::vector<Command> expected_;
};

TEST_P(RandomLoopTest, MatmulLoopsEmitWhatTheExpansionHolds) {
  SCOPED_TRACE("seed " + std::to_string(std::get<1>(GetParam())));
  for (unsigned round = 0; round < 10; ++round) {
    const bool resadd = params_.has_resadd_unroller && loops_.chance(30);
    for (unsigned n = 0; n < 3; ++n) send(loops_.matmul(resadd).commands());
    expect_same_commands();
    if (HasFatalFailure()) return;
  }
}

TEST_P(RandomLoopTest, ConvolutionLoopsEmitWhatTheExpansionHolds) {
  SCOPED_TRACE("seed " + std::to_string(std::get<1>(GetParam())));
  for (unsigned round = 0; round < 10; ++round) {
    for (unsigned n = 0; n < 3; ++n) send(loops_.conv().commands(encoding_of(params_)));
    expect_same_commands();
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomLoopTest,
                         testing::Combine(testing::Values(config::RtlGeneration::Old, config::RtlGeneration::Head),
                                          testing::Range<std::uint64_t>(1, 9)),
                         [](const auto& info) {
                           const bool old = std::get<0>(info.param) == config::RtlGeneration::Old;
                           return std::string(old ? "Old" : "Head") + std::to_string(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace castor::gemmini::test
