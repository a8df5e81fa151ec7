#include "castor/config/gemmini_params.h"

#include "castor/common/row.h"

namespace castor::config {

namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

/// Widths that a byte-addressed memory of the generator can hold.
bool is_memory_width(unsigned bits) { return bits == 8 || bits == 16 || bits == 32 || bits == 64; }

}  // namespace

// clang-format off
ScaleParams::ScaleParams(Group* parent, const char* key, bool enabled, unsigned latency, int units, const char* doc)
    : Group(parent, key, doc),
      enabled(this, "enabled", enabled, "whether the multipliers are there"),
      function(this, "function", ScaleFunction::Multiply, "what a unit computes"),
      latency(this, "latency", latency, unit::cycles, range(1, 64), "pipeline of a unit"),
      units(this, "num_scale_units", units, unit::units, range(-1, 1024),
      "scalar units shared by the lanes of a row; -1: one for each lane"),
      type(this, "multiplicand_t", ElementType::floating(8, 24), "type of the scale factor") {}
// clang-format on

unsigned GemminiParams::mesh_tag_queue() const {
  const std::uint64_t hops = tile_latency + 1;
  const std::uint64_t tile = std::min(tile_rows(), tile_columns());
  return static_cast<unsigned>(std::max(std::uint64_t{5}, ceil_div(5 * hops, tile))) + 1;
}

ElementTypes GemminiParams::element_types() const {
  ElementTypes types;
  types.dim = dim();
  types.input = input_type;
  types.array_output = spatial_array_output_type;
  types.accumulator = acc_type;
  types.mvin_scale = mvin_scale.type;
  types.os_register_bits = os_register_wraps_at_output_type ? spatial_array_output_bits() : acc_type().bits;
  types.head_iexp = norm_igelu_iexp;
  types.norm_scales_once = norm_scales_once;
  return types;
}

LocalLayout GemminiParams::local_layout() const {
  LocalLayout layout;
  layout.dim = dim();
  layout.sp_banks = sp_banks;
  layout.sp_bank_rows = static_cast<std::uint32_t>(sp_bank_rows());
  layout.acc_banks = acc_banks;
  layout.acc_bank_rows = static_cast<std::uint32_t>(acc_bank_rows());
  return layout;
}

unsigned GemminiParams::mvin_cols_bits() const {
  const std::uint64_t most = std::max<std::uint64_t>(dma_maxbytes().count() / input_bytes(), dim());
  return log2_up(most + 1);
}

unsigned GemminiParams::rs_id_bits() const {
  const unsigned most =
      std::max({reservation_station_entries_ld(), reservation_station_entries_st(), reservation_station_entries_ex()});
  return 2 + log2_up(most);
}

void GemminiParams::check() const {
  check_types();
  check_array();
  check_local_memories();
  check_scaling();
}

void GemminiParams::check_types() const {
  require(is_memory_width(input_type().bits), {&input_type}, "inputType must be 8, 16, 32 or 64 bits wide");
  require(is_memory_width(acc_type().bits), {&acc_type}, "accType must be 8, 16, 32 or 64 bits wide");
  require(input_type().bits == weight_type().bits, {&weight_type, &input_type},
          "weightType must be as wide as inputType: " + weight_type().name() + " and " + input_type().name());
  require(input_type().is_float() == acc_type().is_float(), {&acc_type, &input_type},
          "inputType and accType must both be integers or both be floats");
  require(input_type().is_float() == spatial_array_output_type().is_float(), {&spatial_array_output_type, &input_type},
          "inputType and spatialArrayOutputType must both be integers or both be floats");
}

void GemminiParams::check_array() const {
  const unsigned columns = tile_columns * mesh_columns;
  require(dim() == columns, {&mesh_rows, &mesh_columns, &tile_rows, &tile_columns},
          "the array must be square: tileRows * meshRows is " + number(dim()) + ", tileColumns * meshColumns is " +
              number(columns));
  require(is_pow2(dim()) && dim() >= 2, {&mesh_rows, &mesh_columns, &tile_rows, &tile_columns},
          "DIM = tileRows * meshRows must be a power of two of at least 2, not " + number(dim()));
  require(acc_row_bytes() <= RowBytes::capacity && sp_row_bytes() <= RowBytes::capacity,
          {&mesh_rows, &mesh_columns, &tile_rows, &tile_columns, &acc_type, &input_type},
          "the array is too wide: a row has " + number(std::max(acc_row_bytes(), sp_row_bytes())) + " B, at most " +
              number(RowBytes::capacity) + " B are modelled");
  constexpr unsigned most_lanes = 64;
  require(dim() <= most_lanes, {&mesh_rows, &tile_rows},
          "DIM = tileRows * meshRows is " + number(dim()) + ", at most " + number(most_lanes) + " is modelled");
  require(dim() % shifter_banks == 0, {&shifter_banks},
          "shifter_banks must divide DIM = " + number(dim()) + ", " + number(shifter_banks) + " does not");
}

void GemminiParams::check_local_memories() const {
  const std::uint64_t sp_tiles = sp_rows() / dim(), acc_tiles = acc_rows() / dim();
  require(is_pow2(sp_bank_rows()), {&sp_capacity, &sp_banks, &input_type, &mesh_rows},
          "a scratchpad bank must have a power of two of rows, not " + number(sp_bank_rows()));
  require(sp_bank_rows() * sp_banks * sp_row_bytes() == sp_capacity().count(), {&sp_capacity},
          "sp_capacity must be whole rows: banks * rows * " + number(sp_row_bytes()) + " B");
  require(
      sp_bank_rows() % dim() == 0, {&sp_capacity, &sp_banks, &mesh_rows},
      "the rows of a scratchpad bank must be a multiple of DIM = " + number(dim()) + ", not " + number(sp_bank_rows()));
  require(acc_bank_rows() != 0 && acc_bank_rows() % dim() == 0, {&acc_capacity, &acc_banks, &acc_type, &mesh_rows},
          "the rows of an accumulator bank must be a multiple of DIM = " + number(dim()) + ", not " +
              number(acc_bank_rows()));
  require(is_pow2(acc_bank_rows()), {&acc_capacity, &acc_banks, &acc_type, &mesh_rows},
          "an accumulator bank must have a power of two of rows, not " + number(acc_bank_rows()));
  require(acc_tiles + 2 <= sp_tiles, {&acc_capacity, &sp_capacity},
          "the accumulator is too large: it holds " + number(acc_tiles) + " tiles, allowed are the scratchpad's " +
              number(sp_tiles) + " less 2");
  require(!use_tl_ext_mem || tl_ext_mem_base().value() % sp_capacity().count() == 0, {&tl_ext_mem_base, &sp_capacity},
          "tl_ext_mem_base must be a multiple of sp_capacity");
  require(!acc_singleported || acc_sub_banks > 0, {&acc_singleported, &acc_sub_banks},
          "a single-ported accumulator needs acc_sub_banks of 1, 2 or 4");
  require(dma_maxbytes().count() * 8 >= dma_buswidth, {&dma_maxbytes, &dma_buswidth},
          "dma_maxbytes must be at least one beat of " + number(dma_bus_bytes()) + " B");
}

void GemminiParams::check_scaling() const {
  require(!mvin_scale_shared || (mvin_scale.enabled && !mvin_scale_acc.enabled), {&mvin_scale_shared},
          "mvin_scale_shared needs mvin_scale_args and no mvin_scale_acc_args");
  require(!mvin_scale_shared || input_type().bits == acc_type().bits, {&mvin_scale_shared},
          "mvin_scale_shared needs inputType as wide as accType");
  require(!mvin_scale.enabled || !mvin_scale_acc.enabled || mvin_scale.type().bits == mvin_scale_acc.type().bits,
          {&mvin_scale.type, &mvin_scale_acc.type}, "the multiplicand_t of both mvin scales must be equally wide");
  for (const ScaleParams* scale : {&mvin_scale, &mvin_scale_acc, &acc_scale}) {
    require(scale->units != 0, {&scale->units}, "num_scale_units must be -1 (one for each lane) or at least 1");
  }
}

}  // namespace castor::config
