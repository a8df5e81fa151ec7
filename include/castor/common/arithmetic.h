// Bit-exact numerics of the accelerator, a row at a time; the cycle model and the untimed oracle use the same code.
// RTL twins: Arithmetic.scala, PE.scala, AccumulatorScale.scala, VectorScalarMultiplier.scala, Normalizer.scala.
// Rules: reference section "Numerics (bit exact)". All float32 steps are IEEE 754, round to nearest even.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "castor/common/row.h"

namespace castor {

/// One element type of the generator: a signed integer of `bits` bits, or a float of exponent and significand bits.
struct ElementType {
  enum class Kind { SInt, Float };
  Kind kind = Kind::SInt;
  unsigned bits = 8;              ///< SInt: width (the array output may be 20); Float: exponent + significand
  unsigned exponent_bits = 0;     ///< Float only
  unsigned significand_bits = 0;  ///< Float only, hidden bit included (hardfloat's convention)

  static constexpr ElementType sint(unsigned width) { return {Kind::SInt, width, 0, 0}; }
  static constexpr ElementType floating(unsigned exponent, unsigned significand) {
    return {Kind::Float, exponent + significand, exponent, significand};
  }
  /// "int8", "int20", "int32", "fp32", "fp16", "bf16"; anything else is a UserError.
  static ElementType parse(const std::string& name);

  std::string name() const;
  constexpr bool is_float() const { return kind == Kind::Float; }
  constexpr unsigned bytes() const { return bits <= 8 ? 1 : bits <= 16 ? 2 : 4; }
  friend constexpr bool operator==(ElementType a, ElementType b) {
    return a.kind == b.kind && a.bits == b.bits && a.exponent_bits == b.exponent_bits;
  }
  friend constexpr bool operator!=(ElementType a, ElementType b) { return !(a == b); }
};

/// The types one accelerator instance is built with.
struct ElementTypes {
  unsigned dim = 16;                                      ///< lanes of a row
  ElementType input = ElementType::sint(8);               ///< inputType
  ElementType array_output = ElementType::sint(20);       ///< spatialArrayOutputType
  ElementType accumulator = ElementType::sint(32);        ///< accType
  ElementType mvin_scale = ElementType::floating(8, 24);  ///< type of the 32-bit scale field of config_mvin
  /// Bits an output-stationary PE keeps of its running sum: 20 when the MAC leaves through the array output type
  /// (reference section 10.2), 32 for a PE whose register takes the full sum (its read-out then saturates to 20 bits).
  unsigned os_register_bits = 20;
  /// HEAD's softmax evaluates the IGELU polynomial where I-BERT's iexp stood (reference section 10.10).
  bool head_iexp = false;
  /// HEAD multiplies LayerNorm and softmax once by a statistic already scaled; v0.7 rounds the normalised value to an
  /// integer first and scales it afterwards.
  bool norm_scales_once = true;
};

/// The 3-bit activation register of the store path.
enum class Activation : std::uint8_t { None = 0, Relu = 1, LayerNorm = 2, Igelu = 3, Softmax = 4 };

/// norm_cmd of a local address.
enum class NormCmd : std::uint8_t { Reset, Sum, Mean, Variance, InvStddev, Max, SumExp, InvSumExp };

/// Constants of config_norm (bit patterns of the accumulator type).
struct NormConstants {
  std::int32_t qb = 0;
  std::int32_t qc = 0;
  std::int32_t qln2 = 0;
  std::int32_t qln2_inv = 0;
};

/// What the normaliser hands to the scale units with a row.
struct NormResult {
  std::int32_t mean = 0;
  std::int32_t max = 0;
  std::uint32_t inv_stddev = 0;   ///< float32 bits
  std::uint32_t inv_sum_exp = 0;  ///< float32 bits
};

/// Everything that decides how an accumulator row becomes an input row.
struct AccScaling {
  std::uint32_t scale = 0x3F800000;  ///< float32 bits (config_mvout, or config_ex for an operand)
  Activation activation = Activation::None;
  NormConstants constants{};
  NormResult norm{};
};

constexpr std::uint32_t float_one_bits = 0x3F800000;

/// The registers one buffer of the array holds: dim x dim weights (WS) or running sums (OS). A plain value: the model
/// keeps two.
struct PeMatrix {
  std::vector<std::int16_t>
      weight_pairs;                  ///< weights of rows 2p and 2p+1 interleaved lane by lane, rows of integer types
  std::vector<std::uint32_t> cells;  ///< [row][lane]: running sums (OS); weights of float types (WS)
};

/// Numerics of one accelerator instance. Stateless and const: one object may serve any number of blocks.
/// Rows: an "input row" is dim elements of the input type; an "accumulator row" and an "array row" are dim elements of
/// the accumulator type (an array row's values fit the array output type, sign-extended).
class Arithmetic {
 public:
  static std::unique_ptr<const Arithmetic> make(const ElementTypes& types);
  virtual ~Arithmetic() = default;

  const ElementTypes& types() const { return types_; }
  unsigned dim() const { return types_.dim; }
  unsigned input_row_bytes() const { return types_.dim * types_.input.bytes(); }
  unsigned acc_row_bytes() const { return types_.dim * types_.accumulator.bytes(); }

  // ---- Load path
  /// Multiplies `count` input elements in place; scale bits of exactly 1.0 leave them untouched.
  virtual void mvin_scale(std::uint8_t* elements, std::size_t count, std::uint32_t scale) const = 0;
  void mvin_scale(RowBytes& row, std::uint32_t scale) const {
    mvin_scale(row.data(), row.size() / types_.input.bytes(), scale);
  }
  /// mvin_scale_acc: only float instances have it; integer ones leave the row untouched.
  virtual void mvin_scale_acc(RowBytes& acc_row, std::uint32_t scale) const = 0;
  /// Input row -> accumulator row (sign extension or exact float widening): a shrunk mvin into the accumulator.
  virtual RowBytes widen(const RowBytes& input_row) const = 0;

  // ---- Accumulator
  /// row += addend, wrapping in 32 bits.
  virtual void accumulate(RowBytes& row, const RowBytes& addend) const = 0;

  // ---- Store path and operands read from the accumulator
  /// Activation, scale, clip: accumulator row -> input row.
  virtual RowBytes acc_to_input(const RowBytes& acc_row, const AccScaling& how) const = 0;
  /// running = elementwise max(running, candidate) of input rows (signed).
  virtual void max_pool(RowBytes& running, const RowBytes& candidate) const = 0;
  /// Array row -> input row: saturate, then ReLU if asked: C written to the scratchpad.
  virtual RowBytes array_to_input(const RowBytes& array_row, bool relu) const = 0;

  // ---- Array, whole rows
  virtual PeMatrix make_matrix() const = 0;
  virtual void clear(PeMatrix& matrix) const = 0;
  /// WS: row k of the weights. An empty row writes zeros.
  virtual void set_weights_row(PeMatrix& weights, unsigned k, const RowBytes& input_row) const = 0;
  /// WS: out = d + a * W, as an array row. An empty `d` stands for zeros. Integer sums wrap at the array output width.
  virtual void ws_row(const PeMatrix& weights, const RowBytes& a, const RowBytes& d, RowBytes& out) const = 0;
  /// OS: row k of the running sums := the input row D. An empty row writes zeros.
  virtual void set_accumulators_row(PeMatrix& accumulators, unsigned k, const RowBytes& input_row) const = 0;
  /// OS: acc[i][j] += a_column[i] * b_row[j].
  virtual void os_rank1(PeMatrix& accumulators, const RowBytes& a_column, const RowBytes& b_row) const = 0;
  /// OS: row i through the rounding shift and the saturation of the array output, as an array row.
  virtual void os_row(const PeMatrix& accumulators, unsigned i, unsigned shift, RowBytes& out) const = 0;

  // ---- Array, one PE (bit patterns: input type zero-extended, sums as accumulator type)
  /// WS: partial sum + a * w.
  virtual std::uint32_t ws_mac(std::uint32_t partial_sum, std::uint32_t a, std::uint32_t weight) const = 0;
  /// OS: register + a * b.
  virtual std::uint32_t os_mac(std::uint32_t sum, std::uint32_t a, std::uint32_t b) const = 0;
  /// OS: register -> output (rounding shift, saturation).
  virtual std::uint32_t os_output(std::uint32_t sum, unsigned shift) const = 0;
  /// Input element -> accumulator-type bits (sign extension or float widening).
  virtual std::uint32_t widen_element(std::uint32_t input) const = 0;

 protected:
  explicit Arithmetic(const ElementTypes& types) : types_(types) {}

 private:
  ElementTypes types_;
};

/// Running statistics of one stats id of the normaliser (has_normalizations; integer types only). RTL twin:
/// Normalizer.scala.
class NormStatistics {
 public:
  explicit NormStatistics(bool head_iexp = false, bool norm_scales_once = true)
      : head_iexp_(head_iexp), scales_once_(norm_scales_once) {}

  /// Takes `lanes` elements of an accumulator row through pass `cmd`. `scale` is config_mvout's acc_scale (float32
  /// bits).
  void observe(NormCmd cmd, const RowBytes& acc_row, unsigned lanes, const NormConstants& constants,
               std::uint32_t scale);
  /// The statistics a row of the Reset pass leaves with.
  const NormResult& result() const { return result_; }
  /// The output state of the Reset pass clears sum and count.
  void clear_sums() { sum_ = 0, count_ = 0; }

 private:
  void add_sums(NormCmd cmd, const RowBytes& acc_row, unsigned lanes, const NormConstants& constants);
  void take_maximum(const RowBytes& acc_row, unsigned lanes);
  void finish_mean();
  void finish_inv_stddev(std::uint32_t scale);
  void finish_inv_sum_exp(std::uint32_t scale);

  bool head_iexp_;
  bool scales_once_;
  std::int32_t sum_ = 0;
  std::uint16_t count_ = 0;
  std::int32_t running_max_ = INT32_MIN;
  NormResult result_{0, INT32_MIN, 0, 0};
};

/// I-BERT's GELU polynomial on 32-bit wrapping integers.
std::int32_t igelu(std::int32_t q, std::int32_t qb, std::int32_t qc);
/// I-BERT's exponential (head = false), or what HEAD evaluates in its place (head = true).
std::int32_t iexp(std::int32_t q, const NormConstants& constants, bool head);
/// round-half-even shift right of the OS output; shift < 32.
inline std::int32_t rounding_shift(std::int32_t value, unsigned shift) {
  if (shift == 0) return value;
  const auto raw = static_cast<std::uint32_t>(value);
  const bool half = (raw >> (shift - 1)) & 1;
  const bool sticky = shift >= 2 && (raw & ((1U << (shift - 1)) - 1)) != 0;
  const bool odd = (raw >> shift) & 1;
  return (value >> shift) + (half && (sticky || odd) ? 1 : 0);
}
/// float32 product, rounded to the nearest 32-bit integer (half to even), saturated; NaN gives the largest integer.
std::int32_t scale_to_int32(std::int32_t value, std::uint32_t scale);

}  // namespace castor
