#include "castor/isa/command.h"

#include <gtest/gtest.h>

namespace castor::isa {
namespace {

constexpr std::uint64_t operator"" _u(unsigned long long n) { return n; }

TEST(ConfigEx, PlacesEveryField) {
  ConfigEx config;
  config.weight_stationary = true;
  config.activation = Activation::Relu;
  config.a_transpose = true;
  config.a_stride = 2;
  config.in_shift = 5;
  config.c_stride = 3;
  const Command c = config.encode();
  EXPECT_EQ(c.funct, 0);
  EXPECT_EQ(c.rs1, 0x3F80000000020000_u | 1 << 8 | 1 << 3 | 1 << 2);
  EXPECT_EQ(c.rs2, 3_u << 48 | 5);
  EXPECT_EQ(c.queue(), Queue::Execute);
}

TEST(ConfigMvin, PlacesEveryField) {
  ConfigMvin config;
  config.shrink = true;
  config.state = 2;
  config.pixel_repeats = 3;
  config.block_stride = 0x20;
  config.scale = 0x40000000;
  config.stride = 0x12345;
  const Command c = config.encode();
  EXPECT_EQ(c.rs1, 0x40000000_u << 32 | 0x20 << 16 | 3 << 8 | 2 << 3 | 1 << 2 | 1);
  EXPECT_EQ(c.rs2, 0x12345u);
  EXPECT_EQ(c.queue(), Queue::Load);
}

TEST(ConfigMvin, ReadsZeroPixelRepeatsAsOne) {
  ConfigMvin config;
  config.pixel_repeats = 0;
  EXPECT_EQ(config.repeats(), 1u);
  config.pixel_repeats = 32;
  EXPECT_EQ(config.repeats(), 1u);
  config.pixel_repeats = 33;
  EXPECT_EQ(config.repeats(), 1u);
  config.pixel_repeats = 5;
  EXPECT_EQ(config.repeats(), 5u);
}

TEST(ConfigMvout, PlacesEveryField) {
  ConfigMvout config;
  config.activation = Activation::Relu;
  config.pool_stride = 2;
  config.pool_size = 3;
  config.upad = 1;
  config.lpad = 1;
  config.pool_out_dim = 56;
  config.porows = 2;
  config.pocols = 20;
  config.orows = 4;
  config.ocols = 41;
  config.stride = 64;
  config.acc_scale = ConfigMvout::keep_scale;
  const Command c = config.encode();
  EXPECT_EQ(c.rs1, 41_u << 56 | 4_u << 48 | 20_u << 40 | 2_u << 32 | 56_u << 24 | 1 << 10 | 1 << 8 | 3 << 6 | 2 << 4 |
                       1 << 2 | 2);
  EXPECT_EQ(c.rs2, 0xFFFFFFFF00000040_u);
  EXPECT_EQ(c.queue(), Queue::Store);
}

TEST(ConfigNorm, KeepsSignedConstants) {
  ConfigNorm config;
  config.stats_id = 1;
  config.activation_msb = true;
  config.q_const_is_inverse = true;
  config.q_const = -5;
  config.qb = -7;
  config.qc = 9;
  const Command c = config.encode();
  EXPECT_EQ(c.rs1, 0xFFFFFFFB_u << 32 | 1 << 18 | 1 << 16 | 1 << 8 | 3);
  const ConfigNorm back = ConfigNorm::decode(c);
  EXPECT_EQ(back.q_const, -5);
  EXPECT_EQ(back.qb, -7);
  EXPECT_EQ(back.qc, 9);
}

TEST(Mvin, NamesItsLoadStateByTheFunct) {
  const LocalBlock block{LocalAddr::acc(7, true), 16, 64};
  EXPECT_EQ((Mvin{0, VirtAddr{0x80001000}, block}.encode().funct), 2);
  EXPECT_EQ((Mvin{1, VirtAddr{0x80001000}, block}.encode().funct), 1);
  const Command third = Mvin{2, VirtAddr{0x80001000}, block}.encode();
  EXPECT_EQ(third.funct, 14);
  EXPECT_EQ(third.rs1, 0x80001000u);
  EXPECT_EQ(third.rs2, 16_u << 48 | 64_u << 32 | 0xC0000007);
  EXPECT_EQ(Mvin::decode(third).state, 2u);
  EXPECT_EQ(Mvin::decode(third).local, block);
}

TEST(Compute, FlipsOrStaysByTheFunct) {
  EXPECT_EQ((Compute{true, {}, {}}.encode().funct), 4);
  EXPECT_EQ((Compute{false, {}, {}}.encode().funct), 5);
  EXPECT_FALSE((Compute::decode({5, 0, 0}).preloaded));
}

TEST(Queues, SortCommandsAsTheReservationStationDoes) {
  EXPECT_EQ((Command{6, 0, 0}.queue()), Queue::Execute);
  EXPECT_EQ((Command{3, 0, 0}.queue()), Queue::Store);
  EXPECT_EQ((Command{23, 0, 0}.queue()), Queue::Store);
  EXPECT_EQ((Command{0, 3, 0}.queue()), Queue::Store);
  EXPECT_EQ((Command{14, 0, 0}.queue()), Queue::Load);
  for (const std::uint8_t funct : {7, 8, 9, 15, 16, 22, 24, 25, 126})
    EXPECT_EQ((Command{funct, 0, 0}.queue()), Queue::None) << int{funct};
}

TEST(LoopWs, CarriesItsFlagsInBothWords) {
  LoopWsRun run;
  run.ex_accumulate = true;
  run.low_d = true;
  run.activation = Activation::Softmax;
  run.a_spad_id = 2;
  run.b_spad_id = 1;
  run.b_transpose = true;
  run.is_resadd = true;
  run.skip_stc = true;
  run.spad_only = true;
  run.c_spad_addr = 0x40;
  const Command c = run.encode();
  EXPECT_EQ(c.rs1, 2_u << 18 | 1_u << 16 | 4 << 8 | 1 << 2 | 1);
  EXPECT_EQ(c.rs2, 0x40_u << 32 | 1 << 9 | 1 << 7 | 1 << 2 | 1 << 1);
}

TEST(LoopWs, PutsTheBoundsInRs2AndThePadsInRs1) {
  const Command c = LoopWsBounds{1, 2, 3, 4, 5, 6}.encode();
  EXPECT_EQ(c.rs2, 3_u << 32 | 2 << 16 | 1);
  EXPECT_EQ(c.rs1, 6_u << 32 | 5 << 16 | 4);
}

LoopConvConfig4 sample4() {
  LoopConvConfig4 config;
  config.orows = 10;
  config.ocols = 11;
  config.prad = 1;
  config.pupad = 2;
  config.pdpad = 3;
  config.kernel_dilation = 2;
  config.in_stride = 64;
  config.weight_stride = 128;
  config.out_stride = 256;
  return config;
}

TEST(LoopConv, EncodesTheSquareForm) {
  const Command four = sample4().encode(ConvEncoding::Square);
  EXPECT_EQ(four.rs1, 10_u << 48 | 1_u << 32 | 2 << 16 | 3);
  EXPECT_EQ(four.rs2, 2_u << 16 | 11);
  LoopConvConfig1 one;
  one.out_channels = 64, one.in_channels = 3, one.in_row_dim = 224, one.batch_size = 4;
  one.padding = 3, one.stride = 2, one.pool_out_row_dim = 56, one.out_row_dim = 112;
  const Command c = one.encode(ConvEncoding::Square);
  EXPECT_EQ(c.rs1, 64_u << 48 | 3_u << 32 | 224 << 16 | 4);
  EXPECT_EQ(c.rs2, 3_u << 48 | 2_u << 32 | 56 << 16 | 112);
}

TEST(LoopConv, EncodesTheRectangularForm) {
  const Command four = sample4().encode(ConvEncoding::Rectangular);
  EXPECT_EQ(four.rs1, 10_u << 48 | 1_u << 32 | 2 << 21 | 3 << 10 | 2);
  EXPECT_EQ(four.rs2, 64_u << 48 | 128_u << 32 | 256 << 16 | 11);
  LoopConvConfig3 three;
  three.krows = 3, three.kcols = 4, three.kchs = 5, three.lpad = 1;
  three.rpad = 2, three.upad = 3, three.dpad = 4, three.plpad = 5, three.in_col_dim = 30;
  const Command c = three.encode(ConvEncoding::Rectangular);
  EXPECT_EQ(c.rs2, 2_u << 48 | 3_u << 32 | 4 << 24 | 5 << 16 | 30);
  const LoopConvConfig3 back = LoopConvConfig3::decode(c, ConvEncoding::Rectangular);
  EXPECT_EQ(back.dpad, 4u);
  EXPECT_EQ(back.in_col_dim, 30u);
}

TEST(LoopConv, CountsOnePixelWhenNoneAreGiven) {
  LoopConvRun run;
  run.max_pixels_per_row = 0;
  EXPECT_EQ(LoopConvRun::decode(run.encode()).pixels(), 1u);
}

TEST(Mnemonics, AreKnownForEveryFunct) {
  EXPECT_EQ(mnemonic({0, 2, 0}), "config_mvout");
  EXPECT_EQ(mnemonic({1, 0, 0}), "mvin2");
  EXPECT_EQ(mnemonic({126, 0, 0}), "counter");
  EXPECT_EQ(mnemonic({99, 0, 0}), "");
}

TEST(Limits, NameTheFieldAndTheLegalRange) {
  const CommandLimits limits;
  const auto error = [&](const Command& c) { return range_error(c, limits).value_or("fine"); };
  EXPECT_EQ(error(Mvin{0, {}, {LocalAddr::sp(0), 17, 16}}.encode()), "rows=17; allowed: 1..16");
  EXPECT_EQ(error(Mvin{0, {}, {LocalAddr::sp(0), 16, 65}}.encode()), "cols=65; allowed: 1..64");
  EXPECT_EQ(error(Mvin{0, {}, {LocalAddr::acc(1020), 16, 16}}.encode()),
            "local: accumulator rows 1020..1035 out of range; allowed: 0..1023");
  EXPECT_EQ(error(Mvin{0, {}, {LocalAddr::sp(16368), 16, 16}}.encode()), "fine");
  EXPECT_EQ(error(Mvout{{}, {LocalAddr::acc(0, false, true), 16, 32}}.encode()), "cols=32; allowed: 1..16");
  EXPECT_EQ(error(Preload{{LocalAddr::garbage(), 16, 16}, {LocalAddr::acc(0), 17, 1}}.encode()),
            "c_rows=17; allowed: 0..16");
  EXPECT_EQ(error({77, 0, 0}), "funct=77; allowed: 0..25, 126");
}

TEST(Limits, RefuseTwoTransposersInOnePass) {
  ConfigEx config;
  config.a_transpose = config.b_transpose = true;
  EXPECT_TRUE(range_error(config.encode(), {}));
  config.weight_stationary = false;
  EXPECT_FALSE(range_error(config.encode(), {}));
  config.a_transpose = false;
  EXPECT_TRUE(range_error(config.encode(), {}));
}

}  // namespace
}  // namespace castor::isa
