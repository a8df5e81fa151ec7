#include "castor/gemmini/signal_spatial_array.h"

#include <algorithm>

namespace castor::gemmini {

namespace {

std::string numbered(const char* what, unsigned row, unsigned column) {
  return std::string(what) + "_" + std::to_string(row) + "_" + std::to_string(column);
}

/// Takes `value` in and gives what falls out.
template <class Register, class T>
T shift(Register& stages, const T& value) {
  stages.push_back(value);
  const T oldest = stages.front();
  stages.pop_front();
  return oldest;
}

}  // namespace

// ---- PE

Pe::Pe(const sc_core::sc_module_name& name, const Arithmetic& arithmetic, const sc_core::sc_event& edge,
       const DataSignal& a, const ColumnWires& in, ColumnWires& out)
    : sc_module(name),
      c1("c1"),
      c2("c2"),
      arithmetic_(arithmetic),
      a_(a),
      in_(in),
      out_(out),
      input_mask_(arithmetic.types().input.bytes() >= 4 ? ~0U : (1U << (8 * arithmetic.types().input.bytes())) - 1) {
  SC_METHOD(combine);
  sensitive << a << in.b << in.d << in.control << c1 << c2 << last_propagate_;
  SC_METHOD(clock);
  dont_initialize();
  sensitive << edge;
}

void Pe::combine() {
  const PeControl& control = in_.control.read();
  const std::uint32_t moving = control.propagate ? c1.read() : c2.read();
  const std::uint32_t computing = control.propagate ? c2.read() : c1.read();
  const bool flips = last_propagate_.read() != control.propagate;
  out_.control.write(control);
  if (control.weight_stationary) {
    out_.d.write(moving);
    out_.b.write(arithmetic_.ws_mac(in_.b.read(), a_.read(), weight(computing)));
  } else {
    out_.d.write(arithmetic_.os_output(moving, flips ? control.shift : 0));
    out_.b.write(in_.b.read());
  }
}

void Pe::clock() {
  const PeControl& control = in_.control.read();
  if (!control.valid) return;
  DataSignal& moving = control.propagate ? c1 : c2;
  DataSignal& computing = control.propagate ? c2 : c1;
  moving.write(in_.d.read());
  if (!control.weight_stationary)
    computing.write(arithmetic_.os_mac(computing.read(), a_.read(), weight(in_.b.read())));
  last_propagate_.write(control.propagate);
}

// ---- Tile

Tile::Tile(const sc_core::sc_module_name& name, const Arithmetic& arithmetic, const sc_core::sc_event& edge,
           unsigned rows, unsigned columns)
    : sc_module(name), a(rows), in(columns), out(columns) {
  for (unsigned r = 0; r + 1 < rows; ++r) between_.emplace_back(columns);
  for (unsigned r = 0; r < rows; ++r)
    for (unsigned c = 0; c < columns; ++c) {
      ColumnWires& above = r == 0 ? in[c] : between_[r - 1][c];
      ColumnWires& below = r + 1 == rows ? out[c] : between_[r][c];
      pes_.push_back(std::make_unique<Pe>(numbered("pe", r, c).c_str(), arithmetic, edge, a[r], above, below));
    }
}

// ---- Array

SignalSpatialArray::SignalSpatialArray(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                       const config::GemminiParams& params, const Arithmetic& arithmetic, bool values)
    : ClockedModule(name, domain, sim::level::spatial_array),
      arithmetic_(arithmetic),
      values_(values),
      dim_(params.dim()),
      tile_rows_(params.tile_rows),
      tile_columns_(params.tile_columns),
      mesh_rows_(params.mesh_rows),
      mesh_columns_(params.mesh_columns),
      hop_(params.tile_latency + 1),
      output_delay_(params.mesh_output_delay),
      latency_(params.mesh_latency()),
      leaving_(dim_) {
  for (unsigned r = 0; r < mesh_rows_; ++r)
    for (unsigned c = 0; c < mesh_columns_; ++c)
      tiles_.push_back(
          std::make_unique<Tile>(numbered("tile", r, c).c_str(), arithmetic, edge_, tile_rows_, tile_columns_));
  for (unsigned r = 0; r < dim_; ++r) {
    row_hops_.emplace_back(mesh_columns_, Registers<std::uint32_t>(hop_ - 1));
    row_hops_[r][0].resize(hop_ - 1 + r / tile_rows_ * hop_);
  }
  for (unsigned c = 0; c < dim_; ++c) {
    const unsigned skew = c / tile_columns_ * hop_;
    const unsigned registers = output_delay_ + (mesh_columns_ - 1) * hop_ - skew;
    column_hops_.emplace_back(mesh_rows_, Registers<Element>(hop_ - 1));
    column_hops_[c][0].resize(hop_ - 1 + skew);
    output_registers_.emplace_back(registers == 0 ? 0 : registers - 1);
  }
  SC_METHOD(clock);
  dont_initialize();
  sensitive << edge_;
}

void SignalSpatialArray::accept(Cycle now, const ArrayRow& row) {
  row_ = row;
  a_ = *row.a, b_ = *row.b, d_ = *row.d;
  accepted_ = true;
  busy_until_ = now + latency_ + 1;
  ask_for_edge();
  wake(now + 1);
}

Cycle SignalSpatialArray::step(Cycle now) {
  const Element first = leaving(0);
  if (first.control.valid) {
    ArrayResult result{now, first.control.pass, first.control.last, {}};
    if (values_) result.row.resize(arithmetic_.acc_row_bytes());
    const unsigned bytes = arithmetic_.types().accumulator.bytes();
    for (unsigned c = 0; values_ && c < dim_; ++c) {
      const Element element = leaving(c);
      const std::uint32_t value = first.control.weight_stationary ? element.b : element.d;
      std::memcpy(result.row.data() + std::size_t{c} * bytes, &value, bytes);
    }
    results_.push_back(result);
    if (consumer_ != nullptr) consumer_->wake(now);
  }
  if (busy_until_ <= now) return Cycle::never();
  ask_for_edge();
  return now + 1;
}

// The domain must see that the kernel has something to do before the next cycle.
void SignalSpatialArray::ask_for_edge() {
  domain().in_step_with_kernel();
  edge_.notify(sc_core::SC_ZERO_TIME);
}

/// What is at the array's lower edge in this cycle.
SignalSpatialArray::Element SignalSpatialArray::leaving(unsigned column) {
  const unsigned tile_column = column / tile_columns_;
  if (output_delay_ == 0 && tile_column + 1 == mesh_columns_)
    return on(tile(mesh_rows_ - 1, tile_column).out[column % tile_columns_]);
  return leaving_[column];
}

void SignalSpatialArray::clock() {
  clock_outputs();
  clock_rows();
  clock_columns();
  accepted_ = false;
}

void SignalSpatialArray::clock_rows() {
  for (unsigned r = 0; r < dim_; ++r)
    for (unsigned c = mesh_columns_; c-- > 0;) {
      const unsigned bytes = arithmetic_.types().input.bytes();
      const std::uint32_t from =
          c != 0 ? tile(r / tile_rows_, c - 1).a[r % tile_rows_].read() : (accepted_ ? lane(a_, r, bytes) : 0);
      tile(r / tile_rows_, c).a[r % tile_rows_].write(shift(row_hops_[r][c], from));
    }
}

void SignalSpatialArray::clock_columns() {
  for (unsigned c = 0; c < dim_; ++c)
    for (unsigned r = mesh_rows_; r-- > 0;) {
      const unsigned column = c / tile_columns_, inside = c % tile_columns_;
      const Element from = r != 0 ? on(tile(r - 1, column).out[inside]) : entering(c);
      drive(tile(r, column).in[inside], shift(column_hops_[c][r], from));
    }
}

void SignalSpatialArray::clock_outputs() {
  for (unsigned c = 0; c < dim_; ++c) {
    const Element bottom = on(tile(mesh_rows_ - 1, c / tile_columns_).out[c % tile_columns_]);
    leaving_[c] = shift(output_registers_[c], bottom);
  }
}

// Weights stay as they are in the registers; sums and what is added to them are widened at the edge.
SignalSpatialArray::Element SignalSpatialArray::entering(unsigned column) const {
  if (!accepted_) return {};
  const unsigned bytes = arithmetic_.types().input.bytes();
  const std::uint32_t b = lane(b_, column, bytes), d = lane(d_, column, bytes);
  Element element;
  element.b = row_.weight_stationary ? arithmetic_.widen_element(b) : b;
  element.d = row_.weight_stationary ? d : arithmetic_.widen_element(d);
  element.control.valid = true;
  element.control.weight_stationary = row_.weight_stationary;
  element.control.propagate = row_.propagate;
  element.control.last = row_.last;
  element.control.shift = static_cast<std::uint8_t>(row_.shift);
  element.control.pass = static_cast<std::uint8_t>(row_.pass);
  return element;
}

std::uint32_t SignalSpatialArray::lane(const RowBytes& row, unsigned i, unsigned bytes) {
  std::uint32_t value = 0;
  if (!row.empty()) std::memcpy(&value, row.data() + std::size_t{i} * bytes, bytes);
  return value;
}

void SignalSpatialArray::drive(ColumnWires& wires, const Element& element) {
  wires.b.write(element.b);
  wires.d.write(element.d);
  wires.control.write(element.control);
}

void SignalSpatialArray::trace(sc_core::sc_trace_file* file) const {
  for (const auto& tile : tiles_) {
    const std::string path = tile->name();
    for (std::size_t r = 0; r < tile->a.size(); ++r) sc_trace(file, tile->a[r], path + ".a" + std::to_string(r));
    for (std::size_t c = 0; c < tile->in.size(); ++c) {
      const std::string column = std::to_string(c);
      sc_trace(file, tile->in[c].b, path + ".b" + column);
      sc_trace(file, tile->in[c].d, path + ".d" + column);
      sc_trace(file, tile->in[c].control, path + ".control" + column);
    }
    for (const auto& pe : tile->pes_) {
      sc_trace(file, pe->c1, std::string(pe->name()) + ".c1");
      sc_trace(file, pe->c2, std::string(pe->name()) + ".c2");
    }
  }
}

}  // namespace castor::gemmini
