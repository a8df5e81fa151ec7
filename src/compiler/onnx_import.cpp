#include "castor/compiler/onnx_import.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <onnx/onnx_pb.h>

#include <cmath>
#include <fstream>
#include <set>

namespace castor::compiler {
namespace {

/// Protobuf reports parse failures on stderr on its own; the UserError says it once, with the file's name.
void keep_silent(google::protobuf::LogLevel, const char*, int, const std::string&) {}

onnx::ModelProto parse(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError(path + ": cannot open the model");
  google::protobuf::SetLogHandler(&keep_silent);
  onnx::ModelProto model;
  google::protobuf::io::IstreamInputStream stream(&file);
  google::protobuf::io::CodedInputStream coded(&stream);
  const bool whole = model.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
  if (!whole || model.ir_version() == 0 || !model.has_graph()) {
    throw UserError(path + ": not an ONNX model, or truncated");
  }
  return model;
}

DataType type_of(int type, const std::string& what) {
  switch (type) {
    case onnx::TensorProto::FLOAT:
      return DataType::Float32;
    case onnx::TensorProto::DOUBLE:
      return DataType::Float64;
    case onnx::TensorProto::INT8:
      return DataType::Int8;
    case onnx::TensorProto::UINT8:
      return DataType::UInt8;
    case onnx::TensorProto::INT16:
      return DataType::Int16;
    case onnx::TensorProto::INT32:
      return DataType::Int32;
    case onnx::TensorProto::INT64:
      return DataType::Int64;
    case onnx::TensorProto::BOOL:
      return DataType::Bool;
    default:
      break;
  }
  throw UserError(what + ": element type " +
                  onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(type)) +
                  " is not supported; allowed: float, double, int8, uint8, int16, int32, int64, bool");
}

template <class To, class Field>
void fill(Tensor& tensor, const Field& field, const std::string& what) {
  if (static_cast<std::int64_t>(field.size()) != tensor.size()) {
    throw UserError(what + ": " + std::to_string(field.size()) + " values for shape " + to_string(tensor.shape));
  }
  for (int i = 0; i < field.size(); ++i) {
    const To value = static_cast<To>(field[i]);
    std::memcpy(tensor.bytes.data() + static_cast<std::size_t>(i) * sizeof(To), &value, sizeof(To));
  }
}

void fill_typed(Tensor& tensor, const onnx::TensorProto& proto, const std::string& what) {
  switch (tensor.type) {
    case DataType::Float32:
      return fill<float>(tensor, proto.float_data(), what);
    case DataType::Float64:
      return fill<double>(tensor, proto.double_data(), what);
    case DataType::Int8:
      return fill<std::int8_t>(tensor, proto.int32_data(), what);
    case DataType::UInt8:
    case DataType::Bool:
      return fill<std::uint8_t>(tensor, proto.int32_data(), what);
    case DataType::Int16:
      return fill<std::int16_t>(tensor, proto.int32_data(), what);
    case DataType::Int32:
      return fill<std::int32_t>(tensor, proto.int32_data(), what);
    case DataType::Int64:
      return fill<std::int64_t>(tensor, proto.int64_data(), what);
  }
}

Tensor tensor_of(const onnx::TensorProto& proto, const std::string& what) {
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    throw UserError(what + ": external data is not supported; allowed: data inside the model file");
  }
  const Shape shape(proto.dims().begin(), proto.dims().end());
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) throw UserError(what + ": negative dimension in " + to_string(shape));
  }
  const DataType type = type_of(proto.data_type(), what);
  if (!proto.has_raw_data()) {
    Tensor tensor(type, shape);
    fill_typed(tensor, proto, what);
    return tensor;
  }
  const std::string& raw = proto.raw_data();
  if (raw.size() != static_cast<std::size_t>(elements(shape)) * bytes_of(type)) {
    throw UserError(what + ": " + std::to_string(raw.size()) + " bytes for " + to_string(shape) + " " + name_of(type));
  }
  Tensor tensor(type, shape);
  std::memcpy(tensor.bytes.data(), raw.data(), raw.size());
  return tensor;
}

Attribute attribute_of(const onnx::AttributeProto& proto, const Node& node) {
  switch (proto.type()) {
    case onnx::AttributeProto::INT:
      return proto.i();
    case onnx::AttributeProto::FLOAT:
      return proto.f();
    case onnx::AttributeProto::STRING:
      return proto.s();
    case onnx::AttributeProto::INTS:
      return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case onnx::AttributeProto::FLOATS:
      return std::vector<float>(proto.floats().begin(), proto.floats().end());
    case onnx::AttributeProto::TENSOR:
      return tensor_of(proto.t(), node.label() + ": attribute '" + proto.name() + "'");
    default:
      break;
  }
  node.refuse("attribute '" + proto.name() + "' of kind " + onnx::AttributeProto::AttributeType_Name(proto.type()) +
              " is not supported; allowed: integers, floats, strings, tensors and lists of integers or floats");
}

Node node_of(const onnx::NodeProto& proto, int number) {
  Node node;
  node.op = proto.op_type();
  node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  node.name = !proto.name().empty()   ? proto.name()
              : !node.outputs.empty() ? node.outputs.front()
                                      : "#" + std::to_string(number);
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    if (attribute.type() == onnx::AttributeProto::GRAPH || attribute.type() == onnx::AttributeProto::GRAPHS) {
      node.refuse("control flow (a sub-graph) is not supported");
    }
    node.attributes.emplace(attribute.name(), attribute_of(attribute, node));
  }
  return node;
}

Port port_of(const onnx::ValueInfoProto& proto) {
  const std::string what = "value '" + proto.name() + "'";
  if (!proto.type().has_tensor_type()) throw UserError(what + ": not a tensor");
  Port port{proto.name(), type_of(proto.type().tensor_type().elem_type(), what), {}};
  for (const auto& dimension : proto.type().tensor_type().shape().dim()) {
    port.shape.push_back(dimension.has_dim_value() && dimension.dim_value() > 0 ? dimension.dim_value() : -1);
  }
  return port;
}

std::int64_t opset_of(const onnx::ModelProto& model) {
  for (const auto& opset : model.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") return opset.version();
  }
  throw UserError("the model imports no ai.onnx operator set, or is truncated");
}

/// Every input of a node comes from somewhere, earlier in the list.
void check_order(const Graph& graph) {
  std::set<std::string> known;
  for (const Port& input : graph.inputs) known.insert(input.name);
  for (const auto& constant : graph.constants) known.insert(constant.first);
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs) {
      if (!input.empty() && known.count(input) == 0) {
        node.refuse("input '" + input + "' is produced by no earlier node (is the model truncated?)");
      }
    }
    known.insert(node.outputs.begin(), node.outputs.end());
  }
  for (const Port& output : graph.outputs) {
    if (known.count(output.name) == 0)
      throw UserError("output '" + output.name + "' is produced by no node (is the model truncated?)");
  }
}

Graph graph_of(const onnx::ModelProto& model) {
  const onnx::GraphProto& proto = model.graph();
  Graph graph;
  graph.name = proto.name();
  graph.opset = opset_of(model);
  for (const onnx::TensorProto& tensor : proto.initializer()) {
    graph.constants.emplace(tensor.name(), tensor_of(tensor, "constant '" + tensor.name() + "'"));
  }
  if (proto.sparse_initializer_size() > 0) throw UserError("sparse constants are not supported");
  for (const onnx::ValueInfoProto& input : proto.input()) {
    if (graph.constants.count(input.name()) == 0) graph.inputs.push_back(port_of(input));
  }
  for (const onnx::ValueInfoProto& output : proto.output()) graph.outputs.push_back(port_of(output));
  for (const onnx::NodeProto& node : proto.node()) graph.nodes.push_back(node_of(node, graph.nodes.size()));
  if (graph.nodes.empty() || graph.outputs.empty()) throw UserError("the graph has no nodes or no outputs");
  check_order(graph);
  return graph;
}

}  // namespace

Graph import_onnx(const std::string& path) {
  const onnx::ModelProto model = parse(path);
  try {
    return graph_of(model);
  } catch (const UserError& error) {
    throw UserError(path + ": " + error.what());
  }
}

}  // namespace castor::compiler
