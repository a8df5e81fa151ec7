#include "castor/compiler/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>

#include "castor/compiler/executor.h"

namespace castor::compiler {
namespace {

bool has_machine_scale(const Activations& tensor) { return tensor.given && tensor.given->symmetric(); }

/// What calibration keeps of a tensor: some of its values, evenly spaced, and the largest magnitude of all.
struct Evidence {
  static constexpr std::size_t limit = 1U << 16;
  std::vector<float> values;
  float largest = 0;

  void add(const std::vector<float>& tensor) {
    const std::size_t step = std::max<std::size_t>(1, tensor.size() / limit);
    for (std::size_t i = 0; i < tensor.size(); i += step) values.push_back(tensor[i]);
    for (const float v : tensor) largest = std::max(largest, std::fabs(v));
  }
};

/// To the nearest integer, ties to even, for magnitudes below 2^22: one addition and one subtraction.
inline float nearest(float x) {
  constexpr float shift = 12582912.0F;  // 1.5 * 2^23
  return (x + shift) - shift;
}

double squared_error(const std::vector<float>& values, float scale) {
  const float inverse = 1 / scale;
  double total = 0;
  for (const float v : values) {
    const float step = nearest(std::min(127.0F, std::max(-128.0F, v * inverse)));
    const double error = static_cast<double>(v) - static_cast<double>(step * scale);
    total += error * error;
  }
  return total;
}

/// The scale with the least squared error among those that keep 30 to 100 percent of the range.
float best_scale(const std::vector<float>& values, float largest, float ceiling) {
  if (largest == 0) return 1.0F / 127;
  const float full = std::min(largest, ceiling) / 127;
  float best = full;
  double least = squared_error(values, full);
  for (int percent = 98; percent >= 30; percent -= 2) {
    const float scale = full * static_cast<float>(percent) / 100;
    const double error = squared_error(values, scale);
    if (error < least) least = error, best = scale;
  }
  return best;
}

void quantise_weights(Weights& weights, float input_scale) {
  if (!weights.given()) {
    Evidence evidence;
    evidence.add(weights.real);
    weights.scale = best_scale(evidence.values, evidence.largest, std::numeric_limits<float>::infinity());
    weights.steps.resize(weights.real.size());
    std::transform(weights.real.begin(), weights.real.end(), weights.steps.begin(), [&](float w) {
      return static_cast<std::int8_t>(std::clamp(std::nearbyint(w / weights.scale), -127.0F, 127.0F));
    });
  }
  if (!weights.bias_steps.empty() || weights.bias.empty()) return;
  const double scale = static_cast<double>(input_scale) * weights.scale;
  weights.bias_steps.resize(weights.bias.size());
  std::transform(weights.bias.begin(), weights.bias.end(), weights.bias_steps.begin(), [&](float b) {
    return static_cast<std::int32_t>(std::clamp(std::nearbyint(b / scale), -2147483648.0, 2147483647.0));
  });
}

class Calibration {
 public:
  Calibration(Network&& network, const std::vector<std::vector<Tensor>>& samples)
      : network_(std::move(network)), samples_(samples), evidence_(network_.tensors.size()), group_(network_.tensors.size()) {
    std::iota(group_.begin(), group_.end(), 0);
  }

  Quantised run() {
    for (Layer& layer : network_.layers) layer.weights.make_real(given_scale(layer.inputs[0]));
    for (const auto& sample : samples_) observe(sample);
    tie_scales();
    choose_scales();
    for (Layer& layer : network_.layers) {
      if (layer.has_weights()) quantise_weights(layer.weights, network_.tensors[layer.inputs[0]].scale);
    }
    std::vector<LayerNoise> noise = measure_noise();
    return {std::move(network_), true, std::move(noise)};
  }

 private:
  float given_scale(TensorId id) const { return has_machine_scale(network_.tensors[id]) ? network_.tensors[id].given->scale : 0; }

  void observe(const std::vector<Tensor>& sample) {
    Executor executor(network_);
    for (std::size_t i = 0; i < network_.inputs.size(); ++i) executor.set_input(network_.inputs[i], sample[i]);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      executor.run_real(network_.layers[i]);
      evidence_[network_.layers[i].output].add(executor.of(network_.layers[i].output).real);
      executor.forget_after(i);
    }
  }

  TensorId leader(TensorId id) const { return group_[id] == id ? id : leader(group_[id]); }

  /// Tensors that share memory or pass through unchanged get one scale: concatenations and max-pools.
  void tie_scales() {
    for (const Layer& layer : network_.layers) {
      if (layer.kind != LayerKind::Concat && layer.kind != LayerKind::MaxPool) continue;
      for (const TensorId input : layer.inputs) group_[leader(input)] = leader(layer.output);
    }
  }

  /// The lowest fused ceiling of the group's producers bounds the scale: saturation does the clipping.
  float ceiling_of(TensorId group) const {
    float ceiling = std::numeric_limits<float>::infinity();
    for (const Layer& layer : network_.layers) {
      if (leader(layer.output) == group) ceiling = std::min(ceiling, layer.ceiling);
    }
    return ceiling;
  }

  void choose_scales() {
    for (std::size_t id = 0; id < network_.tensors.size(); ++id) {
      if (leader(static_cast<TensorId>(id)) == static_cast<TensorId>(id)) choose_scale(static_cast<TensorId>(id));
    }
    for (std::size_t id = 0; id < network_.tensors.size(); ++id) {
      Activations& tensor = network_.tensors[id];
      if (!tensor.outside) tensor.scale = has_machine_scale(tensor) ? tensor.given->scale : network_.tensors[leader(static_cast<TensorId>(id))].scale;
    }
  }

  void choose_scale(TensorId group) {
    Evidence all;
    for (std::size_t id = 0; id < network_.tensors.size(); ++id) {
      if (leader(static_cast<TensorId>(id)) != group) continue;
      if (has_machine_scale(network_.tensors[id])) {
        network_.tensors[group].scale = network_.tensors[id].given->scale;
        return;
      }
      all.values.insert(all.values.end(), evidence_[id].values.begin(), evidence_[id].values.end());
      all.largest = std::max(all.largest, evidence_[id].largest);
    }
    network_.tensors[group].scale = best_scale(all.values, all.largest, ceiling_of(group));
  }

  std::vector<LayerNoise> measure_noise() const {
    std::vector<LayerNoise> noise;
    Executor exact(network_), rounded(network_);
    for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
      exact.set_input(network_.inputs[i], samples_[0][i]);
      rounded.set_input(network_.inputs[i], samples_[0][i]);
    }
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const Layer& layer = network_.layers[i];
      exact.run_real(layer), rounded.run_steps(layer);
      noise.push_back({layer.name, name_of(layer.kind), sqnr(exact.of(layer.output).real, rounded.of(layer.output), network_.tensors[layer.output])});
      exact.forget_after(i), rounded.forget_after(i);
    }
    return noise;
  }

  static double sqnr(const std::vector<float>& exact, const Values& rounded, const Activations& about) {
    double signal = 0, noise = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const float value = about.outside ? rounded.real[i] : static_cast<float>(rounded.steps[i]) * about.scale;
      const double error = static_cast<double>(exact[i]) - static_cast<double>(value);
      signal += static_cast<double>(exact[i]) * static_cast<double>(exact[i]), noise += error * error;
    }
    return noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal / noise);
  }

  Network network_;
  const std::vector<std::vector<Tensor>>& samples_;
  std::vector<Evidence> evidence_;
  std::vector<TensorId> group_;
};

/// A uniform number in [0, 1) that is the same with every standard library.
double uniform(std::mt19937& random) { return random() / 4294967296.0; }
double normal(std::mt19937& random) {
  return std::sqrt(-2 * std::log(1 - uniform(random))) * std::cos(2 * M_PI * uniform(random));
}

/// One plane of waves and noise, deviation about 1.
void paint(std::mt19937& random, std::int64_t h, std::int64_t w, float* plane) {
  const double mean = uniform(random) - 0.5;
  for (std::int64_t i = 0; i < h * w; ++i) plane[i] = static_cast<float>(mean + 0.4 * normal(random));
  for (int wave = 0; wave < 6; ++wave) {
    const double fx = 12 * uniform(random) - 6, fy = 12 * uniform(random) - 6, phase = 2 * M_PI * uniform(random), gain = 0.2 + 0.6 * uniform(random);
    for (std::int64_t i = 0; i < h * w; ++i) {
      const double turn = fx * static_cast<double>(i % w) / static_cast<double>(w) + fy * static_cast<double>(i / w) / static_cast<double>(h);
      plane[i] += static_cast<float>(gain * std::cos(2 * M_PI * turn + phase));
    }
  }
}

}  // namespace

bool states_every_scale(const Network& network) {
  const bool tensors = std::all_of(network.tensors.begin(), network.tensors.end(), [&](const Activations& tensor) {
    const auto id = static_cast<TensorId>(&tensor - network.tensors.data());
    return tensor.outside || network.producer_of(id) < 0 || has_machine_scale(tensor);
  });
  return tensors && std::all_of(network.layers.begin(), network.layers.end(),
                                [](const Layer& layer) { return !layer.has_weights() || layer.weights.given(); });
}

Quantised quantise(Network network, const std::vector<std::vector<Tensor>>& samples) {
  if (!states_every_scale(network)) return Calibration(std::move(network), samples).run();
  for (Activations& tensor : network.tensors) {
    if (has_machine_scale(tensor) && !tensor.outside) tensor.scale = tensor.given->scale;
  }
  for (Layer& layer : network.layers) {
    if (layer.has_weights()) quantise_weights(layer.weights, network.tensors[layer.inputs[0]].scale);
  }
  return {std::move(network), false, {}};
}

Tensor seeded_sample(const Activations& input, std::uint32_t seed) {
  std::mt19937 random(seed);
  const Extent extent = input.extent();
  std::vector<float> values(static_cast<std::size_t>(extent.size()));
  for (std::int64_t plane = 0; plane < extent.n * extent.c; ++plane) paint(random, extent.h, extent.w, &values[static_cast<std::size_t>(plane * extent.h * extent.w)]);
  const float low = input.given ? input.given->lowest() : -2.5F, high = input.given ? input.given->highest() : 2.5F;
  for (float& v : values) v = std::clamp((low + high) / 2 + v * (high - low) / 5, low, high);
  if (input.type == DataType::Float32) return Tensor::of<float>(input.shape, values);
  const Quantisation q = input.given.value_or(Quantisation{5.0F / 255, 0, input.type});
  for (float& v : values) v = std::nearbyint(v / q.scale) + static_cast<float>(q.zero_point);
  if (input.type == DataType::UInt8) return Tensor::of<std::uint8_t>(input.shape, {values.begin(), values.end()});
  return Tensor::of<std::int8_t>(input.shape, {values.begin(), values.end()});
}

std::string dump(const std::vector<LayerNoise>& noise) {
  std::string text;
  char line[256];
  for (const LayerNoise& row : noise) {
    std::snprintf(line, sizeof line, "%-40s %-18s %7.2f dB\n", row.layer.c_str(), row.op.c_str(), row.sqnr_db);
    text += line;
  }
  return text;
}

}  // namespace castor::compiler
