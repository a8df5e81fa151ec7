// Arithmetic on constants at compile time.
#pragma once

#include <optional>

#include "castor/compiler/graph.h"

namespace castor::compiler {

/// The value of `node` from constant inputs (nullptr: absent), or nothing when the operator is not one that folds.
std::optional<Tensor> fold(const Node& node, const std::vector<const Tensor*>& inputs);

/// Rows and columns exchanged, or any permutation of the dimensions.
Tensor transposed(const Tensor& tensor, const std::vector<std::int64_t>& permutation);

/// The shape a Reshape with `target` gives (0 copies, one -1 is worked out).
Shape reshaped(const Node& node, const Shape& in, const std::vector<std::int64_t>& target);

}  // namespace castor::compiler
