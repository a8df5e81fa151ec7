// Network in the model's numbers -> network in the machine's: one symmetric int8 scale a tensor, int8 weights, int32
// bias. What the model states in that form is taken over bit for bit; the rest is chosen by calibration on sample
// inputs.
#pragma once

#include "castor/compiler/network.h"

namespace castor::compiler {

/// Signal to quantisation noise of one layer's result, int8 against float, on the first sample.
struct LayerNoise {
  std::string layer;
  std::string op;
  double sqnr_db = 0;
};

struct Quantised {
  Network network;
  bool calibrated = false;        ///< false: every scale came with the model
  std::vector<LayerNoise> noise;  ///< empty unless calibrated
};

/// Whether the model states every scale in the machine's form.
bool states_every_scale(const Network& network);

/// `samples`: one vector of input tensors a sample, in the order of network.inputs.
Quantised quantise(Network network, const std::vector<std::vector<Tensor>>& samples);

/// Smooth random images with noise, spread over the range the model states for its input, else of deviation 1.
Tensor seeded_sample(const Activations& input, std::uint32_t seed);

/// "layer op SQNR" lines.
std::string dump(const std::vector<LayerNoise>& noise);

}  // namespace castor::compiler
