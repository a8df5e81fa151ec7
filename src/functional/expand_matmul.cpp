// RTL twin: LoopMatmul.scala. Iteration orders and address arithmetic are the unroller's; what each loader, the
// executor and the storer emit is one function here.
#include <algorithm>

#include "castor/common/error.h"
#include "castor/functional/loop_expander.h"

namespace castor::functional {

namespace {

using isa::Command;

class MatmulExpansion {
 public:
  MatmulExpansion(const MatmulLoop& loop, const LoopParams& params)
      : loop_(loop), run_(loop.run), params_(params), dim_(params.dim()), bounds_(loop.bounds) {}

  std::vector<Command> commands() {
    check();
    if (!run_.skip_ldd && loop_.dc.d.value()) load_d();
    if (run_.is_resadd) {
      load_resadd();
    } else {
      if (!run_.skip_lda && loop_.ab.a.value()) load_a();
      if (!run_.skip_ldb && loop_.ab.b.value()) load_b();
      if (!run_.skip_ex) execute();
    }
    if (!run_.skip_stc) store();
    return std::move(commands_);
  }

 private:
  using Index = std::uint32_t;

  void check() const {
    if (bounds_.i == 0 || bounds_.j == 0 || (bounds_.k == 0 && !run_.is_resadd))
      throw UserError("loop_ws: i=" + std::to_string(bounds_.i) + " j=" + std::to_string(bounds_.j) +
                      " k=" + std::to_string(bounds_.k) + "; allowed: 1..65535 each");
    if (run_.a_transpose && run_.b_transpose && !run_.is_resadd)
      throw UserError("loop_ws: a_transpose=1 b_transpose=1; allowed: at most one");
  }

  /// Byte offset of tile (row, col) in a matrix whose rows are `stride` elements apart; the RTL keeps 32 bits.
  static std::uint64_t tile_offset(std::uint64_t row, std::uint64_t col, std::uint64_t stride, std::uint64_t dim,
                                   std::uint64_t element) {
    return ((row * stride + col) * dim * element) & 0xFFFFFFFFULL;
  }

  LocalAddr sp(std::uint64_t row) const { return LocalAddr::sp(0).with_offset(row, params_.layout); }
  LocalAddr acc(std::uint64_t row, bool accumulate = false, bool full = false) const {
    return LocalAddr::acc(0, accumulate, full).with_offset(row, params_.layout);
  }

  Index row_count(Index row, Index rows, Index pad) const { return dim_ - (row == rows - 1 ? pad : 0); }
  Index column_count(Index col, Index blocks, Index cols, Index pad) const {
    return blocks * dim_ - (col + blocks >= cols ? pad : 0);
  }

  void mvin(Index state, VirtAddr base, std::uint64_t offset, LocalAddr local, Index rows, Index cols) {
    commands_.push_back(isa::Mvin{state, base + offset, {local, rows, cols}}.encode());
  }

  /// i always runs fastest: over rows of A, or over blocks of columns when A lies transposed.
  void load_a() {
    const bool t = run_.a_transpose;
    const Index rows = t ? bounds_.k : bounds_.i, cols = t ? bounds_.i : bounds_.k;
    const Index step = std::min(cols, params_.max_block_len);
    const Index k_step = t ? 1 : step, i_step = t ? step : 1;
    for (Index k = 0; k < bounds_.k; k += k_step)
      for (Index i = 0; i < bounds_.i; i += i_step) {
        const Index row = t ? k : i, col = t ? i : k;
        const Index blocks = std::min(step, cols - col);
        mvin(0, loop_.ab.a, tile_offset(row, col, loop_.strides_ab.a, dim_, params_.input_bytes),
             sp(loop_.a_start + (std::uint64_t{row} * cols + col) * dim_),
             row_count(row, rows, t ? bounds_.pad_k : bounds_.pad_i),
             column_count(col, blocks, cols, t ? bounds_.pad_i : bounds_.pad_k));
      }
  }

  /// Rows are never padded: the RTL compares the wrong signal, so the last tile loads dim rows too.
  void load_b() {
    const bool t = run_.b_transpose;
    const Index cols = t ? bounds_.k : bounds_.j;
    const Index step = std::min(cols, params_.max_block_len);
    const Index k_step = t ? step : 1, j_step = t ? 1 : step;
    for (Index k = 0; k < bounds_.k; k += k_step)
      for (Index j = 0; j < bounds_.j; j += j_step) {
        const Index row = t ? j : k, col = t ? k : j;
        const Index blocks = std::min(step, cols - col);
        mvin(1, loop_.ab.b, tile_offset(row, col, loop_.strides_ab.b, dim_, params_.input_bytes),
             sp(b_start() + (std::uint64_t{row} * cols + col) * dim_), dim_,
             column_count(col, blocks, cols, t ? bounds_.pad_k : bounds_.pad_j));
      }
  }

  void load_d() {
    const Index step = std::min(bounds_.j, run_.low_d ? params_.max_block_len : params_.max_block_len_acc);
    const unsigned element = run_.low_d ? params_.input_bytes : params_.acc_bytes;
    for (Index j = 0; j < bounds_.j; j += step)
      for (Index i = 0; i < bounds_.i; ++i)
        mvin(2, loop_.dc.d, tile_offset(i, j, loop_.strides_dc.d, dim_, element),
             acc(loop_.d_start + (std::uint64_t{i} * bounds_.j + j) * dim_), row_count(i, bounds_.i, bounds_.pad_i),
             column_count(j, std::min(step, bounds_.j - j), bounds_.j, bounds_.pad_j));
  }

  /// A overwrites, B accumulates. Through the loader of A (k stands for j) and that of B (k stands for i).
  void load_resadd() {
    const Index step = std::min(bounds_.j, params_.max_block_len);
    const auto load = [&](Index state, VirtAddr base, std::uint64_t stride, Index i, Index j, Index rows) {
      mvin(state, base, tile_offset(i, j, stride, dim_, params_.input_bytes),
           acc(loop_.resadd_start + (std::uint64_t{i} * bounds_.j + j) * dim_, state == 1), rows,
           column_count(j, std::min(step, bounds_.j - j), bounds_.j, bounds_.pad_j));
    };
    if (!run_.skip_lda && loop_.ab.a.value())
      for (Index j = 0; j < bounds_.j; j += step)
        for (Index i = 0; i < bounds_.i; ++i)
          load(0, loop_.ab.a, loop_.strides_ab.a, i, j, row_count(i, bounds_.i, bounds_.pad_i));
    if (!run_.skip_ldb && loop_.ab.b.value())
      for (Index i = 0; i < bounds_.i; ++i)
        for (Index j = 0; j < bounds_.j; j += step) load(1, loop_.ab.b, loop_.strides_ab.b, i, j, dim_);
  }

  std::uint64_t b_start() const { return loop_.b_end - std::uint64_t{bounds_.k} * bounds_.j * dim_; }

  void execute() {
    for (Index k = 0; k < bounds_.k; ++k)
      for (Index j = 0; j < bounds_.j; ++j)
        for (Index i = 0; i < bounds_.i; ++i) execute_tile(i, j, k);
  }

  void execute_tile(Index i, Index j, Index k) {
    const std::uint64_t a_tile = run_.a_transpose ? std::uint64_t{k} * bounds_.i + i : std::uint64_t{i} * bounds_.k + k;
    const std::uint64_t b_tile = run_.b_transpose ? std::uint64_t{j} * bounds_.k + k : std::uint64_t{k} * bounds_.j + j;
    const std::uint64_t c_tile = std::uint64_t{i} * bounds_.j + j;
    const Index rows = row_count(i, bounds_.i, bounds_.pad_i);
    const Index cols = row_count(j, bounds_.j, bounds_.pad_j);
    const Index depth = row_count(k, bounds_.k, bounds_.pad_k);
    const bool accumulate = run_.ex_accumulate || k != 0;
    const LocalAddr b = i == 0 ? sp(b_start() + b_tile * dim_) : LocalAddr::garbage();
    commands_.push_back(
        isa::Preload{{b, depth, cols}, {acc(loop_.c_start + c_tile * dim_, accumulate), rows, cols}}.encode());
    commands_.push_back(
        isa::Compute{i == 0, {sp(loop_.a_start + a_tile * dim_), rows, depth}, {LocalAddr::garbage(), dim_, dim_}}
            .encode());
  }

  void store() {
    if (run_.spad_only) return store_to_spad();
    if (!loop_.dc.c.value()) return;
    if (run_.activation == Activation::LayerNorm || run_.activation == Activation::Softmax) return store_normalised();
    const Index step = store_step();
    for (Index j = 0; j < bounds_.j; j += step)
      for (Index i = 0; i < bounds_.i; ++i)
        commands_.push_back(isa::Mvout{loop_.dc.c + c_offset(i, j), store_block(i, j)}.encode());
  }

  Index store_step() const { return run_.full_c ? 1 : std::min(bounds_.j, params_.max_block_len); }
  std::uint64_t c_offset(Index i, Index j) const {
    return tile_offset(i, j, loop_.strides_dc.c, dim_, run_.full_c ? params_.acc_bytes : params_.input_bytes);
  }
  std::uint64_t c_row(Index i, Index j) const {
    const std::uint32_t start = run_.is_resadd ? loop_.resadd_start : loop_.st_start;
    return start + (std::uint64_t{i} * bounds_.j + j) * dim_;
  }
  Index c_columns(Index j) const {
    return column_count(j, std::min(store_step(), bounds_.j - j), bounds_.j, bounds_.pad_j);
  }
  isa::LocalBlock store_block(Index i, Index j) const {
    return {acc(c_row(i, j), false, run_.full_c), row_count(i, bounds_.i, bounds_.pad_i), c_columns(j)};
  }

  void store_to_spad() {
    for (Index j = 0; j < bounds_.j; ++j)
      for (Index i = 0; i < bounds_.i; ++i) {
        const LocalAddr to = sp(run_.c_spad_addr + (std::uint64_t{i} * bounds_.j + j) * dim_);
        const Index cols = column_count(j, 1, bounds_.j, bounds_.pad_j);
        const isa::LocalBlock from{acc(c_row(i, j), false, run_.full_c), row_count(i, bounds_.i, bounds_.pad_i), cols};
        commands_.push_back(isa::StoreSpad{to, 1, from}.encode());
      }
  }

  /// Groups of rows, three passes each; in a pass every row of the group selects its statistics and goes through all j.
  void store_normalised() {
    for (Index i = 0; i < bounds_.i; ++i) {
      const Index rows = row_count(i, bounds_.i, bounds_.pad_i);
      for (Index first = 0; first < rows; first += params_.norm_rows)
        for (unsigned pass = 0; pass < 3; ++pass)
          for (Index id = 0; id < std::min<Index>(params_.norm_rows, rows - first); ++id)
            store_normalised_row(i, first + id, id, pass);
    }
  }

  void store_normalised_row(Index i, Index row, Index stats_id, unsigned pass) {
    isa::ConfigNorm select;
    select.set_stats_id_only = true;
    select.stats_id = stats_id;
    commands_.push_back(select.encode());
    for (Index j = 0; j < bounds_.j; j += store_step()) {
      const bool last = j + store_step() >= bounds_.j;
      const std::uint64_t offset =
          ((std::uint64_t{i} * loop_.strides_dc.c + j) * dim_ + row * loop_.strides_dc.c) * params_.input_bytes &
          0xFFFFFFFFULL;
      const auto cmd = static_cast<unsigned>(norm_cmd(pass, last));
      const LocalAddr from = acc(c_row(i, j) + row, false, run_.full_c).with_norm_cmd(cmd);
      commands_.push_back(isa::Mvout{loop_.dc.c + offset, {from, 1, c_columns(j)}}.encode());
    }
  }

  NormCmd norm_cmd(unsigned pass, bool last) const {
    static constexpr NormCmd layernorm[3][2] = {
        {NormCmd::Sum, NormCmd::Mean}, {NormCmd::Variance, NormCmd::InvStddev}, {NormCmd::Reset, NormCmd::Reset}};
    static constexpr NormCmd softmax[3][2] = {
        {NormCmd::Max, NormCmd::Max}, {NormCmd::SumExp, NormCmd::InvSumExp}, {NormCmd::Reset, NormCmd::Reset}};
    return run_.activation == Activation::LayerNorm ? layernorm[pass][last] : softmax[pass][last];
  }

  const MatmulLoop& loop_;
  const isa::LoopWsRun& run_;
  const LoopParams& params_;
  Index dim_;
  const isa::LoopWsBounds& bounds_;
  std::vector<Command> commands_;
};

}  // namespace

std::vector<Command> expand(const MatmulLoop& loop, const LoopParams& params) {
  return MatmulExpansion(loop, params).commands();
}

}  // namespace castor::functional
