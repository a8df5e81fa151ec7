#include "castor/common/arithmetic.h"

#include <cmath>
#include <cstring>

#include "arithmetic_kinds.h"
#include "castor/common/error.h"

namespace castor {

std::unique_ptr<const Arithmetic> Arithmetic::make(const ElementTypes& types) {
  if (types.dim == 0 || types.dim * types.accumulator.bytes() > RowBytes::capacity)
    throw UserError("array of " + std::to_string(types.dim) + " lanes; allowed: 1.." +
                    std::to_string(RowBytes::capacity / types.accumulator.bytes()));
  if (types.input.is_float() != types.accumulator.is_float() || types.input.is_float() != types.array_output.is_float())
    throw UserError("input, array output and accumulator types must be all integers or all floats");
  return types.input.is_float() ? make_float_arithmetic(types) : make_int_arithmetic(types);
}

namespace {
std::int32_t wrap(std::uint64_t value) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(value)); }
std::uint64_t wide(std::int32_t value) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)); }
}  // namespace

std::int32_t igelu(std::int32_t q, std::int32_t qb, std::int32_t qc) {
  const std::int32_t negative_qb = wrap(-wide(qb));
  const std::int32_t magnitude = q < 0 ? wrap(-wide(q)) : q;
  const std::int32_t clipped = magnitude > negative_qb ? negative_qb : magnitude;
  const std::uint64_t base = wide(wrap(wide(clipped) + wide(qb)));
  const std::int32_t polynomial = wrap(base * base + wide(qc));
  const std::int32_t erf = q < 0 ? wrap(-wide(polynomial)) : polynomial;
  return wrap(wide(q) * wide(wrap(wide(erf) + wide(qc))));
}

std::int32_t iexp(std::int32_t q, const NormConstants& constants, bool head) {
  if (head) return igelu(q, constants.qb, constants.qc);
  const std::uint64_t scaled = wide(wrap(-wide(q))) * wide(constants.qln2_inv);
  const auto z = static_cast<std::uint32_t>(scaled >> 16);
  const std::int32_t remainder = wrap(wide(q) + wide(static_cast<std::int32_t>(z)) * wide(constants.qln2));
  const std::uint64_t base = wide(wrap(wide(remainder) + wide(constants.qb)));
  const auto polynomial = static_cast<std::uint32_t>(base * base + wide(constants.qc));
  const unsigned shift = z & 63;
  return shift >= 32 ? 0 : static_cast<std::int32_t>(polynomial >> shift);
}

std::int32_t scale_to_int32(std::int32_t value, std::uint32_t scale) {
  float factor;
  std::memcpy(&factor, &scale, sizeof factor);
  const float product = static_cast<float>(value) * factor;
  if (std::isnan(product) || product >= 2147483648.0F) return INT32_MAX;
  if (product < -2147483648.0F) return INT32_MIN;
  return static_cast<std::int32_t>(std::nearbyint(product));
}

}  // namespace castor
