// Encodings of the two loop unrollers' commands. RTL twins: the configuration registers of LoopMatmul.scala,
// LoopConv.scala.
#include "castor/common/bits.h"
#include "castor/isa/command.h"

namespace castor::isa {

namespace {
Command make(Funct funct, std::uint64_t rs1, std::uint64_t rs2) { return {static_cast<std::uint8_t>(funct), rs1, rs2}; }
std::uint32_t field(std::uint64_t word, unsigned high, unsigned low) {
  return static_cast<std::uint32_t>(bits(word, high, low));
}
std::uint64_t flag(bool on, unsigned position) { return on ? 1ULL << position : 0; }
/// Four 16-bit fields, highest first.
std::uint64_t quarters(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) {
  return place(a, 63, 48) | place(b, 47, 32) | place(c, 31, 16) | place(d, 15, 0);
}
}  // namespace

Command LoopWsBounds::encode() const {
  return make(Funct::LoopWsConfigBounds, quarters(0, pad_k, pad_j, pad_i), quarters(0, k, j, i));
}
LoopWsBounds LoopWsBounds::decode(const Command& c) {
  return {field(c.rs2, 15, 0), field(c.rs2, 31, 16), field(c.rs2, 47, 32),
          field(c.rs1, 15, 0), field(c.rs1, 31, 16), field(c.rs1, 47, 32)};
}

Command LoopWsAddrsAb::encode() const { return make(Funct::LoopWsConfigAddrsAb, a.value(), b.value()); }
LoopWsAddrsAb LoopWsAddrsAb::decode(const Command& c) { return {VirtAddr{c.rs1}, VirtAddr{c.rs2}}; }
Command LoopWsAddrsDc::encode() const { return make(Funct::LoopWsConfigAddrsDc, d.value(), c.value()); }
LoopWsAddrsDc LoopWsAddrsDc::decode(const Command& c) { return {VirtAddr{c.rs1}, VirtAddr{c.rs2}}; }
Command LoopWsStridesAb::encode() const { return make(Funct::LoopWsConfigStridesAb, a, b); }
LoopWsStridesAb LoopWsStridesAb::decode(const Command& c) { return {c.rs1, c.rs2}; }
Command LoopWsStridesDc::encode() const { return make(Funct::LoopWsConfigStridesDc, d, c); }
LoopWsStridesDc LoopWsStridesDc::decode(const Command& c) { return {c.rs1, c.rs2}; }
Command LoopWsSpadAb::encode() const { return make(Funct::LoopWsConfigSpadAb, a_start, b_end); }
LoopWsSpadAb LoopWsSpadAb::decode(const Command& c) { return {field(c.rs1, 31, 0), field(c.rs2, 31, 0)}; }

Command LoopWsRun::encode() const {
  const std::uint64_t rs1 = place(a_spad_id, 19, 18) | place(b_spad_id, 17, 16) |
                            place(static_cast<std::uint64_t>(activation), 10, 8) | flag(low_d, 2) | flag(full_c, 1) |
                            flag(ex_accumulate, 0);
  const std::uint64_t rs2 = place(c_spad_addr, 63, 32) | flag(spad_only, 9) | flag(inc_acc_addr, 8) |
                            flag(skip_stc, 7) | flag(skip_ex, 6) | flag(skip_ldd, 5) | flag(skip_ldb, 4) |
                            flag(skip_lda, 3) | flag(is_resadd, 2) | flag(b_transpose, 1) | flag(a_transpose, 0);
  return make(Funct::LoopWs, rs1, rs2);
}

LoopWsRun LoopWsRun::decode(const Command& c) {
  LoopWsRun v;
  v.ex_accumulate = bit(c.rs1, 0);
  v.full_c = bit(c.rs1, 1);
  v.low_d = bit(c.rs1, 2);
  v.activation = static_cast<Activation>(field(c.rs1, 10, 8));
  v.b_spad_id = field(c.rs1, 17, 16);
  v.a_spad_id = field(c.rs1, 19, 18);
  v.a_transpose = bit(c.rs2, 0);
  v.b_transpose = bit(c.rs2, 1);
  v.is_resadd = bit(c.rs2, 2);
  v.skip_lda = bit(c.rs2, 3);
  v.skip_ldb = bit(c.rs2, 4);
  v.skip_ldd = bit(c.rs2, 5);
  v.skip_ex = bit(c.rs2, 6);
  v.skip_stc = bit(c.rs2, 7);
  v.inc_acc_addr = bit(c.rs2, 8);
  v.spad_only = bit(c.rs2, 9);
  v.c_spad_addr = field(c.rs2, 63, 32);
  return v;
}

Command LoopConvConfig1::encode(ConvEncoding encoding) const {
  const std::uint64_t rs1 = quarters(out_channels, in_channels, in_row_dim, batch_size);
  if (encoding == ConvEncoding::Square)
    return make(Funct::LoopConvWsConfig1, rs1, quarters(padding, stride, pool_out_row_dim, out_row_dim));
  const std::uint64_t rs2 =
      place(padding, 63, 56) | place(stride, 55, 48) | quarters(0, out_col_dim, pool_out_row_dim, out_row_dim);
  return make(Funct::LoopConvWsConfig1, rs1, rs2);
}

LoopConvConfig1 LoopConvConfig1::decode(const Command& c, ConvEncoding encoding) {
  LoopConvConfig1 v;
  v.out_channels = field(c.rs1, 63, 48);
  v.in_channels = field(c.rs1, 47, 32);
  v.in_row_dim = field(c.rs1, 31, 16);
  v.batch_size = field(c.rs1, 15, 0);
  const bool square = encoding == ConvEncoding::Square;
  v.padding = square ? field(c.rs2, 63, 48) : field(c.rs2, 63, 56);
  v.stride = square ? field(c.rs2, 47, 32) : field(c.rs2, 55, 48);
  v.pool_out_row_dim = field(c.rs2, 31, 16);
  v.out_row_dim = field(c.rs2, 15, 0);
  v.out_col_dim = square ? v.out_row_dim : field(c.rs2, 47, 32);
  return v;
}

Command LoopConvConfig2::encode(ConvEncoding encoding) const {
  const std::uint64_t rs2 = quarters(batches, porows, pocols, pochs);
  if (encoding == ConvEncoding::Square)
    return make(Funct::LoopConvWsConfig2, quarters(kernel_dim, pool_size, pool_stride, pool_padding), rs2);
  const std::uint64_t rs1 =
      quarters(kernel_dim, pool_out_col_dim, pool_size, 0) | place(pool_stride, 15, 8) | place(pool_padding, 7, 0);
  return make(Funct::LoopConvWsConfig2, rs1, rs2);
}

LoopConvConfig2 LoopConvConfig2::decode(const Command& c, ConvEncoding encoding) {
  LoopConvConfig2 v;
  const bool square = encoding == ConvEncoding::Square;
  v.kernel_dim = field(c.rs1, 63, 48);
  v.pool_out_col_dim = square ? 0 : field(c.rs1, 47, 32);
  v.pool_size = square ? field(c.rs1, 47, 32) : field(c.rs1, 31, 16);
  v.pool_stride = square ? field(c.rs1, 31, 16) : field(c.rs1, 15, 8);
  v.pool_padding = square ? field(c.rs1, 15, 0) : field(c.rs1, 7, 0);
  v.batches = field(c.rs2, 63, 48);
  v.porows = field(c.rs2, 47, 32);
  v.pocols = field(c.rs2, 31, 16);
  v.pochs = field(c.rs2, 15, 0);
  return v;
}

Command LoopConvConfig3::encode(ConvEncoding encoding) const {
  const std::uint64_t rs1 = quarters(krows, kcols, kchs, lpad);
  if (encoding == ConvEncoding::Square) return make(Funct::LoopConvWsConfig3, rs1, quarters(rpad, upad, dpad, plpad));
  const std::uint64_t rs2 = quarters(rpad, upad, 0, in_col_dim) | place(dpad, 31, 24) | place(plpad, 23, 16);
  return make(Funct::LoopConvWsConfig3, rs1, rs2);
}

LoopConvConfig3 LoopConvConfig3::decode(const Command& c, ConvEncoding encoding) {
  LoopConvConfig3 v;
  const bool square = encoding == ConvEncoding::Square;
  v.krows = field(c.rs1, 63, 48);
  v.kcols = field(c.rs1, 47, 32);
  v.kchs = field(c.rs1, 31, 16);
  v.lpad = field(c.rs1, 15, 0);
  v.rpad = field(c.rs2, 63, 48);
  v.upad = field(c.rs2, 47, 32);
  v.dpad = square ? field(c.rs2, 31, 16) : field(c.rs2, 31, 24);
  v.plpad = square ? field(c.rs2, 15, 0) : field(c.rs2, 23, 16);
  v.in_col_dim = square ? 0 : field(c.rs2, 15, 0);
  return v;
}

Command LoopConvConfig4::encode(ConvEncoding encoding) const {
  if (encoding == ConvEncoding::Square)
    return make(Funct::LoopConvWsConfig4, quarters(orows, prad, pupad, pdpad), quarters(0, 0, kernel_dilation, ocols));
  const std::uint64_t rs1 = place(orows, 63, 48) | place(prad, 47, 32) | place(pupad, 31, 21) | place(pdpad, 20, 10) |
                            place(kernel_dilation, 9, 0);
  return make(Funct::LoopConvWsConfig4, rs1, quarters(in_stride, weight_stride, out_stride, ocols));
}

LoopConvConfig4 LoopConvConfig4::decode(const Command& c, ConvEncoding encoding) {
  LoopConvConfig4 v;
  const bool square = encoding == ConvEncoding::Square;
  v.orows = field(c.rs1, 63, 48);
  v.prad = field(c.rs1, 47, 32);
  v.pupad = square ? field(c.rs1, 31, 16) : field(c.rs1, 31, 21);
  v.pdpad = square ? field(c.rs1, 15, 0) : field(c.rs1, 20, 10);
  v.kernel_dilation = square ? field(c.rs2, 31, 16) : field(c.rs1, 9, 0);
  v.in_stride = square ? 0 : field(c.rs2, 63, 48);
  v.weight_stride = square ? 0 : field(c.rs2, 47, 32);
  v.out_stride = square ? 0 : field(c.rs2, 31, 16);
  v.ocols = field(c.rs2, 15, 0);
  return v;
}

Command LoopConvConfig5::encode() const { return make(Funct::LoopConvWsConfig5, weights.value(), output.value()); }
LoopConvConfig5 LoopConvConfig5::decode(const Command& c) { return {VirtAddr{c.rs1}, VirtAddr{c.rs2}}; }
Command LoopConvConfig6::encode() const { return make(Funct::LoopConvWsConfig6, bias.value(), input.value()); }
LoopConvConfig6 LoopConvConfig6::decode(const Command& c) { return {VirtAddr{c.rs1}, VirtAddr{c.rs2}}; }

Command LoopConvRun::encode() const {
  const std::uint64_t rs1 = place(a_spad_id, 19, 18) | place(b_spad_id, 17, 16) | place(max_pixels_per_row, 15, 8) |
                            flag(dw, 6) | flag(trans_input_3120, 5) | flag(trans_weight_0132, 4) |
                            flag(trans_weight_1203, 3) | flag(trans_output_1203, 2) | flag(wrot180, 1) |
                            flag(no_bias, 0);
  const std::uint64_t rs2 = place(static_cast<std::uint64_t>(activation), 4, 3) | flag(input_dilated, 2) |
                            flag(downsample, 1) | flag(no_pool, 0);
  return make(Funct::LoopConvWs, rs1, rs2);
}

LoopConvRun LoopConvRun::decode(const Command& c) {
  LoopConvRun v;
  v.no_bias = bit(c.rs1, 0);
  v.wrot180 = bit(c.rs1, 1);
  v.trans_output_1203 = bit(c.rs1, 2);
  v.trans_weight_1203 = bit(c.rs1, 3);
  v.trans_weight_0132 = bit(c.rs1, 4);
  v.trans_input_3120 = bit(c.rs1, 5);
  v.dw = bit(c.rs1, 6);
  v.max_pixels_per_row = field(c.rs1, 15, 8);
  v.b_spad_id = field(c.rs1, 17, 16);
  v.a_spad_id = field(c.rs1, 19, 18);
  v.no_pool = bit(c.rs2, 0);
  v.downsample = bit(c.rs2, 1);
  v.input_dilated = bit(c.rs2, 2);
  v.activation = static_cast<Activation>(field(c.rs2, 4, 3));
  return v;
}

}  // namespace castor::isa
