// Graph -> Graph: every shape known, constant arithmetic done, what does nothing at inference gone.
#pragma once

#include "castor/compiler/graph.h"

namespace castor::compiler {

/// Fixes open dimensions of the inputs (a batch becomes 1, or that of `input_shape` when given), infers every shape,
/// folds constants (Shape, ConstantOfShape, Gather, Reshape... arithmetic), drops Identity and Dropout, sorts nothing.
/// Unsupported operators and inconsistent shapes are UserErrors that name the node.
Graph simplify(Graph graph, const Shape* input_shape = nullptr);

/// Names of the operators the compiler takes, for messages and documentation.
std::string supported_operators();

}  // namespace castor::compiler
