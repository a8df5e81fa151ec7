// What a program may name. The hardware asserts, wraps or hangs on the rest.
#include "castor/isa/command.h"

namespace castor::isa {

namespace {

std::string outside(const std::string& name, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  return name + "=" + std::to_string(value) + "; allowed: " + std::to_string(low) + ".." + std::to_string(high);
}

using Error = std::optional<std::string>;

Error size_error(const std::string& name, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  if (value < low || value > high) return outside(name, value, low, high);
  return std::nullopt;
}

/// `rows` local rows from `addr` must exist. Row numbers wrap in hardware; a program that relies on it is in error
/// here.
Error address_error(const std::string& name, LocalAddr addr, std::uint32_t rows, const LocalLayout& layout) {
  if (addr.is_garbage(layout)) return std::nullopt;
  const std::uint32_t available = addr.is_acc() ? layout.acc_rows() : layout.sp_rows();
  const std::uint32_t first = addr.data(layout);
  if (first < available && rows <= available - first) return std::nullopt;
  return name + ": " + (addr.is_acc() ? "accumulator" : "scratchpad") + " rows " + std::to_string(first) + ".." +
         std::to_string(first + (rows ? rows - 1 : 0)) + " out of range; allowed: 0.." + std::to_string(available - 1);
}

Error operand_error(const std::string& name, const LocalBlock& block, const LocalLayout& layout) {
  if (auto e = size_error(name + "_rows", block.rows, 0, layout.dim)) return e;
  if (auto e = size_error(name + "_cols", block.cols, 0, layout.dim)) return e;
  return address_error(name, block.addr, 1, layout);
}

Error mvin_error(const Mvin& v, const CommandLimits& limits) {
  if (auto e = size_error("rows", v.local.rows, 1, limits.layout.dim)) return e;
  if (auto e = size_error("cols", v.local.cols, 1, limits.max_mvin_cols)) return e;
  if (v.local.addr.is_garbage(limits.layout)) return "local=garbage; allowed: a scratchpad or accumulator row";
  return address_error("local", v.local.addr, v.local.rows, limits.layout);
}

Error mvout_error(const LocalBlock& block, const CommandLimits& limits) {
  if (auto e = size_error("rows", block.rows, 0, limits.layout.dim)) return e;
  if (auto e = size_error("cols", block.cols, 1, limits.max_mvin_cols)) return e;
  const bool full = block.addr.is_acc() && block.addr.read_full() && !block.addr.is_garbage(limits.layout);
  if (full && block.cols > limits.layout.dim) return outside("cols", block.cols, 1, limits.layout.dim);
  return address_error("local", block.addr, block.rows ? block.rows : 1, limits.layout);
}

constexpr const char* no_scratchpad_stores =
    "the scratchpad cannot be reached over TileLink; allowed: with gemmini.has_store_spad, gemmini.use_shared_ext_mem "
    "and gemmini.use_tl_ext_mem";

Error store_spad_error(const StoreSpad& v, const CommandLimits& limits) {
  if (!limits.stores_to_scratchpad) return no_scratchpad_stores;
  if (auto e = size_error("rows", v.local.rows, 1, limits.layout.dim)) return e;
  if (auto e = size_error("cols", v.local.cols, 1, limits.layout.dim)) return e;
  if (v.destination.is_acc()) return "destination: in the accumulator; allowed: a scratchpad row";
  const auto reached = std::uint64_t{v.local.rows - 1} * v.stride + 1;
  if (reached > limits.layout.sp_rows()) return outside("stride", v.stride, 0, limits.layout.sp_rows() - 1);
  if (auto e = address_error("destination", v.destination, static_cast<std::uint32_t>(reached), limits.layout))
    return e;
  return mvout_error(v.local, limits);
}

Error config_ex_error(const ConfigEx& v) {
  if (v.set_only_strides) return std::nullopt;
  if (v.weight_stationary && v.a_transpose && v.b_transpose)
    return "a_transpose=1 b_transpose=1; allowed in ws: at most one";
  if (!v.weight_stationary && !v.a_transpose && v.b_transpose)
    return "a_transpose=0 b_transpose=1; allowed in os: b_transpose only together with a_transpose";
  return std::nullopt;
}

Error compute_error(const Compute& v, const LocalLayout& layout) {
  if (auto e = operand_error("a", v.a, layout)) return e;
  return operand_error("bd", v.bd, layout);
}

Error preload_error(const Preload& v, const LocalLayout& layout) {
  if (auto e = operand_error("bd", v.source, layout)) return e;
  return operand_error("c", v.destination, layout);
}

}  // namespace

std::optional<std::string> range_error(const Command& c, const CommandLimits& limits) {
  if (c.is_mvin()) return mvin_error(Mvin::decode(c), limits);
  if (c.function() == Funct::Mvout) return mvout_error(Mvout::decode(c).local, limits);
  if (c.function() == Funct::StoreSpad) return store_spad_error(StoreSpad::decode(c), limits);
  if (c.function() == Funct::LoopWs && LoopWsRun::decode(c).spad_only && !limits.stores_to_scratchpad)
    return std::string("spad_only=1: ") + no_scratchpad_stores;
  if (c.is_compute()) return compute_error(Compute::decode(c), limits.layout);
  if (c.function() == Funct::Preload) return preload_error(Preload::decode(c), limits.layout);
  if (c.is_config(ConfigKind::Ex)) return config_ex_error(ConfigEx::decode(c));
  if (c.is_config(ConfigKind::Mvin)) return size_error("state", ConfigMvin::decode(c).state, 0, 2);
  if (mnemonic(c).empty()) return "funct=" + std::to_string(c.funct) + "; allowed: 0..25, 126";
  return std::nullopt;
}

}  // namespace castor::isa
