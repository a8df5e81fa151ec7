// Random quantised networks in which most kinds of layer and many odd shapes occur.
#pragma once

#include <random>

#include "castor/compiler/network.h"

namespace castor::compiler {

class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint32_t seed);
  Network network;
  std::vector<float> input;

 private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint32_t>(high - low + 1));
  }
  bool chance(int percent) { return pick(0, 99) < percent; }
  float scale() { return 0.01F + 0.0001F * static_cast<float>(pick(0, 400)); }
  TensorId tensor(const Shape& shape, float scale);
  Layer& layer(LayerKind kind, std::vector<TensorId> inputs, const Shape& shape, float scale);
  Extent extent(TensorId id) const { return network.tensors[id].extent(); }

  TensorId step(TensorId from);
  TensorId convolution(TensorId from, std::int64_t max_out = 70);
  void random_window(Window& window, const Extent& in, bool pool);
  void random_weights(Layer& layer, const Shape& shape);
  TensorId residual(TensorId from);
  TensorId branches(TensorId from);
  TensorId elementwise(TensorId from);
  TensorId pool(TensorId from);
  TensorId gate(TensorId from);
  void head(TensorId from);

  std::mt19937 random_;
};

}  // namespace castor::compiler
