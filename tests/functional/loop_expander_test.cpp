// What the unrollers emit: sizes, addresses, order, and the state that survives a loop.
#include "castor/functional/loop_expander.h"

#include <gtest/gtest.h>

#include "castor/isa/stream.h"

namespace castor::functional {
namespace {

LoopParams head() {
  LoopParams params;
  params.has_spad_ids = params.has_resadd = params.has_skips = true;
  params.conv_encoding = isa::ConvEncoding::Rectangular;
  return params;
}

std::vector<isa::Command> matmul(LoopExpander& expander, std::uint32_t i, std::uint32_t j, std::uint32_t k,
                                 isa::LoopWsRun run = {}, std::uint64_t d = 0, std::uint64_t c = 0x80300000) {
  expander.accept(isa::LoopWsBounds{i, j, k, 1, 2, 3}.encode());
  expander.accept(isa::LoopWsAddrsAb{VirtAddr{0x80000000}, VirtAddr{0x80100000}}.encode());
  expander.accept(isa::LoopWsAddrsDc{VirtAddr{d}, VirtAddr{c}}.encode());
  expander.accept(isa::LoopWsStridesAb{100, 200}.encode());
  expander.accept(isa::LoopWsStridesDc{300, 300}.encode());
  return expander.accept(run.encode());
}

std::vector<std::string> text(const std::vector<isa::Command>& commands) {
  std::vector<std::string> lines;
  for (const isa::Command& command : commands) lines.push_back(isa::to_text(command));
  return lines;
}

TEST(MatmulUnroller, EmitsLoadsThenPairsThenStores) {
  LoopExpander expander{LoopParams{}};
  EXPECT_EQ(text(matmul(expander, 2, 1, 1)),
            (std::vector<std::string>{"mvin dram=0x80000000 local=0x0 rows=16 cols=13",
                                      "mvin dram=0x80000640 local=0x10 rows=15 cols=13",
                                      "mvin2 dram=0x80100000 local=0x1ff0 rows=16 cols=14",
                                      "preload bd=0x1ff0 bd_rows=13 bd_cols=14 c=0x80000000 c_rows=16 c_cols=14",
                                      "compute_preloaded a=0x0 a_rows=16 a_cols=13 bd=garbage bd_rows=16 bd_cols=16",
                                      "preload bd=garbage bd_rows=13 bd_cols=14 c=0x80000010 c_rows=15 c_cols=14",
                                      "compute_accumulated a=0x10 a_rows=15 a_cols=13 bd=garbage bd_rows=16 bd_cols=16",
                                      "mvout dram=0x80300000 local=0x80000000 rows=16 cols=14",
                                      "mvout dram=0x803012c0 local=0x80000010 rows=15 cols=14"}));
}

TEST(MatmulUnroller, AlwaysLoadsSixteenRowsOfB) {
  LoopExpander expander{LoopParams{}};
  for (const isa::Command& command : matmul(expander, 1, 6, 3)) {
    if (command.function() == isa::Funct::Mvin2) {
      EXPECT_EQ(isa::Mvin::decode(command).local.rows, 16u);
    }
  }
}

TEST(MatmulUnroller, LoadsUpToFourTilesAtOnce) {
  LoopExpander expander{LoopParams{}};
  std::vector<std::uint32_t> cols;
  for (const isa::Command& command : matmul(expander, 1, 1, 6))
    if (command.function() == isa::Funct::Mvin) cols.push_back(isa::Mvin::decode(command).local.cols);
  EXPECT_EQ(cols, (std::vector<std::uint32_t>{64, 29}));
}

TEST(MatmulUnroller, AlternatesScratchpadHalvesWithEveryLoopAndAccumulatorHalvesWithEveryStore) {
  LoopExpander expander{LoopParams{}};
  const auto run = [&](std::uint64_t c) {
    const auto commands = matmul(expander, 1, 1, 1, {}, 0, c);
    const auto a = isa::Mvin::decode(commands[0]).local.addr.raw();
    const auto destination = isa::Preload::decode(commands[2]).destination.addr.raw() & 0xFFFF;
    return std::pair{a, destination};
  };
  EXPECT_EQ(run(0x80300000), (std::pair{0u, 0u}));
  EXPECT_EQ(run(0), (std::pair{8192u, 512u}));
  EXPECT_EQ(run(0x80300000), (std::pair{0u, 512u}));
  EXPECT_EQ(run(0x80300000), (std::pair{8192u, 0u}));
}

TEST(MatmulUnroller, RemembersWhatAContextWasToldTwoLoopsAgo) {
  LoopExpander expander{LoopParams{}};
  matmul(expander, 1, 1, 1), matmul(expander, 2, 1, 1);
  EXPECT_EQ(expander.accept(isa::LoopWsRun{}.encode()).size(), 2u + 2u + 1u);
  EXPECT_EQ(expander.accept(isa::LoopWsRun{}.encode()).size(), 3u + 4u + 2u);
}

TEST(MatmulUnroller, SkipsPhasesAtHeadAndKeepsTheirHalves) {
  LoopExpander expander{head()};
  isa::LoopWsRun run;
  run.skip_ex = run.skip_lda = true;
  const auto commands = matmul(expander, 1, 1, 1, run);
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_EQ(commands[0].function(), isa::Funct::Mvin2);
  const auto next = matmul(expander, 1, 1, 1);
  EXPECT_EQ(isa::Preload::decode(next[2]).destination.addr, LocalAddr::acc(0));
  EXPECT_EQ(isa::Mvout::decode(next[4]).local.addr, LocalAddr::acc(512));
}

TEST(MatmulUnroller, IgnoresHeadsFlagsInTheOlderHardware) {
  LoopExpander expander{LoopParams{}};
  isa::LoopWsRun run;
  run.skip_ex = run.is_resadd = true;
  run.a_spad_id = 2;
  EXPECT_EQ(text(matmul(expander, 1, 1, 1, run))[0], "mvin dram=0x80000000 local=0x0 rows=15 cols=13");
}

TEST(MatmulUnroller, PlacesOperandsBySpadIdOrByGivenRows) {
  LoopExpander expander{head()};
  isa::LoopWsRun run;
  run.a_spad_id = 2, run.b_spad_id = 1;
  const auto commands = matmul(expander, 1, 1, 1, run);
  EXPECT_EQ(isa::Mvin::decode(commands[0]).local.addr, LocalAddr::sp(8192));
  EXPECT_EQ(isa::Mvin::decode(commands[1]).local.addr, LocalAddr::sp(8192 - 16));
  expander.accept(isa::LoopWsSpadAb{100, 300}.encode());
  const auto given = matmul(expander, 1, 1, 1);
  EXPECT_EQ(isa::Mvin::decode(given[0]).local.addr, LocalAddr::sp(100));
  EXPECT_EQ(isa::Mvin::decode(given[1]).local.addr, LocalAddr::sp(284));
}

TEST(MatmulUnroller, LoadsTheBiasInSingleTilesUnlessItIsNarrow) {
  LoopExpander expander{LoopParams{}};
  isa::LoopWsRun run;
  const auto count = [](const std::vector<isa::Command>& commands) {
    return std::count_if(commands.begin(), commands.end(),
                         [](const isa::Command& c) { return c.function() == isa::Funct::Mvin3; });
  };
  EXPECT_EQ(count(matmul(expander, 2, 4, 1, run, 0x80200000)), 8);
  run.low_d = true;
  EXPECT_EQ(count(matmul(expander, 2, 4, 1, run, 0x80200000)), 2);
}

TEST(MatmulUnroller, CutsDramOffsetsToThirtyTwoBits) {
  LoopExpander expander{LoopParams{}};
  expander.accept(isa::LoopWsBounds{2, 1, 1, 0, 0, 0}.encode());
  expander.accept(isa::LoopWsAddrsAb{VirtAddr{0x80000000}, VirtAddr{0x80100000}}.encode());
  expander.accept(isa::LoopWsStridesAb{0x10000000, 16}.encode());
  const auto commands = expander.accept(isa::LoopWsRun{}.encode());
  EXPECT_EQ(isa::Mvin::decode(commands[1]).dram, VirtAddr{0x80000000});
}

isa::LoopConvConfig4 config4(std::uint32_t orows, std::uint32_t ocols) {
  isa::LoopConvConfig4 four;
  four.orows = orows, four.ocols = ocols;
  return four;
}

std::vector<isa::Command> conv(LoopExpander& expander, isa::LoopConvRun run, std::uint64_t bias = 0x80200000,
                               std::uint64_t out = 0x80300000) {
  const isa::ConvEncoding e = expander.params().conv_encoding;
  isa::LoopConvConfig1 one;
  one.out_channels = 20, one.in_channels = 3, one.in_row_dim = 6, one.batch_size = 1, one.out_row_dim = 6;
  one.pool_out_row_dim = 3;
  isa::LoopConvConfig2 two;
  two.kernel_dim = 3, two.batches = 1, two.pochs = 20, two.porows = two.pocols = 3, two.pool_size = two.pool_stride = 2;
  isa::LoopConvConfig3 three;
  three.krows = three.kcols = 3, three.kchs = 3, three.lpad = three.rpad = three.upad = three.dpad = 1;
  expander.accept(one.encode(e)), expander.accept(two.encode(e)), expander.accept(three.encode(e));
  expander.accept(config4(6, 6).encode(e));
  expander.accept(isa::LoopConvConfig5{VirtAddr{0x80100000}, VirtAddr{out}}.encode());
  expander.accept(isa::LoopConvConfig6{VirtAddr{bias}, VirtAddr{0x80000000}}.encode());
  return expander.accept(run.encode());
}

TEST(ConvUnroller, ConfiguresEachLoaderBeforeItsLoads) {
  LoopExpander expander{LoopParams{}};
  const auto commands = conv(expander, {});
  const isa::ConfigMvin bias = isa::ConfigMvin::decode(commands[0]);
  EXPECT_EQ(bias.state, 2u);
  EXPECT_EQ(bias.stride, 0u);
  EXPECT_EQ(bias.block_stride, 36u);
  EXPECT_EQ(isa::to_text(commands[1]), "mvin3 dram=0x80200000 local=0x80000000 rows=6 cols=16");
  EXPECT_EQ(isa::to_text(commands[2]), "mvin3 dram=0x80200040 local=0x80000024 rows=6 cols=4");
  const isa::ConfigMvin weights = isa::ConfigMvin::decode(commands[13]);
  EXPECT_EQ(weights.state, 1u);
  EXPECT_EQ(weights.stride, 20u);
  EXPECT_EQ(weights.block_stride, 27u);
  EXPECT_EQ(isa::to_text(commands[14]), "mvin2 dram=0x80100000 local=0x1fca rows=3 cols=20");
  const isa::ConfigMvin input = isa::ConfigMvin::decode(commands[23]);
  EXPECT_EQ(input.state, 0u);
  EXPECT_EQ(input.stride, 3u);
  EXPECT_EQ(input.block_stride, 64u);
  EXPECT_EQ(isa::to_text(commands[24]), "mvin dram=0x0 local=0x0 rows=1 cols=3");  // left padding
  EXPECT_EQ(isa::to_text(commands[25]), "mvin dram=0x0 local=0x1 rows=6 cols=3");  // upper padding
  EXPECT_EQ(isa::to_text(commands[28]), "mvin dram=0x80000000 local=0x9 rows=6 cols=3");
}

std::vector<isa::Command> conv_of_one_tap(LoopExpander& expander, std::uint32_t upad) {
  const isa::ConvEncoding e = expander.params().conv_encoding;
  isa::LoopConvConfig1 one;
  one.out_channels = 16, one.in_channels = 16, one.in_row_dim = one.out_row_dim = 6, one.batch_size = 1;
  isa::LoopConvConfig2 two;
  two.kernel_dim = 3, two.batches = two.porows = 1, two.pochs = 16, two.pocols = 6;
  isa::LoopConvConfig3 three;
  three.krows = three.kcols = 1, three.kchs = 16, three.upad = upad, three.lpad = 1;
  expander.accept(one.encode(e)), expander.accept(two.encode(e)), expander.accept(three.encode(e));
  expander.accept(config4(1, 6).encode(e));
  expander.accept(isa::LoopConvConfig5{VirtAddr{0x80100000}, VirtAddr{}}.encode());
  expander.accept(isa::LoopConvConfig6{VirtAddr{}, VirtAddr{0x80000000}}.encode());
  return expander.accept(isa::LoopConvRun{}.encode());
}

// Past bug 8: the tile was refused, though the counters of the RTL end there as they do elsewhere.
TEST(ConvUnroller, LoadsZerosForATileInThePadding) {
  LoopExpander expander{LoopParams{}};
  const auto commands = conv_of_one_tap(expander, 1);
  EXPECT_EQ(isa::to_text(commands[3]), "mvin dram=0x0 local=0x0 rows=1 cols=16");
  EXPECT_EQ(isa::to_text(commands[4]), "mvin dram=0x0 local=0x1 rows=5 cols=16");
  EXPECT_NE(commands[5].function(), isa::Funct::Mvin);
}

TEST(ConvUnroller, RefusesPaddingThatIsLargerThanItsTile) {
  LoopExpander expander{LoopParams{}};
  EXPECT_THROW(conv_of_one_tap(expander, 2), UserError);
}

TEST(ConvUnroller, FillsTheBiasWithZerosWhenThereIsNone) {
  LoopExpander expander{LoopParams{}};
  isa::LoopConvRun run;
  run.no_bias = true;
  EXPECT_EQ(isa::to_text(conv(expander, run)[1]), "mvin3 dram=0x0 local=0x80000000 rows=6 cols=16");
}

TEST(ConvUnroller, PreloadsWeightsOnceForAllTilesTheyMeet) {
  LoopExpander expander{LoopParams{}};
  unsigned flips = 0, stays = 0;
  for (const isa::Command& command : conv(expander, {})) {
    flips += command.function() == isa::Funct::ComputePreloaded;
    stays += command.function() == isa::Funct::ComputeAccumulated;
  }
  EXPECT_EQ(flips, 2u * 9u);
  EXPECT_EQ(stays, 2u * 9u * 5u);
}

TEST(ConvUnroller, WrapsPooledStoresInTwoConfigurations) {
  LoopExpander expander{LoopParams{}};
  isa::LoopConvRun run;
  run.no_pool = false;
  run.activation = Activation::Relu;
  const auto commands = conv(expander, run);
  const std::size_t n = commands.size();
  const isa::ConfigMvout before = isa::ConfigMvout::decode(commands[n - 4]);
  EXPECT_EQ(before.pool_size, 2u);
  EXPECT_EQ(before.pool_out_dim, 3u);
  EXPECT_EQ(before.acc_scale, isa::ConfigMvout::keep_scale);
  EXPECT_EQ(isa::to_text(commands[n - 3]), "mvout dram=0x80300000 local=0x80000000 rows=0 cols=16");
  EXPECT_EQ(isa::to_text(commands[n - 2]), "mvout dram=0x80300010 local=0x80000024 rows=0 cols=4");
  EXPECT_EQ(isa::ConfigMvout::decode(commands[n - 1]).pool_stride, 0u);
}

TEST(ConvUnroller, TogglesItsAccumulatorHalfOnlyWhenItStores) {
  LoopExpander expander{LoopParams{}};
  const auto first_bias = [&](std::uint64_t out) {
    return isa::Mvin::decode(conv(expander, {}, 0x80200000, out)[1]).local.addr;
  };
  EXPECT_EQ(first_bias(0), LocalAddr::acc(0));
  EXPECT_EQ(first_bias(0x80300000), LocalAddr::acc(0));
  EXPECT_EQ(first_bias(0x80300000), LocalAddr::acc(512));
}

}  // namespace
}  // namespace castor::functional
