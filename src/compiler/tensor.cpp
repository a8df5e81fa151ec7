#include "castor/compiler/tensor.h"

namespace castor::compiler {

const char* name_of(DataType type) {
  switch (type) {
    case DataType::Float32:
      return "float32";
    case DataType::Float64:
      return "float64";
    case DataType::Int8:
      return "int8";
    case DataType::UInt8:
      return "uint8";
    case DataType::Int16:
      return "int16";
    case DataType::Int32:
      return "int32";
    case DataType::Int64:
      return "int64";
    case DataType::Bool:
      return "bool";
  }
  return "?";
}

std::size_t bytes_of(DataType type) {
  switch (type) {
    case DataType::Float64:
    case DataType::Int64:
      return 8;
    case DataType::Float32:
    case DataType::Int32:
      return 4;
    case DataType::Int16:
      return 2;
    default:
      return 1;
  }
}

std::int64_t elements(const Shape& shape) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) throw UserError("shape " + to_string(shape) + " has a negative dimension");
    if (__builtin_mul_overflow(count, dimension, &count) || count > most)
      throw UserError("shape " + to_string(shape) + " is too large; allowed: at most 2^40 elements");
  }
  return count;
}

std::string to_string(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const std::int64_t dimension : shape) text += (text.empty() ? "" : "x") + std::to_string(dimension);
  return text;
}

namespace {

template <class To, class From>
std::vector<To> converted(const Tensor& tensor) {
  std::vector<To> values(static_cast<std::size_t>(tensor.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    From value;
    std::memcpy(&value, tensor.bytes.data() + i * sizeof(From), sizeof(From));
    values[i] = static_cast<To>(value);
  }
  return values;
}

template <class To>
std::vector<To> converted(const Tensor& tensor) {
  switch (tensor.type) {
    case DataType::Float32:
      return converted<To, float>(tensor);
    case DataType::Float64:
      return converted<To, double>(tensor);
    case DataType::Int8:
      return converted<To, std::int8_t>(tensor);
    case DataType::UInt8:
    case DataType::Bool:
      return converted<To, std::uint8_t>(tensor);
    case DataType::Int16:
      return converted<To, std::int16_t>(tensor);
    case DataType::Int32:
      return converted<To, std::int32_t>(tensor);
    case DataType::Int64:
      return converted<To, std::int64_t>(tensor);
  }
  return {};
}

}  // namespace

std::vector<float> Tensor::floats() const { return converted<float>(*this); }
std::vector<std::int64_t> Tensor::integers() const { return converted<std::int64_t>(*this); }

}  // namespace castor::compiler
