// The legal values of a number, and the unit it is counted in.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "castor/common/types.h"

namespace castor::config {

/// What a number counts. A value in a file may repeat it ("8 cycles"); any other unit is an error.
struct Unit {
  const char* name;
};

namespace unit {
inline constexpr Unit none{""}, cycles{"cycles"}, bits{"bits"}, banks{"banks"}, ways{"ways"}, sets{"sets"},
    entries{"entries"}, commands{"commands"}, requests{"requests"}, stages{"stages"}, beats{"beats"}, units{"units"},
    levels{"levels"}, rows{"rows"}, tiles{"tiles"}, PEs{"PEs"}, ranks{"ranks"}, ghz{"GHz"};
}  // namespace unit

/// Legal whole numbers (byte counts and addresses included).
class Range {
 public:
  static constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

  Range() = default;
  Range(std::int64_t least, std::int64_t most, bool power_of_two = false)
      : least_(least), most_(most), power_of_two_(power_of_two) {}
  explicit Range(std::vector<std::int64_t> choices) : choices_(std::move(choices)) {}

  bool holds(std::int64_t value) const;
  /// "2 to 64", "at least 1", "a power of two, 1 to 64", "-1, 1, 2 or 4"; empty when anything goes. `show` spells one
  /// bound.
  std::string text(std::string (*show)(std::int64_t)) const;

 private:
  std::int64_t least_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t most_ = no_limit;
  bool power_of_two_ = false;
  std::vector<std::int64_t> choices_;
};

inline Range any() { return {}; }
inline Range range(std::int64_t least, std::int64_t most) { return {least, most}; }
inline Range range(Bytes least, Bytes most) {
  return {static_cast<std::int64_t>(least.count()), static_cast<std::int64_t>(most.count())};
}
inline Range at_least(std::int64_t least) { return {least, Range::no_limit}; }
inline Range power_of_two(std::int64_t least, std::int64_t most) { return {least, most, true}; }
inline Range power_of_two(Bytes least, Bytes most) {
  return {static_cast<std::int64_t>(least.count()), static_cast<std::int64_t>(most.count()), true};
}
inline Range one_of(std::vector<std::int64_t> choices) { return Range{std::move(choices)}; }

/// Legal real numbers.
struct RealRange {
  double least = std::numeric_limits<double>::lowest();
  double most = std::numeric_limits<double>::max();
  bool holds(double value) const { return value >= least && value <= most; }
  std::string text() const;
};

}  // namespace castor::config
