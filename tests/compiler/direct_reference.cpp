#include "direct_reference.h"

#include <algorithm>
#include <cmath>

namespace castor::compiler {
namespace {

/// To the nearest integer, ties to even, within int8.
std::int8_t to_int8(float value) {
  if (value >= 127) return 127;
  if (value <= -128) return -128;
  const float below = std::floor(value), rest = value - below;
  const bool up = rest > 0.5F || (rest == 0.5F && std::fmod(below, 2.0F) != 0);
  return static_cast<std::int8_t>(below + (up ? 1 : 0));
}

std::size_t at(const Extent& e, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  return static_cast<std::size_t>(((n * e.c + c) * e.h + h) * e.w + w);
}

template <class Visit>
void for_each(const Extent& e, Visit visit) {
  for (std::int64_t n = 0; n < e.n; ++n)
    for (std::int64_t c = 0; c < e.c; ++c)
      for (std::int64_t h = 0; h < e.h; ++h)
        for (std::int64_t w = 0; w < e.w; ++w) visit(n, c, h, w);
}

bool inside(const Extent& e, std::int64_t h, std::int64_t w) { return h >= 0 && h < e.h && w >= 0 && w < e.w; }

std::int8_t out_of_accumulator(std::int64_t sum, bool relu, float factor) {
  if (relu && sum < 0) sum = 0;
  return to_int8(static_cast<float>(static_cast<std::int32_t>(sum)) * factor);
}

}  // namespace

DirectReference::DirectReference(const Network& network, const std::vector<float>& input) : network_(network) {
  reals_[network.inputs[0]] = input;
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::Quantise) {
      for (const float x : reals_.at(layer.inputs[0])) steps_[layer.output].push_back(to_int8(x / scale(layer.output)));
    } else if (layer.kind == LayerKind::Dequantise) {
      for (const std::int8_t step : steps_.at(layer.inputs[0]))
        reals_[layer.output].push_back(static_cast<float>(step) * scale(layer.inputs[0]));
    } else {
      steps_[layer.output] = run(layer);
    }
  }
}

DirectReference::Steps DirectReference::run(const Layer& layer) const {
  switch (layer.kind) {
    case LayerKind::Convolution:
    case LayerKind::Matmul:
      return product(layer);
    case LayerKind::Add:
      return sum(layer);
    case LayerKind::GlobalAverage:
      return average(layer);
    case LayerKind::MaxPool:
    case LayerKind::AveragePool:
      return pool(layer);
    case LayerKind::Concat:
      return concat(layer);
    case LayerKind::Lookup:
      return lookup(layer);
    case LayerKind::Multiply:
      return multiply(layer);
    default:
      throw InternalError("the direct reference does not know " + layer.name);
  }
}

DirectReference::Steps DirectReference::product(const Layer& layer) const {
  const Steps& x = steps_.at(layer.inputs[0]);
  const Extent in = network_.tensors[layer.inputs[0]].extent();
  const Shape& s = layer.weights.shape;
  const Window& win = layer.window;
  const bool flat = layer.kind == LayerKind::Matmul;
  const Extent out{in.n, s[0], flat ? 1 : win.out_h(in.h), flat ? 1 : win.out_w(in.w)};
  const float factor = scale(layer.inputs[0]) * layer.weights.scale / scale(layer.output);
  Steps result(static_cast<std::size_t>(out.size()));
  for_each(out, [&](std::int64_t n, std::int64_t o, std::int64_t h, std::int64_t w) {
    std::int64_t total = layer.weights.bias_steps.empty() ? 0 : layer.weights.bias_steps[o];
    if (flat) {  // weight columns follow memory order: height, width, channel
      for (std::int64_t i = 0; i < s[1]; ++i)
        total += layer.weights.steps[o * s[1] + i] * x[at(in, n, i % in.c, i / in.c / in.w, i / in.c % in.w)];
    } else {
      for (std::int64_t i = 0; i < s[1]; ++i)
        for (std::int64_t kh = 0; kh < s[2]; ++kh)
          for (std::int64_t kw = 0; kw < s[3]; ++kw) {
            const std::int64_t y = h * win.stride_h - win.top + kh * win.dilation_h,
                               z = w * win.stride_w - win.left + kw * win.dilation_w;
            if (!inside(in, y, z)) continue;
            total += layer.weights.steps[((o * s[1] + i) * s[2] + kh) * s[3] + kw] *
                     x[at(in, n, o / (s[0] / layer.groups) * s[1] + i, y, z)];
          }
    }
    result[at(out, n, o, h, w)] = out_of_accumulator(total, layer.relu, factor);
  });
  return layer.pool ? pooled(layer, result, out) : result;
}

DirectReference::Steps DirectReference::pooled(const Layer& layer, const Steps& in, const Extent& from) const {
  const Window& p = *layer.pool;
  const Extent to{from.n, from.c, p.out_h(from.h), p.out_w(from.w)};
  Steps result(static_cast<std::size_t>(to.size()));
  for_each(to, [&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    int best = -1000;
    for (std::int64_t kh = 0; kh < p.kernel_h; ++kh)
      for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
        const std::int64_t y = h * p.stride_h - p.top + kh, z = w * p.stride_w - p.left + kw;
        if (inside(from, y, z)) best = std::max<int>(best, in[at(from, n, c, y, z)]);
      }
    result[at(to, n, c, h, w)] = static_cast<std::int8_t>(best);
  });
  return result;
}

DirectReference::Steps DirectReference::sum(const Layer& layer) const {
  const Extent e = network_.tensors[layer.inputs[0]].extent(), f = network_.tensors[layer.inputs[1]].extent();
  const Steps &a = steps_.at(layer.inputs[0]), &b = steps_.at(layer.inputs[1]);
  const float sa = scale(layer.inputs[0]), sb = scale(layer.inputs[1]), sc = scale(layer.output),
              coarse = std::max(sa, sb);
  const auto moved_in = [&](std::int8_t v, float s) {
    return s == coarse ? v : to_int8(static_cast<float>(v) * (s / coarse));
  };
  Steps result(a.size());
  for_each(e, [&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    const std::size_t i = at(e, n, c, h, w);
    if (f.size() == e.size()) {
      result[i] = out_of_accumulator(moved_in(a[i], sa) + moved_in(b[i], sb), layer.relu, coarse / sc);
    } else {
      const float total = static_cast<float>(a[i]) * (sa / sc) + static_cast<float>(b[n * e.c + c]) * (sb / sc);
      result[i] = to_int8(layer.relu ? std::max(total, 0.0F) : total);
    }
  });
  return result;
}

DirectReference::Steps DirectReference::average(const Layer& layer) const {
  const Extent e = network_.tensors[layer.inputs[0]].extent();
  const Steps& x = steps_.at(layer.inputs[0]);
  const float factor = scale(layer.inputs[0]) / (static_cast<float>(e.h * e.w) * scale(layer.output));
  Steps result;
  for (std::int64_t plane = 0; plane < e.n * e.c; ++plane) {
    std::int64_t total = 0;
    for (std::int64_t i = 0; i < e.h * e.w; ++i) total += x[plane * e.h * e.w + i];
    result.push_back(out_of_accumulator(total, layer.relu, factor));
  }
  return result;
}

DirectReference::Steps DirectReference::pool(const Layer& layer) const {
  const Extent in = network_.tensors[layer.inputs[0]].extent(), to = network_.tensors[layer.output].extent();
  const Steps& x = steps_.at(layer.inputs[0]);
  const Window& p = layer.window;
  const float ratio = scale(layer.inputs[0]) / scale(layer.output);
  Steps result(static_cast<std::size_t>(to.size()));
  for_each(to, [&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    int best = -128, total = 0, cells = 0;
    for (std::int64_t kh = 0; kh < p.kernel_h; ++kh)
      for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
        const std::int64_t y = h * p.stride_h - p.top + kh * p.dilation_h,
                           z = w * p.stride_w - p.left + kw * p.dilation_w;
        if (layer.count_padding || inside(in, y, z)) ++cells;
        if (!inside(in, y, z)) continue;
        best = std::max<int>(best, x[at(in, n, c, y, z)]), total += x[at(in, n, c, y, z)];
      }
    const bool maximum = layer.kind == LayerKind::MaxPool;
    result[at(to, n, c, h, w)] =
        maximum ? (ratio == 1 ? static_cast<std::int8_t>(best) : to_int8(static_cast<float>(best) * ratio))
                : to_int8(static_cast<float>(total) * (ratio / static_cast<float>(std::max(cells, 1))));
  });
  return result;
}

DirectReference::Steps DirectReference::concat(const Layer& layer) const {
  const Extent to = network_.tensors[layer.output].extent();
  Steps result(static_cast<std::size_t>(to.size()));
  std::int64_t first = 0;
  for (const TensorId part : layer.inputs) {
    const Extent e = network_.tensors[part].extent();
    const float ratio = scale(part) / scale(layer.output);
    for_each(e, [&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      const std::int8_t v = steps_.at(part)[at(e, n, c, h, w)];
      result[at(to, n, first + c, h, w)] = ratio == 1 ? v : to_int8(static_cast<float>(v) * ratio);
    });
    first += e.c;
  }
  return result;
}

DirectReference::Steps DirectReference::lookup(const Layer& layer) const {
  Steps result;
  for (const std::int8_t step : steps_.at(layer.inputs[0])) {
    float x = static_cast<float>(step) * scale(layer.inputs[0]);
    if (layer.function == "relu") x = x > 0 ? x : 0;
    if (layer.function == "leaky_relu") x = x < 0 ? x * layer.parameters[0] : x;
    if (layer.function == "sigmoid") x = 1 / (1 + std::exp(-x));
    result.push_back(to_int8(x / scale(layer.output)));
  }
  return result;
}

DirectReference::Steps DirectReference::multiply(const Layer& layer) const {
  const Extent e = network_.tensors[layer.inputs[0]].extent(), f = network_.tensors[layer.inputs[1]].extent();
  const float factor = scale(layer.inputs[0]) * scale(layer.inputs[1]) / scale(layer.output);
  Steps result(static_cast<std::size_t>(e.size()));
  for_each(e, [&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    const std::size_t i = at(e, n, c, h, w), j = f.size() == e.size() ? i : static_cast<std::size_t>(n * e.c + c);
    result[i] = to_int8(static_cast<float>(steps_.at(layer.inputs[0])[i] * steps_.at(layer.inputs[1])[j]) * factor);
  });
  return result;
}

}  // namespace castor::compiler
