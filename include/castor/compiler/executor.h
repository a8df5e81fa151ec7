// Runs a network layer by layer, in floats (what the model means; calibration) and in int8 (what the machine computes;
// signal-to-noise reports). Plain arrays in memory order N, H, W, C; outside tensors in ONNX order.
#pragma once

#include "castor/compiler/network.h"

namespace castor::compiler {

/// The values of one tensor, in one or both forms.
struct Values {
  std::vector<float> real;
  std::vector<std::int8_t> steps;
};

/// Weights as kernel_h x kernel_w x in-per-group x out; out runs over all groups.
template <class T>
std::vector<T> memory_order(const std::vector<T>& values, const Shape& shape);

class Executor {
 public:
  explicit Executor(const Network& network) : network_(network), values_(network.tensors.size()) {}

  /// Sets an outside input; integers become reals by the model's own scale.
  void set_input(TensorId tensor, const Tensor& value);
  /// One layer in floats; needs Weights::real.
  void run_real(const Layer& layer);
  /// One layer in int8; needs scales and Weights::steps.
  void run_steps(const Layer& layer);
  // A convolution or matmul in two steps: sums with bias, then activation, scale and pool.
  std::vector<float> real_sums(const Layer& layer) const;
  void finish_real(const Layer& layer, std::vector<float> sums);
  std::vector<std::int32_t> step_sums(const Layer& layer);
  void finish_steps(const Layer& layer, const std::vector<std::int32_t>& sums);
  /// Forgets tensors that no layer after `layer` reads.
  void forget_after(std::size_t layer);

  const Values& of(TensorId tensor) const { return values_[tensor]; }
  Values& of(TensorId tensor) { return values_[tensor]; }

 private:
  const Network& network_;
  std::vector<Values> values_;
};

/// float32 factors of the machine's number system; used by the executor, the command emission and nobody else.
struct AddScales {
  float a = 1, b = 1, c = 1;  ///< mvin scales of the operands, scale on the way out
};
AddScales add_scales(const Network& network, const Layer& layer);
/// Scale on the way out of a convolution or matmul: input * weights / output.
float out_factor(const Network& network, const Layer& layer);
/// Scale on the way out of a global average: input / (pixels * output).
float average_factor(const Network& network, const Layer& layer);
/// 256 results of an elementwise layer, for steps -128..127.
std::vector<std::int8_t> lookup_table(const Network& network, const Layer& layer);
/// The elementwise function on a real number.
float apply_function(const Layer& layer, float x);

}  // namespace castor::compiler
