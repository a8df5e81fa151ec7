// A compiled network on the oracle, layer by layer: what every layer reads and writes, as arrays.
#pragma once

#include <functional>

#include "castor/compiler/compiler.h"
#include "castor/functional/oracle.h"

namespace castor::compiler {

class OracleNetwork {
 public:
  OracleNetwork(const CompiledModel& model, const config::GemminiParams& params);

  /// Runs everything; after each layer that has items, `visit(layer index)` may look at tensors.
  void run(const std::function<void(std::size_t)>& visit = {});

  const functional::Memory& memory() const { return memory_; }
  /// An int8 tensor in memory order N, H, W, C, as it lies in memory now.
  std::vector<std::int8_t> steps(TensorId tensor) const;
  /// The same as an array in ONNX order.
  Tensor array(TensorId tensor) const;

 private:
  void load_images();
  const CompiledModel& model_;
  functional::SparseMemory memory_;
  functional::Oracle oracle_;
};

}  // namespace castor::compiler
