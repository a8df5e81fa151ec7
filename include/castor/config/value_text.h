// The text form of each kind of value a parameter may have: strict reading, exact writing.
#pragma once

#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "castor/common/arithmetic.h"
#include "castor/common/types.h"
#include "castor/config/range.h"

namespace castor::config {

/// A value that cannot be read; whoever knows the key and the line makes it a UserError.
struct BadValue {
  std::string wrong;
  std::string allowed;
};

/// A value for machines (report.json), next to its text for people.
using PlainValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;

/// The spelling of an enumeration: specialise with `static constexpr std::pair<E, const char*> all[]`.
template <class E>
struct Names;

bool read_bool(const std::string& text);
std::uint64_t read_unsigned(const std::string& text, Unit unit, std::uint64_t most);
std::int64_t read_signed(const std::string& text, Unit unit, std::int64_t least, std::int64_t most);
double read_double(const std::string& text, Unit unit);
Bytes read_bytes(const std::string& text);
PhysAddr read_address(const std::string& text);
ElementType read_element_type(const std::string& text);

std::string write_double(double value);
std::string write_bytes(Bytes value);
std::string write_address(PhysAddr value);

/// The spelling of one bound of a range, as a plain number, a size, an address.
std::string show_number(std::int64_t bound);
std::string show_bytes(std::int64_t bound);
std::string show_address(std::int64_t bound);

/// How a T is named, read, written and kept within its range.
template <class T, class = void>
struct ValueText;

/// Types for which everything that can be read is legal.
struct Unranged {
  template <class T>
  static bool holds(const Range&, const T&) {
    return true;
  }
  static std::string legal(const Range&) { return ""; }
};

template <>
struct ValueText<bool> : Unranged {
  static std::string type() { return "bool"; }
  static bool read(const std::string& text, Unit) { return read_bool(text); }
  static std::string write(bool value) { return value ? "true" : "false"; }
  static PlainValue plain(bool value) { return value; }
};

template <>
struct ValueText<std::string> : Unranged {
  static std::string type() { return "text"; }
  static std::string read(const std::string& text, Unit) { return text; }
  static std::string write(const std::string& value) { return value; }
  static PlainValue plain(const std::string& value) { return value; }
};

template <>
struct ValueText<ElementType> : Unranged {
  static std::string type() { return "element type"; }
  static ElementType read(const std::string& text, Unit) { return read_element_type(text); }
  static std::string write(const ElementType& value) { return value.name(); }
  static PlainValue plain(const ElementType& value) { return value.name(); }
};

template <class E>
struct ValueText<E, std::enable_if_t<std::is_enum_v<E>>> : Unranged {
  static std::string type() { return "choice"; }
  static E read(const std::string& text, Unit) {
    for (const auto& [value, name] : Names<E>::all) {
      if (text == name) return value;
    }
    throw BadValue{"'" + text + "' is not known", legal({})};
  }
  static std::string write(E value) {
    for (const auto& [known, name] : Names<E>::all) {
      if (known == value) return name;
    }
    return "?";
  }
  static std::string legal(const Range&) {
    std::string names;
    for (const auto& [value, name] : Names<E>::all) names += (names.empty() ? "" : ", ") + std::string(name);
    return names;
  }
  static PlainValue plain(E value) { return write(value); }
};

template <class T>
struct ValueText<T, std::enable_if_t<std::is_unsigned_v<T>>> {
  static std::string type() { return "unsigned"; }
  static T read(const std::string& text, Unit unit) {
    return static_cast<T>(read_unsigned(text, unit, std::numeric_limits<T>::max()));
  }
  static std::string write(T value) { return std::to_string(value); }
  static bool holds(const Range& range, T value) { return range.holds(static_cast<std::int64_t>(value)); }
  static std::string legal(const Range& range) { return range.text(show_number); }
  static PlainValue plain(T value) { return std::uint64_t{value}; }
};

template <>
struct ValueText<int> {
  static std::string type() { return "integer"; }
  static int read(const std::string& text, Unit unit) {
    return static_cast<int>(read_signed(text, unit, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
  }
  static std::string write(int value) { return std::to_string(value); }
  static bool holds(const Range& range, int value) { return range.holds(value); }
  static std::string legal(const Range& range) { return range.text(show_number); }
  static PlainValue plain(int value) { return std::int64_t{value}; }
};

template <>
struct ValueText<double> {
  static std::string type() { return "real"; }
  static double read(const std::string& text, Unit unit) { return read_double(text, unit); }
  static std::string write(double value) { return write_double(value); }
  static bool holds(const RealRange& range, double value) { return range.holds(value); }
  static std::string legal(const RealRange& range) { return range.text(); }
  static PlainValue plain(double value) { return value; }
};

template <>
struct ValueText<Bytes> {
  static std::string type() { return "bytes"; }
  static Bytes read(const std::string& text, Unit) { return read_bytes(text); }
  static std::string write(Bytes value) { return write_bytes(value); }
  static bool holds(const Range& range, Bytes value) { return range.holds(static_cast<std::int64_t>(value.count())); }
  static std::string legal(const Range& range) { return range.text(show_bytes); }
  static PlainValue plain(Bytes value) { return value.count(); }
};

template <>
struct ValueText<PhysAddr> {
  static std::string type() { return "address"; }
  static PhysAddr read(const std::string& text, Unit) { return read_address(text); }
  static std::string write(PhysAddr value) { return write_address(value); }
  static bool holds(const Range& range, PhysAddr value) {
    return range.holds(static_cast<std::int64_t>(value.value()));
  }
  static std::string legal(const Range& range) { return range.text(show_address); }
  static PlainValue plain(PhysAddr value) { return value.value(); }
};

}  // namespace castor::config
