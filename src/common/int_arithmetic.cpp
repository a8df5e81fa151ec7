// Integer instances: int8 (SSE2 where the machine has it) or wider inputs, 32-bit accumulator, narrow array output.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "arithmetic_kinds.h"
#include "castor/common/bits.h"
#include "castor/common/error.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define CASTOR_SSE2 1
#endif

namespace castor {

namespace {

/// What the row kernels need of a row of `Input`: portable versions; int8 has faster ones below.
template <class Input>
struct Lanes {
  static void set_weights(std::int16_t* pairs, unsigned dim, unsigned k, const Input* row) {
    std::int16_t* out = pairs + (k / 2) * dim * 2 + (k & 1);
    for (unsigned j = 0; j < dim; ++j) out[2 * j] = static_cast<std::int16_t>(row ? row[j] : 0);
  }

  /// sums += a * W, W in pairs of rows.
  static void multiply_row(const std::int16_t* pairs, unsigned dim, const Input* a, std::uint32_t* sums) {
    for (unsigned k = 0; k < dim; ++k) {
      const std::int16_t* weights = pairs + (k / 2) * dim * 2 + (k & 1);
      const auto factor = static_cast<std::int32_t>(a[k]);
      for (unsigned j = 0; j < dim; ++j) sums[j] += static_cast<std::uint32_t>(factor * weights[2 * j]);
    }
  }

  static void rank1(std::uint32_t* sums, unsigned dim, const Input* a, const Input* b) {
    for (unsigned i = 0; i < dim; ++i)
      for (unsigned j = 0; j < dim; ++j)
        sums[i * dim + j] += static_cast<std::uint32_t>(static_cast<std::int64_t>(a[i]) * b[j]);
  }

  static void widen(const Input* from, std::int32_t* to, unsigned count) {
    for (unsigned i = 0; i < count; ++i) to[i] = from[i];
  }

  /// Keeps the low 32 - shift bits of each sum, sign-extended.
  static void wrap(std::int32_t* sums, unsigned count, unsigned shift) {
    for (unsigned i = 0; i < count; ++i)
      sums[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[i]) << shift) >> shift;
  }

  /// OS read-out: `wrap_shift` bits off the top, rounding shift, clamp to +-limit.
  static void read_out(const std::uint32_t* from, std::int32_t* to, unsigned count, unsigned wrap_shift, unsigned shift,
                       std::int32_t limit) {
    for (unsigned i = 0; i < count; ++i) {
      const std::int32_t sum = static_cast<std::int32_t>(from[i] << wrap_shift) >> wrap_shift;
      to[i] = std::clamp(rounding_shift(sum, shift), -limit - 1, limit);
    }
  }

  static void add(std::uint32_t* to, const std::uint32_t* from, unsigned count) {
    for (unsigned i = 0; i < count; ++i) to[i] += from[i];
  }

  static void relu(const std::int32_t* from, std::int32_t* to, unsigned count) {
    for (unsigned i = 0; i < count; ++i) to[i] = std::max(from[i], 0);
  }

  static void maximum(Input* to, const Input* from, unsigned count) {
    for (unsigned i = 0; i < count; ++i) to[i] = std::max(to[i], from[i]);
  }

  static void scale_inputs(Input* lanes, std::size_t count, std::uint32_t scale) {
    for (std::size_t i = 0; i < count; ++i) lanes[i] = clip(scale_to_int32(lanes[i], scale));
  }

  static Input clip(std::int32_t value) {
    using Limits = std::numeric_limits<Input>;
    return static_cast<Input>(std::clamp<std::int32_t>(value, Limits::min(), Limits::max()));
  }

  static void scale(const std::int32_t* from, Input* to, unsigned count, std::uint32_t scale) {
    for (unsigned i = 0; i < count; ++i) to[i] = clip(scale_to_int32(from[i], scale));
  }

  static void saturate(const std::int32_t* from, Input* to, unsigned count) {
    for (unsigned i = 0; i < count; ++i) to[i] = clip(from[i]);
  }
};

#ifdef CASTOR_SSE2
__m128i load(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
void store(void* p, __m128i value) { _mm_storeu_si128(static_cast<__m128i*>(p), value); }

/// Sixteen int8 as four registers of int32.
void widen16(const std::int8_t* from, __m128i to[4]) {
  const __m128i bytes = load(from);
  const __m128i low = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  const __m128i high = _mm_srai_epi16(_mm_unpackhi_epi8(bytes, bytes), 8);
  to[0] = _mm_srai_epi32(_mm_unpacklo_epi16(low, low), 16);
  to[1] = _mm_srai_epi32(_mm_unpackhi_epi16(low, low), 16);
  to[2] = _mm_srai_epi32(_mm_unpacklo_epi16(high, high), 16);
  to[3] = _mm_srai_epi32(_mm_unpackhi_epi16(high, high), 16);
}

/// Four int32 times a float32, rounded half to even and held inside int8. min and max return their second operand
/// for a NaN, which makes it 127 as the hardware's invalid conversion does.
__m128i scale4(__m128i x, __m128 factor) {
  const __m128 product = _mm_mul_ps(_mm_cvtepi32_ps(x), factor);
  const __m128 below = _mm_min_ps(product, _mm_set1_ps(127.0F));
  return _mm_cvtps_epi32(_mm_max_ps(below, _mm_set1_ps(-128.0F)));
}

__m128i pack16(const __m128i lanes[4]) {
  return _mm_packs_epi16(_mm_packs_epi32(lanes[0], lanes[1]), _mm_packs_epi32(lanes[2], lanes[3]));
}

__m128 broadcast_float(std::uint32_t bits) { return _mm_castsi128_ps(_mm_set1_epi32(static_cast<int>(bits))); }

/// int8 rows, sixteen lanes at a time; dims that are no multiple of 16 take the portable way.
struct Int8Lanes : Lanes<std::int8_t> {
  using Portable = Lanes<std::int8_t>;
  static bool fits(unsigned count) { return count % 16 == 0; }

  static void multiply_row(const std::int16_t* pairs, unsigned dim, const std::int8_t* a, std::uint32_t* sums) {
    if (!fits(dim)) return Portable::multiply_row(pairs, dim, a, sums);
    std::int32_t a_pairs[RowBytes::capacity / 2];
    for (unsigned k = 0; k < dim; k += 16) {
      const __m128i bytes = load(a + k);
      store(a_pairs + k / 2, _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8));
      store(a_pairs + k / 2 + 4, _mm_srai_epi16(_mm_unpackhi_epi8(bytes, bytes), 8));
    }
    for (unsigned j = 0; j < dim; j += 16) multiply_block(pairs + 2 * j, dim, a_pairs, sums + j);
  }

  static void multiply_block(const std::int16_t* pairs, unsigned dim, const std::int32_t* a_pairs,
                             std::uint32_t* sums) {
    __m128i s0 = load(sums), s1 = load(sums + 4), s2 = load(sums + 8), s3 = load(sums + 12);
    for (unsigned p = 0; p < dim / 2; ++p, pairs += 2 * dim) {
      const __m128i a = _mm_set1_epi32(a_pairs[p]);
      s0 = _mm_add_epi32(s0, _mm_madd_epi16(a, load(pairs)));
      s1 = _mm_add_epi32(s1, _mm_madd_epi16(a, load(pairs + 8)));
      s2 = _mm_add_epi32(s2, _mm_madd_epi16(a, load(pairs + 16)));
      s3 = _mm_add_epi32(s3, _mm_madd_epi16(a, load(pairs + 24)));
    }
    store(sums, s0), store(sums + 4, s1), store(sums + 8, s2), store(sums + 12, s3);
  }

  static void rank1(std::uint32_t* sums, unsigned dim, const std::int8_t* a, const std::int8_t* b) {
    if (!fits(dim)) return Portable::rank1(sums, dim, a, b);
    const __m128i low_half = _mm_set1_epi32(0xFFFF);
    for (unsigned j = 0; j < dim; j += 16) {
      __m128i b4[4];
      widen16(b + j, b4);
      for (__m128i& lanes : b4) lanes = _mm_and_si128(lanes, low_half);
      const __m128i b0 = b4[0], b1 = b4[1], b2 = b4[2], b3 = b4[3];
      for (unsigned i = 0; i < dim; ++i) {
        const __m128i factor = _mm_set1_epi32(static_cast<std::uint16_t>(a[i]));
        std::uint32_t* row = sums + i * dim + j;
        store(row, _mm_add_epi32(load(row), _mm_madd_epi16(factor, b0)));
        store(row + 4, _mm_add_epi32(load(row + 4), _mm_madd_epi16(factor, b1)));
        store(row + 8, _mm_add_epi32(load(row + 8), _mm_madd_epi16(factor, b2)));
        store(row + 12, _mm_add_epi32(load(row + 12), _mm_madd_epi16(factor, b3)));
      }
    }
  }

  static void set_weights(std::int16_t* pairs, unsigned dim, unsigned k, const std::int8_t* row) {
    if (!fits(dim)) return Portable::set_weights(pairs, dim, k, row);
    const __m128i kept = _mm_set1_epi32(k & 1 ? 0x0000FFFF : static_cast<int>(0xFFFF0000));
    std::int16_t* out = pairs + (k / 2) * dim * 2;
    for (unsigned j = 0; j < dim; j += 16) {
      __m128i lanes[4] = {};
      if (row) widen16(row + j, lanes);
      for (unsigned g = 0; g < 4; ++g) {
        std::int16_t* pair = out + 2 * j + 8 * g;
        const __m128i placed = k & 1 ? _mm_slli_epi32(lanes[g], 16) : _mm_andnot_si128(kept, lanes[g]);
        store(pair, _mm_or_si128(_mm_and_si128(load(pair), kept), placed));
      }
    }
  }

  static void wrap(std::int32_t* sums, unsigned count, unsigned shift) {
    if (!fits(count)) return Portable::wrap(sums, count, shift);
    const __m128i by = _mm_cvtsi32_si128(static_cast<int>(shift));
    for (unsigned i = 0; i < count; i += 4) store(sums + i, _mm_sra_epi32(_mm_sll_epi32(load(sums + i), by), by));
  }

  static void read_out(const std::uint32_t* from, std::int32_t* to, unsigned count, unsigned wrap_shift, unsigned shift,
                       std::int32_t limit) {
    if (!fits(count)) return Portable::read_out(from, to, count, wrap_shift, shift, limit);
    const __m128i wrap = _mm_cvtsi32_si128(static_cast<int>(wrap_shift)),
                  by = _mm_cvtsi32_si128(static_cast<int>(shift));
    const __m128i high = _mm_set1_epi32(limit), low = _mm_set1_epi32(-limit - 1);
    // Round half to even: up when the part shifted out is more than one half, or is one half and the kept part is odd.
    // The part shifted out has at most 31 bits, so signed comparisons hold.
    const __m128i fraction_mask = _mm_set1_epi32(static_cast<int>((1U << shift) - 1));
    const __m128i half = _mm_set1_epi32(shift ? static_cast<int>(1U << (shift - 1)) : 0);
    for (unsigned i = 0; i < count; i += 4) {
      const __m128i sum = _mm_sra_epi32(_mm_sll_epi32(load(from + i), wrap), wrap);
      const __m128i kept = _mm_sra_epi32(sum, by), fraction = _mm_and_si128(sum, fraction_mask);
      const __m128i odd = _mm_cmpeq_epi32(_mm_and_si128(kept, _mm_set1_epi32(1)), _mm_set1_epi32(1));
      const __m128i tie = _mm_and_si128(_mm_cmpeq_epi32(fraction, half), odd);
      const __m128i up = shift ? _mm_or_si128(_mm_cmpgt_epi32(fraction, half), tie) : _mm_setzero_si128();
      store(to + i, clamp4(_mm_sub_epi32(kept, up), low, high));
    }
  }

  static __m128i clamp4(__m128i x, __m128i low, __m128i high) {
    const __m128i above = _mm_cmpgt_epi32(x, high), below = _mm_cmpgt_epi32(low, x);
    const __m128i inside = _mm_andnot_si128(_mm_or_si128(above, below), x);
    return _mm_or_si128(inside, _mm_or_si128(_mm_and_si128(above, high), _mm_and_si128(below, low)));
  }

  static void add(std::uint32_t* to, const std::uint32_t* from, unsigned count) {
    if (!fits(count)) return Portable::add(to, from, count);
    for (unsigned i = 0; i < count; i += 4) store(to + i, _mm_add_epi32(load(to + i), load(from + i)));
  }

  static void relu(const std::int32_t* from, std::int32_t* to, unsigned count) {
    if (!fits(count)) return Portable::relu(from, to, count);
    for (unsigned i = 0; i < count; i += 4) {
      const __m128i x = load(from + i);
      store(to + i, _mm_andnot_si128(_mm_srai_epi32(x, 31), x));
    }
  }

  static void maximum(std::int8_t* to, const std::int8_t* from, unsigned count) {
    if (!fits(count)) return Portable::maximum(to, from, count);
    const __m128i offset = _mm_set1_epi8(-128);
    for (unsigned i = 0; i < count; i += 16) {
      const __m128i a = _mm_xor_si128(load(to + i), offset);
      const __m128i b = _mm_xor_si128(load(from + i), offset);
      store(to + i, _mm_xor_si128(_mm_max_epu8(a, b), offset));
    }
  }

  static void scale_inputs(std::int8_t* lanes, std::size_t count, std::uint32_t scale) {
    const std::size_t whole = count / 16 * 16;
    const __m128 factor = broadcast_float(scale);
    for (std::size_t i = 0; i < whole; i += 16) {
      __m128i wide[4];
      widen16(lanes + i, wide);
      for (__m128i& four : wide) four = scale4(four, factor);
      store(lanes + i, pack16(wide));
    }
    Portable::scale_inputs(lanes + whole, count - whole, scale);
  }

  static void widen(const std::int8_t* from, std::int32_t* to, unsigned count) {
    if (!fits(count)) return Portable::widen(from, to, count);
    for (unsigned i = 0; i < count; i += 16) {
      __m128i lanes[4];
      widen16(from + i, lanes);
      for (unsigned g = 0; g < 4; ++g) store(to + i + 4 * g, lanes[g]);
    }
  }

  static void scale(const std::int32_t* from, std::int8_t* to, unsigned count, std::uint32_t scale) {
    if (!fits(count)) return Portable::scale(from, to, count, scale);
    const __m128 factor = broadcast_float(scale);
    for (unsigned i = 0; i < count; i += 16) {
      __m128i lanes[4];
      for (unsigned g = 0; g < 4; ++g) lanes[g] = scale4(load(from + i + 4 * g), factor);
      store(to + i, pack16(lanes));
    }
  }

  static void saturate(const std::int32_t* from, std::int8_t* to, unsigned count) {
    if (!fits(count)) return Portable::saturate(from, to, count);
    for (unsigned i = 0; i < count; i += 16) {
      const __m128i lanes[4] = {load(from + i), load(from + i + 4), load(from + i + 8), load(from + i + 12)};
      store(to + i, pack16(lanes));
    }
  }
};
#else
using Int8Lanes = Lanes<std::int8_t>;
#endif

template <class Input, class Kernels>
class IntArithmetic : public Arithmetic {
 public:
  explicit IntArithmetic(const ElementTypes& types)
      : Arithmetic(types),
        output_shift_(32 - types.array_output.bits),
        os_shift_(32 - types.os_register_bits),
        output_limit_(static_cast<std::int32_t>((1U << (types.array_output.bits - 1)) - 1)) {}

  using Arithmetic::mvin_scale;
  void mvin_scale(std::uint8_t* elements, std::size_t count, std::uint32_t scale) const override {
    if (scale == float_one_bits) return;
    Kernels::scale_inputs(reinterpret_cast<Input*>(elements), count, scale);
  }

  void mvin_scale_acc(RowBytes&, std::uint32_t) const override {}

  RowBytes widen(const RowBytes& input_row) const override {
    RowBytes row;
    row.resize(acc_row_bytes());
    Kernels::widen(lanes(input_row), ints(row), dim());
    return row;
  }

  void accumulate(RowBytes& row, const RowBytes& addend) const override {
    Kernels::add(reinterpret_cast<std::uint32_t*>(row.data()), reinterpret_cast<const std::uint32_t*>(addend.data()),
                 dim());
  }

  RowBytes acc_to_input(const RowBytes& acc_row, const AccScaling& how) const override {
    std::int32_t activated[RowBytes::capacity / sizeof(std::int32_t)];
    activate(ints(acc_row), activated, how);
    RowBytes row;
    row.resize(input_row_bytes());
    Kernels::scale(activated, reinterpret_cast<Input*>(row.data()), dim(), final_scale(how));
    return row;
  }

  void max_pool(RowBytes& running, const RowBytes& candidate) const override {
    Kernels::maximum(reinterpret_cast<Input*>(running.data()), lanes(candidate), dim());
  }

  RowBytes array_to_input(const RowBytes& array_row, bool relu) const override {
    RowBytes row;
    row.resize(input_row_bytes());
    auto* to = reinterpret_cast<Input*>(row.data());
    Kernels::saturate(ints(array_row), to, dim());
    if (relu) max_pool(row, RowBytes(input_row_bytes()));
    return row;
  }

  PeMatrix make_matrix() const override {
    const std::size_t pairs = ceil_div(dim(), 2) * dim() * 2;
    return {std::vector<std::int16_t>(pairs), std::vector<std::uint32_t>(std::size_t{dim()} * dim())};
  }

  void clear(PeMatrix& matrix) const override {
    std::fill(matrix.weight_pairs.begin(), matrix.weight_pairs.end(), 0);
    std::fill(matrix.cells.begin(), matrix.cells.end(), 0);
  }

  void set_weights_row(PeMatrix& weights, unsigned k, const RowBytes& input_row) const override {
    Kernels::set_weights(weights.weight_pairs.data(), dim(), k, lanes_or_null(input_row));
  }

  void ws_row(const PeMatrix& weights, const RowBytes& a, const RowBytes& d, RowBytes& out) const override {
    out.resize(acc_row_bytes());
    std::int32_t* sums = ints(out);
    if (d.empty())
      std::memset(sums, 0, acc_row_bytes());
    else
      Kernels::widen(lanes(d), sums, dim());
    Kernels::multiply_row(weights.weight_pairs.data(), dim(), lanes(a), reinterpret_cast<std::uint32_t*>(sums));
    Kernels::wrap(sums, dim(), output_shift_);
  }

  void set_accumulators_row(PeMatrix& accumulators, unsigned k, const RowBytes& input_row) const override {
    auto* row = reinterpret_cast<std::int32_t*>(accumulators.cells.data()) + std::size_t{k} * dim();
    if (input_row.empty())
      std::fill(row, row + dim(), 0);
    else
      Kernels::widen(lanes(input_row), row, dim());
  }

  void os_rank1(PeMatrix& accumulators, const RowBytes& a_column, const RowBytes& b_row) const override {
    // Sums modulo 2^32 keep their low 20 bits right: the narrow register wraps when it is read out.
    Kernels::rank1(accumulators.cells.data(), dim(), lanes(a_column), lanes(b_row));
  }

  void os_row(const PeMatrix& accumulators, unsigned i, unsigned shift, RowBytes& out) const override {
    out.resize(acc_row_bytes());
    const std::uint32_t* row = accumulators.cells.data() + std::size_t{i} * dim();
    Kernels::read_out(row, ints(out), dim(), os_shift_, shift & 31, output_limit_);
  }

  std::uint32_t ws_mac(std::uint32_t partial_sum, std::uint32_t a, std::uint32_t weight) const override {
    return static_cast<std::uint32_t>(wrap_output(partial_sum + product(a, weight)));
  }
  std::uint32_t os_mac(std::uint32_t sum, std::uint32_t a, std::uint32_t b) const override {
    return static_cast<std::uint32_t>(wrap_register(sum + product(a, b)));
  }
  std::uint32_t os_output(std::uint32_t sum, unsigned shift) const override {
    std::int32_t output;
    Lanes<Input>::read_out(&sum, &output, 1, os_shift_, shift & 31, output_limit_);
    return static_cast<std::uint32_t>(output);
  }
  std::uint32_t widen_element(std::uint32_t input) const override {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<Input>(input)));
  }

 private:
  static const Input* lanes(const RowBytes& row) { return reinterpret_cast<const Input*>(row.data()); }
  static const Input* lanes_or_null(const RowBytes& row) { return row.empty() ? nullptr : lanes(row); }
  static std::int32_t* ints(RowBytes& row) { return reinterpret_cast<std::int32_t*>(row.data()); }
  static const std::int32_t* ints(const RowBytes& row) { return reinterpret_cast<const std::int32_t*>(row.data()); }

  std::int32_t wrap_output(std::uint32_t sum) const {
    return static_cast<std::int32_t>(sum << output_shift_) >> output_shift_;
  }
  std::int32_t wrap_register(std::uint32_t sum) const {
    return static_cast<std::int32_t>(sum << os_shift_) >> os_shift_;
  }
  static std::uint32_t product(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::uint32_t>(std::int64_t{static_cast<Input>(a)} * static_cast<Input>(b));
  }

  void activate(const std::int32_t* from, std::int32_t* to, const AccScaling& how) const {
    switch (how.activation) {
      case Activation::None:
        std::memcpy(to, from, acc_row_bytes());
        break;
      case Activation::Relu:
        Kernels::relu(from, to, dim());
        break;
      default:
        for (unsigned i = 0; i < dim(); ++i) to[i] = normalised(from[i], how);
    }
  }

  std::int32_t normalised(std::int32_t x, const AccScaling& how) const {
    if (how.activation == Activation::Igelu) return igelu(x, how.constants.qb, how.constants.qc);
    if (how.activation == Activation::LayerNorm) {
      const std::int32_t centred = difference(x, how.norm.mean);
      return types().norm_scales_once ? centred : multiply_truncating(centred, how.norm.inv_stddev);
    }
    const std::int32_t exponential = iexp(difference(x, how.norm.max), how.constants, types().head_iexp);
    return types().norm_scales_once ? exponential : scale_to_int32(exponential, how.norm.inv_sum_exp);
  }

  std::uint32_t final_scale(const AccScaling& how) const {
    if (types().norm_scales_once && how.activation == Activation::LayerNorm) return how.norm.inv_stddev;
    if (types().norm_scales_once && how.activation == Activation::Softmax) return how.norm.inv_sum_exp;
    return how.scale;
  }

  static std::int32_t difference(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
  }

  static std::int32_t multiply_truncating(std::int32_t value, std::uint32_t factor_bits) {
    float factor;
    std::memcpy(&factor, &factor_bits, sizeof factor);
    const float product = static_cast<float>(value) * factor;
    if (std::isnan(product) || product >= 2147483648.0F) return INT32_MAX;
    return product < -2147483648.0F ? INT32_MIN : static_cast<std::int32_t>(product);
  }

  unsigned output_shift_;
  unsigned os_shift_;
  std::int32_t output_limit_;
};

}  // namespace

std::unique_ptr<const Arithmetic> make_int_arithmetic(const ElementTypes& types) {
  if (types.accumulator.bits != 32)
    throw UserError("accumulator type " + types.accumulator.name() + "; allowed: int32");
  if (types.input.bits == 8) return std::make_unique<IntArithmetic<std::int8_t, Int8Lanes>>(types);
  if (types.input.bits == 16) return std::make_unique<IntArithmetic<std::int16_t, Lanes<std::int16_t>>>(types);
  throw UserError("input type " + types.input.name() + "; allowed: int8, int16, fp32, fp16, bf16");
}

}  // namespace castor
