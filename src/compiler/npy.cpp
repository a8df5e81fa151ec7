#include "castor/compiler/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

namespace castor::compiler {
namespace {

constexpr char magic[] = "\x93NUMPY";

struct TypeCode {
  const char* code;
  DataType type;
};
constexpr std::array<TypeCode, 8> type_codes{{{"f4", DataType::Float32},
                                              {"f8", DataType::Float64},
                                              {"i1", DataType::Int8},
                                              {"u1", DataType::UInt8},
                                              {"i2", DataType::Int16},
                                              {"i4", DataType::Int32},
                                              {"i8", DataType::Int64},
                                              {"b1", DataType::Bool}}};

[[noreturn]] void refuse(const std::string& path, const std::string& what) { throw UserError(path + ": " + what); }

/// The text after `'key':` in the header's Python dictionary.
std::string entry(const std::string& path, const std::string& header, const std::string& key) {
  const std::size_t at = header.find("'" + key + "':");
  if (at == std::string::npos) refuse(path, "no '" + key + "' in the .npy header");
  return header.substr(header.find_first_not_of(' ', at + key.size() + 3));
}

DataType type_in(const std::string& path, const std::string& header) {
  const std::string text = entry(path, header, "descr");
  const std::string code = text.substr(1, text.find('\'', 1) - 1);
  for (const TypeCode& known : type_codes) {
    if (code.size() == 3 && code.substr(1) == known.code && code[0] != '>') return known.type;
  }
  refuse(path, "element type '" + code + "' is not supported; allowed: f4 f8 i1 u1 i2 i4 i8 b1, little endian");
}

Shape shape_in(const std::string& path, const std::string& header) {
  const std::string text = entry(path, header, "shape");
  const std::size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string::npos) refuse(path, "malformed shape in the .npy header");
  Shape shape;
  for (std::size_t at = 1; at < end;) {
    if (text[at] >= '0' && text[at] <= '9') {
      shape.push_back(0);
      const auto [last, error] = std::from_chars(&text[at], &text[end], shape.back());
      if (error != std::errc{}) refuse(path, "a dimension in the .npy header is too large");
      at = static_cast<std::size_t>(last - text.data());
    } else {
      ++at;
    }
  }
  return shape;
}

std::uint64_t bytes_in(const std::string& path, DataType type, const Shape& shape) {
  try {
    return static_cast<std::uint64_t>(elements(shape)) * bytes_of(type);
  } catch (const UserError& error) {
    refuse(path, error.what());
  }
}

}  // namespace

Tensor read_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path, "cannot open");
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  if (content.size() < 12 || content.compare(0, 6, magic, 6) != 0) refuse(path, "not an .npy file");
  const bool wide = content[6] >= 2;
  std::size_t length =
      static_cast<std::uint8_t>(content[8]) | static_cast<std::size_t>(static_cast<std::uint8_t>(content[9])) << 8;
  if (wide) length |= static_cast<std::size_t>(static_cast<std::uint8_t>(content[10])) << 16;
  const std::size_t start = (wide ? 12 : 10) + length;
  if (content.size() < start) refuse(path, "truncated .npy header");
  const std::string header = content.substr(wide ? 12 : 10, length);
  if (entry(path, header, "fortran_order").compare(0, 5, "False") != 0) refuse(path, "Fortran order is not supported");
  const DataType type = type_in(path, header);
  const Shape shape = shape_in(path, header);
  const std::uint64_t needed = bytes_in(path, type, shape), there = content.size() - start;
  if (there < needed) {
    refuse(path, "truncated: " + to_string(shape) + " " + name_of(type) + " needs " + std::to_string(needed) +
                     " bytes, " + std::to_string(there) + " are there");
  }
  Tensor tensor(type, shape);
  std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(start), tensor.bytes.size(), tensor.bytes.begin());
  return tensor;
}

void write_npy(const std::string& path, const Tensor& tensor) {
  const auto known = std::find_if(type_codes.begin(), type_codes.end(),
                                  [&](const TypeCode& code) { return code.type == tensor.type; });
  const std::string order = bytes_of(tensor.type) == 1 ? "|" : "<";
  std::string shape;
  for (const std::int64_t dimension : tensor.shape)
    shape += std::to_string(dimension) + (tensor.shape.size() == 1 ? "," : ", ");
  if (tensor.shape.size() > 1) shape.resize(shape.size() - 2);
  std::string header = "{'descr': '" + order + known->code + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  const char version[] = {1, 0, static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  file.write(magic, 6).write(version, 4) << header;
  file.write(reinterpret_cast<const char*>(tensor.bytes.data()), static_cast<std::streamsize>(tensor.bytes.size()));
  if (!file) refuse(path, "cannot write");
}

}  // namespace castor::compiler
