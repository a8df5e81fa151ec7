#include "castor/compiler/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>

#include "castor/compiler/equalise.h"
#include "castor/compiler/executor.h"

namespace castor::compiler {
namespace {

bool has_machine_scale(const Activations& tensor) { return tensor.given && tensor.given->symmetric(); }

/// What calibration keeps of a tensor: some of its values, evenly spaced, and what every channel reaches.
struct Evidence {
  static constexpr std::size_t limit = 1U << 16;
  std::vector<float> values;
  std::vector<std::uint32_t> channel_of;  ///< of each value
  std::vector<float> channels;            ///< largest magnitude of each
  std::vector<double> sums;               ///< of a layer with weights: mean of each output's sums before activation

  void add(const std::vector<float>& tensor, std::int64_t channel_count) {
    channels.resize(static_cast<std::size_t>(channel_count), 0.0F);
    const std::size_t step = std::max<std::size_t>(1, tensor.size() / limit) | 1U;  // odd: every channel gets its turn
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      float& channel = channels[i % channels.size()];
      channel = std::max(channel, std::fabs(tensor[i]));
    }
    for (std::size_t i = 0; i < tensor.size(); i += step) {
      values.push_back(tensor[i]);
      channel_of.push_back(static_cast<std::uint32_t>(i % channels.size()));
    }
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

/// The scale with the least squared error among those that keep 30 to 100 percent of the range, and `hints`.
float best_scale(const std::vector<float>& values, float largest, float ceiling, const std::vector<float>& hints = {}) {
  if (largest == 0) return 1.0F / 127;
  const float full = std::min(largest, ceiling) / 127;
  float best = full;
  double least = squared_error(values, full);
  const auto consider = [&](float scale) {
    const double error = squared_error(values, scale);
    if (error < least) least = error, best = scale;
  };
  for (int percent = 98; percent >= 30; percent -= 2) consider(full * static_cast<float>(percent) / 100);
  std::for_each(hints.begin(), hints.end(), consider);
  return best;
}

void quantise_bias(Weights& weights, float input_scale) {
  if (!weights.bias_steps.empty() || weights.bias.empty()) return;
  const double scale = static_cast<double>(input_scale) * weights.scale;
  weights.bias_steps.resize(weights.bias.size());
  std::transform(weights.bias.begin(), weights.bias.end(), weights.bias_steps.begin(), [&](float b) {
    return static_cast<std::int32_t>(std::clamp(std::nearbyint(b / scale), -2147483648.0, 2147483647.0));
  });
}

void quantise_weights(Weights& weights, float input_scale) {
  if (!weights.given()) {
    Evidence evidence;
    evidence.add(weights.real, 1);
    weights.scale = best_scale(evidence.values, evidence.channels[0], std::numeric_limits<float>::infinity());
    weights.steps.resize(weights.real.size());
    std::transform(weights.real.begin(), weights.real.end(), weights.steps.begin(), [&](float w) {
      return static_cast<std::int8_t>(std::clamp(nearest(w / weights.scale), -127.0F, 127.0F));
    });
  }
  quantise_bias(weights, input_scale);
}

Executor started(const Network& network, const std::vector<Tensor>& sample) {
  Executor executor(network);
  for (std::size_t i = 0; i < network.inputs.size(); ++i) executor.set_input(network.inputs[i], sample[i]);
  return executor;
}

/// Signal and noise, added up over samples.
struct Noise {
  double signal = 0, noise = 0;

  /// `factors`: what equalisation divided the channels by.
  void add(const std::vector<float>& exact, const Values& rounded, const Activations& about,
           const std::vector<float>& factors) {
    for (std::size_t i = 0; i < exact.size(); ++i) {
      float value = about.outside ? rounded.real[i] : static_cast<float>(rounded.steps[i]) * about.scale;
      if (!factors.empty()) value *= factors[i % factors.size()];
      const double error = static_cast<double>(exact[i]) - static_cast<double>(value);
      signal += static_cast<double>(exact[i]) * static_cast<double>(exact[i]), noise += error * error;
    }
  }
  double decibels() const {
    return noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal / noise);
  }
};

/// What the model means, in floats, on the calibration samples; its own roundings included where it states them.
class Reference {
 public:
  Reference(const Network& network, const std::vector<std::vector<Tensor>>& samples)
      : network_(network), samples_(samples), evidence_(network.tensors.size()) {
    for (const auto& sample : samples) observe(sample);
    for (Evidence& evidence : evidence_) {
      for (double& sum : evidence.sums) sum /= static_cast<double>(samples.size());
    }
  }

  const Network& network() const { return network_; }
  const std::vector<std::vector<Tensor>>& samples() const { return samples_; }
  const Evidence& of(TensorId tensor) const { return evidence_[tensor]; }
  /// The tensor that decides the answer: what the last layer on int8 hands to a dequantisation or softmax.
  TensorId verdict() const { return network_.layers.back().inputs[0]; }
  const std::vector<float>& verdict_values(std::size_t sample) const { return verdicts_[sample]; }

 private:
  void observe(const std::vector<Tensor>& sample) {
    Executor executor = started(network_, sample);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const Layer& layer = network_.layers[i];
      if (layer.has_weights()) {
        auto sums = executor.real_sums(layer);
        add_means(sums, evidence_[layer.output].sums, static_cast<std::size_t>(layer.weights.shape[0]));
        executor.finish_real(layer, std::move(sums));
      } else {
        executor.run_real(layer);
      }
      evidence_[layer.output].add(executor.of(layer.output).real, network_.tensors[layer.output].extent().c);
      if (layer.output == verdict()) verdicts_.push_back(executor.of(layer.output).real);
      executor.forget_after(i);
    }
  }

  static void add_means(const std::vector<float>& sums, std::vector<double>& means, std::size_t channels) {
    std::vector<double> totals(channels, 0.0);
    for (std::size_t i = 0; i < sums.size(); ++i) totals[i % channels] += static_cast<double>(sums[i]);
    means.resize(channels, 0.0);
    for (std::size_t c = 0; c < channels; ++c)
      means[c] += totals[c] * static_cast<double>(channels) / static_cast<double>(sums.size());
  }

  const Network& network_;
  const std::vector<std::vector<Tensor>>& samples_;
  std::vector<Evidence> evidence_;
  std::vector<std::vector<float>> verdicts_;
};

/// One attempt at the machine's numbers, with the channels equalised so much.
class Attempt {
 public:
  Attempt(const Reference& reference, float strength)
      : reference_(reference), group_(reference.network().tensors.size()) {
    Equalised equalised = equalise(reference.network(), ranges(), strength);
    network_ = std::move(equalised.network), factors_ = std::move(equalised.factors);
    std::iota(group_.begin(), group_.end(), 0);
    tie_scales();
    choose_scales();
    for (Layer& layer : network_.layers) {
      if (layer.has_weights()) quantise_weights(layer.weights, network_.tensors[layer.inputs[0]].scale);
      layer.weights.real = {};  // large, and in the reference
    }
    correct_biases();
  }

  /// Of the verdict, over all samples.
  double decibels() const { return verdict_.decibels(); }
  Network take() { return std::move(network_); }
  std::vector<LayerNoise> noise() const;

 private:
  ChannelRanges ranges() const {
    ChannelRanges ranges;
    for (std::size_t id = 0; id < reference_.network().tensors.size(); ++id)
      ranges.push_back(reference_.of(static_cast<TensorId>(id)).channels);
    return ranges;
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
    const auto count = static_cast<TensorId>(network_.tensors.size());
    for (TensorId id = 0; id < count; ++id) {
      if (leader(id) == id) choose_scale(id);
    }
    for (TensorId id = 0; id < count; ++id) {
      Activations& tensor = network_.tensors[id];
      if (!tensor.outside)
        tensor.scale = has_machine_scale(tensor) ? tensor.given->scale : network_.tensors[leader(id)].scale;
    }
  }

  void choose_scale(TensorId group) {
    std::vector<float> values, hints;
    for (std::size_t id = 0; id < network_.tensors.size(); ++id) {
      if (leader(static_cast<TensorId>(id)) != group) continue;
      const Activations& tensor = network_.tensors[id];
      if (has_machine_scale(tensor)) {
        network_.tensors[group].scale = tensor.given->scale;
        return;
      }
      if (tensor.given) hints.insert(hints.end(), {tensor.given->scale, 2 * tensor.given->scale});
      gather(static_cast<TensorId>(id), values);
    }
    float largest = 0;
    for (const float v : values) largest = std::max(largest, std::fabs(v));
    network_.tensors[group].scale = best_scale(values, largest, ceiling_of(group), hints);
  }

  void gather(TensorId id, std::vector<float>& values) const {
    const Evidence& evidence = reference_.of(id);
    for (std::size_t i = 0; i < evidence.values.size(); ++i) {
      values.push_back(factors_[id].empty() ? evidence.values[i]
                                            : evidence.values[i] / factors_[id][evidence.channel_of[i]]);
    }
  }

  /// Rounded weights and inputs shift the mean of a channel's sums: the bias takes the shift back, layer after layer.
  void correct_biases() {
    std::vector<Executor> runs;
    for (const auto& sample : reference_.samples()) runs.push_back(started(network_, sample));
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      Layer& layer = network_.layers[i];
      if (layer.has_weights()) {
        run_corrected(layer, runs);
      } else {
        for (Executor& run : runs) run.run_steps(layer);
      }
      if (layer.output == reference_.verdict()) judge(runs);
      for (Executor& run : runs) run.forget_after(i);
    }
  }

  void judge(const std::vector<Executor>& runs) {
    const TensorId id = reference_.verdict();
    for (std::size_t s = 0; s < runs.size(); ++s)
      verdict_.add(reference_.verdict_values(s), runs[s].of(id), network_.tensors[id], factors_[id]);
  }

  /// Bias and scales that came with the model are left alone.
  bool corrects(const Layer& layer) const {
    return !(layer.weights.given() && has_machine_scale(network_.tensors[layer.inputs[0]]) &&
             has_machine_scale(network_.tensors[layer.output]));
  }

  void run_corrected(Layer& layer, std::vector<Executor>& runs) const {
    const auto channels = static_cast<std::size_t>(layer.weights.shape[0]);
    std::vector<std::vector<std::int32_t>> sums;
    std::vector<double> means(channels, 0.0);
    for (Executor& run : runs) {
      sums.push_back(run.step_sums(layer));
      const double share = static_cast<double>(channels) / static_cast<double>(sums.back().size() * runs.size());
      for (std::size_t i = 0; i < sums.back().size(); ++i) means[i % channels] += share * sums.back()[i];
    }
    const std::size_t pixels = sums[0].size() / channels;
    const double count = static_cast<double>(pixels * runs.size());
    const std::vector<std::int32_t> shift =
        corrects(layer) ? correct(layer, means, count / (count + few_values)) : std::vector<std::int32_t>(channels, 0);
    for (std::size_t s = 0; s < runs.size(); ++s) {
      for (std::size_t i = 0; i < sums[s].size(); ++i) sums[s][i] += shift[i % channels];
      runs[s].finish_steps(layer, sums[s]);
    }
  }

  /// A mean over fewer values than this says more about the samples than about the layer.
  static constexpr double few_values = 16;

  std::vector<std::int32_t> correct(Layer& layer, const std::vector<double>& means, double trust) const {
    const double step =
        static_cast<double>(network_.tensors[layer.inputs[0]].scale) * static_cast<double>(layer.weights.scale);
    const std::vector<float>& factors = layer_factors(layer);
    std::vector<std::int32_t> shift(means.size());
    layer.weights.bias_steps.resize(means.size(), 0);
    for (std::size_t c = 0; c < means.size(); ++c) {
      const double wanted =
          reference_.of(layer.output).sums[c] / (factors.empty() ? 1.0 : static_cast<double>(factors[c])) / step;
      shift[c] = static_cast<std::int32_t>(std::nearbyint(std::clamp(trust * (wanted - means[c]), -1e9, 1e9)));
      layer.weights.bias_steps[c] += shift[c];
    }
    return shift;
  }
  const std::vector<float>& layer_factors(const Layer& layer) const { return factors_[layer.output]; }

  const Reference& reference_;
  Network network_;
  std::vector<std::vector<float>> factors_;  ///< by tensor; empty: none
  std::vector<TensorId> group_;
  Noise verdict_;
};

std::vector<LayerNoise> Attempt::noise() const {
  std::vector<LayerNoise> rows;
  Executor exact = started(reference_.network(), reference_.samples()[0]),
           rounded = started(network_, reference_.samples()[0]);
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const Layer& layer = network_.layers[i];
    exact.run_real(reference_.network().layers[i]), rounded.run_steps(layer);
    Noise noise;
    noise.add(exact.of(layer.output).real, rounded.of(layer.output), network_.tensors[layer.output],
              factors_[layer.output]);
    rows.push_back({layer.name, name_of(layer.kind), noise.decibels()});
    exact.forget_after(i), rounded.forget_after(i);
  }
  return rows;
}

/// Channels as they are, brought half-way to each other, or all the way: whichever loses least on the samples.
Quantised calibrate(Network network, const std::vector<std::vector<Tensor>>& samples) {
  for (Layer& layer : network.layers) {
    const Activations& input = network.tensors[layer.inputs[0]];
    layer.weights.make_real(has_machine_scale(input) ? input.given->scale : 0);
  }
  const Reference reference(network, samples);
  auto best = std::make_unique<Attempt>(reference, 0.0F);
  for (const float strength : {0.5F, 1.0F}) {
    auto next = std::make_unique<Attempt>(reference, strength);
    if (next->decibels() > best->decibels()) best = std::move(next);
  }
  std::vector<LayerNoise> noise = best->noise();
  return {best->take(), true, std::move(noise)};
}

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
    const double fx = 12 * uniform(random) - 6, fy = 12 * uniform(random) - 6, phase = 2 * M_PI * uniform(random),
                 gain = 0.2 + 0.6 * uniform(random);
    for (std::int64_t i = 0; i < h * w; ++i) {
      const std::int64_t x = i % w, y = i / w;
      const double turn =
          fx * static_cast<double>(x) / static_cast<double>(w) + fy * static_cast<double>(y) / static_cast<double>(h);
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
  if (!states_every_scale(network)) return calibrate(std::move(network), samples);
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
  for (std::int64_t plane = 0; plane < extent.n * extent.c; ++plane)
    paint(random, extent.h, extent.w, &values[static_cast<std::size_t>(plane * extent.h * extent.w)]);
  const float low = input.given ? input.given->lowest() : -3.5F, high = input.given ? input.given->highest() : 3.5F;
  for (float& v : values) v = std::clamp((low + high) / 2 + v * (high - low) / 7, low, high);
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
