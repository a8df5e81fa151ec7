#include "castor/config/value_text.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "castor/common/error.h"

namespace castor::config {

namespace {

const std::string allowed_mark = "allowed: ";  // where an error says what would be right

struct Quantity {
  std::string number;
  std::string unit;
};

/// "512 KiB" or "512KiB": what a number may consist of, then the rest without the blanks between.
Quantity split(const std::string& text) {
  auto end = text.find_first_not_of("0123456789+-.");
  if (end == std::string::npos) end = text.size();
  const auto unit = text.find_first_not_of(' ', end);
  return {text.substr(0, end), unit == std::string::npos ? "" : text.substr(unit)};
}

bool is_hexadecimal(const std::string& text) { return text.rfind("0x", 0) == 0 || text.rfind("0X", 0) == 0; }

/// The whole of `text` as a T; nothing when there is anything else in it.
template <class T, class... Base>
std::optional<T> exactly(const std::string& text, Base... base) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base...);
  if (error == std::errc::result_out_of_range) throw BadValue{"'" + text + "' is too large", ""};
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::string unit_hint(Unit unit) { return *unit.name ? std::string(" of ") + unit.name : ""; }

/// The number in front of `unit`, which may be left out.
std::string without_unit(const std::string& text, Unit unit) {
  const Quantity quantity = split(text);
  if (quantity.number.empty() || quantity.unit.empty()) return text;
  if (*unit.name && quantity.unit == unit.name) return quantity.number;
  const std::string allowed =
      *unit.name ? std::string("a number alone or followed by '") + unit.name + "'" : "a number alone";
  throw BadValue{"'" + text + "' has the wrong unit '" + quantity.unit + "'", allowed};
}

std::uint64_t whole_number(const std::string& text, const std::string& allowed) {
  const auto value = is_hexadecimal(text) ? exactly<std::uint64_t>(text.substr(2), 16) : exactly<std::uint64_t>(text);
  if (!value) throw BadValue{"'" + text + "' is not a whole number", allowed};
  return *value;
}

unsigned shift_of(const std::string& unit, const std::string& text) {
  constexpr std::pair<const char*, unsigned> shifts[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
  for (const auto& [name, shift] : shifts) {
    if (unit == name) return shift;
  }
  throw BadValue{"'" + text + "' has the wrong unit '" + unit + "'", "B, KiB, MiB, GiB, or a plain number of bytes"};
}

}  // namespace

bool read_bool(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  throw BadValue{"'" + text + "' is neither true nor false", "true, false"};
}

std::uint64_t read_unsigned(const std::string& text, Unit unit, std::uint64_t most) {
  const std::string digits = is_hexadecimal(text) ? text : without_unit(text, unit);
  const std::uint64_t value = whole_number(digits, "a whole number" + unit_hint(unit) + ", not negative");
  if (value > most) throw BadValue{"'" + text + "' is too large", "at most " + std::to_string(most)};
  return value;
}

std::int64_t read_signed(const std::string& text, Unit unit, std::int64_t least, std::int64_t most) {
  const auto value = exactly<std::int64_t>(without_unit(text, unit));
  if (!value) throw BadValue{"'" + text + "' is not a whole number", "a whole number" + unit_hint(unit)};
  if (*value >= least && *value <= most) return *value;
  throw BadValue{"'" + text + "' is out of range", std::to_string(least) + " to " + std::to_string(most)};
}

double read_double(const std::string& text, Unit unit) {
  auto value = exactly<double>(text);
  if (!value) value = exactly<double>(without_unit(text, unit));
  if (value && std::isfinite(*value)) return *value;
  throw BadValue{"'" + text + "' is not a number", "a number" + unit_hint(unit)};
}

Bytes read_bytes(const std::string& text) {
  const std::string allowed = "a whole number of B, KiB, MiB or GiB";
  if (is_hexadecimal(text)) return Bytes{whole_number(text, allowed)};
  const Quantity quantity = split(text);
  if (quantity.number.empty()) throw BadValue{"'" + text + "' is not a size", allowed};
  const std::uint64_t count = whole_number(quantity.number, allowed);
  const unsigned shift = shift_of(quantity.unit, text);
  if (count << shift >> shift != count) throw BadValue{"'" + text + "' is too large", ""};
  return Bytes{count << shift};
}

PhysAddr read_address(const std::string& text) { return PhysAddr{whole_number(text, "an address such as 0x80000000")}; }

ElementType read_element_type(const std::string& text) {
  try {
    return ElementType::parse(text);
  } catch (const UserError& error) {
    const std::string what = error.what();
    const auto allowed = what.find(allowed_mark);
    throw BadValue{"'" + text + "' is not an element type",
                   allowed == std::string::npos ? "" : what.substr(allowed + allowed_mark.size())};
  }
}

std::string write_double(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string write_bytes(Bytes value) {
  const std::uint64_t count = value.count();
  constexpr std::pair<unsigned, const char*> units[] = {{30, " GiB"}, {20, " MiB"}, {10, " KiB"}};
  for (const auto& [shift, name] : units) {
    if (count != 0 && count >> shift << shift == count) return std::to_string(count >> shift) + name;
  }
  return std::to_string(count) + " B";
}

std::string write_address(PhysAddr value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "0x%llx", static_cast<unsigned long long>(value.value()));
  return buffer;
}

std::string show_number(std::int64_t bound) { return std::to_string(bound); }
std::string show_bytes(std::int64_t bound) { return write_bytes(Bytes{static_cast<std::uint64_t>(bound)}); }
std::string show_address(std::int64_t bound) { return write_address(PhysAddr{static_cast<std::uint64_t>(bound)}); }

}  // namespace castor::config
