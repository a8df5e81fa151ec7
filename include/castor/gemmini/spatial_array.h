// The grid of processing elements, seen from its edges. RTL twin: Mesh.scala with the skewing shift registers of
// MeshWithDelays.scala around it.
//
// Latency law: a row accepted in cycle u leaves complete, all columns together, in
//   u + (tile_latency + 1) * (mesh_rows + mesh_columns - 1) + mesh_output_delay.
// One row a cycle, in order, without back-pressure.
//
// What a row does (PE.scala). Every PE holds two registers. `propagate` says which of them moves: the moving set shifts
// down by one row, with d entering at the top and the bottom row leaving; the other set computes:
//   weight-stationary: the row that leaves is b + a * W, W being the computing set;
//   output-stationary: the computing set gains the outer product of the column a and the row b; the row that leaves is
//   the bottom of the moving set, shifted right (rounded, saturated) in the cycle in which `propagate` flips.
#pragma once

#include "castor/common/row.h"
#include "castor/common/types.h"
#include "castor/sim/clock_domain.h"

namespace castor::gemmini {

/// One row of operands; an empty row stands for zeros.
struct ArrayRow {
  const RowBytes* a = nullptr;
  const RowBytes* b = nullptr;
  const RowBytes* d = nullptr;
  bool weight_stationary = true;
  bool propagate = false;
  unsigned shift = 0;
  unsigned pass = 0;  ///< number of the pass, small and wrapping
  bool last = false;  ///< of its pass
};

/// One row of results, as accumulator elements.
struct ArrayResult {
  Cycle cycle = Cycle::never();
  unsigned pass = 0;
  bool last = false;
  RowBytes row;
};

class SpatialArray {
 public:
  virtual ~SpatialArray() = default;
  virtual void accept(Cycle now, const ArrayRow& row) = 0;
  /// When the oldest result not yet taken leaves; never if there is none.
  virtual Cycle next_result() const = 0;
  virtual const ArrayResult& result() const = 0;
  virtual void drop_result() = 0;
  /// Woken in the cycle of a result, at the latest.
  virtual void connect(sim::Clocked& consumer) = 0;
};

}  // namespace castor::gemmini
