#include "model_writer.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace castor::compiler {
namespace {

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>(value | 128);
  return bytes + static_cast<char>(value);
}
std::string field(int number, std::int64_t value) {
  return varint(static_cast<std::uint64_t>(number) << 3) + varint(static_cast<std::uint64_t>(value));
}
std::string block(int field, const std::string& content) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 2) + varint(content.size()) + content;
}

int onnx_type(DataType type) {
  switch (type) {
    case DataType::Float32:
      return 1;
    case DataType::UInt8:
      return 2;
    case DataType::Int8:
      return 3;
    case DataType::Int16:
      return 5;
    case DataType::Int32:
      return 6;
    case DataType::Int64:
      return 7;
    case DataType::Bool:
      return 9;
    case DataType::Float64:
      return 11;
  }
  return 0;
}

std::string tensor_proto(const std::string& name, const Tensor& value) {
  std::string proto;
  for (const std::int64_t dimension : value.shape) proto += field(1, dimension);
  return proto + field(2, onnx_type(value.type)) + block(8, name) +
         block(9, std::string(value.bytes.begin(), value.bytes.end()));
}

/// kind: AttributeProto.AttributeType.
ModelWriter::Attribute attribute(const std::string& name, int kind, const std::string& content) {
  return {block(1, name) + content + field(20, kind)};
}

std::string port(const std::string& name, const Shape& shape, DataType type) {
  std::string dims;
  for (const std::int64_t d : shape) dims += block(1, d < 0 ? block(2, "n") : field(1, d));
  return block(1, name) + block(2, block(1, field(1, onnx_type(type)) + block(2, dims)));
}

}  // namespace

ModelWriter::Attribute ModelWriter::integer(const std::string& name, std::int64_t value) {
  return attribute(name, 2, field(3, value));
}
ModelWriter::Attribute ModelWriter::real(const std::string& name, float value) {
  std::string bits(4, '\0');
  std::memcpy(bits.data(), &value, 4);
  return attribute(name, 1, varint(2 << 3 | 5) + bits);
}
ModelWriter::Attribute ModelWriter::text(const std::string& name, const std::string& value) {
  return attribute(name, 3, block(4, value));
}
ModelWriter::Attribute ModelWriter::integers(const std::string& name, const std::vector<std::int64_t>& values) {
  std::string content;
  for (const std::int64_t value : values) content += field(8, value);
  return attribute(name, 7, content);
}
ModelWriter::Attribute ModelWriter::tensor(const std::string& name, const Tensor& value) {
  return attribute(name, 4, block(5, tensor_proto("", value)));
}
ModelWriter::Attribute ModelWriter::graph(const std::string& name) {
  return attribute(name, 5, block(6, block(2, "inner")));
}

ModelWriter& ModelWriter::input(const std::string& name, const Shape& shape, DataType type) {
  inputs_ += block(11, port(name, shape, type));
  return *this;
}
ModelWriter& ModelWriter::output(const std::string& name, DataType type) {
  outputs_ += block(12, port(name, {}, type));
  return *this;
}
ModelWriter& ModelWriter::constant(const std::string& name, const Tensor& value) {
  constants_ += block(5, tensor_proto(name, value));
  return *this;
}
ModelWriter& ModelWriter::external_constant(const std::string& name) {
  constants_ += block(5, field(1, 4) + field(2, 1) + block(8, name) + field(14, 1));
  return *this;
}
ModelWriter& ModelWriter::node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
                               const std::vector<Attribute>& attributes, const std::string& domain) {
  std::string content;
  for (const std::string& input : inputs) content += block(1, input);
  content += block(2, output) + block(3, output) + block(4, op);
  for (const Attribute& a : attributes) content += block(5, a.bytes);
  if (!domain.empty()) content += block(7, domain);
  nodes_ += block(1, content);
  return *this;
}

std::string ModelWriter::bytes() const {
  const std::string graph = nodes_ + block(2, "test") + constants_ + inputs_ + outputs_;
  return field(1, 8) + block(8, field(2, opset_)) + block(7, graph);
}

std::string ModelWriter::save(const std::string& name) const { return temporary_file(name + ".onnx", bytes()); }

std::string temporary_file(const std::string& name, const std::string& content) {
  const auto folder = std::filesystem::temp_directory_path() / ("castor-compiler-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << content;
  return (folder / name).string();
}

std::vector<float> noise(std::size_t count, std::uint32_t seed) {
  std::vector<float> values(count);
  std::uint64_t state = seed * 2654435769ULL + 12345;
  for (float& value : values) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    value = static_cast<float>(static_cast<std::int32_t>(state >> 32)) / 2147483648.0F;
  }
  return values;
}

}  // namespace castor::compiler
