#include "random_network.h"

#include <algorithm>

namespace castor::compiler {

RandomNetwork::RandomNetwork(std::uint32_t seed) : random_(seed) {
  network.name = "random" + std::to_string(seed);
  const std::int64_t rows = pick(1, 24);
  const Shape shape{chance(25) ? 2 : 1, chance(40) ? pick(1, 5) : pick(1, 80), rows, chance(60) ? rows : pick(1, 24)};
  const TensorId outside = tensor(shape, 0);
  network.tensors[outside].outside = true, network.tensors[outside].type = DataType::Float32;
  network.inputs = {outside};
  layer(LayerKind::Quantise, {outside}, shape, 1.0F / 32);
  input.resize(static_cast<std::size_t>(elements(shape)));
  for (float& v : input) v = static_cast<float>(pick(-160, 160)) / 37;
  TensorId at = network.layers.back().output;
  for (std::int64_t i = pick(1, 4); i > 0; --i) at = step(at);
  head(at);
}

TensorId RandomNetwork::tensor(const Shape& shape, float scale) {
  Activations tensor;
  tensor.name = "t" + std::to_string(network.tensors.size()), tensor.shape = shape, tensor.scale = scale;
  network.tensors.push_back(tensor);
  return static_cast<TensorId>(network.tensors.size() - 1);
}

Layer& RandomNetwork::layer(LayerKind kind, std::vector<TensorId> inputs, const Shape& shape, float scale) {
  Layer layer;
  layer.name = "l" + std::to_string(network.layers.size()), layer.kind = kind, layer.inputs = std::move(inputs);
  layer.output = tensor(shape, scale);
  network.layers.push_back(layer);
  return network.layers.back();
}

TensorId RandomNetwork::step(TensorId from) {
  switch (pick(0, 9)) {
    case 0:
      return residual(from);
    case 1:
      return branches(from);
    case 2:
      return elementwise(from);
    case 3:
      return pool(from);
    case 4:
      return gate(from);
    default:
      return convolution(from);
  }
}

void RandomNetwork::random_window(Window& w, const Extent& in, bool pool) {
  w.kernel_h = pick(1, std::min<std::int64_t>(in.h, pool ? 3 : 5));
  w.kernel_w = chance(85) ? std::min(w.kernel_h, in.w) : pick(1, std::min<std::int64_t>(in.w, 5));
  w.stride_h = pick(1, 3), w.stride_w = chance(93) ? w.stride_h : pick(1, 3);
  if (!pool && chance(15)) w.dilation_h = w.dilation_w = 2;
  if (w.reach_h() > in.h || w.reach_w() > in.w) w.dilation_h = w.dilation_w = 1;
  w.top = pick(0, w.kernel_h - 1), w.left = chance(70) ? std::min(w.top, w.kernel_w - 1) : pick(0, w.kernel_w - 1);
  w.bottom = chance(70) ? w.top : pick(0, w.kernel_h - 1), w.right = chance(70) ? w.left : pick(0, w.kernel_w - 1);
}

void RandomNetwork::random_weights(Layer& layer, const Shape& shape) {
  layer.weights.shape = shape, layer.weights.scale = 0.002F + 0.0001F * static_cast<float>(pick(0, 100));
  layer.weights.steps.resize(static_cast<std::size_t>(elements(shape)));
  for (std::int8_t& w : layer.weights.steps) w = static_cast<std::int8_t>(pick(-127, 127));
  if (chance(15)) return;
  layer.weights.bias_steps.resize(static_cast<std::size_t>(shape[0]));
  for (std::int32_t& b : layer.weights.bias_steps) b = static_cast<std::int32_t>(pick(-20000, 20000));
}

TensorId RandomNetwork::convolution(TensorId from, std::int64_t max_out) {
  const Extent in = extent(from);
  Window window;
  if (!chance(25)) random_window(window, in, false);
  if (chance(10) && in.h % 2 == 0 && in.w % 2 == 0) window = Window{}, window.stride_h = window.stride_w = 2;
  std::int64_t groups = 1, outs = pick(1, max_out);
  if (chance(12)) groups = outs = in.c;
  if (chance(12) && in.c % 2 == 0) groups = 2, outs += outs % 2;
  const Shape shape{in.n, outs, window.out_h(in.h), window.out_w(in.w)};
  Layer& conv = layer(LayerKind::Convolution, {from}, shape,
                      scale() * static_cast<float>(in.c / groups * window.kernel_h * window.kernel_w + 8) / 16);
  conv.window = window, conv.groups = groups, conv.relu = chance(60);
  random_weights(conv, {outs, in.c / groups, window.kernel_h, window.kernel_w});
  if (chance(25) && shape[2] >= 2 && shape[3] >= 2) {
    Window pool;
    pool.kernel_h = pool.kernel_w = pick(2, std::min<std::int64_t>({3, shape[2], shape[3]}));
    pool.stride_h = pool.stride_w = pick(1, 3);
    if (conv.relu)
      pool.top = pool.left = pick(0, 1), pool.bottom = pick(0, 1), pool.right = chance(80) ? pool.bottom : pick(0, 1);
    conv.pool = pool;
    network.tensors[conv.output].shape = {in.n, outs, pool.out_h(shape[2]), pool.out_w(shape[3])};
  }
  return conv.output;
}

TensorId RandomNetwork::residual(TensorId from) {
  const Extent in = extent(from);
  const Shape shape{in.n, in.c, in.h, in.w};
  Layer& conv = layer(LayerKind::Convolution, {from}, shape, scale());
  random_weights(conv, {in.c, in.c, 1, 1});
  const TensorId branch = conv.output;
  Layer& add = layer(LayerKind::Add, {branch, from}, shape, scale());
  add.relu = chance(60);
  return add.output;
}

TensorId RandomNetwork::branches(TensorId from) {
  const Extent in = extent(from);
  std::vector<TensorId> parts;
  const float common = scale();
  std::int64_t channels = 0;
  for (std::int64_t i = pick(2, 3); i > 0; --i) {
    Window window;
    if (chance(50) && in.h >= 3 && in.w >= 3)
      window.kernel_h = window.kernel_w = 3, window.top = window.left = window.bottom = window.right = 1;
    const std::int64_t outs = pick(1, 40);
    Layer& conv = layer(LayerKind::Convolution, {from}, {in.n, outs, in.h, in.w}, chance(85) ? common : scale());
    conv.window = window, conv.relu = chance(70);
    random_weights(conv, {outs, in.c, window.kernel_h, window.kernel_w});
    parts.push_back(conv.output), channels += outs;
  }
  return layer(LayerKind::Concat, parts, {in.n, channels, in.h, in.w}, common).output;
}

TensorId RandomNetwork::elementwise(TensorId from) {
  const Extent in = extent(from);
  Layer& lookup = layer(LayerKind::Lookup, {from}, {in.n, in.c, in.h, in.w}, scale());
  lookup.function = chance(50) ? "leaky_relu" : "relu", lookup.parameters = {0.1F};
  return lookup.output;
}

TensorId RandomNetwork::pool(TensorId from) {
  const Extent in = extent(from);
  Window window;
  random_window(window, in, true);
  const bool maximum = chance(60);
  const float to = maximum && chance(70) ? network.tensors[from].scale : scale();
  Layer& pool = layer(maximum ? LayerKind::MaxPool : LayerKind::AveragePool, {from},
                      {in.n, in.c, window.out_h(in.h), window.out_w(in.w)}, to);
  pool.window = window, pool.count_padding = chance(50);
  return pool.output;
}

/// Squeeze and excite: an average per channel multiplies (or is added to) its image.
TensorId RandomNetwork::gate(TensorId from) {
  const Extent in = extent(from);
  const TensorId mean = layer(LayerKind::GlobalAverage, {from}, {in.n, in.c, 1, 1}, scale()).output;
  return layer(chance(50) ? LayerKind::Multiply : LayerKind::Add, {from, mean}, {in.n, in.c, in.h, in.w}, scale())
      .output;
}

void RandomNetwork::head(TensorId from) {
  const Extent in = extent(from);
  if (chance(50)) from = layer(LayerKind::GlobalAverage, {from}, {in.n, in.c, 1, 1}, scale()).output;
  const Extent flat = extent(from);
  if (chance(70)) {
    const std::int64_t outs = pick(1, 40), features = flat.c * flat.h * flat.w;
    Layer& fc = layer(LayerKind::Matmul, {from}, {in.n, outs}, scale() * 4);
    fc.relu = chance(20);
    random_weights(fc, {outs, features, 1, 1});
    from = fc.output;
  }
  const TensorId out = layer(LayerKind::Dequantise, {from}, network.tensors[from].shape, 0).output;
  network.tensors[out].outside = true, network.tensors[out].type = DataType::Float32;
  network.outputs = {out};
}

}  // namespace castor::compiler
