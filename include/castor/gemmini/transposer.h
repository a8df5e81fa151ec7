// A square of registers that takes rows and gives columns. RTL twin: AlwaysOutTransposer (Transposer.scala).
//
// Timing contract: with the k-th row taken, the k-th column of the matrix before leaves, in the same cycle. It moves
// only with rows, so a matrix delays a pass by exactly one pass.
#pragma once

#include <vector>

#include "castor/common/row.h"

namespace castor::gemmini {

class Transposer {
 public:
  Transposer(unsigned dim, unsigned element_bytes);
  /// Takes `row` (empty: zeros, or no values at all) and gives the column that leaves.
  RowBytes exchange(const RowBytes& row);

 private:
  void gather(unsigned column, RowBytes& out) const;

  unsigned dim_;
  unsigned element_bytes_;
  unsigned count_ = 0;
  std::vector<RowBytes> entering_;
  std::vector<RowBytes> leaving_;
};

}  // namespace castor::gemmini
