// Parameters of the accelerator generator. RTL twin: GemminiArrayConfig (GemminiConfigs.scala).
#pragma once

#include <algorithm>

#include "castor/common/bits.h"
#include "castor/common/local_addr.h"
#include "castor/config/param.h"

namespace castor::config {

enum class RtlGeneration { Old, Head };
enum class Dataflow { OS, WS, Both };
enum class Opcodes { Custom0, Custom1, Custom2, Custom3 };
enum class ScaleFunction { Multiply, Identity };
enum class LoopConvEncoding { Square, Rectangular };
enum class SpatialArrayModel { Fast, Signal };

template <>
struct Names<RtlGeneration> {
  static constexpr std::pair<RtlGeneration, const char*> all[] = {{RtlGeneration::Old, "old"},
                                                                  {RtlGeneration::Head, "head"}};
};
template <>
struct Names<Dataflow> {
  static constexpr std::pair<Dataflow, const char*> all[] = {
      {Dataflow::OS, "OS"}, {Dataflow::WS, "WS"}, {Dataflow::Both, "BOTH"}};
};
template <>
struct Names<Opcodes> {
  static constexpr std::pair<Opcodes, const char*> all[] = {{Opcodes::Custom0, "custom0"},
                                                            {Opcodes::Custom1, "custom1"},
                                                            {Opcodes::Custom2, "custom2"},
                                                            {Opcodes::Custom3, "custom3"}};
};
template <>
struct Names<ScaleFunction> {
  static constexpr std::pair<ScaleFunction, const char*> all[] = {{ScaleFunction::Multiply, "multiply"},
                                                                  {ScaleFunction::Identity, "identity"}};
};
template <>
struct Names<LoopConvEncoding> {
  static constexpr std::pair<LoopConvEncoding, const char*> all[] = {{LoopConvEncoding::Square, "square"},
                                                                     {LoopConvEncoding::Rectangular, "rectangular"}};
};
template <>
struct Names<SpatialArrayModel> {
  static constexpr std::pair<SpatialArrayModel, const char*> all[] = {{SpatialArrayModel::Fast, "fast"},
                                                                      {SpatialArrayModel::Signal, "signal"}};
};

/// The scaling hardware of one path. RTL twin: Option[ScaleArguments].
class ScaleParams : public Group {
 public:
  ScaleParams(Group* parent, const char* key, bool enabled, unsigned latency, int units, const char* doc);

  Param<bool> enabled;
  Param<ScaleFunction> function;
  Param<unsigned> latency;
  Param<int> units;  ///< -1: one for every lane
  Param<ElementType> type;

  bool fully_parallel() const { return units == -1; }
};

class GemminiParams : public Group {
 public:
  GemminiParams() : Group("gemmini", summary) {}
  explicit GemminiParams(Group* parent, const char* key = "gemmini") : Group(parent, key, summary) {}

  /// A default that depends on rtl_generation: the switches of RTL versions, each of which can be overridden.
  template <class T>
  static Default<T> by_generation(T old, T head) {
    return by(&GemminiParams::rtl_generation, old, head);
  }

  // clang-format off
  // --- which RTL, how it is simulated
  Param<RtlGeneration> rtl_generation{this, "rtl_generation", RtlGeneration::Old,
      "old: the RTL of the v0.7 releases (2023), which was measured; head: today's. Chooses the default of the "
      "switches below"};
  Param<SpatialArrayModel> spatial_array{this, "spatial_array", SpatialArrayModel::Fast,
      "fast: a row's arithmetic when it enters, delivered at its cycle; signal: a grid of tiles and PEs joined by "
      "signals"};
  Param<Opcodes> opcodes{this, "opcodes", Opcodes::Custom3, "RoCC opcode of the commands"};

  // --- element types
  Param<ElementType> input_type{this, "inputType", ElementType::sint(8), "scratchpad element, type of a mvin"};
  Param<ElementType> weight_type{this, "weightType", as(&GemminiParams::input_type, "inputType"),
      "weight element; as wide as inputType"};
  Param<ElementType> acc_type{this, "accType", ElementType::sint(32), "accumulator element, type of D and of a bias"};
  Param<ElementType> spatial_array_input_type{this, "spatialArrayInputType",
      as(&GemminiParams::input_type, "inputType"), "type on the array's a wires"};
  Param<ElementType> spatial_array_weight_type{this, "spatialArrayWeightType",
      as(&GemminiParams::weight_type, "weightType"), "type on the array's b and d wires"};
  Param<ElementType> spatial_array_output_type{this, "spatialArrayOutputType", ElementType::sint(20),
      "type of every b, c, d wire between PEs: partial sums wrap at this width"};

  // --- spatial array
  Param<Dataflow> dataflow{this, "dataflow", Dataflow::Both,
      "dataflows built in: output-stationary, weight-stationary or both"};
  Param<unsigned> tile_rows{this, "tileRows", 1, unit::PEs, range(1, 256), "rows of PEs in a combinational tile"};
  Param<unsigned> tile_columns{this, "tileColumns", 1, unit::PEs, range(1, 256),
      "columns of PEs in a combinational tile"};
  Param<unsigned> mesh_rows{this, "meshRows", 16, unit::tiles, range(1, 256),
      "rows of tiles, with registers between them"};
  Param<unsigned> mesh_columns{this, "meshColumns", 16, unit::tiles, range(1, 256), "columns of tiles"};
  Param<unsigned> tile_latency{this, "tile_latency", 0, unit::cycles, range(0, 16),
      "extra registers of each hop between tiles"};
  Param<unsigned> mesh_output_delay{this, "mesh_output_delay", 1, unit::cycles, range(0, 16),
      "registers after the mesh"};
  Param<bool> os_register_wraps_at_output_type{this, "os_register_wraps_at_output_type", by_generation(false, true),
      "an output-stationary PE keeps its sum in spatialArrayOutputType; else in accType"};
  Param<bool> use_tree_reduction_if_possible{this, "use_tree_reduction_if_possible", true,
      "adder trees in tiles (WS only, tileRows > 1)"};
  Param<unsigned> shifter_banks{this, "shifter_banks", 1, unit::banks, range(1, 256),
      "banks of the skew shifters; area only"};
  Param<bool> hardcode_d_to_garbage_addr{this, "hardcode_d_to_garbage_addr", false,
      "the second operand of a compute is never fetched"};

  // --- command queues and reservation station
  Param<unsigned> ld_queue_length{this, "ld_queue_length", 8, unit::commands, range(1, 1024),
      "queue of the load controller"};
  Param<unsigned> st_queue_length{this, "st_queue_length", 2, unit::commands, range(1, 1024),
      "queue of the store controller"};
  Param<unsigned> ex_queue_length{this, "ex_queue_length", 8, unit::commands, range(3, 1024),
      "queue of the execute controller, which looks at three heads"};
  Param<unsigned> reservation_station_entries_ld{this, "reservation_station_entries_ld", 8, unit::entries,
      power_of_two(1, 16), "entries for loads; also the unrollers' limit of loads under way"};
  Param<unsigned> reservation_station_entries_st{this, "reservation_station_entries_st", 4, unit::entries,
      power_of_two(1, 16), "entries for stores; also the unrollers' limit"};
  Param<unsigned> reservation_station_entries_ex{this, "reservation_station_entries_ex", 16, unit::entries,
      power_of_two(2, 16), "entries for preloads and computes; also the unrollers' limit"};

  // --- scratchpad
  Param<Bytes> sp_capacity{this, "sp_capacity", 256_KiB, range(256_B, 64_MiB), "capacity of the scratchpad"};
  Param<unsigned> sp_banks{this, "sp_banks", 4, unit::banks, power_of_two(2, 64), "banks of the scratchpad"};
  Param<bool> sp_singleported{this, "sp_singleported", true, "one port a bank: a write blocks a read"};
  Param<unsigned> spad_read_delay{this, "spad_read_delay", 4, unit::cycles, range(1, 64), "depth of the read pipe"};
  Param<bool> spad_read_pipe_in_latency{this,
      "spad_read_pipe_in_latency", by_generation(true, false),
      "a read passes spad_read_delay stages: read to array takes 2 + spad_read_delay cycles, else 3 (the pipe is only "
      "buffering)"};

  // --- accumulator
  Param<Bytes> acc_capacity{this, "acc_capacity", 64_KiB, range(256_B, 64_MiB), "capacity of the accumulator"};
  Param<unsigned> acc_banks{this, "acc_banks", 2, unit::banks, power_of_two(1, 64), "banks of the accumulator"};
  Param<bool> acc_singleported{this, "acc_singleported", false, "one port a (sub-)bank, with write queues"};
  Param<int> acc_sub_banks{this, "acc_sub_banks", -1, unit::banks, one_of({-1, 1, 2, 4}),
      "sub-banks of a bank, interleaved by low row bits; -1: none"};
  Param<unsigned> acc_latency{this, "acc_latency", 2, unit::cycles, range(2, 64), "length of the accumulate pipeline"};
  Param<bool> acc_read_full_width{this, "acc_read_full_width", true, "rows of accType can be moved out"};
  Param<bool> acc_read_small_width{this, "acc_read_small_width", true, "rows of inputType can be moved out"};

  // --- what the array may reach
  Param<bool> ex_read_from_spad{this, "ex_read_from_spad", true, "operands from the scratchpad"};
  Param<bool> ex_read_from_acc{this, "ex_read_from_acc", true, "operands from the accumulator"};
  Param<bool> ex_write_to_spad{this, "ex_write_to_spad", true, "results to the scratchpad"};
  Param<bool> ex_write_to_acc{this, "ex_write_to_acc", true, "results to the accumulator"};

  // --- DMA
  Param<Bytes> dma_maxbytes{this, "dma_maxbytes", 64_B, power_of_two(8_B, 64_B),
      "largest TileLink request; at most a cache block"};
  Param<unsigned> dma_buswidth{this, "dma_buswidth", 128, unit::bits, power_of_two(32, 512),
      "beat of the DMA; must equal bus.width"};
  Param<unsigned> max_in_flight_mem_reqs{this, "max_in_flight_mem_reqs", 16, unit::requests, power_of_two(1, 256),
      "DMA requests in flight in each direction"};
  Param<unsigned> aligned_to{this, "aligned_to", 1, unit::none, power_of_two(1, 64),
      "bytes: granularity of write masks, alignment of local rows"};
  Param<bool> use_dedicated_tl_port{this, "use_dedicated_tl_port", true,
      "the DMA has a port of its own to the system bus; else it shares the L1's"};
  Param<bool> store_issue_waits_completion{this,
      "store_issue_waits_completion", by_generation(false, true),
      "a store issues only when the store before it has completed; else when that has issued"};
  Param<bool> mvin_queue_before_scale{this, "mvin_queue_before_scale", by_generation(false, true),
      "a queue before the mvin scale units: one cycle more from the last beat of a row to its write"};

  // --- scaling
  ScaleParams mvin_scale{this, "mvin_scale_args", true, 4, 4,
      "scaling of rows moved in to the scratchpad, and of shrunk rows to the accumulator"};
  ScaleParams mvin_scale_acc{this, "mvin_scale_acc_args", false, 4, -1,
      "scaling of full-width rows moved in to the accumulator"};
  Param<bool> mvin_scale_shared{this, "mvin_scale_shared", false, "one multiplier for both kinds of mvin"};
  ScaleParams acc_scale{this, "acc_scale_args", true, 8, -1, "scaling of accumulator rows as they are read"};

  // --- address translation of the DMA (timing of a miss: groups tlb and ptw)
  Param<unsigned> tlb_size{this, "tlb_size", 4, unit::ways, range(1, 512), "ways of the DMA's TLB"};
  Param<bool> use_tlb_register_filter{this, "use_tlb_register_filter", true,
      "a last-translation register for each of reader and writer"};
  Param<bool> tlb_read_filter{this, "tlb_read_filter",
      as(&GemminiParams::use_tlb_register_filter, "use_tlb_register_filter"),
      "the reader's alone (the generator builds both or none)"};
  Param<bool> tlb_write_filter{this, "tlb_write_filter",
      as(&GemminiParams::use_tlb_register_filter, "use_tlb_register_filter"), "the writer's alone"};
  Param<bool> use_shared_tlb{this, "use_shared_tlb", true, "reader and writer share one TLB; else one each"};

  // --- what is built in
  Param<bool> has_training_convs{this, "has_training_convs", true,
      "input dilation, transposed and rotated convolutions"};
  Param<bool> has_max_pool{this, "has_max_pool", true, "max-pooling while moving out"};
  Param<bool> has_nonlinear_activations{this, "has_nonlinear_activations", true, "ReLU and the like"};
  Param<bool> has_dw_convs{this, "has_dw_convs", true, "depthwise mode of LOOP_CONV"};
  Param<bool> has_normalizations{this, "has_normalizations", false, "IGELU, layer normalisation, softmax"};
  Param<bool> norm_scales_once{this, "norm_scales_once", by_generation(false, true),
      "layer normalisation and softmax multiply once by a statistic already scaled; else they round in between"};
  Param<bool> norm_igelu_iexp{this, "norm_igelu_iexp", by_generation(false, true),
      "softmax evaluates the IGELU polynomial in place of I-BERT's exponential"};
  Param<bool> has_first_layer_optimizations{this, "has_first_layer_optimizations", true, "pixel repeats"};
  Param<bool> has_loop_conv{this, "has_loop_conv", true, "the LOOP_CONV unroller and its command queue"};
  Param<LoopConvEncoding> loop_conv_encoding{this,
      "loop_conv_encoding", by_generation(LoopConvEncoding::Square, LoopConvEncoding::Rectangular),
      "fields of the LOOP_CONV commands: one size for both image dimensions, or two"};
  Param<bool> has_resadd_unroller{this, "has_resadd_unroller", by_generation(false, true),
      "LOOP_WS with is_resadd adds two matrices"};
  Param<bool> has_loop_spad_ids{this, "has_loop_spad_ids", by_generation(false, true),
      "LOOP_WS can keep an operand of an earlier loop (a/b_ex_spad_id)"};
  Param<bool> has_loop_skips{this, "has_loop_skips", by_generation(false, true),
      "LOOP_WS can skip its lda, ldb, ldd, ex, st phases"};
  Param<bool> has_store_spad{this, "has_store_spad", by_generation(false, true),
      "STORE_SPAD: local rows to the scratchpad over TileLink; needs use_shared_ext_mem and use_tl_ext_mem"};
  Param<unsigned> num_counter{this, "num_counter", 8, unit::none, range(0, 255), "hardware event counters"};
  Param<bool> use_firesim_simulation_counters{this, "use_firesim_simulation_counters", false,
      "instrumentation; no effect on cycles"};
  Param<bool> use_shared_ext_mem{this, "use_shared_ext_mem", false,
      "local memories outside the accelerator, shared with another"};
  Param<bool> use_tl_ext_mem{this, "use_tl_ext_mem", false, "scratchpad reachable over TileLink"};
  Param<PhysAddr> tl_ext_mem_base{this, "tl_ext_mem_base", PhysAddr{0}, "base of that window, a multiple of sp_capacity"};
  Param<bool> clock_gate{this, "clock_gate", false, "clock gated when idle; no effect on cycles"};
  Param<std::string> header_file_name{this, "headerFileName", "gemmini_params.h", "name of the generated C header"};
  // clang-format on

  // --- derived: the array
  unsigned dim() const { return tile_rows * mesh_rows; }
  unsigned spatial_array_output_bits() const { return spatial_array_output_type().bits; }
  /// A row's way through the array: last input register to first result register.
  unsigned mesh_latency() const { return (tile_latency + 1) * (mesh_rows + mesh_columns - 1) + mesh_output_delay; }
  /// Entries of the mesh's tag queue (MeshWithDelays.scala): it bounds how many passes overlap.
  unsigned mesh_tag_queue() const;
  unsigned control_queue() const { return spad_read_delay + 1; }
  /// First cycle of a scratchpad read to the row entering the array.
  unsigned spad_read_to_array() const { return spad_read_pipe_in_latency ? 2 + spad_read_delay : 3; }
  bool tree_reduction() const { return use_tree_reduction_if_possible && dataflow == Dataflow::WS && tile_rows > 1; }
  bool supports(Dataflow flow) const { return dataflow == Dataflow::Both || dataflow == flow; }

  /// What the numerics shared by model and oracle need to know.
  ElementTypes element_types() const;

  // --- derived: local memories
  unsigned input_bytes() const { return input_type().bytes(); }
  unsigned acc_bytes() const { return acc_type().bytes(); }
  unsigned sp_row_bytes() const { return dim() * input_bytes(); }
  unsigned acc_row_bytes() const { return dim() * acc_bytes(); }
  std::uint64_t sp_bank_rows() const { return sp_capacity().count() / sp_banks / sp_row_bytes(); }
  std::uint64_t acc_bank_rows() const { return acc_capacity().count() / acc_banks / acc_row_bytes(); }
  std::uint64_t sp_rows() const { return sp_banks * sp_bank_rows(); }
  std::uint64_t acc_rows() const { return acc_banks * acc_bank_rows(); }
  unsigned sp_addr_bits() const { return log2_up(sp_rows()); }
  unsigned acc_addr_bits() const { return log2_up(acc_rows()); }
  unsigned local_addr_bits() const { return std::max(sp_addr_bits(), acc_addr_bits()); }

  LocalLayout local_layout() const;

  // --- derived: commands and DMA
  unsigned max_block_len() const { return std::max<unsigned>(1, dma_maxbytes().count() / sp_row_bytes()); }
  unsigned max_block_len_acc() const { return std::max<unsigned>(1, dma_maxbytes().count() / acc_row_bytes()); }
  unsigned mvin_cols_bits() const;
  /// Rows that are normalised at a time (NORM_STAT_IDS): of the normaliser, the unroller and the C header alike.
  unsigned norm_stat_ids() const { return norm_scales_once ? 2 : 4; }
  unsigned mvin_rows_bits() const { return log2_up(dim() + 1); }
  unsigned stride_bits() const { return std::min(16u, local_addr_bits()); }
  unsigned pixel_repeats_bits() const { return std::min(8u, log2_up(dim() + 1)); }
  unsigned dma_bus_bytes() const { return dma_buswidth / 8; }
  unsigned dma_command_slots() const { return max_in_flight_mem_reqs / dim() + 1; }
  unsigned rs_id_bits() const;
  /// Commands of a kind that a loop unroller may have under way.
  unsigned throttle_ld() const { return reservation_station_entries_ld; }
  unsigned throttle_ex() const { return reservation_station_entries_ex; }
  unsigned throttle_st() const { return reservation_station_entries_st; }
  /// STORE_SPAD has a stream writer of its own only with use_tl_ext_mem (Scratchpad.scala), and the banks hear it only
  /// with use_shared_ext_mem too (Controller.scala).
  bool stores_to_scratchpad() const { return has_store_spad && use_shared_ext_mem && use_tl_ext_mem; }
  /// Whether a compute must see the command two behind it before it can share its pass (ExecuteController.scala).
  bool third_instruction_needed() const { return ex_read_from_acc || ex_write_to_spad; }
  std::uint64_t peak_macs_per_cycle() const { return std::uint64_t{dim()} * dim(); }

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "the accelerator";

  void check_types() const;
  void check_array() const;
  void check_local_memories() const;
  void check_scaling() const;
};

}  // namespace castor::config
