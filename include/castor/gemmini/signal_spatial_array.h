// The spatial array as figure 2 of the paper draws it: a grid of tiles with registers between them, each tile a
// combinational grid of PEs, all joined by signals that can be dumped as waves. RTL twins: PE.scala, Tile.scala,
// Mesh.scala, and the skewing shift registers of MeshWithDelays.scala.
//
// Slow (tens of microseconds a cycle) and exact: the judge of FastSpatialArray. Its clock edge of cycle t happens in
// the delta cycles after the domain's cycle t, so that the rows that leave in t+1 are there when the domain begins t+1.
#pragma once

#include <deque>
#include <memory>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/config/gemmini_params.h"
#include "castor/gemmini/spatial_array.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

/// What travels down a column beside the data. RTL twin: PEControl, with valid, id and last.
struct PeControl {
  bool valid = false;
  bool weight_stationary = true;
  bool propagate = false;
  bool last = false;
  std::uint8_t shift = 0;
  std::uint8_t pass = 0;
  friend bool operator==(const PeControl& x, const PeControl& y) {
    return x.valid == y.valid && x.weight_stationary == y.weight_stationary && x.propagate == y.propagate &&
           x.last == y.last && x.shift == y.shift && x.pass == y.pass;
  }
  friend std::ostream& operator<<(std::ostream& out, const PeControl& c) { return out << c.valid << c.propagate; }
  friend void sc_trace(sc_core::sc_trace_file* file, const PeControl& control, const std::string& name) {
    sc_core::sc_trace(file, control.valid, name + ".valid");
    sc_core::sc_trace(file, control.propagate, name + ".propagate");
  }
};

using DataSignal = sc_core::sc_signal<std::uint32_t, sc_core::SC_MANY_WRITERS>;
using ControlSignal = sc_core::sc_signal<PeControl, sc_core::SC_MANY_WRITERS>;

/// The wires that run down a column into a row of PEs.
struct ColumnWires {
  DataSignal b, d;
  ControlSignal control;
};

/// One processing element: two registers, one multiplier.
class Pe : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Pe);
  Pe(const sc_core::sc_module_name& name, const Arithmetic& arithmetic, const sc_core::sc_event& edge,
     const DataSignal& a, const ColumnWires& in, ColumnWires& out);
  DataSignal c1, c2;

 private:
  void combine();
  void clock();
  std::uint32_t weight(std::uint32_t c) const { return c & input_mask_; }

  const Arithmetic& arithmetic_;
  const DataSignal& a_;
  const ColumnWires& in_;
  ColumnWires& out_;
  std::uint32_t input_mask_;
  sc_core::sc_signal<bool, sc_core::SC_MANY_WRITERS> last_propagate_;
};

/// A combinational grid of PEs.
class Tile : public sc_core::sc_module {
 public:
  Tile(const sc_core::sc_module_name& name, const Arithmetic& arithmetic, const sc_core::sc_event& edge, unsigned rows,
       unsigned columns);
  std::vector<DataSignal> a;         ///< in, one for each row of PEs; the same leave on the right
  std::vector<ColumnWires> in, out;  ///< at the top and at the bottom, one for each column of PEs

 private:
  friend class SignalSpatialArray;
  std::vector<std::vector<ColumnWires>> between_;
  std::vector<std::unique_ptr<Pe>> pes_;
};

class SignalSpatialArray : public sim::ClockedModule, public SpatialArray {
 public:
  SC_HAS_PROCESS(SignalSpatialArray);
  SignalSpatialArray(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
                     const Arithmetic& arithmetic, bool values);

  void accept(Cycle now, const ArrayRow& row) override;
  Cycle next_result() const override { return results_.empty() ? Cycle::never() : results_.front().cycle; }
  const ArrayResult& result() const override { return results_.front(); }
  void drop_result() override { results_.pop_front(); }

  /// Collects the row that leaves in this cycle, then asks for the clock edge.
  Cycle step(Cycle now) override;
  /// Woken in the cycle of a result.
  void connect(sim::Clocked& consumer) override { consumer_ = &consumer; }

  /// Adds every wire and register of the array to a wave file.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  /// What is on the wires of one column: data and control together.
  struct Element {
    std::uint32_t b = 0;
    std::uint32_t d = 0;
    PeControl control;
  };
  /// n registers in a row: holds n-1 values between edges, the n-th is on the wires.
  template <class T>
  using Registers = std::deque<T>;

  Tile& tile(unsigned row, unsigned column) { return *tiles_[row * mesh_columns_ + column]; }
  void ask_for_edge();
  void clock();
  void clock_rows();
  void clock_columns();
  void clock_outputs();
  Element entering(unsigned column) const;
  Element leaving(unsigned column);
  static std::uint32_t lane(const RowBytes& row, unsigned i, unsigned bytes);
  static Element on(const ColumnWires& wires) { return {wires.b.read(), wires.d.read(), wires.control.read()}; }
  static void drive(ColumnWires& wires, const Element& element);

  const Arithmetic& arithmetic_;
  bool values_;
  unsigned dim_;
  unsigned tile_rows_;
  unsigned tile_columns_;
  unsigned mesh_rows_;
  unsigned mesh_columns_;
  unsigned hop_;  // registers before each tile
  unsigned output_delay_;
  unsigned latency_;
  sc_core::sc_event edge_;
  std::vector<std::unique_ptr<Tile>> tiles_;

  bool accepted_ = false;  // a row enters in this cycle
  ArrayRow row_;
  RowBytes a_, b_, d_;
  Cycle busy_until_{0};

  std::vector<std::vector<Registers<std::uint32_t>>> row_hops_;  // [PE row][tile column], the first with its skew
  std::vector<std::vector<Registers<Element>>> column_hops_;     // [PE column][tile row], the first with its skew
  std::vector<Registers<Element>> output_registers_;             // [PE column]: output delay and skew
  std::vector<Element> leaving_;                                 // behind those registers
  std::deque<ArrayResult> results_;
  sim::Clocked* consumer_ = nullptr;
};

}  // namespace castor::gemmini
