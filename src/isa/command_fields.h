// The named fields of every command, once: the text reader and the text writer both walk these lists.
// A walker has: number(name, field, largest), signed_number, flag, dram, local, scale, activation, dataflow.
#pragma once

#include "castor/isa/command.h"

namespace castor::isa {

constexpr std::uint64_t largest(unsigned bits) { return bits >= 64 ? ~0ULL : (1ULL << bits) - 1; }

template <class Walker>
void walk_block(Walker& w, const char* addr, const char* rows, const char* cols, LocalBlock& block) {
  w.local(addr, block.addr);
  w.number(rows, block.rows, largest(16));
  w.number(cols, block.cols, largest(16));
}

template <class Walker>
void walk(Walker& w, ConfigEx& v, ConvEncoding) {
  w.dataflow("dataflow", v.weight_stationary);
  w.activation("act", v.activation, 3);
  w.flag("set_only_strides", v.set_only_strides);
  w.flag("a_transpose", v.a_transpose);
  w.flag("b_transpose", v.b_transpose);
  w.number("a_stride", v.a_stride, largest(16));
  w.number("c_stride", v.c_stride, largest(16));
  w.scale("acc_scale", v.acc_scale);
  w.number("in_shift", v.in_shift, 31);
  w.number("relu6_shift", v.relu6_shift, largest(16));
}

template <class Walker>
void walk(Walker& w, ConfigMvin& v, ConvEncoding) {
  w.number("state", v.state, 2);
  w.number("stride", v.stride, largest(40));
  w.scale("scale", v.scale);
  w.flag("shrink", v.shrink);
  w.number("block_stride", v.block_stride, largest(14));
  w.number("pixel_repeats", v.pixel_repeats, 31);
}

template <class Walker>
void walk(Walker& w, ConfigMvout& v, ConvEncoding) {
  w.number("stride", v.stride, largest(32));
  w.activation("act", v.activation, 3);
  w.scale("acc_scale", v.acc_scale);
  w.number("pool_stride", v.pool_stride, 3);
  w.number("pool_size", v.pool_size, 3);
  w.number("upad", v.upad, 3);
  w.number("lpad", v.lpad, 3);
  w.number("pool_out_dim", v.pool_out_dim, 255);
  w.number("porows", v.porows, 255);
  w.number("pocols", v.pocols, 255);
  w.number("orows", v.orows, 255);
  w.number("ocols", v.ocols, 255);
}

template <class Walker>
void walk(Walker& w, ConfigNorm& v, ConvEncoding) {
  w.number("stats_id", v.stats_id, 255);
  w.flag("act_msb", v.activation_msb);
  w.flag("set_stats_id_only", v.set_stats_id_only);
  w.flag("q_const_is_inverse", v.q_const_is_inverse);
  w.signed_number("q_const", v.q_const);
  w.signed_number("qb", v.qb);
  w.signed_number("qc", v.qc);
}

template <class Walker>
void walk(Walker& w, Mvin& v, ConvEncoding) {
  w.dram("dram", v.dram);
  walk_block(w, "local", "rows", "cols", v.local);
}

template <class Walker>
void walk(Walker& w, Mvout& v, ConvEncoding) {
  w.dram("dram", v.dram);
  walk_block(w, "local", "rows", "cols", v.local);
}

template <class Walker>
void walk(Walker& w, StoreSpad& v, ConvEncoding) {
  w.local("destination", v.destination);
  w.number("stride", v.stride, largest(32));
  walk_block(w, "local", "rows", "cols", v.local);
}

template <class Walker>
void walk(Walker& w, Preload& v, ConvEncoding) {
  walk_block(w, "bd", "bd_rows", "bd_cols", v.source);
  walk_block(w, "c", "c_rows", "c_cols", v.destination);
}

template <class Walker>
void walk(Walker& w, Compute& v, ConvEncoding) {
  walk_block(w, "a", "a_rows", "a_cols", v.a);
  walk_block(w, "bd", "bd_rows", "bd_cols", v.bd);
}

template <class Walker>
void walk(Walker& w, Flush& v, ConvEncoding) {
  w.flag("skip", v.skip);
}

template <class Walker>
void walk(Walker& w, Counter& v, ConvEncoding) {
  w.flag("reset", v.reset);
  w.flag("clear_snapshot", v.clear_snapshot);
  w.flag("take_snapshot", v.take_snapshot);
  w.flag("configure", v.configure);
  w.number("index", v.index, 7);
  w.number("event", v.event, 63);
  w.flag("external", v.external);
}

template <class Walker>
void walk(Walker& w, LoopWsBounds& v, ConvEncoding) {
  w.number("i", v.i, largest(16));
  w.number("j", v.j, largest(16));
  w.number("k", v.k, largest(16));
  w.number("pad_i", v.pad_i, largest(16));
  w.number("pad_j", v.pad_j, largest(16));
  w.number("pad_k", v.pad_k, largest(16));
}

template <class Walker>
void walk(Walker& w, LoopWsAddrsAb& v, ConvEncoding) {
  w.dram("a", v.a);
  w.dram("b", v.b);
}

template <class Walker>
void walk(Walker& w, LoopWsAddrsDc& v, ConvEncoding) {
  w.dram("d", v.d);
  w.dram("c", v.c);
}

template <class Walker>
void walk(Walker& w, LoopWsStridesAb& v, ConvEncoding) {
  w.number("a", v.a, largest(40));
  w.number("b", v.b, largest(40));
}

template <class Walker>
void walk(Walker& w, LoopWsStridesDc& v, ConvEncoding) {
  w.number("d", v.d, largest(40));
  w.number("c", v.c, largest(40));
}

template <class Walker>
void walk(Walker& w, LoopWsSpadAb& v, ConvEncoding) {
  w.number("a_start", v.a_start, largest(32));
  w.number("b_end", v.b_end, largest(32));
}

template <class Walker>
void walk(Walker& w, LoopWsRun& v, ConvEncoding) {
  w.flag("ex_accumulate", v.ex_accumulate);
  w.flag("full_c", v.full_c);
  w.flag("low_d", v.low_d);
  w.activation("act", v.activation, 4);
  w.flag("a_transpose", v.a_transpose);
  w.flag("b_transpose", v.b_transpose);
  w.flag("is_resadd", v.is_resadd);
  w.number("a_spad_id", v.a_spad_id, 2);
  w.number("b_spad_id", v.b_spad_id, 2);
  w.flag("skip_lda", v.skip_lda);
  w.flag("skip_ldb", v.skip_ldb);
  w.flag("skip_ldd", v.skip_ldd);
  w.flag("skip_ex", v.skip_ex);
  w.flag("skip_stc", v.skip_stc);
  w.flag("inc_acc_addr", v.inc_acc_addr);
  w.flag("spad_only", v.spad_only);
  w.number("c_spad_addr", v.c_spad_addr, largest(32));
}

template <class Walker>
void walk(Walker& w, LoopConvConfig1& v, ConvEncoding encoding) {
  const bool square = encoding == ConvEncoding::Square;
  w.number("out_channels", v.out_channels, largest(16));
  w.number("in_channels", v.in_channels, largest(16));
  w.number(square ? "in_dim" : "in_row_dim", v.in_row_dim, largest(16));
  w.number("batch_size", v.batch_size, largest(16));
  w.number("padding", v.padding, largest(square ? 16 : 8));
  w.number("stride", v.stride, largest(square ? 16 : 8));
  w.number(square ? "out_dim" : "out_row_dim", v.out_row_dim, largest(16));
  if (!square) w.number("out_col_dim", v.out_col_dim, largest(16));
  w.number(square ? "pool_out_dim" : "pool_out_row_dim", v.pool_out_row_dim, largest(16));
}

template <class Walker>
void walk(Walker& w, LoopConvConfig2& v, ConvEncoding encoding) {
  const bool square = encoding == ConvEncoding::Square;
  w.number("kernel_dim", v.kernel_dim, largest(16));
  if (!square) w.number("pool_out_col_dim", v.pool_out_col_dim, largest(16));
  w.number("pool_size", v.pool_size, largest(16));
  w.number("pool_stride", v.pool_stride, largest(square ? 16 : 8));
  w.number("pool_padding", v.pool_padding, largest(square ? 16 : 8));
  w.number("batches", v.batches, largest(16));
  w.number("porows", v.porows, largest(16));
  w.number("pocols", v.pocols, largest(16));
  w.number("pochs", v.pochs, largest(16));
}

template <class Walker>
void walk(Walker& w, LoopConvConfig3& v, ConvEncoding encoding) {
  const bool square = encoding == ConvEncoding::Square;
  w.number("krows", v.krows, largest(16));
  w.number("kcols", v.kcols, largest(16));
  w.number("kchs", v.kchs, largest(16));
  w.number("lpad", v.lpad, largest(16));
  w.number("rpad", v.rpad, largest(16));
  w.number("upad", v.upad, largest(16));
  w.number("dpad", v.dpad, largest(square ? 16 : 8));
  w.number("plpad", v.plpad, largest(square ? 16 : 8));
  if (!square) w.number("in_col_dim", v.in_col_dim, largest(16));
}

template <class Walker>
void walk(Walker& w, LoopConvConfig4& v, ConvEncoding encoding) {
  const bool square = encoding == ConvEncoding::Square;
  w.number("orows", v.orows, largest(16));
  w.number("ocols", v.ocols, largest(16));
  w.number("prad", v.prad, largest(16));
  w.number("pupad", v.pupad, largest(square ? 16 : 11));
  w.number("pdpad", v.pdpad, largest(square ? 16 : 11));
  w.number("kernel_dilation", v.kernel_dilation, largest(square ? 16 : 10));
  if (square) return;
  w.number("in_stride", v.in_stride, largest(16));
  w.number("weight_stride", v.weight_stride, largest(16));
  w.number("out_stride", v.out_stride, largest(16));
}

template <class Walker>
void walk(Walker& w, LoopConvConfig5& v, ConvEncoding) {
  w.dram("weights", v.weights);
  w.dram("output", v.output);
}

template <class Walker>
void walk(Walker& w, LoopConvConfig6& v, ConvEncoding) {
  w.dram("bias", v.bias);
  w.dram("input", v.input);
}

template <class Walker>
void walk(Walker& w, LoopConvRun& v, ConvEncoding encoding) {
  w.flag("no_bias", v.no_bias);
  w.flag("no_pool", v.no_pool);
  w.activation("act", v.activation, 3);
  w.flag("wrot180", v.wrot180);
  w.flag("trans_output_1203", v.trans_output_1203);
  w.flag("trans_weight_1203", v.trans_weight_1203);
  w.flag("trans_weight_0132", v.trans_weight_0132);
  w.flag("trans_input_3120", v.trans_input_3120);
  w.flag("dw", v.dw);
  w.number("max_pixels_per_row", v.max_pixels_per_row, 255);
  w.flag("downsample", v.downsample);
  w.flag("input_dilated", v.input_dilated);
  if (encoding == ConvEncoding::Square) return;
  w.number("a_spad_id", v.a_spad_id, 2);
  w.number("b_spad_id", v.b_spad_id, 2);
}

template <class View>
Command encode_view(const View& view, ConvEncoding) {
  return view.encode();
}
inline Command encode_view(const LoopConvConfig1& view, ConvEncoding e) { return view.encode(e); }
inline Command encode_view(const LoopConvConfig2& view, ConvEncoding e) { return view.encode(e); }
inline Command encode_view(const LoopConvConfig3& view, ConvEncoding e) { return view.encode(e); }
inline Command encode_view(const LoopConvConfig4& view, ConvEncoding e) { return view.encode(e); }

template <class Visitor>
bool with_config_view(const Command& c, Visitor&& visitor) {
  switch (c.config_kind()) {
    case ConfigKind::Ex:
      return visitor(ConfigEx::decode(c)), true;
    case ConfigKind::Mvin:
      return visitor(ConfigMvin::decode(c)), true;
    case ConfigKind::Mvout:
      return visitor(ConfigMvout::decode(c)), true;
    case ConfigKind::Norm:
      return visitor(ConfigNorm::decode(c)), true;
  }
  return false;
}

template <class Visitor>
bool with_loop_view(const Command& c, ConvEncoding e, Visitor&& visitor) {
  switch (c.function()) {
    case Funct::LoopWsConfigBounds:
      return visitor(LoopWsBounds::decode(c)), true;
    case Funct::LoopWsConfigAddrsAb:
      return visitor(LoopWsAddrsAb::decode(c)), true;
    case Funct::LoopWsConfigAddrsDc:
      return visitor(LoopWsAddrsDc::decode(c)), true;
    case Funct::LoopWsConfigStridesAb:
      return visitor(LoopWsStridesAb::decode(c)), true;
    case Funct::LoopWsConfigStridesDc:
      return visitor(LoopWsStridesDc::decode(c)), true;
    case Funct::LoopWsConfigSpadAb:
      return visitor(LoopWsSpadAb::decode(c)), true;
    case Funct::LoopWs:
      return visitor(LoopWsRun::decode(c)), true;
    case Funct::LoopConvWsConfig1:
      return visitor(LoopConvConfig1::decode(c, e)), true;
    case Funct::LoopConvWsConfig2:
      return visitor(LoopConvConfig2::decode(c, e)), true;
    case Funct::LoopConvWsConfig3:
      return visitor(LoopConvConfig3::decode(c, e)), true;
    case Funct::LoopConvWsConfig4:
      return visitor(LoopConvConfig4::decode(c, e)), true;
    case Funct::LoopConvWsConfig5:
      return visitor(LoopConvConfig5::decode(c)), true;
    case Funct::LoopConvWsConfig6:
      return visitor(LoopConvConfig6::decode(c)), true;
    case Funct::LoopConvWs:
      return visitor(LoopConvRun::decode(c)), true;
    default:
      return false;
  }
}

/// Calls `visitor(view)` with the typed view of `command`, decoded. Returns false for a funct without one.
template <class Visitor>
bool with_view(const Command& c, ConvEncoding e, Visitor&& visitor) {
  switch (c.function()) {
    case Funct::Config:
      return with_config_view(c, visitor);
    case Funct::Mvin:
    case Funct::Mvin2:
    case Funct::Mvin3:
      return visitor(Mvin::decode(c)), true;
    case Funct::Mvout:
      return visitor(Mvout::decode(c)), true;
    case Funct::StoreSpad:
      return visitor(StoreSpad::decode(c)), true;
    case Funct::ComputePreloaded:
    case Funct::ComputeAccumulated:
      return visitor(Compute::decode(c)), true;
    case Funct::Preload:
      return visitor(Preload::decode(c)), true;
    case Funct::Flush:
      return visitor(Flush::decode(c)), true;
    case Funct::Counter:
      return visitor(Counter::decode(c)), true;
    default:
      return with_loop_view(c, e, visitor);
  }
}

}  // namespace castor::isa
