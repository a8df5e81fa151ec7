#include "castor/compiler/network.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace castor::compiler {

Extent extent_of(const Shape& shape) {
  Extent extent;
  if (!shape.empty()) extent.n = shape[0];
  if (shape.size() > 1) extent.c = shape[1];
  if (shape.size() > 2) extent.h = shape[2];
  if (shape.size() > 3) extent.w = shape[3];
  return extent;
}

const char* name_of(LayerKind kind) {
  static constexpr const char* names[] = {"Quantise", "Dequantise",  "Conv",   "MatMul", "Add",    "GlobalAveragePool",
                                          "MaxPool",  "AveragePool", "Concat", "Mul",    "Lookup", "LRN",
                                          "Softmax"};
  return names[static_cast<std::size_t>(kind)];
}

void Weights::make_real(float input_scale) {
  if (real.empty()) {
    real.resize(steps.size());
    std::transform(steps.begin(), steps.end(), real.begin(),
                   [&](std::int8_t step) { return static_cast<float>(step) * scale; });
  }
  if (bias.empty() && !bias_steps.empty()) {
    const float bias_scale = input_scale * scale;
    bias.resize(bias_steps.size());
    std::transform(bias_steps.begin(), bias_steps.end(), bias.begin(),
                   [&](std::int32_t step) { return static_cast<float>(step) * bias_scale; });
  }
}

std::vector<int> Network::consumers_of(TensorId tensor) const {
  std::vector<int> found;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (std::count(layers[i].inputs.begin(), layers[i].inputs.end(), tensor) != 0) found.push_back(static_cast<int>(i));
  }
  return found;
}

int Network::producer_of(TensorId tensor) const {
  const auto found =
      std::find_if(layers.begin(), layers.end(), [&](const Layer& layer) { return layer.output == tensor; });
  return found == layers.end() ? -1 : static_cast<int>(found - layers.begin());
}

Extent Network::unpooled(const Layer& layer) const {
  const Extent in = tensors[layer.inputs[0]].extent();
  Extent out = tensors[layer.output].extent();
  if (layer.kind == LayerKind::Convolution) out.h = layer.window.out_h(in.h), out.w = layer.window.out_w(in.w);
  return out;
}

std::uint64_t Network::macs(const Layer& layer) const {
  if (!layer.has_weights()) return 0;
  const Extent out = unpooled(layer);
  const auto& shape = layer.weights.shape;
  return static_cast<std::uint64_t>(out.pixels() * shape[0] * shape[1] * shape[2] * shape[3]);
}

namespace {

std::string number(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  return text;
}

void describe(std::ostream& out, const Network& network, TensorId id) {
  const Activations& tensor = network.tensors[id];
  out << tensor.name << "[" << to_string(tensor.shape) << "]";
  if (tensor.outside) {
    out << ":" << name_of(tensor.type);
  } else if (tensor.scale != 0) {
    out << "*" << number(tensor.scale);
  }
}

void describe(std::ostream& out, const Layer& layer) {
  out << layer.name << " = " << name_of(layer.kind);
  if (layer.kind == LayerKind::Lookup) out << "." << layer.function;
  if (layer.kind == LayerKind::Convolution || layer.kind == LayerKind::MaxPool ||
      layer.kind == LayerKind::AveragePool) {
    out << " " << layer.window.to_string();
  }
  if (layer.groups > 1) out << " groups " << layer.groups;
  for (const float parameter : layer.parameters) out << " " << number(parameter);
  if (layer.relu) out << " +relu";
  if (std::isfinite(layer.ceiling)) out << " +clip " << number(layer.ceiling);
  if (layer.pool) out << " +maxpool " << layer.pool->to_string();
  if (layer.has_weights()) {
    out << " weights " << to_string(layer.weights.shape);
    if (layer.weights.scale != 0) out << "*" << number(layer.weights.scale);
    if (!layer.weights.bias.empty() || !layer.weights.bias_steps.empty()) out << " bias";
  }
}

}  // namespace

std::string dump(const Network& network) {
  std::ostringstream out;
  out << "network " << network.name << "\n";
  for (const TensorId id : network.inputs) describe(out << "input ", network, id), out << "\n";
  for (const Layer& layer : network.layers) {
    describe(out, layer);
    out << " (";
    for (std::size_t i = 0; i < layer.inputs.size(); ++i)
      describe(out << (i == 0 ? "" : ", "), network, layer.inputs[i]);
    describe(out << ") -> ", network, layer.output);
    out << "\n";
  }
  for (const TensorId id : network.outputs) describe(out << "output ", network, id), out << "\n";
  return out.str();
}

}  // namespace castor::compiler
