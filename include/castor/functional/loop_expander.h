// The loop unrollers as pure program-order expansion: configuration commands fill a context, a run command yields the
// plain commands of that loop. What persists between loops (which context comes next, which half of the accumulator)
// lives here. The cycle model's unrollers emit the same multiset of commands, in an order of their own. Fields the RTL
// leaves undriven are zero, and the garbage address is 0xFFFFFFFF. RTL twins: LoopMatmul.scala, LoopConv.scala.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/common/local_addr.h"
#include "castor/isa/command.h"

namespace castor::functional {

/// What the unrollers are built with.
struct LoopParams {
  LocalLayout layout;
  unsigned input_bytes = 1;
  unsigned acc_bytes = 4;
  unsigned max_block_len = 4;      ///< tiles in one mvin of input elements
  unsigned max_block_len_acc = 1;  ///< tiles in one mvin of accumulator elements
  isa::ConvEncoding conv_encoding = isa::ConvEncoding::Square;
  bool has_spad_ids = false;  ///< a_spad_id, b_spad_id, LOOP_WS_CONFIG_SPAD_AB, spad_only
  bool has_resadd = false;    ///< is_resadd
  bool has_skips = false;     ///< skip_lda .. skip_stc
  bool has_max_pool = true;
  bool has_training_convs = true;  ///< dilated inputs, rotated and transposed operands
  bool has_dw_convs = true;
  bool has_first_layer_optimizations = true;
  unsigned norm_rows = 2;  ///< rows LOOP_WS takes through the normaliser together (4 in v0.7)

  unsigned dim() const { return layout.dim; }
};

/// Everything one matmul loop is made of when its run command arrives. Rows are scratchpad or accumulator row numbers.
struct MatmulLoop {
  isa::LoopWsBounds bounds;
  isa::LoopWsAddrsAb ab;
  isa::LoopWsAddrsDc dc;
  isa::LoopWsStridesAb strides_ab;
  isa::LoopWsStridesDc strides_dc;
  isa::LoopWsRun run;
  std::uint32_t a_start = 0;       ///< first row of A
  std::uint32_t b_end = 0;         ///< one past the last row of B
  std::uint32_t d_start = 0;       ///< where D is loaded to
  std::uint32_t c_start = 0;       ///< where the array accumulates
  std::uint32_t st_start = 0;      ///< where C is stored from
  std::uint32_t resadd_start = 0;  ///< first row of a residual addition
};

/// Everything one convolution loop is made of.
struct ConvLoop {
  isa::LoopConvConfig1 config1;
  isa::LoopConvConfig2 config2;
  isa::LoopConvConfig3 config3;
  isa::LoopConvConfig4 config4;
  isa::LoopConvConfig5 config5;
  isa::LoopConvConfig6 config6;
  isa::LoopConvRun run;
  std::uint32_t a_start = 0;
  std::uint32_t b_end = 0;
  std::uint32_t acc_start = 0;  ///< bias, sums and results
};

/// Sizes the convolution unroller derives from its configuration (LoopConvDerivedParams).
struct ConvShape {
  ConvShape(const ConvLoop& loop, const LoopParams& params);

  std::uint32_t batches, orows, ocols, ochs;
  std::uint32_t krows, kcols, kchs;
  std::int32_t irows, icols;                    ///< with padding
  std::int32_t irows_unpadded, icols_unpadded;  ///< as they lie in memory; 0: the tile lies in the padding
  bool padding_fits;                            ///< else the unroller's sizes wrap around
  std::int32_t upad, dpad, lpad, rpad;          ///< in input pixels as stored (halved for a dilated input)
  unsigned dilated;                             ///< 1: the input is dilated by two
  unsigned downsampled;                         ///< 1: every second input pixel is loaded
  std::uint32_t input_plane;                    ///< local rows from one block of channels to the next
  std::uint32_t weight_plane;
  std::uint32_t output_plane;
  std::uint32_t weight_rows;                           ///< local rows of all weights
  std::uint64_t in_stride, weight_stride, out_stride;  ///< elements from pixel to pixel in memory
  std::uint32_t in_row_dim, in_col_dim, out_row_dim, out_col_dim, pool_out_row_dim, pool_out_col_dim;

  /// Input pixels after halving.
  std::int64_t undilated(std::int64_t pixels) const { return (pixels + dilated) >> dilated; }
};

/// One loop -> its plain commands in program order: loads, then execute commands, then stores.
std::vector<isa::Command> expand(const MatmulLoop& loop, const LoopParams& params);
std::vector<isa::Command> expand(const ConvLoop& loop, const LoopParams& params);

/// Contexts and the state that survives a loop.
class LoopExpander {
 public:
  explicit LoopExpander(const LoopParams& params);

  /// Takes any LOOP_WS or LOOP_CONV_WS command; the run commands return their expansion, the others nothing.
  std::vector<isa::Command> accept(const isa::Command& command);

  /// The loop a run command would start, context and accumulator halves resolved; advances the state like accept.
  MatmulLoop take_matmul(const isa::Command& run);
  ConvLoop take_conv(const isa::Command& run);

  const LoopParams& params() const { return params_; }

 private:
  void configure_matmul(const isa::Command& command);
  void configure_conv(const isa::Command& command);
  std::uint32_t half(unsigned number) const { return number * (params_.layout.sp_rows() / 2); }
  std::uint32_t acc_half(unsigned number) const { return number * (params_.layout.acc_rows() / 2); }

  LoopParams params_;
  std::array<MatmulLoop, 2> matmul_;
  std::array<ConvLoop, 2> conv_;
  unsigned matmul_context_ = 0;  ///< context the next configuration goes to
  unsigned conv_context_ = 0;
  /// Accumulator halves; each phase toggles its own, because HEAD's skip flags leave a phase out.
  unsigned d_half_ = 0;
  unsigned c_half_ = 0;
  unsigned st_half_ = 0;
  unsigned conv_half_ = 0;
};

}  // namespace castor::functional
