// Network -> addresses: constants first, then the model's inputs and outputs, then one arena in which activations share
// memory as their lives allow. Everything starts on a cache line.
#pragma once

#include "castor/compiler/placement.h"

namespace castor::compiler {

/// Where a tensor lies: pixel p, channel c of int8 at address + p * stride + c.
struct TensorSpot {
  PhysAddr address;
  std::int64_t stride = 0;  ///< elements between pixels; more than the channels inside a concatenation
};

struct ConstantSpot {
  PhysAddr weights, bias, table;  ///< 0: none
};

struct MemoryPlan {
  std::vector<TensorSpot> tensors;      ///< by TensorId
  std::vector<ConstantSpot> constants;  ///< by layer
  Bytes constant_bytes, arena_bytes, outside_bytes;
};

/// Columns of the weight matrix in memory: the output's stride where the commands know one number for both.
std::int64_t weight_columns(const Network& network, const Layer& layer, const Placed& placed, const Machine& machine,
                            const TensorSpot& output);
/// Weights as they lie in memory for this layer.
std::vector<std::int8_t> weight_image(const Layer& layer, const Placed& placed, std::int64_t columns);

/// A UserError when it does not fit memory.
MemoryPlan plan_memory(const Network& network, const std::vector<Placed>& placed, const Machine& machine);

}  // namespace castor::compiler
