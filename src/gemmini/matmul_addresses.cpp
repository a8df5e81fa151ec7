#include "castor/gemmini/matmul_addresses.h"

#include <algorithm>

namespace castor::gemmini::matmul {

namespace {

using isa::Command;
using isa::Funct;
using isa::LocalBlock;

/// One operand as a grid of tiles, and the tile where its generator stands.
struct TileGrid {
  std::uint32_t row = 0, col = 0;
  std::uint32_t rows = 0, cols = 0;        // of the grid
  std::uint32_t row_pad = 0, col_pad = 0;  // elements missing at its edges
  std::uint32_t max_blocks = 1;            // tiles moved at once along a row
  std::uint32_t blocks() const { return std::min(max_blocks, cols - col); }
  std::uint32_t tile() const { return row * cols + col; }
};

constexpr std::uint32_t first_of(std::uint32_t tiles, std::uint32_t block_len) { return std::min(tiles, block_len); }

std::uint32_t block_cols(const TileGrid& grid, const UnrollerShape& shape) {
  const bool last = grid.col + grid.blocks() >= grid.cols;
  return grid.blocks() * shape.dim - (last ? grid.col_pad : 0);
}

std::uint32_t block_rows(const TileGrid& grid, const UnrollerShape& shape) {
  return shape.dim - (grid.row == grid.rows - 1 ? grid.row_pad : 0);
}

std::uint64_t tile_address(const MatmulRequest& request, const TileGrid& grid, std::uint32_t bytes,
                           const UnrollerShape& shape) {
  const std::uint64_t offset = (grid.row * request.dram_stride + grid.col) * shape.dim * bytes;
  return dram_address(request.dram, offset);
}

Command make(Funct funct, std::uint64_t rs1, std::uint64_t rs2) { return {static_cast<std::uint8_t>(funct), rs1, rs2}; }

TileGrid grid_a(const MatmulRequest& r, std::uint32_t i, std::uint32_t k, const UnrollerShape& shape) {
  if (r.a_transpose) return {k, i, r.max_k, r.max_i, r.pad_k, r.pad_i, first_of(r.max_i, shape.max_block_len)};
  return {i, k, r.max_i, r.max_k, r.pad_i, r.pad_k, first_of(r.max_k, shape.max_block_len)};
}

TileGrid grid_b(const MatmulRequest& r, std::uint32_t k, std::uint32_t j, const UnrollerShape& shape) {
  if (r.b_transpose) return {j, k, r.max_j, r.max_k, r.pad_j, r.pad_k, first_of(r.max_k, shape.max_block_len)};
  return {k, j, r.max_k, r.max_j, r.pad_k, r.pad_j, first_of(r.max_j, shape.max_block_len)};
}

std::uint32_t d_blocks(const MatmulRequest& r, const UnrollerShape& shape) {
  return first_of(r.max_j, r.low_d ? shape.max_block_len : shape.max_block_len_acc);
}

std::uint32_t c_blocks(const MatmulRequest& r, const UnrollerShape& shape) {
  return r.full_c ? 1 : first_of(r.max_j, shape.max_block_len);
}

TileGrid grid_cd(const MatmulRequest& r, std::uint32_t i, std::uint32_t j, std::uint32_t max_blocks) {
  return {i, j, r.max_i, r.max_j, r.pad_i, r.pad_j, max_blocks};
}

std::uint64_t b_start(const MatmulRequest& r, const UnrollerShape& shape) {
  return r.resadd ? r.b_end : std::uint64_t{r.b_end} - std::uint64_t{r.max_k} * r.max_j * shape.dim;
}

std::uint32_t missing(std::uint32_t index, std::uint32_t count, std::uint32_t pad) {
  return index == count - 1 ? pad : 0;
}

std::uint32_t at(const LoopNest& nest, unsigned dimension) { return static_cast<std::uint32_t>(nest.index(dimension)); }

LoopDimension tiles(std::uint32_t count, std::uint32_t step = 1) {
  return {0, iterator_bound(count), static_cast<std::int32_t>(step)};
}

}  // namespace

// ---- A

LoopNest load_a_nest(const MatmulRequest& r, const UnrollerShape& shape) {
  const std::uint32_t blocks = grid_a(r, 0, 0, shape).max_blocks;
  return {tiles(r.max_i, r.a_transpose ? blocks : 1), tiles(r.max_k, r.a_transpose ? 1 : blocks)};
}

Command load_a(const MatmulRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const TileGrid grid = grid_a(r, at(nest, 0), at(nest, 1), shape);
  const std::uint64_t row = r.a_start + std::uint64_t{grid.tile()} * shape.dim;
  const LocalAddr to = r.resadd ? shape.acc(row, false) : shape.sp(row);
  return make(Funct::Mvin, tile_address(r, grid, shape.input_bytes, shape),
              LocalBlock{to, block_rows(grid, shape), block_cols(grid, shape)}.encode());
}

// ---- B

LoopNest load_b_nest(const MatmulRequest& r, const UnrollerShape& shape) {
  const std::uint32_t blocks = grid_b(r, 0, 0, shape).max_blocks;
  return {tiles(r.max_j, r.b_transpose ? 1 : blocks), tiles(r.max_k, r.b_transpose ? blocks : 1)};
}

Command load_b(const MatmulRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const TileGrid grid = grid_b(r, at(nest, 1), at(nest, 0), shape);
  const std::uint64_t row = b_start(r, shape) + std::uint64_t{grid.tile()} * shape.dim;
  const LocalAddr to = r.resadd ? shape.acc(row, true) : shape.sp(row);
  // Always a whole tile of rows: LoopMatmulLdB compares a bound with itself where it means the iterator.
  return make(Funct::Mvin2, tile_address(r, grid, shape.input_bytes, shape),
              LocalBlock{to, shape.dim, block_cols(grid, shape)}.encode());
}

// ---- D

LoopNest load_d_nest(const MatmulRequest& r, const UnrollerShape& shape) {
  return {tiles(r.max_i), tiles(r.max_j, d_blocks(r, shape))};
}

Command load_d(const MatmulRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const TileGrid grid = grid_cd(r, at(nest, 0), at(nest, 1), d_blocks(r, shape));
  const std::uint64_t row = r.c_start + std::uint64_t{grid.tile()} * shape.dim;
  return make(Funct::Mvin3, tile_address(r, grid, r.low_d ? shape.input_bytes : shape.acc_bytes, shape),
              LocalBlock{shape.acc(row, false), block_rows(grid, shape), block_cols(grid, shape)}.encode());
}

// ---- Execute

LoopNest execute_nest(const MatmulRequest& r) { return {tiles(r.max_i), tiles(r.max_j), tiles(r.max_k)}; }

Command preload(const MatmulRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const std::uint32_t i = at(nest, 0), j = at(nest, 1), k = at(nest, 2);
  const std::uint64_t b_row = b_start(r, shape) + std::uint64_t{grid_b(r, k, j, shape).tile()} * shape.dim;
  const std::uint64_t c_row = r.c_start + (std::uint64_t{i} * r.max_j + j) * shape.dim;
  const std::uint32_t cols = shape.dim - missing(j, r.max_j, r.pad_j);
  const LocalBlock b{i == 0 ? shape.sp(b_row) : shape.garbage(), shape.dim - missing(k, r.max_k, r.pad_k), cols};
  const LocalBlock c{shape.acc(c_row, r.accumulate || k != 0), shape.dim - missing(i, r.max_i, r.pad_i), cols};
  return make(Funct::Preload, b.encode(), c.encode());
}

Command compute(const MatmulRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const std::uint32_t i = at(nest, 0), k = at(nest, 2);
  const std::uint64_t a_row = r.a_start + std::uint64_t{grid_a(r, i, k, shape).tile()} * shape.dim;
  const LocalBlock a{shape.sp(a_row), shape.dim - missing(i, r.max_i, r.pad_i),
                     shape.dim - missing(k, r.max_k, r.pad_k)};
  const LocalBlock d{shape.garbage(), shape.dim, shape.dim};
  return make(i == 0 ? Funct::ComputePreloaded : Funct::ComputeAccumulated, a.encode(), d.encode());
}

// ---- C

std::uint32_t store_c_blocks(const MatmulRequest& r, std::uint32_t j, const UnrollerShape& shape) {
  return std::min(c_blocks(r, shape), r.max_j - j);
}

LoopNest store_c_nest(const MatmulRequest& r, const UnrollerShape& shape) {
  const std::uint32_t blocks = c_blocks(r, shape);
  if (!r.normalizes()) return {tiles(r.max_i), tiles(r.max_j, blocks)};
  constexpr std::uint32_t passes = 3;
  LoopNest nest{tiles(r.max_j, blocks), tiles(1), tiles(passes), tiles(shape.dim, shape.norm_stats_ids),
                tiles(r.max_i)};
  bound_norm_rows(r, nest, shape);
  return nest;
}

Command store_c(const MatmulRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const TileGrid grid = grid_cd(r, at(nest, 0), at(nest, 1), c_blocks(r, shape));
  const std::uint64_t row = r.c_start + std::uint64_t{grid.tile()} * shape.dim;
  const LocalBlock from{shape.acc(row, false, r.full_c), block_rows(grid, shape), block_cols(grid, shape)};
  return make(Funct::Mvout, tile_address(r, grid, r.full_c ? shape.acc_bytes : shape.input_bytes, shape),
              from.encode());
}

LoopNest store_c_spad_nest(const MatmulRequest& r) { return {tiles(r.max_i), tiles(r.max_j)}; }

Command store_c_spad(const MatmulRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  const TileGrid grid = grid_cd(r, at(nest, 0), at(nest, 1), 1);
  const std::uint64_t offset = std::uint64_t{grid.tile()} * shape.dim;
  const LocalBlock from{shape.acc(r.c_start + offset, false, r.full_c), block_rows(grid, shape),
                        block_cols(grid, shape)};
  return isa::StoreSpad{shape.sp(r.c_spad + offset), 1, from}.encode();
}

// ---- C through the normaliser

void bound_norm_rows(const MatmulRequest& r, LoopNest& nest, const UnrollerShape& shape) {
  const std::uint32_t rows = shape.dim - missing(at(nest, 4), r.max_i, r.pad_i);
  nest.dimension(3).limit = static_cast<std::int32_t>(rows);
  nest.dimension(1).limit = static_cast<std::int32_t>(std::min(rows - at(nest, 3), shape.norm_stats_ids));
}

Command norm_config(const LoopNest& nest) {
  isa::ConfigNorm config;
  config.stats_id = at(nest, 1);
  config.set_stats_id_only = true;
  return config.encode();
}

Command norm_store_c(const MatmulRequest& r, const LoopNest& nest, const UnrollerShape& shape) {
  using Pass = NormCmd[2];
  static constexpr Pass layer_norm[] = {
      {NormCmd::Sum, NormCmd::Mean}, {NormCmd::Variance, NormCmd::InvStddev}, {NormCmd::Reset, NormCmd::Reset}};
  static constexpr Pass softmax[] = {
      {NormCmd::Max, NormCmd::Max}, {NormCmd::SumExp, NormCmd::InvSumExp}, {NormCmd::Reset, NormCmd::Reset}};
  const TileGrid grid = grid_cd(r, at(nest, 4), at(nest, 0), c_blocks(r, shape));
  const std::uint32_t row = at(nest, 3) + at(nest, 1);
  const bool last_block = grid.col + grid.max_blocks >= r.max_j;
  const Pass& pass = (r.activation == Activation::LayerNorm ? layer_norm : softmax)[at(nest, 2)];
  const LocalAddr from = shape.acc(r.c_start + std::uint64_t{grid.tile()} * shape.dim + row, false, r.full_c)
                             .with_norm_cmd(static_cast<unsigned>(pass[last_block ? 1 : 0]));
  const std::uint64_t offset =
      ((grid.row * r.dram_stride + grid.col) * shape.dim + row * r.dram_stride) * shape.input_bytes;
  return make(Funct::Mvout, dram_address(r.dram, offset), LocalBlock{from, 1, block_cols(grid, shape)}.encode());
}

}  // namespace castor::gemmini::matmul
