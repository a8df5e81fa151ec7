// The spatial array computed a row at a time: arithmetic when a row enters, delivery at its cycle (spatial_array.h).
// Rows meet every PE in the same order whatever the skew, so the order of entry is all that values depend on.
#pragma once

#include <array>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/config/gemmini_params.h"
#include "castor/gemmini/spatial_array.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

class FastSpatialArray : public sim::Module, public SpatialArray {
 public:
  /// `values` false: results carry no values.
  FastSpatialArray(const sc_core::sc_module_name& name, const config::GemminiParams& params,
                   const Arithmetic& arithmetic, bool values);

  void accept(Cycle now, const ArrayRow& row) override;
  Cycle next_result() const override { return count_ == 0 ? Cycle::never() : results_[head_].cycle; }
  const ArrayResult& result() const override { return results_[head_]; }
  void drop_result() override;
  void connect(sim::Clocked& consumer) override { consumer_ = &consumer; }

 private:
  /// One of the two registers of every PE.
  struct RegisterSet {
    PeMatrix matrix;             ///< for computing: weights, or running sums
    std::vector<RowBytes> rows;  ///< the last dim rows of d, a ring
    unsigned top = 0;            ///< the row that entered last
    bool matrix_stale = false;   ///< rows entered since the matrix was made
    bool sums = false;           ///< the registers hold running sums below the rows that entered since
    unsigned entered = 0;        ///< rows of d since it computed
    unsigned shift = 0;          ///< of the sums on their way out
  };

  void compute(const ArrayRow& row, RowBytes& out);
  void weight_stationary_row(const ArrayRow& row, RowBytes& out);
  void output_stationary_row(const ArrayRow& row, RowBytes& out);
  void shift_in(RegisterSet& set, const RowBytes& d);
  void bottom_row(const RegisterSet& set, RowBytes& out) const;
  const RowBytes& entered_row(const RegisterSet& set, unsigned r) const { return set.rows[(set.top + r) & (dim_ - 1)]; }
  void make_weights(RegisterSet& set);
  void make_sums(RegisterSet& set);
  void move_sum(RegisterSet& set, unsigned from, unsigned to);
  ArrayResult& push_result(Cycle now, const ArrayRow& row);

  const Arithmetic& arithmetic_;
  unsigned dim_;
  unsigned latency_;
  bool values_;
  std::array<RegisterSet, 2> sets_;
  bool last_propagate_ = false;
  std::vector<ArrayResult> results_;  // ring
  std::size_t mask_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  sim::Clocked* consumer_ = nullptr;
};

}  // namespace castor::gemmini
