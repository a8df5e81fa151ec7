#include "castor/compiler/fuse.h"

#include <algorithm>
#include <cmath>

namespace castor::compiler {
namespace {

/// The layer that produces `tensor`, when nobody but `reader` reads it and it is no output; otherwise null.
Layer* sole_source(Network& network, TensorId tensor, const Layer& reader) {
  const auto consumers = network.consumers_of(tensor);
  if (consumers.size() != 1 || &network.layers[consumers[0]] != &reader) return nullptr;
  const int producer = network.producer_of(tensor);
  return producer < 0 ? nullptr : &network.layers[producer];
}

/// `reader` disappears: its result becomes that of `source`.
void absorb(Network& network, Layer& source, Layer& reader) {
  Activations& result = network.tensors[reader.output];
  if (!result.given) result.given = network.tensors[source.output].given;
  source.output = reader.output;
  reader.output = -1;
  reader.inputs.clear();
}

Network without_absorbed(Network network) {
  auto& layers = network.layers;
  layers.erase(std::remove_if(layers.begin(), layers.end(), [](const Layer& layer) { return layer.output < 0; }),
               layers.end());
  return network;
}

/// A scale in force between the two layers, which differs from the one after them, keeps them apart.
bool scales_allow(const Network& network, TensorId between, TensorId after) {
  const auto& inner = network.tensors[between].given;
  const auto& outer = network.tensors[after].given;
  return !inner || !inner->symmetric() || !outer || *inner == *outer;
}

bool is_leftover_scale(const Layer& layer) {
  return layer.kind == LayerKind::Convolution && layer.depthwise() && layer.window.is_point() &&
         layer.weights.shape[2] == 1;
}

bool takes_scale(const Network& network, const Layer& source) {
  return source.has_weights() && !source.relu && !source.pool && !network.tensors[source.output].given;
}

void scale_weights(Weights& weights, const std::vector<float>& factor, const std::vector<float>& offset,
                   float input_scale) {
  weights.make_real(input_scale);
  weights.steps.clear(), weights.bias_steps.clear();
  weights.bias.resize(factor.size(), 0.0F);
  const std::size_t inner = weights.real.size() / factor.size();
  for (std::size_t i = 0; i < weights.real.size(); ++i) weights.real[i] *= factor[i / inner];
  for (std::size_t i = 0; i < factor.size(); ++i) weights.bias[i] = weights.bias[i] * factor[i] + offset[i];
}

bool takes_activation(const Layer& source) {
  return (source.has_weights() || source.kind == LayerKind::Add || source.kind == LayerKind::GlobalAverage) &&
         !source.relu;
}

/// Clip(0, high) as ReLU with a ceiling.
bool rectifies(const Layer& layer) {
  if (layer.kind != LayerKind::Lookup) return false;
  return layer.function == "relu" || (layer.function == "clip" && layer.parameters[0] == 0);
}

/// A ceiling below the top of a scale that the model states cannot be left to saturation.
bool ceiling_allows(const Network& network, const Layer& layer) {
  const auto& given = network.tensors[layer.output].given;
  if (layer.function != "clip" || !given || !given->symmetric()) return true;
  return std::nearbyint(layer.parameters[1] / given->scale) >= 127;
}

bool covers_image(const Network& network, const Layer& layer) {
  const Extent in = network.tensors[layer.inputs[0]].extent();
  return !layer.window.padded() && layer.window.kernel_h == in.h && layer.window.kernel_w == in.w;
}

/// What config_mvout and the unroller can hold: a square window of at most 3, steps and padding below 4, and zeros as
/// padding, which lose against a ReLU's results only.
bool poolable(const Window& pool, const Layer& conv, const Extent& before) {
  const bool square =
      pool.kernel_h == pool.kernel_w && pool.stride_h == pool.stride_w && pool.dilation_h == 1 && pool.dilation_w == 1;
  const bool small = pool.kernel_h <= 3 && pool.stride_h <= 3 && pool.top == pool.left && pool.top < pool.kernel_h;
  const bool short_enough = pool.out_h(before.h) <= 255 && pool.out_w(before.w) <= 255;
  return square && small && short_enough && (conv.relu || !pool.padded());
}

}  // namespace

Network fold_scales(Network network) {
  for (Layer& layer : network.layers) {
    if (!is_leftover_scale(layer)) continue;
    Layer* source = sole_source(network, layer.inputs[0], layer);
    if (source == nullptr || !takes_scale(network, *source)) continue;
    const auto& input = network.tensors[source->inputs[0]].given;
    scale_weights(source->weights, layer.weights.real, layer.weights.bias, input ? input->scale : 0);
    absorb(network, *source, layer);
  }
  return without_absorbed(std::move(network));
}

Network fuse_activations(Network network) {
  for (Layer& layer : network.layers) {
    if (!rectifies(layer)) continue;
    Layer* source = sole_source(network, layer.inputs[0], layer);
    if (source == nullptr || !takes_activation(*source) || !ceiling_allows(network, layer)) continue;
    if (!scales_allow(network, layer.inputs[0], layer.output)) continue;
    source->relu = true;
    if (layer.function == "clip") source->ceiling = layer.parameters[1];
    absorb(network, *source, layer);
  }
  return without_absorbed(std::move(network));
}

Network name_global_pools(Network network) {
  for (Layer& layer : network.layers) {
    if (layer.kind == LayerKind::AveragePool && covers_image(network, layer)) layer.kind = LayerKind::GlobalAverage;
  }
  return network;
}

Network fuse_max_pools(Network network) {
  for (Layer& layer : network.layers) {
    if (layer.kind != LayerKind::MaxPool) continue;
    Layer* source = sole_source(network, layer.inputs[0], layer);
    if (source == nullptr || source->kind != LayerKind::Convolution || source->pool) continue;
    if (!poolable(layer.window, *source, network.unpooled(*source)) ||
        !scales_allow(network, layer.inputs[0], layer.output))
      continue;
    source->pool = layer.window;
    absorb(network, *source, layer);
  }
  return without_absorbed(std::move(network));
}

Network drop_round_trips(Network network) {
  for (Layer& layer : network.layers) {
    if (layer.kind != LayerKind::Dequantise || network.tensors[layer.output].type != DataType::Float32) continue;
    if (network.tensors[layer.inputs[0]].given) continue;
    Layer* source = sole_source(network, layer.inputs[0], layer);
    if (source != nullptr && source->kind == LayerKind::Softmax) absorb(network, *source, layer);
  }
  return without_absorbed(std::move(network));
}

Network drop_dead_layers(Network network) {
  for (bool again = true; again;) {
    again = false;
    for (Layer& layer : network.layers) {
      if (layer.output < 0 || network.tensors[layer.output].outside || !network.consumers_of(layer.output).empty())
        continue;
      layer.output = -1, layer.inputs.clear(), again = true;
    }
  }
  return without_absorbed(std::move(network));
}

Network fuse(const Graph& graph, const FuseOptions& options) {
  Network network = drop_dead_layers(name_global_pools(fold_scales(lower_graph(graph))));
  if (options.activations) network = fuse_activations(std::move(network));
  if (options.max_pools) network = fuse_max_pools(std::move(network));
  if (options.activations) network = fuse_activations(std::move(network));  // those behind a pool
  return drop_round_trips(std::move(network));
}

}  // namespace castor::compiler
