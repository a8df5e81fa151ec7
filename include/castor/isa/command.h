// Gemmini commands: the raw RoCC triple and a typed view of each, with encode and decode. RTL twin: GemminiISA.scala.
// A view holds exactly the fields the hardware reads; decode(encode(view)) == view for fields inside their widths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "castor/common/arithmetic.h"
#include "castor/common/local_addr.h"
#include "castor/common/types.h"

namespace castor::isa {

/// funct7 of the custom-3 instruction.
enum class Funct : std::uint8_t {
  Config = 0,
  Mvin2 = 1,
  Mvin = 2,
  Mvout = 3,
  ComputePreloaded = 4,
  ComputeAccumulated = 5,
  Preload = 6,
  Flush = 7,
  LoopWs = 8,
  LoopWsConfigBounds = 9,
  LoopWsConfigAddrsAb = 10,
  LoopWsConfigAddrsDc = 11,
  LoopWsConfigStridesAb = 12,
  LoopWsConfigStridesDc = 13,
  Mvin3 = 14,
  LoopConvWs = 15,
  LoopConvWsConfig1 = 16,
  LoopConvWsConfig2 = 17,
  LoopConvWsConfig3 = 18,
  LoopConvWsConfig4 = 19,
  LoopConvWsConfig5 = 20,
  LoopConvWsConfig6 = 21,
  ClockGateEnable = 22,
  StoreSpad = 23,
  LoopWsConfigSpadAb = 24,
  LoopWsConfigSpadC = 25,
  Counter = 126,
};

/// Sub-type of Config, rs1[1:0].
enum class ConfigKind : std::uint8_t { Ex = 0, Mvin = 1, Mvout = 2, Norm = 3 };

/// The queue of the reservation station a plain command goes to.
enum class Queue : std::uint8_t { Load, Execute, Store, None };

/// One command as it crosses the RoCC port.
struct Command {
  std::uint8_t funct = 0;
  std::uint64_t rs1 = 0;
  std::uint64_t rs2 = 0;

  Funct function() const { return static_cast<Funct>(funct); }
  ConfigKind config_kind() const { return static_cast<ConfigKind>(rs1 & 3); }
  bool is_config(ConfigKind kind) const { return funct == 0 && config_kind() == kind; }
  bool is_load() const { return queue() == Queue::Load; }
  bool is_execute() const { return queue() == Queue::Execute; }
  bool is_store() const { return queue() == Queue::Store; }
  bool is_loop_ws() const;    ///< any command the matmul unroller consumes
  bool is_loop_conv() const;  ///< any command the convolution unroller consumes
  bool is_mvin() const;       ///< mvin, mvin2, mvin3
  bool is_compute() const;
  /// None for what never reaches the reservation station.
  Queue queue() const;

  friend bool operator==(const Command& a, const Command& b) {
    return a.funct == b.funct && a.rs1 == b.rs1 && a.rs2 == b.rs2;
  }
  friend bool operator!=(const Command& a, const Command& b) { return !(a == b); }
};

/// Field layout of the LOOP_CONV_WS configuration: square images only (v0.7), or rectangular with strides (HEAD).
enum class ConvEncoding : std::uint8_t { Square, Rectangular };

/// {rows[63:48], cols[47:32], addr[31:0]}: an operand of mvin, mvout, preload, compute.
struct LocalBlock {
  LocalAddr addr;
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  std::uint64_t encode() const;
  static LocalBlock decode(std::uint64_t word);
  friend bool operator==(const LocalBlock& a, const LocalBlock& b) {
    return a.addr == b.addr && a.rows == b.rows && a.cols == b.cols;
  }
};

struct ConfigEx {
  bool weight_stationary = true;
  Activation activation = Activation::None;
  bool set_only_strides = false;
  bool a_transpose = false;
  bool b_transpose = false;
  std::uint32_t a_stride = 1;                ///< local rows
  std::uint32_t acc_scale = float_one_bits;  ///< float32 bits, operands read from the accumulator
  std::uint32_t in_shift = 0;                ///< OS output shift; hardware keeps 5 bits
  std::uint32_t relu6_shift = 0;             ///< ignored by the hardware
  std::uint32_t c_stride = 1;                ///< local rows
  Command encode() const;
  static ConfigEx decode(const Command& command);
};

struct ConfigMvin {
  bool shrink = false;
  std::uint32_t state = 0;          ///< 0 mvin, 1 mvin2, 2 mvin3
  std::uint32_t pixel_repeats = 1;  ///< as encoded; see repeats()
  std::uint32_t block_stride = 16;  ///< local rows
  std::uint32_t scale = float_one_bits;
  std::uint64_t stride = 0;  ///< bytes, 40 bits kept
  /// The hardware's reading of pixel_repeats: 5 bits, 0 is 1.
  std::uint32_t repeats() const { return (pixel_repeats & 31U) == 0 ? 1 : pixel_repeats & 31U; }
  Command encode() const;
  static ConfigMvin decode(const Command& command);
};

struct ConfigMvout {
  /// acc_scale value that leaves the scale register unchanged.
  static constexpr std::uint32_t keep_scale = 0xFFFFFFFF;
  Activation activation = Activation::None;
  std::uint32_t pool_stride = 0;  ///< 0: no pooling
  std::uint32_t pool_size = 0;
  std::uint32_t upad = 0;
  std::uint32_t lpad = 0;
  std::uint32_t pool_out_dim = 0;
  std::uint32_t porows = 0;
  std::uint32_t pocols = 0;
  std::uint32_t orows = 0;
  std::uint32_t ocols = 0;
  std::uint32_t stride = 0;  ///< bytes
  std::uint32_t acc_scale = float_one_bits;
  Command encode() const;
  static ConfigMvout decode(const Command& command);
};

struct ConfigNorm {
  std::uint32_t stats_id = 0;
  bool activation_msb = false;
  bool set_stats_id_only = false;
  bool q_const_is_inverse = false;  ///< q_const is qln2_inv instead of qln2
  std::int32_t q_const = 0;
  std::int32_t qb = 0;
  std::int32_t qc = 0;
  Command encode() const;
  static ConfigNorm decode(const Command& command);
};

struct Mvin {
  std::uint32_t state = 0;  ///< 0 mvin, 1 mvin2, 2 mvin3
  VirtAddr dram;            ///< 0: fill with zeros
  LocalBlock local;
  Command encode() const;
  static Mvin decode(const Command& command);
};

struct Mvout {
  VirtAddr dram;
  LocalBlock local;
  Command encode() const;
  static Mvout decode(const Command& command);
};

/// mvout whose destination is a local row of an external scratchpad.
struct StoreSpad {
  LocalAddr destination;
  std::uint32_t stride = 0;  ///< local rows
  LocalBlock local;
  Command encode() const;
  static StoreSpad decode(const Command& command);
};

struct Preload {
  LocalBlock source;       ///< B (WS) or D (OS)
  LocalBlock destination;  ///< C
  Command encode() const;
  static Preload decode(const Command& command);
};

struct Compute {
  bool preloaded = true;  ///< compute_preloaded (swap registers first) or compute_accumulated
  LocalBlock a;
  LocalBlock bd;  ///< D (WS) or B (OS)
  Command encode() const;
  static Compute decode(const Command& command);
};

struct Flush {
  bool skip = false;
  Command encode() const;
  static Flush decode(const Command& command);
};

struct Counter {
  bool reset = false;
  bool clear_snapshot = false;
  bool take_snapshot = false;
  bool configure = false;
  std::uint32_t index = 0;
  std::uint32_t event = 0;
  bool external = false;
  Command encode() const;
  static Counter decode(const Command& command);
};

// ---- LOOP_WS family (matmul unroller)

struct LoopWsBounds {
  std::uint32_t i = 0, j = 0, k = 0;              ///< tiles of dim
  std::uint32_t pad_i = 0, pad_j = 0, pad_k = 0;  ///< elements missing in the last tile
  Command encode() const;
  static LoopWsBounds decode(const Command& command);
};
struct LoopWsAddrsAb {
  VirtAddr a, b;  ///< 0: do not load
  Command encode() const;
  static LoopWsAddrsAb decode(const Command& command);
};
struct LoopWsAddrsDc {
  VirtAddr d, c;  ///< 0: no bias, no store
  Command encode() const;
  static LoopWsAddrsDc decode(const Command& command);
};
struct LoopWsStridesAb {
  std::uint64_t a = 0, b = 0;  ///< elements
  Command encode() const;
  static LoopWsStridesAb decode(const Command& command);
};
struct LoopWsStridesDc {
  std::uint64_t d = 0, c = 0;  ///< elements
  Command encode() const;
  static LoopWsStridesDc decode(const Command& command);
};
struct LoopWsSpadAb {
  std::uint32_t a_start = 0;  ///< first scratchpad row of A
  std::uint32_t b_end = 0;    ///< one past the last scratchpad row of B
  Command encode() const;
  static LoopWsSpadAb decode(const Command& command);
};
struct LoopWsRun {
  bool ex_accumulate = false;
  bool full_c = false;
  bool low_d = false;
  Activation activation = Activation::None;  ///< 3 bits
  std::uint32_t a_spad_id = 0;               ///< 0: the context's half; 1, 2: half 0, 1
  std::uint32_t b_spad_id = 0;
  bool a_transpose = false;
  bool b_transpose = false;
  bool is_resadd = false;
  bool skip_lda = false, skip_ldb = false, skip_ldd = false, skip_ex = false, skip_stc = false;  ///< HEAD
  bool inc_acc_addr = false;      ///< HEAD, spad_only: the loop takes the next accumulator half
  bool spad_only = false;         ///< HEAD: C goes to `c_spad_addr` of an external scratchpad instead of memory
  std::uint32_t c_spad_addr = 0;  ///< HEAD
  Command encode() const;
  static LoopWsRun decode(const Command& command);
};

// ---- LOOP_CONV_WS family (convolution unroller)

struct LoopConvConfig1 {
  std::uint32_t out_channels = 0, in_channels = 0, in_row_dim = 0, batch_size = 0;
  std::uint32_t padding = 0, stride = 1, out_col_dim = 0, pool_out_row_dim = 0, out_row_dim = 0;
  Command encode(ConvEncoding encoding) const;
  static LoopConvConfig1 decode(const Command& command, ConvEncoding encoding);
};
struct LoopConvConfig2 {
  std::uint32_t kernel_dim = 0, pool_out_col_dim = 0, pool_size = 0, pool_stride = 0, pool_padding = 0;
  std::uint32_t batches = 0, porows = 0, pocols = 0, pochs = 0;
  Command encode(ConvEncoding encoding) const;
  static LoopConvConfig2 decode(const Command& command, ConvEncoding encoding);
};
struct LoopConvConfig3 {
  std::uint32_t krows = 0, kcols = 0, kchs = 0, lpad = 0;
  std::uint32_t rpad = 0, upad = 0, dpad = 0, plpad = 0, in_col_dim = 0;
  Command encode(ConvEncoding encoding) const;
  static LoopConvConfig3 decode(const Command& command, ConvEncoding encoding);
};
struct LoopConvConfig4 {
  std::uint32_t orows = 0, prad = 0, pupad = 0, pdpad = 0, kernel_dilation = 1;
  std::uint32_t in_stride = 0, weight_stride = 0, out_stride = 0, ocols = 0;  ///< strides in elements; HEAD only
  Command encode(ConvEncoding encoding) const;
  static LoopConvConfig4 decode(const Command& command, ConvEncoding encoding);
};
struct LoopConvConfig5 {
  VirtAddr weights, output;  ///< 0: do not load, do not store
  Command encode() const;
  static LoopConvConfig5 decode(const Command& command);
};
struct LoopConvConfig6 {
  VirtAddr bias, input;  ///< 0: none
  Command encode() const;
  static LoopConvConfig6 decode(const Command& command);
};
struct LoopConvRun {
  bool no_bias = false;
  bool wrot180 = false;
  bool trans_output_1203 = false;
  bool trans_weight_1203 = false;
  bool trans_weight_0132 = false;
  bool trans_input_3120 = false;
  bool dw = false;
  std::uint32_t max_pixels_per_row = 1;  ///< as encoded; see pixels()
  std::uint32_t a_spad_id = 0;           ///< HEAD
  std::uint32_t b_spad_id = 0;           ///< HEAD
  bool no_pool = true;
  bool downsample = false;
  bool input_dilated = false;
  Activation activation = Activation::None;
  std::uint32_t pixels() const { return max_pixels_per_row == 0 ? 1 : max_pixels_per_row; }
  Command encode() const;
  static LoopConvRun decode(const Command& command);
};

/// The mnemonic of the stream text ("mvin", "config_ex", "loop_conv_ws_config_1"); empty for an unknown funct.
std::string mnemonic(const Command& command);

/// What a program may name: the text reader and the oracle refuse the rest.
struct CommandLimits {
  LocalLayout layout;
  std::uint32_t max_mvin_cols = 64;  ///< columns of one mvin or mvout (dma_maxbytes / input element)
  bool stores_to_scratchpad = true;  ///< STORE_SPAD, and LOOP_WS with spad_only, which is made of it
};

/// First field of `command` outside its legal range, as "rows=17; allowed: 1..16"; nothing when all is well.
std::optional<std::string> range_error(const Command& command, const CommandLimits& limits);

}  // namespace castor::isa
