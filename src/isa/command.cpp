#include "castor/isa/command.h"

#include "castor/common/bits.h"

namespace castor::isa {

namespace {
Command make(Funct funct, std::uint64_t rs1, std::uint64_t rs2) { return {static_cast<std::uint8_t>(funct), rs1, rs2}; }
std::uint32_t field(std::uint64_t word, unsigned high, unsigned low) {
  return static_cast<std::uint32_t>(bits(word, high, low));
}
std::uint64_t flag(bool on, unsigned position) { return on ? 1ULL << position : 0; }
Activation activation_of(std::uint32_t code) { return static_cast<Activation>(code); }
std::uint64_t code_of(Activation activation) { return static_cast<std::uint64_t>(activation); }
std::uint64_t unsigned_bits(std::int32_t value) { return static_cast<std::uint32_t>(value); }
}  // namespace

bool Command::is_loop_ws() const {
  return (funct >= 8 && funct <= 13) || function() == Funct::LoopWsConfigSpadAb ||
         function() == Funct::LoopWsConfigSpadC;
}

bool Command::is_loop_conv() const { return funct >= 15 && funct <= 21; }

bool Command::is_mvin() const {
  return function() == Funct::Mvin || function() == Funct::Mvin2 || function() == Funct::Mvin3;
}

bool Command::is_compute() const {
  return function() == Funct::ComputePreloaded || function() == Funct::ComputeAccumulated;
}

Queue Command::queue() const {
  if (is_mvin() || is_config(ConfigKind::Mvin)) return Queue::Load;
  if (is_compute() || function() == Funct::Preload || is_config(ConfigKind::Ex)) return Queue::Execute;
  if (function() == Funct::Mvout || function() == Funct::StoreSpad || is_config(ConfigKind::Mvout) ||
      is_config(ConfigKind::Norm))
    return Queue::Store;
  return Queue::None;
}

std::uint64_t LocalBlock::encode() const { return place(rows, 63, 48) | place(cols, 47, 32) | addr.raw(); }

LocalBlock LocalBlock::decode(std::uint64_t word) {
  return {LocalAddr{field(word, 31, 0)}, field(word, 63, 48), field(word, 47, 32)};
}

Command ConfigEx::encode() const {
  const std::uint64_t rs1 = place(acc_scale, 63, 32) | place(a_stride, 31, 16) | flag(b_transpose, 9) |
                            flag(a_transpose, 8) | flag(set_only_strides, 7) | place(code_of(activation), 4, 3) |
                            flag(weight_stationary, 2);
  return make(Funct::Config, rs1, place(c_stride, 63, 48) | place(relu6_shift, 47, 32) | place(in_shift, 31, 0));
}

ConfigEx ConfigEx::decode(const Command& c) {
  ConfigEx v;
  v.weight_stationary = bit(c.rs1, 2);
  v.activation = activation_of(field(c.rs1, 4, 3));
  v.set_only_strides = bit(c.rs1, 7);
  v.a_transpose = bit(c.rs1, 8);
  v.b_transpose = bit(c.rs1, 9);
  v.a_stride = field(c.rs1, 31, 16);
  v.acc_scale = field(c.rs1, 63, 32);
  v.in_shift = field(c.rs2, 31, 0);
  v.relu6_shift = field(c.rs2, 47, 32);
  v.c_stride = field(c.rs2, 63, 48);
  return v;
}

Command ConfigMvin::encode() const {
  const std::uint64_t rs1 = place(scale, 63, 32) | place(block_stride, 31, 16) | place(pixel_repeats, 15, 8) |
                            place(state, 4, 3) | flag(shrink, 2) | 1;
  return make(Funct::Config, rs1, bits(stride, 39, 0));
}

ConfigMvin ConfigMvin::decode(const Command& c) {
  ConfigMvin v;
  v.shrink = bit(c.rs1, 2);
  v.state = field(c.rs1, 4, 3);
  v.pixel_repeats = field(c.rs1, 15, 8);
  v.block_stride = field(c.rs1, 29, 16);
  v.scale = field(c.rs1, 63, 32);
  v.stride = bits(c.rs2, 39, 0);
  return v;
}

Command ConfigMvout::encode() const {
  const std::uint64_t rs1 = place(ocols, 63, 56) | place(orows, 55, 48) | place(pocols, 47, 40) |
                            place(porows, 39, 32) | place(pool_out_dim, 31, 24) | place(lpad, 11, 10) |
                            place(upad, 9, 8) | place(pool_size, 7, 6) | place(pool_stride, 5, 4) |
                            place(code_of(activation), 3, 2) | 2;
  return make(Funct::Config, rs1, place(acc_scale, 63, 32) | stride);
}

ConfigMvout ConfigMvout::decode(const Command& c) {
  ConfigMvout v;
  v.activation = activation_of(field(c.rs1, 3, 2));
  v.pool_stride = field(c.rs1, 5, 4);
  v.pool_size = field(c.rs1, 7, 6);
  v.upad = field(c.rs1, 9, 8);
  v.lpad = field(c.rs1, 11, 10);
  v.pool_out_dim = field(c.rs1, 31, 24);
  v.porows = field(c.rs1, 39, 32);
  v.pocols = field(c.rs1, 47, 40);
  v.orows = field(c.rs1, 55, 48);
  v.ocols = field(c.rs1, 63, 56);
  v.stride = field(c.rs2, 31, 0);
  v.acc_scale = field(c.rs2, 63, 32);
  return v;
}

Command ConfigNorm::encode() const {
  const std::uint64_t rs1 = place(unsigned_bits(q_const), 63, 32) | flag(q_const_is_inverse, 18) |
                            flag(set_stats_id_only, 17) | flag(activation_msb, 16) | place(stats_id, 15, 8) | 3;
  return make(Funct::Config, rs1, place(unsigned_bits(qc), 63, 32) | unsigned_bits(qb));
}

ConfigNorm ConfigNorm::decode(const Command& c) {
  ConfigNorm v;
  v.stats_id = field(c.rs1, 15, 8);
  v.activation_msb = bit(c.rs1, 16);
  v.set_stats_id_only = bit(c.rs1, 17);
  v.q_const_is_inverse = bit(c.rs1, 18);
  v.q_const = static_cast<std::int32_t>(field(c.rs1, 63, 32));
  v.qb = static_cast<std::int32_t>(field(c.rs2, 31, 0));
  v.qc = static_cast<std::int32_t>(field(c.rs2, 63, 32));
  return v;
}

Command Mvin::encode() const {
  static constexpr Funct functs[] = {Funct::Mvin, Funct::Mvin2, Funct::Mvin3};
  return make(functs[state % 3], dram.value(), local.encode());
}

Mvin Mvin::decode(const Command& c) {
  const std::uint32_t state = c.function() == Funct::Mvin ? 0 : c.function() == Funct::Mvin2 ? 1 : 2;
  return {state, VirtAddr{c.rs1}, LocalBlock::decode(c.rs2)};
}

Command Mvout::encode() const { return make(Funct::Mvout, dram.value(), local.encode()); }
Mvout Mvout::decode(const Command& c) { return {VirtAddr{c.rs1}, LocalBlock::decode(c.rs2)}; }

Command StoreSpad::encode() const {
  return make(Funct::StoreSpad, place(stride, 63, 32) | destination.raw(), local.encode());
}
StoreSpad StoreSpad::decode(const Command& c) {
  return {LocalAddr{field(c.rs1, 31, 0)}, field(c.rs1, 63, 32), LocalBlock::decode(c.rs2)};
}

Command Preload::encode() const { return make(Funct::Preload, source.encode(), destination.encode()); }
Preload Preload::decode(const Command& c) { return {LocalBlock::decode(c.rs1), LocalBlock::decode(c.rs2)}; }

Command Compute::encode() const {
  return make(preloaded ? Funct::ComputePreloaded : Funct::ComputeAccumulated, a.encode(), bd.encode());
}
Compute Compute::decode(const Command& c) {
  return {c.function() == Funct::ComputePreloaded, LocalBlock::decode(c.rs1), LocalBlock::decode(c.rs2)};
}

Command Flush::encode() const { return make(Funct::Flush, flag(skip, 0), 0); }
Flush Flush::decode(const Command& c) { return {bit(c.rs1, 0)}; }

Command Counter::encode() const {
  const std::uint64_t rs1 = flag(external, 31) | place(event, 17, 12) | place(index, 6, 4) | flag(configure, 3) |
                            flag(take_snapshot, 2) | flag(clear_snapshot, 1) | flag(reset, 0);
  return make(Funct::Counter, rs1, 0);
}
Counter Counter::decode(const Command& c) {
  return {bit(c.rs1, 0),      bit(c.rs1, 1),        bit(c.rs1, 2), bit(c.rs1, 3),
          field(c.rs1, 6, 4), field(c.rs1, 17, 12), bit(c.rs1, 31)};
}

}  // namespace castor::isa
