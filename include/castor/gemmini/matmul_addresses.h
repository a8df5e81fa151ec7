// What each address generator of LOOP_WS iterates over, and the command it makes of a point: nests as data.
// RTL twin: LoopMatmulLdA, LdB, LdD, Execute, StC, StCSpad of LoopMatmul.scala.
#pragma once

#include <cstdint>

#include "castor/gemmini/loop_unroller.h"
#include "castor/gemmini/unroller_shape.h"
#include "castor/isa/command.h"

namespace castor::gemmini {

/// The registers of one context.
struct MatmulLoop {
  std::uint32_t max_i = 0, max_j = 0, max_k = 0;
  std::uint32_t pad_i = 0, pad_j = 0, pad_k = 0;
  std::uint64_t a_dram = 0, b_dram = 0, d_dram = 0, c_dram = 0;
  std::uint64_t a_stride = 0, b_stride = 0, d_stride = 0, c_stride = 0;
  bool a_transpose = false, b_transpose = false;
  bool full_c = false, low_d = false, ex_accumulate = false;
  Activation activation = Activation::None;
  std::uint32_t a_spad_id = 0, b_spad_id = 0;
  std::uint32_t a_start = 0;       // first scratchpad row of A
  std::uint32_t b_end = 0;         // one past the last of B
  std::uint32_t resadd_start = 0;  // first accumulator row of a residual addition
  bool spad_only = false, inc_acc_addr = false;
  std::uint32_t c_spad_addr = 0;
};

/// What one generator is asked to do.
struct MatmulRequest {
  std::uint32_t max_i = 0, max_j = 0, max_k = 0;  // tiles
  std::uint32_t pad_i = 0, pad_j = 0, pad_k = 0;  // elements missing in the last tile
  std::uint64_t dram = 0;
  std::uint64_t dram_stride = 0;  // elements
  std::uint32_t a_start = 0;      // local rows: A or its tile in the accumulator
  std::uint32_t b_end = 0;        // one past B; the start, in a residual addition
  std::uint32_t c_start = 0;      // accumulator rows of C or D
  std::uint32_t c_spad = 0;       // destination of a store to the scratchpad
  bool a_transpose = false, b_transpose = false;
  bool full_c = false, low_d = false, accumulate = false;
  bool resadd = false;
  Activation activation = Activation::None;

  bool normalizes() const { return activation == Activation::LayerNorm || activation == Activation::Softmax; }
};

namespace matmul {

// Nests, innermost loop first: A {i, k}, B {j, k}, D {i, j}, execute {i, j, k}, C {i, j},
// C with a normalisation {j, statistics id, pass, row, i}.
LoopNest load_a_nest(const MatmulRequest& request, const UnrollerShape& shape);
LoopNest load_b_nest(const MatmulRequest& request, const UnrollerShape& shape);
LoopNest load_d_nest(const MatmulRequest& request, const UnrollerShape& shape);
LoopNest execute_nest(const MatmulRequest& request);
LoopNest store_c_nest(const MatmulRequest& request, const UnrollerShape& shape);
LoopNest store_c_spad_nest(const MatmulRequest& request);

isa::Command load_a(const MatmulRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command load_b(const MatmulRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command load_d(const MatmulRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command preload(const MatmulRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command compute(const MatmulRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command store_c(const MatmulRequest& request, const LoopNest& nest, const UnrollerShape& shape);
isa::Command store_c_spad(const MatmulRequest& request, const LoopNest& nest, const UnrollerShape& shape);

/// Normalised C: a run of mvouts along j is preceded by a config_norm that chooses the statistics id.
isa::Command norm_config(const LoopNest& nest);
isa::Command norm_store_c(const MatmulRequest& request, const LoopNest& nest, const UnrollerShape& shape);
/// The bounds of rows and statistics ids depend on i and row: brings them up to date before advancing.
void bound_norm_rows(const MatmulRequest& request, LoopNest& nest, const UnrollerShape& shape);

/// Tiles that one mvout covers at column j of a nest.
std::uint32_t store_c_blocks(const MatmulRequest& request, std::uint32_t j, const UnrollerShape& shape);

}  // namespace matmul

}  // namespace castor::gemmini
