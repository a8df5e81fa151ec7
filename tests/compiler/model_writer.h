// Writes small ONNX files for tests, straight in protobuf's wire format (fields of onnx.proto), without protobuf.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "castor/compiler/tensor.h"

namespace castor::compiler {

class ModelWriter {
 public:
  explicit ModelWriter(std::int64_t opset = 13) : opset_(opset) {}

  /// One attribute: use the makers below.
  struct Attribute {
    std::string bytes;
  };
  static Attribute integer(const std::string& name, std::int64_t value);
  static Attribute real(const std::string& name, float value);
  static Attribute text(const std::string& name, const std::string& value);
  static Attribute integers(const std::string& name, const std::vector<std::int64_t>& values);
  static Attribute tensor(const std::string& name, const Tensor& value);
  /// An attribute that holds a sub-graph.
  static Attribute graph(const std::string& name);

  ModelWriter& input(const std::string& name, const Shape& shape, DataType type = DataType::Float32);
  ModelWriter& output(const std::string& name, DataType type = DataType::Float32);
  ModelWriter& constant(const std::string& name, const Tensor& value);
  ModelWriter& constant(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    return constant(name, Tensor::of<float>(shape, values));
  }
  ModelWriter& scalar(const std::string& name, float value) { return constant(name, {}, {value}); }
  template <class T>
  ModelWriter& number(const std::string& name, T value) {
    return constant(name, Tensor::of<T>({}, {value}));
  }
  ModelWriter& external_constant(const std::string& name);
  /// The node's name is its first output's.
  ModelWriter& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
                    const std::vector<Attribute>& attributes = {}, const std::string& domain = "");

  std::string bytes() const;
  /// Into the tests' temporary folder; returns the path.
  std::string save(const std::string& name) const;

 private:
  std::int64_t opset_;
  std::string nodes_, constants_, inputs_, outputs_;
};

/// A path in the tests' temporary folder with this content.
std::string temporary_file(const std::string& name, const std::string& content);

/// Reproducible numbers in [-1, 1).
std::vector<float> noise(std::size_t count, std::uint32_t seed);

}  // namespace castor::compiler
