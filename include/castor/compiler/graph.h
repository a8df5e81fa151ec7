// The model as ONNX states it, without protobuf: nodes in topological order, named values, constants.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "castor/compiler/tensor.h"

namespace castor::compiler {

using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>, Tensor>;

struct Node {
  std::string name;
  std::string op;      ///< "Conv"
  std::string domain;  ///< "" for ai.onnx
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;

  /// "node 'conv3' (ConvTranspose)": what every message about a node opens with.
  std::string label() const { return "node '" + name + "' (" + op + ")"; }
  [[noreturn]] void refuse(const std::string& what) const { throw UserError(label() + ": " + what); }

  /// A dimension of a tensor of `rank`, counted from the end if negative; refuses any other.
  std::int64_t axis(std::int64_t stated, std::size_t rank) const;
  bool has_input(std::size_t index) const { return index < inputs.size() && !inputs[index].empty(); }
  bool has(const std::string& attribute) const { return attributes.count(attribute) != 0; }
  std::int64_t integer(const std::string& attribute, std::int64_t otherwise) const;
  float real(const std::string& attribute, float otherwise) const;
  std::string text(const std::string& attribute, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const std::string& attribute, std::vector<std::int64_t> otherwise) const;
};

/// A value the graph takes or gives.
struct Port {
  std::string name;
  DataType type = DataType::Float32;
  Shape shape;  ///< -1 where the model leaves it open
};

struct Graph {
  std::string name;
  std::int64_t opset = 0;  ///< of ai.onnx
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::map<std::string, Tensor> constants;
  std::vector<Node> nodes;
  std::map<std::string, Shape> shapes;  ///< of every value, once simplify() has been here
};

}  // namespace castor::compiler
