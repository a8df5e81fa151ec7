// A second, naive meaning of a quantised network: plain loops over N, C, H, W, written from the number system of
// docs/compiler.md, sharing nothing with the compiler but the network's description.
#pragma once

#include <map>

#include "castor/compiler/network.h"

namespace castor::compiler {

class DirectReference {
 public:
  DirectReference(const Network& network, const std::vector<float>& input);

  /// int8 values in ONNX order.
  const std::vector<std::int8_t>& steps(TensorId tensor) const { return steps_.at(tensor); }
  const std::vector<float>& reals(TensorId tensor) const { return reals_.at(tensor); }

 private:
  using Steps = std::vector<std::int8_t>;
  Steps run(const Layer& layer) const;
  Steps product(const Layer& layer) const;
  Steps pooled(const Layer& layer, const Steps& in, const Extent& from) const;
  Steps sum(const Layer& layer) const;
  Steps average(const Layer& layer) const;
  Steps pool(const Layer& layer) const;
  Steps concat(const Layer& layer) const;
  Steps lookup(const Layer& layer) const;
  Steps multiply(const Layer& layer) const;
  float scale(TensorId id) const { return network_.tensors[id].scale; }

  const Network& network_;
  std::map<TensorId, Steps> steps_;
  std::map<TensorId, std::vector<float>> reals_;
};

}  // namespace castor::compiler
