// The loop unrollers as pure program-order expansion: configuration commands fill a context, a run command yields the
// plain commands of that loop. What persists between loops (which context comes next, which halves of scratchpad and
// accumulator) lives here. The cycle model's unrollers emit the same multiset of commands, in an order of their own.
// RTL twins: LoopMatmul.scala, LoopConv.scala.
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
  bool spad_ids = false;  ///< HEAD: spad ids, LOOP_WS_CONFIG_SPAD_AB, skip flags

  unsigned dim() const { return layout.dim; }
};

/// Contents of one context of the matmul unroller when its run command arrives.
struct MatmulLoop {
  isa::LoopWsBounds bounds;
  isa::LoopWsAddrsAb ab;
  isa::LoopWsAddrsDc dc;
  isa::LoopWsStridesAb strides_ab;
  isa::LoopWsStridesDc strides_dc;
  isa::LoopWsRun run;
  std::uint32_t a_start = 0;       ///< first scratchpad row of A
  std::uint32_t b_end = 0;         ///< one past the last scratchpad row of B
  std::uint32_t c_start = 0;       ///< first accumulator row of C
  std::uint32_t d_start = 0;       ///< first accumulator row of D
  std::uint32_t resadd_start = 0;  ///< first accumulator row of a residual addition
};

/// Contents of one context of the convolution unroller.
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
  std::uint32_t c_start = 0;
  std::uint32_t d_start = 0;
};

/// One loop -> its plain commands in program order (loads, executes, stores).
std::vector<isa::Command> expand(const MatmulLoop& loop, const LoopParams& params);
std::vector<isa::Command> expand(const ConvLoop& loop, const LoopParams& params);

/// Contexts and the state that survives a loop.
class LoopExpander {
 public:
  explicit LoopExpander(const LoopParams& params) : params_(params) {}

  /// Takes any LOOP_WS or LOOP_CONV_WS command; the run commands return their expansion, the others nothing.
  std::vector<isa::Command> accept(const isa::Command& command);

  const LoopParams& params() const { return params_; }

 private:
  std::vector<isa::Command> accept_matmul(const isa::Command& command);
  std::vector<isa::Command> run_matmul(const isa::Command& command);
  std::vector<isa::Command> accept_conv(const isa::Command& command);
  std::vector<isa::Command> run_conv(const isa::Command& command);

  LoopParams params_;
  std::array<MatmulLoop, 2> matmul_;
  std::array<ConvLoop, 2> conv_;
  unsigned next_matmul_ = 0;  ///< context the next configuration goes to
  unsigned next_conv_ = 0;
  unsigned matmul_c_half_ = 0;  ///< accumulator halves of the next loop's results and bias
  unsigned matmul_d_half_ = 0;
  unsigned conv_c_half_ = 0;
  unsigned conv_d_half_ = 0;
  std::array<bool, 2> a_start_given_{};  ///< LOOP_WS_CONFIG_SPAD_AB came for this context
};

}  // namespace castor::functional
