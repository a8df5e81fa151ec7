// Rows written as lists of numbers.
#pragma once

#include <cstring>
#include <initializer_list>
#include <ostream>
#include <vector>

#include "castor/common/row.h"

namespace castor {

template <class T>
RowBytes row_of(unsigned dim, const std::vector<T>& values) {
  RowBytes row(dim * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) row.set<T>(i, values[i]);
  return row;
}

template <class T>
std::vector<T> elements(const RowBytes& row) {
  std::vector<T> values(row.size() / sizeof(T));
  std::memcpy(values.data(), row.data(), row.size());
  return values;
}

inline std::uint32_t float_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float float_from(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace castor
