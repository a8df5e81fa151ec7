#include "castor/compiler/executor.h"

#include <algorithm>
#include <cmath>

#include "castor/functional/host_kernels.h"
#include "gemm.h"

namespace castor::compiler {

using functional::ImageShape;
using functional::PoolWindow;
using functional::saturate_int8;

namespace {

ImageShape image(const Extent& extent) { return {extent.n, extent.c, extent.h, extent.w}; }
PoolWindow pool_window(const Window& w) {
  return {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.top, w.left, w.bottom, w.right, w.dilation_h, w.dilation_w};
}

/// Partial sums of up to this many int8 products are exact in a float (2^24 / 2^14).
constexpr std::int64_t exact_terms = 1024;
constexpr std::int64_t rows_in_flight = 96;

/// One convolution or matmul as patches times weights; inputs and weights are float or int8, sums float or int32.
template <class In, class Sum>
class PatchProduct {
 public:
  PatchProduct(const Network& network, const Layer& layer)
      : layer_(layer), in_(network.tensors[layer.inputs[0]].extent()) {
    out_ = network.unpooled(layer);
    if (layer.kind == LayerKind::Matmul) in_ = {in_.n, in_.c * in_.h * in_.w, 1, 1};
  }

  /// `weights` as the layer holds them: out x in x kernel.
  std::vector<Sum> run(const std::vector<In>& input, const std::vector<In>& weights,
                       const std::vector<Sum>& bias) const {
    std::vector<Sum> sums(static_cast<std::size_t>(out_.size()));
    for (std::size_t i = 0; i < sums.size() && !bias.empty(); ++i) sums[i] = bias[i % bias.size()];
    layer_.kind == LayerKind::Matmul&& out_.n <= few_rows ? add_rows(input, weights, sums)
                                                          : add_patches(input, weights, sums);
    return sums;
  }

 private:
  /// Up to so many rows it does not pay to lay the weights out anew.
  static constexpr std::int64_t few_rows = 2;

  void add_rows(const std::vector<In>& input, const std::vector<In>& weights, std::vector<Sum>& sums) const {
    for (std::int64_t n = 0; n < out_.n; ++n) {
      for (std::int64_t o = 0; o < out_.c; ++o) {
        const In* row = weights.data() + o * in_.c;
        const In* x = input.data() + n * in_.c;
        Sum sum = sums[n * out_.c + o];
        for (std::int64_t i = 0; i < in_.c; ++i) sum += static_cast<Sum>(x[i]) * static_cast<Sum>(row[i]);
        sums[n * out_.c + o] = sum;
      }
    }
  }

  void add_patches(const std::vector<In>& input, const std::vector<In>& weights, std::vector<Sum>& sums) const {
    const auto ordered = memory_order(weights, layer_.weights.shape);
    const std::vector<float> columns(ordered.begin(), ordered.end());
    const std::int64_t terms = window().kernel_h * window().kernel_w * ins();
    std::vector<float> patches(static_cast<std::size_t>(rows_in_flight * terms));
    std::vector<PackedMatrix> packed;
    for (std::int64_t g = 0; g < layer_.groups; ++g)
      packed.emplace_back(columns.data() + g * outs(), out_.c, terms, outs());
    for (std::int64_t first = 0; first < out_.pixels(); first += rows_in_flight) {
      const std::int64_t rows = std::min(rows_in_flight, out_.pixels() - first);
      for (std::int64_t g = 0; g < layer_.groups; ++g) {
        for (std::int64_t r = 0; r < rows; ++r)
          gather(input, first + r, g, &patches[static_cast<std::size_t>(r * terms)]);
        multiply(patches, rows, terms, packed[static_cast<std::size_t>(g)],
                 &sums[static_cast<std::size_t>(first * out_.c + g * outs())]);
      }
    }
  }

  const Window& window() const { return layer_.window; }
  std::int64_t ins() const { return in_.c / layer_.groups; }
  std::int64_t outs() const { return out_.c / layer_.groups; }

  void gather(const std::vector<In>& input, std::int64_t pixel, std::int64_t group, float* patch) const {
    const std::int64_t n = pixel / (out_.h * out_.w), row = pixel / out_.w % out_.h, column = pixel % out_.w;
    for (std::int64_t k = 0; k < window().kernel_h * window().kernel_w; ++k, patch += ins()) {
      const std::int64_t y = row * window().stride_h - window().top + k / window().kernel_w * window().dilation_h;
      const std::int64_t x = column * window().stride_w - window().left + k % window().kernel_w * window().dilation_w;
      if (y < 0 || y >= in_.h || x < 0 || x >= in_.w) {
        std::fill_n(patch, ins(), 0.0F);
      } else {
        std::copy_n(input.begin() + ((n * in_.h + y) * in_.w + x) * in_.c + group * ins(), ins(), patch);
      }
    }
  }

  void multiply(const std::vector<float>& patches, std::int64_t rows, std::int64_t terms, const PackedMatrix& weights,
                Sum* sums) const {
    if constexpr (std::is_same_v<Sum, float>) {
      gemm(rows, 0, terms, patches.data(), terms, weights, sums, out_.c);
    } else {
      std::vector<float> partial(static_cast<std::size_t>(rows * outs()));
      for (std::int64_t k = 0; k < terms; k += exact_terms) {
        std::fill(partial.begin(), partial.end(), 0.0F);
        gemm(rows, k, std::min(exact_terms, terms - k), patches.data() + k, terms, weights, partial.data(), outs());
        for (std::int64_t i = 0; i < rows * outs(); ++i)
          sums[i / outs() * out_.c + i % outs()] += static_cast<Sum>(partial[i]);
      }
    }
  }

  const Layer& layer_;
  Extent in_, out_;
};

/// Running maximum over the fused pool's windows; padding counts as zero, as on the machine.
template <class T>
std::vector<T> pooled(const std::vector<T>& in, const Extent& shape, const Window& pool) {
  const std::int64_t rows = pool.out_h(shape.h), columns = pool.out_w(shape.w);
  std::vector<T> out(static_cast<std::size_t>(shape.n * rows * columns * shape.c));
  for (std::int64_t at = 0; at < shape.n * rows * columns; ++at) {
    const std::int64_t n = at / (rows * columns), top = at / columns % rows * pool.stride_h - pool.top;
    const std::int64_t left = at % columns * pool.stride_w - pool.left;
    for (std::int64_t k = 0; k < pool.kernel_h * pool.kernel_w; ++k) {
      const std::int64_t y = top + k / pool.kernel_w, x = left + k % pool.kernel_w;
      const bool inside = y >= 0 && y < shape.h && x >= 0 && x < shape.w;
      for (std::int64_t c = 0; c < shape.c; ++c) {
        const T value = inside ? in[((n * shape.h + y) * shape.w + x) * shape.c + c] : T{0};
        T& best = out[at * shape.c + c];
        best = k == 0 ? value : std::max(best, value);
      }
    }
  }
  return out;
}

std::int8_t requantised(std::int32_t sum, bool relu, float factor) {
  return saturate_int8(static_cast<float>(relu ? std::max(sum, 0) : sum) * factor);
}

std::int8_t mvin_scaled(std::int8_t value, float scale) {
  return scale == 1.0F ? value : saturate_int8(static_cast<float>(value) * scale);
}

bool spreads(const Network& network, const Layer& layer) {
  return network.tensors[layer.inputs[1]].extent().size() != network.tensors[layer.inputs[0]].extent().size();
}

/// The float meaning of every kind of layer.
class RealLayer {
 public:
  RealLayer(const Network& network, const Layer& layer, const std::vector<const std::vector<float>*>& in)
      : network_(network), layer_(layer), in_(in), extent_(network.tensors[layer.inputs[0]].extent()) {}

  std::vector<float> run() const { return rounded(values()); }

 private:
  /// The model's own rounding and saturation, where it states one.
  std::vector<float> rounded(std::vector<float> values) const {
    const Activations& to = network_.tensors[layer_.output];
    if (!to.given || to.outside) return values;
    const float scale = to.given->scale, zero = static_cast<float>(to.given->zero_point);
    const float low = (to.given->type == DataType::UInt8 ? 0 : -128) - zero,
                high = (to.given->type == DataType::UInt8 ? 255 : 127) - zero;
    for (float& v : values) v = std::clamp(std::nearbyint(v / scale), low, high) * scale;
    return values;
  }

  std::vector<float> values() const {
    switch (layer_.kind) {
      case LayerKind::Quantise:
        return to_memory();
      case LayerKind::Dequantise:
        return to_outside(*in_[0], extent_);
      case LayerKind::Convolution:
      case LayerKind::Matmul:
        return product();
      case LayerKind::Add:
        return activated(sum());
      case LayerKind::Multiply:
        return times();
      case LayerKind::GlobalAverage:
        return activated(average());
      case LayerKind::MaxPool:
      case LayerKind::AveragePool:
        return pool();
      case LayerKind::Concat:
        return concat();
      case LayerKind::Lookup:
        return mapped();
      case LayerKind::Lrn:
        return lrn();
      case LayerKind::Softmax:
        return softmax();
    }
    return {};
  }

  std::vector<float> to_memory() const {
    std::vector<float> out(in_[0]->size());
    const std::int64_t plane = extent_.h * extent_.w;
    for (std::int64_t i = 0; i < extent_.size(); ++i) {
      out[(i / (plane * extent_.c) * plane + i % plane) * extent_.c + i / plane % extent_.c] = (*in_[0])[i];
    }
    return out;
  }
  static std::vector<float> to_outside(const std::vector<float>& in, const Extent& e) {
    std::vector<float> out(in.size());
    const std::int64_t plane = e.h * e.w;
    for (std::int64_t i = 0; i < e.size(); ++i)
      out[i] = in[(i / (plane * e.c) * plane + i % plane) * e.c + i / plane % e.c];
    return out;
  }

  std::vector<float> activated(std::vector<float> values) const {
    for (float& v : values) v = layer_.relu ? std::min(std::max(v, 0.0F), layer_.ceiling) : v;
    return values;
  }

  std::vector<float> product() const { return pooled_if(sums()); }

 public:
  std::vector<float> sums() const {
    return PatchProduct<float, float>(network_, layer_).run(*in_[0], layer_.weights.real, layer_.weights.bias);
  }
  std::vector<float> finish(std::vector<float> sums) const { return rounded(pooled_if(std::move(sums))); }

 private:
  std::vector<float> pooled_if(std::vector<float> sums) const {
    auto out = activated(std::move(sums));
    return layer_.pool ? pooled(out, network_.unpooled(layer_), *layer_.pool) : out;
  }

  template <class Function>
  std::vector<float> combined(Function function) const {
    std::vector<float> out(in_[0]->size());
    const bool spread = spreads(network_, layer_);
    const auto c = static_cast<std::size_t>(extent_.c), plane = static_cast<std::size_t>(extent_.h * extent_.w);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = function((*in_[0])[i], (*in_[1])[spread ? i / c / plane * c + i % c : i]);
    return out;
  }
  std::vector<float> sum() const {
    return combined([](float a, float b) { return a + b; });
  }
  std::vector<float> times() const {
    return combined([](float a, float b) { return a * b; });
  }

  std::vector<float> average() const {
    const std::int64_t plane = extent_.h * extent_.w;
    std::vector<float> out(static_cast<std::size_t>(extent_.n * extent_.c));
    for (std::int64_t i = 0; i < extent_.size(); ++i)
      out[i / (plane * extent_.c) * extent_.c + i % extent_.c] += (*in_[0])[i];
    for (float& v : out) v /= static_cast<float>(plane);
    return out;
  }

  std::vector<float> pool() const {
    const Window& w = layer_.window;
    const Extent to = network_.tensors[layer_.output].extent();
    const bool maximum = layer_.kind == LayerKind::MaxPool;
    std::vector<float> out(static_cast<std::size_t>(to.size()));
    for (std::int64_t i = 0; i < to.size(); ++i) {
      const std::int64_t c = i % to.c, column = i / to.c % to.w, row = i / (to.c * to.w) % to.h,
                         n = i / (to.c * to.w * to.h);
      float best = -std::numeric_limits<float>::infinity(), total = 0;
      std::int64_t cells = 0;
      for (std::int64_t k = 0; k < w.kernel_h * w.kernel_w; ++k) {
        const std::int64_t y = row * w.stride_h - w.top + k / w.kernel_w * w.dilation_h;
        const std::int64_t x = column * w.stride_w - w.left + k % w.kernel_w * w.dilation_w;
        const bool inside = y >= 0 && y < extent_.h && x >= 0 && x < extent_.w;
        cells += inside || layer_.count_padding ? 1 : 0;
        if (!inside) continue;
        const float value = (*in_[0])[((n * extent_.h + y) * extent_.w + x) * extent_.c + c];
        best = std::max(best, value), total += value;
      }
      out[i] = maximum ? best : total / static_cast<float>(std::max<std::int64_t>(cells, 1));
    }
    return out;
  }

  std::vector<float> concat() const {
    const Extent to = network_.tensors[layer_.output].extent();
    std::vector<float> out(static_cast<std::size_t>(to.size()));
    std::int64_t first = 0;
    for (std::size_t part = 0; part < in_.size(); ++part) {
      const std::int64_t c = network_.tensors[layer_.inputs[part]].extent().c;
      for (std::int64_t p = 0; p < to.pixels(); ++p)
        std::copy_n(in_[part]->begin() + p * c, c, out.begin() + p * to.c + first);
      first += c;
    }
    return out;
  }

  std::vector<float> mapped() const {
    std::vector<float> out(*in_[0]);
    for (float& v : out) v = apply_function(layer_, v);
    return out;
  }

  std::vector<float> lrn() const {
    std::vector<float> out(in_[0]->size());
    const functional::LrnParameters how{static_cast<std::int64_t>(layer_.parameters[0]), layer_.parameters[1],
                                        layer_.parameters[2], layer_.parameters[3]};
    for (std::int64_t p = 0; p < extent_.pixels(); ++p)
      functional::lrn_pixel(in_[0]->data() + p * extent_.c, extent_.c, how, out.data() + p * extent_.c);
    return out;
  }

  std::vector<float> softmax() const {
    std::vector<float> out(in_[0]->size());
    for (std::int64_t n = 0; n < extent_.n; ++n)
      functional::softmax(in_[0]->data() + n * extent_.c, extent_.c, out.data() + n * extent_.c);
    return out;
  }

  const Network& network_;
  const Layer& layer_;
  const std::vector<const std::vector<float>*>& in_;
  Extent extent_;
};

/// The int8 meaning of every kind of layer: accelerator numerics, or the host's kernels.
class StepLayer {
 public:
  StepLayer(const Network& network, const Layer& layer, std::vector<Values>& values)
      : network_(network), layer_(layer), values_(values), extent_(network.tensors[layer.inputs[0]].extent()) {}

  void run() {
    std::vector<std::int8_t>& out = values_[layer_.output].steps;
    out.assign(static_cast<std::size_t>(to().extent().size()), 0);
    switch (layer_.kind) {
      case LayerKind::Quantise:
        return quantise(out);
      case LayerKind::Dequantise:
        return dequantise();
      case LayerKind::Convolution:
      case LayerKind::Matmul:
        return product(out);
      case LayerKind::Add:
        return sum(out);
      case LayerKind::Multiply:
        return multiply(out);
      case LayerKind::GlobalAverage:
        return average(out);
      case LayerKind::MaxPool:
        return functional::max_pool(in(0).data(), extent_.c, image(extent_), pool_window(layer_.window), ratio(),
                                    out.data(), extent_.c);
      case LayerKind::AveragePool:
        return functional::average_pool(in(0).data(), extent_.c, image(extent_), pool_window(layer_.window), ratio(),
                                        layer_.count_padding, out.data(), extent_.c);
      case LayerKind::Concat:
        return concat(out);
      case LayerKind::Lookup:
        return functional::look_up(in(0).data(), extent_.c, extent_.pixels(), extent_.c,
                                   lookup_table(network_, layer_).data(), out.data(), extent_.c);
      case LayerKind::Lrn:
        return lrn(out);
      case LayerKind::Softmax:
        return softmax(out);
    }
  }

 private:
  const Activations& from(std::size_t i) const { return network_.tensors[layer_.inputs[i]]; }
  const Activations& to() const { return network_.tensors[layer_.output]; }
  const std::vector<std::int8_t>& in(std::size_t i) const { return values_[layer_.inputs[i]].steps; }
  float ratio() const { return from(0).scale / to().scale; }

  void quantise(std::vector<std::int8_t>& out) {
    functional::quantise_image(values_[layer_.inputs[0]].real.data(), image(extent_), 1.0F, 0, to().scale, out.data());
  }
  void dequantise() {
    std::vector<float>& real = values_[layer_.output].real;
    real.resize(in(0).size());
    functional::dequantise_image(in(0).data(), extent_.c, image(extent_), from(0).scale, 1.0F, 0, real.data());
  }

  void product(std::vector<std::int8_t>& out) { finish(sums(), out); }

 public:
  std::vector<std::int32_t> sums() const {
    return PatchProduct<std::int8_t, std::int32_t>(network_, layer_)
        .run(in(0), layer_.weights.steps, layer_.weights.bias_steps);
  }

  void finish(const std::vector<std::int32_t>& sums, std::vector<std::int8_t>& out) const {
    const float factor = out_factor(network_, layer_);
    out.resize(sums.size());
    std::transform(sums.begin(), sums.end(), out.begin(),
                   [&](std::int32_t sum) { return requantised(sum, layer_.relu, factor); });
    if (layer_.pool) out = pooled(out, network_.unpooled(layer_), *layer_.pool);
  }

 private:
  void sum(std::vector<std::int8_t>& out) {
    if (spreads(network_, layer_)) {
      return functional::add(in(0).data(), in(1).data(), image(extent_), true, from(0).scale / to().scale,
                             from(1).scale / to().scale, layer_.relu, out.data(), extent_.c);
    }
    const AddScales scales = add_scales(network_, layer_);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = requantised(mvin_scaled(in(0)[i], scales.a) + mvin_scaled(in(1)[i], scales.b), layer_.relu, scales.c);
    }
  }

  void multiply(std::vector<std::int8_t>& out) {
    functional::multiply(in(0).data(), in(1).data(), image(extent_), spreads(network_, layer_),
                         from(0).scale * from(1).scale / to().scale, out.data(), extent_.c);
  }

  void average(std::vector<std::int8_t>& out) {
    std::vector<std::int32_t> sums(out.size());
    const std::int64_t plane = extent_.h * extent_.w;
    for (std::int64_t i = 0; i < extent_.size(); ++i)
      sums[i / (plane * extent_.c) * extent_.c + i % extent_.c] += in(0)[i];
    const float factor = average_factor(network_, layer_);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = requantised(sums[i], layer_.relu, factor);
  }

  void concat(std::vector<std::int8_t>& out) {
    const std::int64_t all = to().extent().c;
    std::int64_t first = 0;
    for (std::size_t part = 0; part < layer_.inputs.size(); ++part) {
      const std::int64_t c = from(part).extent().c;
      functional::rescale_channels(in(part).data(), c, extent_.pixels(), c, from(part).scale / to().scale,
                                   out.data() + first, all);
      first += c;
    }
  }

  void lrn(std::vector<std::int8_t>& out) {
    const functional::LrnParameters how{static_cast<std::int64_t>(layer_.parameters[0]), layer_.parameters[1],
                                        layer_.parameters[2], layer_.parameters[3]};
    functional::lrn(in(0).data(), extent_.c, extent_.pixels(), extent_.c, how, from(0).scale, to().scale, out.data(),
                    extent_.c);
  }

  void softmax(std::vector<std::int8_t>& out) {
    std::vector<float> real(in(0).size());
    for (std::int64_t n = 0; n < extent_.n; ++n)
      functional::softmax(in(0).data() + n * extent_.c, extent_.c, from(0).scale, real.data() + n * extent_.c);
    if (to().outside) {
      values_[layer_.output].real = real;
    } else {
      std::transform(real.begin(), real.end(), out.begin(), [&](float v) { return saturate_int8(v / to().scale); });
    }
  }

  const Network& network_;
  const Layer& layer_;
  std::vector<Values>& values_;
  Extent extent_;
};

}  // namespace

template <class T>
std::vector<T> memory_order(const std::vector<T>& values, const Shape& shape) {
  const std::int64_t outs = shape[0], ins = shape[1], cells = shape[2] * shape[3];
  std::vector<T> result(values.size());
  constexpr std::int64_t block = 32;  // outputs at once, so that neither side leaves the cache
  for (std::int64_t first = 0; first < outs; first += block) {
    for (std::int64_t at = 0; at < ins * cells; ++at) {
      T* to = &result[static_cast<std::size_t>((at % cells * ins + at / cells) * outs)];
      for (std::int64_t o = first; o < std::min(outs, first + block); ++o)
        to[o] = values[static_cast<std::size_t>(o * ins * cells + at)];
    }
  }
  return result;
}
template std::vector<float> memory_order(const std::vector<float>&, const Shape&);
template std::vector<std::int8_t> memory_order(const std::vector<std::int8_t>&, const Shape&);

void Executor::set_input(TensorId tensor, const Tensor& value) {
  const Activations& about = network_.tensors[tensor];
  values_[tensor].real = value.floats();
  if (about.type == DataType::Float32 || !about.given) return;
  for (float& v : values_[tensor].real) v = (v - static_cast<float>(about.given->zero_point)) * about.given->scale;
}

void Executor::run_real(const Layer& layer) {
  std::vector<const std::vector<float>*> inputs;
  for (const TensorId id : layer.inputs) inputs.push_back(&values_[id].real);
  values_[layer.output].real = RealLayer(network_, layer, inputs).run();
}

std::vector<float> Executor::real_sums(const Layer& layer) const {
  const std::vector<const std::vector<float>*> inputs{&values_[layer.inputs[0]].real};
  return RealLayer(network_, layer, inputs).sums();
}
void Executor::finish_real(const Layer& layer, std::vector<float> sums) {
  values_[layer.output].real = RealLayer(network_, layer, {}).finish(std::move(sums));
}
std::vector<std::int32_t> Executor::step_sums(const Layer& layer) { return StepLayer(network_, layer, values_).sums(); }
void Executor::finish_steps(const Layer& layer, const std::vector<std::int32_t>& sums) {
  StepLayer(network_, layer, values_).finish(sums, values_[layer.output].steps);
}

void Executor::run_steps(const Layer& layer) { StepLayer(network_, layer, values_).run(); }

void Executor::forget_after(std::size_t layer) {
  for (const TensorId id : network_.layers[layer].inputs) {
    if (network_.consumers_of(id).back() <= static_cast<int>(layer)) values_[id] = {};
  }
}

AddScales add_scales(const Network& network, const Layer& layer) {
  const float a = network.tensors[layer.inputs[0]].scale, b = network.tensors[layer.inputs[1]].scale;
  const float coarse = std::max(a, b);
  return {a / coarse, b / coarse, coarse / network.tensors[layer.output].scale};
}

float out_factor(const Network& network, const Layer& layer) {
  return network.tensors[layer.inputs[0]].scale * layer.weights.scale / network.tensors[layer.output].scale;
}

float average_factor(const Network& network, const Layer& layer) {
  const Activations& in = network.tensors[layer.inputs[0]];
  const auto pixels = static_cast<float>(in.extent().h * in.extent().w);
  return in.scale / (pixels * network.tensors[layer.output].scale);
}

float apply_function(const Layer& layer, float x) {
  const auto parameter = [&](std::size_t i) { return layer.parameters.at(i); };
  if (layer.function == "identity") return x;
  if (layer.function == "relu") return std::max(x, 0.0F);
  if (layer.function == "clip") return std::min(std::max(x, parameter(0)), parameter(1));
  if (layer.function == "leaky_relu") return x < 0 ? x * parameter(0) : x;
  if (layer.function == "sigmoid") return 1 / (1 + std::exp(-x));
  if (layer.function == "hard_sigmoid") return std::clamp(parameter(0) * x + parameter(1), 0.0F, 1.0F);
  if (layer.function == "hard_swish") return x * std::clamp(x / 6 + 0.5F, 0.0F, 1.0F);
  if (layer.function == "tanh") return std::tanh(x);
  if (layer.function == "elu") return x < 0 ? parameter(0) * (std::exp(x) - 1) : x;
  if (layer.function == "exp") return std::exp(x);
  throw InternalError("no elementwise function '" + layer.function + "'");
}

std::vector<std::int8_t> lookup_table(const Network& network, const Layer& layer) {
  const float in = network.tensors[layer.inputs[0]].scale, out = network.tensors[layer.output].scale;
  std::vector<std::int8_t> table(256);
  for (int step = -128; step < 128; ++step) {
    table[static_cast<std::size_t>(step) + 128] =
        saturate_int8(apply_function(layer, static_cast<float>(step) * in) / out);
  }
  return table;
}

}  // namespace castor::compiler
