#include "castor/config/element_type.h"

#include <charconv>
#include <utility>

namespace castor::config {

namespace {

constexpr std::pair<const char*, ElementType> named_floats[] = {
    {"fp16", fp16}, {"bf16", bf16}, {"fp32", fp32}, {"fp64", fp64}};

std::optional<unsigned> number(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text[0] == '0') return std::nullopt;
  return value;
}

/// The number between `prefix` and the end of `name`, if it is a width of at most 64 bits.
std::optional<unsigned> width_after(const std::string& prefix, const std::string& name) {
  if (name.size() <= prefix.size() || name.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  const auto width = number(name.substr(prefix.size()));
  return width && *width <= 64 ? width : std::nullopt;
}

/// "float(8,24)"
std::optional<ElementType> general_float(const std::string& name) {
  const auto comma = name.find(',');
  if (name.rfind("float(", 0) != 0 || name.back() != ')' || comma == std::string::npos) return std::nullopt;
  const auto exponent = number(name.substr(6, comma - 6));
  const auto significand = number(name.substr(comma + 1, name.size() - comma - 2));
  if (!exponent || !significand || *exponent > 11 || *significand > 53) return std::nullopt;
  return ElementType::floating(*exponent, *significand);
}

}  // namespace

std::optional<ElementType> ElementType::from_name(const std::string& name) {
  for (const auto& [known, type] : named_floats) {
    if (name == known) return type;
  }
  if (const auto width = width_after("int", name)) return integer(*width);
  if (const auto width = width_after("uint", name)) return unsigned_integer(*width);
  return general_float(name);
}

std::string ElementType::allowed_names() {
  return "int1 to int64, uint1 to uint64, fp16, bf16, fp32, fp64, float(exponent bits,significand bits)";
}

std::string ElementType::name() const {
  if (kind == Kind::SignedInteger) return "int" + std::to_string(bits);
  if (kind == Kind::UnsignedInteger) return "uint" + std::to_string(bits);
  for (const auto& [known, type] : named_floats) {
    if (type == *this) return known;
  }
  return "float(" + std::to_string(exponent_bits) + "," + std::to_string(significand_bits) + ")";
}

}  // namespace castor::config
