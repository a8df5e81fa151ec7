// The arithmetic type of a matrix element: int8, int20, uint8, fp32, fp16, bf16...
#pragma once

#include <optional>
#include <string>

namespace castor::config {

/// RTL twin: the Chisel types SInt(w), UInt(w) and Float(expWidth, sigWidth) of Arithmetic.scala.
struct ElementType {
  enum class Kind { SignedInteger, UnsignedInteger, Float };

  Kind kind = Kind::SignedInteger;
  unsigned bits = 8;              ///< total width
  unsigned exponent_bits = 0;     ///< floats only
  unsigned significand_bits = 0;  ///< floats only, hidden bit included

  static constexpr ElementType integer(unsigned bits) { return {Kind::SignedInteger, bits, 0, 0}; }
  static constexpr ElementType unsigned_integer(unsigned bits) { return {Kind::UnsignedInteger, bits, 0, 0}; }
  static constexpr ElementType floating(unsigned exponent, unsigned significand) {
    return {Kind::Float, exponent + significand, exponent, significand};
  }

  /// "int8", "uint8", "fp16", "bf16", "fp32", "fp64" or "float(8,24)" in general; nothing for any other text.
  static std::optional<ElementType> from_name(const std::string& name);
  static std::string allowed_names();
  std::string name() const;

  constexpr unsigned bytes() const { return (bits + 7) / 8; }
  constexpr bool is_float() const { return kind == Kind::Float; }

  friend constexpr bool operator==(const ElementType& a, const ElementType& b) {
    return a.kind == b.kind && a.bits == b.bits && a.exponent_bits == b.exponent_bits &&
           a.significand_bits == b.significand_bits;
  }
  friend constexpr bool operator!=(const ElementType& a, const ElementType& b) { return !(a == b); }
};

inline constexpr ElementType int8 = ElementType::integer(8), int16 = ElementType::integer(16),
                             int20 = ElementType::integer(20), int32 = ElementType::integer(32),
                             fp16 = ElementType::floating(5, 11), bf16 = ElementType::floating(8, 8),
                             fp32 = ElementType::floating(8, 24), fp64 = ElementType::floating(11, 53);

}  // namespace castor::config
