#include "castor/compiler/equalise.h"

#include <algorithm>
#include <cmath>

namespace castor::compiler {
namespace {

/// A layer with weights that reads our channels from `first` on.
struct Reader {
  int layer;
  std::int64_t first;
};

/// Collects the readers of a tensor's channels; false when one of them cannot take a factor.
bool collect(const Network& network, TensorId tensor, std::int64_t first, std::vector<Reader>& readers) {
  const auto consumers = network.consumers_of(tensor);
  if (consumers.empty() || std::count(network.outputs.begin(), network.outputs.end(), tensor) != 0) return false;
  for (const int index : consumers) {
    const Layer& layer = network.layers[index];
    if (layer.kind == LayerKind::Convolution && layer.groups > 1) return false;
    if (layer.has_weights()) {
      readers.push_back({index, first});
      continue;
    }
    if (layer.kind == LayerKind::Concat) {
      std::int64_t channel = first;
      for (const TensorId part : layer.inputs) {
        if (part == tensor && !collect(network, layer.output, channel, readers)) return false;
        channel += network.tensors[part].extent().c;
      }
      continue;
    }
    const bool linear = layer.kind == LayerKind::MaxPool || layer.kind == LayerKind::AveragePool ||
                        layer.kind == LayerKind::GlobalAverage;
    if (!linear || !collect(network, layer.output, first, readers)) return false;
  }
  return true;
}

void divide_outputs(Layer& layer, const std::vector<float>& factors) {
  Weights& weights = layer.weights;
  const std::size_t inner = weights.real.size() / factors.size();
  for (std::size_t i = 0; i < weights.real.size(); ++i) weights.real[i] /= factors[i / inner];
  for (std::size_t i = 0; i < weights.bias.size(); ++i) weights.bias[i] /= factors[i];
}

/// Inputs of a matrix product that reads whole images repeat the channels for every pixel.
void multiply_inputs(const Network& network, Layer& layer, std::int64_t first, const std::vector<float>& factors) {
  const Shape& s = layer.weights.shape;
  const std::int64_t cells = s[2] * s[3], channels = network.tensors[layer.inputs[0]].extent().c;
  for (std::int64_t at = 0; at < static_cast<std::int64_t>(layer.weights.real.size()); ++at) {
    const std::int64_t channel = at / cells % s[1] % channels - first;
    if (channel >= 0 && channel < static_cast<std::int64_t>(factors.size())) layer.weights.real[at] *= factors[channel];
  }
}

/// Largest weight of each output.
std::vector<float> row_ranges(const Weights& weights) {
  std::vector<float> rows(static_cast<std::size_t>(weights.shape[0]), 0.0F);
  const std::size_t inner = weights.real.size() / rows.size();
  for (std::size_t i = 0; i < weights.real.size(); ++i)
    rows[i / inner] = std::max(rows[i / inner], std::fabs(weights.real[i]));
  return rows;
}

std::vector<float> factors_of(const std::vector<float>& ranges, const std::vector<float>& rows, float strength) {
  const float largest = *std::max_element(ranges.begin(), ranges.end());
  const float heaviest = *std::max_element(rows.begin(), rows.end());
  std::vector<float> factors(ranges.size(), 1.0F);
  for (std::size_t c = 0; c < ranges.size(); ++c) {
    if (largest > 0)
      factors[c] = std::max(std::pow(std::max(ranges[c] / largest, 1.0F / 256), strength), rows[c] / heaviest);
  }
  return factors;
}

}  // namespace

namespace {

class Equaliser {
 public:
  Equaliser(Network&& network, const ChannelRanges& ranges, float strength) : ranges_(ranges), strength_(strength) {
    result_.network = std::move(network);
    result_.factors.resize(result_.network.tensors.size());
  }

  Equalised run() {
    for (Layer& layer : network().layers) {
      if (strength_ > 0 && layer.has_weights() && !fixed(layer)) equalise(layer);
    }
    spread_factors();
    return std::move(result_);
  }

 private:
  Network& network() { return result_.network; }

  /// Scales or weights that came with the model stay as they are.
  bool fixed(const Layer& layer) {
    const auto& given = network().tensors[layer.output].given;
    return layer.weights.given() || (given && given->symmetric());
  }

  void equalise(Layer& layer) {
    std::vector<Reader> readers;
    if (!collect(network(), layer.output, 0, readers)) return;
    for (const Reader& reader : readers) {
      if (network().layers[reader.layer].weights.given()) return;
    }
    const std::vector<float> factors = factors_of(ranges_[layer.output], row_ranges(layer.weights), strength_);
    divide_outputs(layer, factors);
    layer.ceiling = std::numeric_limits<float>::infinity();
    for (const Reader& reader : readers)
      multiply_inputs(network(), network().layers[reader.layer], reader.first, factors);
    result_.factors[layer.output] = factors;
  }

  /// Pools and concatenations hand the factors on.
  void spread_factors() {
    for (const Layer& layer : network().layers) {
      if (layer.has_weights()) continue;
      std::vector<float> factors;
      bool any = false;
      for (const TensorId part : layer.inputs) {
        const auto& own = result_.factors[part];
        any |= !own.empty();
        factors.insert(factors.end(), own.begin(), own.end());
        if (own.empty())
          factors.resize(factors.size() + static_cast<std::size_t>(network().tensors[part].extent().c), 1.0F);
      }
      if (any) result_.factors[layer.output] = factors;
    }
  }

  const ChannelRanges& ranges_;
  float strength_;
  Equalised result_;
};

}  // namespace

Equalised equalise(Network network, const ChannelRanges& ranges, float strength) {
  return Equaliser(std::move(network), ranges, strength).run();
}

}  // namespace castor::compiler
