// Float instances: every operation rounds once to its hardware format (nearest even), no saturation.
// Rows hold bit patterns; inside an array or accumulator row each element is a bit pattern of the accumulator type.
#include <cmath>

#include "arithmetic_kinds.h"
#include "castor/common/error.h"
#include "float_format.h"

namespace castor {

namespace {

class FloatArithmetic : public Arithmetic {
 public:
  explicit FloatArithmetic(const ElementTypes& types)
      : Arithmetic(types),
        input_(types.input),
        output_(types.array_output),
        acc_(types.accumulator),
        mvin_scale_(types.mvin_scale),
        acc_scale_(ElementType::floating(8, 24)) {}

  using Arithmetic::mvin_scale;
  void mvin_scale(std::uint8_t* elements, std::size_t count, std::uint32_t scale) const override {
    const std::uint32_t bits = scale & mask(types().mvin_scale);
    if (bits == mvin_scale_.one()) return;
    const double factor = input_.round(mvin_scale_.value(bits));
    for (std::size_t i = 0; i < count; ++i) {
      std::uint8_t* element = elements + i * types().input.bytes();
      put(element, types().input, input_.bits(input_.product(input_.value(get(element, types().input)), factor)));
    }
  }

  void mvin_scale_acc(RowBytes& acc_row, std::uint32_t scale) const override {
    const std::uint32_t bits = scale & mask(types().mvin_scale);
    if (bits == mvin_scale_.one()) return;
    const double factor = acc_.round(mvin_scale_.value(bits));
    for (unsigned i = 0; i < dim(); ++i) put_acc(acc_row, i, acc_.product(acc_at(acc_row, i), factor));
  }

  RowBytes widen(const RowBytes& input_row) const override {
    RowBytes row(acc_row_bytes());
    for (unsigned i = 0; i < dim(); ++i) put_acc(row, i, input_at(input_row, i));
    return row;
  }

  void accumulate(RowBytes& row, const RowBytes& addend) const override {
    for (unsigned i = 0; i < dim(); ++i) put_acc(row, i, acc_.fused(acc_at(addend, i), 1.0, acc_at(row, i)));
  }

  RowBytes acc_to_input(const RowBytes& acc_row, const AccScaling& how) const override {
    const double factor = acc_.round(acc_scale_.value(how.scale));
    RowBytes row(input_row_bytes());
    for (unsigned i = 0; i < dim(); ++i) {
      const double x = acc_at(acc_row, i);
      const double activated = how.activation == Activation::Relu && x < 0 ? 0.0 : x;
      put_input(row, i, acc_.product(activated, factor));
    }
    return row;
  }

  void max_pool(RowBytes& running, const RowBytes& candidate) const override {
    for (unsigned i = 0; i < dim(); ++i)
      if (input_at(candidate, i) > input_at(running, i)) put_input(running, i, input_at(candidate, i));
  }

  RowBytes array_to_input(const RowBytes& array_row, bool relu) const override {
    RowBytes row(input_row_bytes());
    for (unsigned i = 0; i < dim(); ++i) {
      const double x = acc_at(array_row, i);
      put_input(row, i, relu && x < 0 ? 0.0 : x);
    }
    return row;
  }

  PeMatrix make_matrix() const override { return {{}, std::vector<std::uint32_t>(std::size_t{dim()} * dim())}; }
  void clear(PeMatrix& matrix) const override { std::fill(matrix.cells.begin(), matrix.cells.end(), 0); }

  void set_weights_row(PeMatrix& weights, unsigned k, const RowBytes& input_row) const override {
    for (unsigned j = 0; j < dim(); ++j)
      weights.cells[std::size_t{k} * dim() + j] = input_row.empty() ? 0 : input_bits(input_row, j);
  }

  void ws_row(const PeMatrix& weights, const RowBytes& a, const RowBytes& d, RowBytes& out) const override {
    out.resize(acc_row_bytes());
    for (unsigned j = 0; j < dim(); ++j) {
      std::uint32_t sum = d.empty() ? 0 : widen_element(input_bits(d, j));
      for (unsigned k = 0; k < dim(); ++k)
        sum = ws_mac(sum, input_bits(a, k), weights.cells[std::size_t{k} * dim() + j]);
      put(out.data() + j * types().accumulator.bytes(), types().accumulator, sum);
    }
  }

  void set_accumulators_row(PeMatrix& accumulators, unsigned k, const RowBytes& input_row) const override {
    for (unsigned j = 0; j < dim(); ++j)
      accumulators.cells[std::size_t{k} * dim() + j] = input_row.empty() ? 0 : widen_element(input_bits(input_row, j));
  }

  void os_rank1(PeMatrix& accumulators, const RowBytes& a_column, const RowBytes& b_row) const override {
    for (unsigned i = 0; i < dim(); ++i)
      for (unsigned j = 0; j < dim(); ++j) {
        std::uint32_t& cell = accumulators.cells[std::size_t{i} * dim() + j];
        cell = os_mac(cell, input_bits(a_column, i), input_bits(b_row, j));
      }
  }

  void os_row(const PeMatrix& accumulators, unsigned i, unsigned shift, RowBytes& out) const override {
    out.resize(acc_row_bytes());
    for (unsigned j = 0; j < dim(); ++j)
      put(out.data() + j * types().accumulator.bytes(), types().accumulator,
          os_output(accumulators.cells[std::size_t{i} * dim() + j], shift));
  }

  std::uint32_t ws_mac(std::uint32_t partial_sum, std::uint32_t a, std::uint32_t weight) const override {
    const double sum = output_.fused(output_.round(input_.value(a)), output_.round(input_.value(weight)),
                                     output_.round(acc_.value(partial_sum)));
    return acc_.bits(sum);
  }
  std::uint32_t os_mac(std::uint32_t sum, std::uint32_t a, std::uint32_t b) const override {
    return acc_.bits(acc_.fused(input_.value(a), input_.value(b), acc_.value(sum)));
  }
  std::uint32_t os_output(std::uint32_t sum, unsigned shift) const override {
    const double shifted = acc_.product(acc_.value(sum), std::ldexp(1.0, -static_cast<int>(shift & 31)));
    return acc_.bits(output_.round(shifted));
  }
  std::uint32_t widen_element(std::uint32_t input) const override { return acc_.bits(input_.value(input)); }

 private:
  static std::uint32_t mask(ElementType type) { return type.bits >= 32 ? ~0U : (1U << type.bits) - 1; }
  static std::uint32_t get(const std::uint8_t* element, ElementType type) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, element, type.bytes());
    return bits;
  }
  static void put(std::uint8_t* element, ElementType type, std::uint32_t bits) {
    std::memcpy(element, &bits, type.bytes());
  }

  std::uint32_t input_bits(const RowBytes& row, unsigned i) const {
    return get(row.data() + i * types().input.bytes(), types().input);
  }
  double input_at(const RowBytes& row, unsigned i) const { return input_.value(input_bits(row, i)); }
  double acc_at(const RowBytes& row, unsigned i) const {
    return acc_.value(get(row.data() + i * types().accumulator.bytes(), types().accumulator));
  }
  void put_input(RowBytes& row, unsigned i, double value) const {
    put(row.data() + i * types().input.bytes(), types().input, input_.bits(value));
  }
  void put_acc(RowBytes& row, unsigned i, double value) const {
    put(row.data() + i * types().accumulator.bytes(), types().accumulator, acc_.bits(value));
  }

  FloatFormat input_;
  FloatFormat output_;
  FloatFormat acc_;
  FloatFormat mvin_scale_;
  FloatFormat acc_scale_;
};

}  // namespace

std::unique_ptr<const Arithmetic> make_float_arithmetic(const ElementTypes& types) {
  return std::make_unique<FloatArithmetic>(types);
}

}  // namespace castor
