// The fast array against the grid of PEs: the same random rows must leave in the same cycles with the same values.
#include <gtest/gtest.h>

#include <random>

#include "castor/gemmini/fast_spatial_array.h"
#include "castor/gemmini/signal_spatial_array.h"

namespace castor::gemmini::test {
namespace {

struct Shape {
  unsigned tile;  ///< PEs of a tile's side
  unsigned mesh;  ///< tiles of the array's side
  unsigned tile_latency;
  unsigned output_delay;
  bool weight_stationary;
  friend std::ostream& operator<<(std::ostream& out, const Shape& s) {
    return out << s.mesh << "x" << s.mesh << " tiles of " << s.tile << "x" << s.tile << ", tile latency "
               << s.tile_latency << ", output delay " << s.output_delay << (s.weight_stationary ? ", WS" : ", OS");
  }
};

config::GemminiParams params_of(const Shape& shape) {
  config::GemminiParams params;
  params.tile_rows.set(shape.tile);
  params.tile_columns.set(shape.tile);
  params.mesh_rows.set(shape.mesh);
  params.mesh_columns.set(shape.mesh);
  params.tile_latency.set(shape.tile_latency);
  params.mesh_output_delay.set(shape.output_delay);
  params.settle();
  return params;
}

/// Feeds passes of random rows with bubbles into both arrays and compares what leaves.
class Driver : public sim::Clocked {
 public:
  Driver(sim::ClockDomain& domain, const config::GemminiParams& params, const Arithmetic& arithmetic, bool ws,
         unsigned seed)
      : fast("fast", params, arithmetic, true),
        grid("grid", domain, params, arithmetic, true),
        arithmetic_(arithmetic),
        ws_(ws),
        random_(seed) {
    domain.enrol(*this, sim::level::execute_controller);
  }
  std::string block_name() const override { return "driver"; }

  Cycle step(Cycle now) override {
    compare(now);
    if (passes_ < 24 && chance(0.8)) feed(now);
    return now < Cycle{3000} ? now + 1 : Cycle::never();
  }

  FastSpatialArray fast;
  SignalSpatialArray grid;
  unsigned compared = 0;

 private:
  bool chance(double p) { return std::bernoulli_distribution(p)(random_); }

  RowBytes random_row() {
    if (chance(0.1)) return {};
    RowBytes row(arithmetic_.input_row_bytes());
    for (std::size_t i = 0; i < row.size(); ++i) row.data()[i] = static_cast<std::uint8_t>(random_());
    return row;
  }

  void begin_pass() {
    // Output-stationary passes always have dim rows; weight-stationary ones may be short.
    rows_ = ws_ && chance(0.4) ? 1 + random_() % arithmetic_.dim() : arithmetic_.dim();
    if (chance(0.6)) propagate_ = !propagate_;
    shift_ = ws_ ? 0 : random_() % 12;
    n_ = 0;
  }

  void feed(Cycle now) {
    if (n_ == rows_) begin_pass();
    const RowBytes a = random_row(), b = random_row(), d = random_row();
    ArrayRow row;
    row.a = &a, row.b = &b, row.d = &d;
    row.weight_stationary = ws_;
    row.propagate = propagate_;
    row.shift = shift_;
    row.pass = passes_ % 5;
    row.last = ++n_ == rows_;
    fast.accept(now, row);
    grid.accept(now, row);
    if (row.last) ++passes_;
  }

  void compare(Cycle now) {
    ASSERT_EQ(fast.next_result() == now, grid.next_result() == now) << "cycle " << now;
    if (fast.next_result() != now) return;
    ++compared;
    EXPECT_EQ(fast.result().pass, grid.result().pass);
    EXPECT_EQ(fast.result().last, grid.result().last);
    EXPECT_TRUE(fast.result().row == grid.result().row) << "cycle " << now;
    fast.drop_result();
    grid.drop_result();
  }

  const Arithmetic& arithmetic_;
  bool ws_;
  std::mt19937 random_;
  unsigned rows_ = 0;
  unsigned n_ = 0;
  unsigned passes_ = 0;
  unsigned shift_ = 0;
  bool propagate_ = false;
};

class SpatialArrayTest : public testing::TestWithParam<Shape> {};

TEST_P(SpatialArrayTest, FastArrayAndGridOfPesAgreeOnEveryRow) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const config::GemminiParams params = params_of(GetParam());
  const auto arithmetic = Arithmetic::make(params.element_types());
  sim::ClockDomain domain("domain", sc_core::sc_time(1, sc_core::SC_NS));
  Driver driver(domain, params, *arithmetic, GetParam().weight_stationary, seed);
  sc_core::sc_start();
  domain.rethrow_failure();
  EXPECT_GE(driver.compared, 24U);
}

INSTANTIATE_TEST_SUITE_P(Shapes, SpatialArrayTest,
                         testing::Values(Shape{1, 4, 0, 1, true}, Shape{1, 4, 0, 1, false}, Shape{2, 2, 0, 1, true},
                                         Shape{2, 2, 0, 1, false}, Shape{4, 1, 0, 0, true}, Shape{1, 4, 1, 0, true},
                                         Shape{2, 4, 2, 2, false}, Shape{1, 16, 0, 1, true},
                                         Shape{1, 16, 0, 1, false}));

}  // namespace
}  // namespace castor::gemmini::test
