#include "castor/gemmini/fast_spatial_array.h"

#include <algorithm>

namespace castor::gemmini {

FastSpatialArray::FastSpatialArray(const sc_core::sc_module_name& name, const config::GemminiParams& params,
                                   const Arithmetic& arithmetic, bool values)
    : Module(name),
      arithmetic_(arithmetic),
      dim_(params.dim()),
      latency_(params.mesh_latency()),
      values_(values),
      results_(std::size_t{1} << log2_ceil(latency_ + 2)),
      mask_(results_.size() - 1) {
  if (!values) return;
  for (RegisterSet& set : sets_) {
    set.matrix = arithmetic.make_matrix();
    set.rows.resize(dim_);
  }
}

void FastSpatialArray::accept(Cycle now, const ArrayRow& row) {
  ArrayResult& result = push_result(now, row);
  if (values_) compute(row, result.row);
}

ArrayResult& FastSpatialArray::push_result(Cycle now, const ArrayRow& row) {
  CASTOR_ASSERT(count_ <= mask_);
  ArrayResult& result = results_[(head_ + count_++) & mask_];
  result.cycle = now + latency_;
  if (consumer_ != nullptr) consumer_->wake(result.cycle);
  result.pass = row.pass;
  result.last = row.last;
  return result;
}

void FastSpatialArray::drop_result() {
  head_ = (head_ + 1) & mask_;
  --count_;
}

void FastSpatialArray::compute(const ArrayRow& row, RowBytes& out) {
  row.weight_stationary ? weight_stationary_row(row, out) : output_stationary_row(row, out);
  last_propagate_ = row.propagate;
}

// PE.scala: propagate moves the first register and computes with the second.
void FastSpatialArray::weight_stationary_row(const ArrayRow& row, RowBytes& out) {
  RegisterSet& computing = sets_[row.propagate ? 1 : 0];
  if (row.a->empty()) {
    out = row.b->empty() ? RowBytes(arithmetic_.acc_row_bytes()) : arithmetic_.widen(*row.b);
  } else {
    if (computing.matrix_stale) make_weights(computing);
    arithmetic_.ws_row(computing.matrix, *row.a, *row.b, out);
  }
  RegisterSet& moving = sets_[row.propagate ? 0 : 1];
  shift_in(moving, *row.d);
  moving.sums = false;
}

void FastSpatialArray::output_stationary_row(const ArrayRow& row, RowBytes& out) {
  RegisterSet& moving = sets_[row.propagate ? 0 : 1];
  RegisterSet& computing = sets_[row.propagate ? 1 : 0];
  if (row.propagate != last_propagate_) {
    moving.entered = 0;
    moving.shift = row.shift;
  }
  bottom_row(moving, out);
  shift_in(moving, *row.d);
  if (computing.matrix_stale || !computing.sums) make_sums(computing);
  if (!row.a->empty() && !row.b->empty()) arithmetic_.os_rank1(computing.matrix, *row.a, *row.b);
}

void FastSpatialArray::shift_in(RegisterSet& set, const RowBytes& d) {
  set.top = set.top == 0 ? dim_ - 1 : set.top - 1;
  set.rows[set.top] = d;
  set.matrix_stale = true;
  set.entered = std::min(set.entered + 1, dim_);
}

void FastSpatialArray::bottom_row(const RegisterSet& set, RowBytes& out) const {
  if (set.sums && set.entered < dim_) return arithmetic_.os_row(set.matrix, dim_ - 1 - set.entered, set.shift, out);
  const RowBytes& d = entered_row(set, dim_ - 1);
  out = d.empty() ? RowBytes(arithmetic_.acc_row_bytes()) : arithmetic_.widen(d);
}

void FastSpatialArray::make_weights(RegisterSet& set) {
  for (unsigned r = 0; r < dim_; ++r) arithmetic_.set_weights_row(set.matrix, r, entered_row(set, r));
  set.matrix_stale = false;
}

// Rows of d above, sums that have not left yet (moved down, shifted) below.
void FastSpatialArray::make_sums(RegisterSet& set) {
  for (unsigned r = dim_; r-- > 0;) {
    if (set.sums && r >= set.entered)
      move_sum(set, r - set.entered, r);
    else
      arithmetic_.set_accumulators_row(set.matrix, r, entered_row(set, r));
  }
  set.matrix_stale = false;
  set.sums = true;
}

void FastSpatialArray::move_sum(RegisterSet& set, unsigned from, unsigned to) {
  if (set.entered == 0) return;
  RowBytes sum;
  arithmetic_.os_row(set.matrix, from, set.shift, sum);
  std::memcpy(set.matrix.cells.data() + std::size_t{to} * dim_, sum.data(), sum.size());
}

}  // namespace castor::gemmini
