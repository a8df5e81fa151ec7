// A constant array of the model: element type, shape, bytes in row-major order.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "castor/common/error.h"

namespace castor::compiler {

enum class DataType : std::uint8_t { Float32, Float64, Int8, UInt8, Int16, Int32, Int64, Bool };

const char* name_of(DataType type);
std::size_t bytes_of(DataType type);

using Shape = std::vector<std::int64_t>;
/// UserError: negative, or more than 2^40.
std::int64_t elements(const Shape& shape);
/// "1x3x224x224"; "scalar" for no dimensions.
std::string to_string(const Shape& shape);

template <class T>
struct DataTypeOf;
template <>
struct DataTypeOf<float> {
  static constexpr DataType value = DataType::Float32;
};
template <>
struct DataTypeOf<double> {
  static constexpr DataType value = DataType::Float64;
};
template <>
struct DataTypeOf<std::int8_t> {
  static constexpr DataType value = DataType::Int8;
};
template <>
struct DataTypeOf<std::uint8_t> {
  static constexpr DataType value = DataType::UInt8;
};
template <>
struct DataTypeOf<std::int16_t> {
  static constexpr DataType value = DataType::Int16;
};
template <>
struct DataTypeOf<std::int32_t> {
  static constexpr DataType value = DataType::Int32;
};
template <>
struct DataTypeOf<std::int64_t> {
  static constexpr DataType value = DataType::Int64;
};

struct Tensor {
  DataType type = DataType::Float32;
  Shape shape;
  std::vector<std::uint8_t> bytes;

  Tensor() = default;
  Tensor(DataType type, Shape shape)
      : type(type), shape(std::move(shape)), bytes(static_cast<std::size_t>(elements(this->shape)) * bytes_of(type)) {}
  template <class T>
  static Tensor of(Shape shape, const std::vector<T>& values) {
    Tensor tensor(DataTypeOf<T>::value, std::move(shape));
    CASTOR_ASSERT(tensor.bytes.size() == values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
    return tensor;
  }

  std::int64_t size() const { return elements(shape); }
  template <class T>
  const T* data() const {
    CASTOR_ASSERT(DataTypeOf<T>::value == type);
    return reinterpret_cast<const T*>(bytes.data());
  }
  template <class T>
  T* data() {
    CASTOR_ASSERT(DataTypeOf<T>::value == type);
    return reinterpret_cast<T*>(bytes.data());
  }
  bool is_integer() const { return type != DataType::Float32 && type != DataType::Float64; }
  /// Every element converted.
  std::vector<float> floats() const;
  std::vector<std::int64_t> integers() const;
};

}  // namespace castor::compiler
