// Graph -> Network: QDQ pairs and QLinear operators become scales, operators become layers, and what the machine does
// in one go becomes one layer: batch normalisation, bias, ReLU, clip and max-pool join the convolution or matmul before
// them.
#pragma once

#include "castor/compiler/network.h"

namespace castor::compiler {

/// One layer an operator; scales of a symmetric int8 model are taken over, others become hints.
Network lower_graph(const Graph& graph);

/// What the machine can do on the way out of a layer.
struct FuseOptions {
  bool activations = true;
  bool max_pools = true;
};

/// lower_graph and every pass below.
Network fuse(const Graph& graph, const FuseOptions& options = {});

// The passes, each Network -> Network (fuse() runs them in this order).
Network fold_scales(Network network);        ///< per-channel scale and bias into the convolution or matmul before
Network fuse_activations(Network network);   ///< ReLU and Clip into the layer before
Network name_global_pools(Network network);  ///< an average pool over the whole image is a global average
Network fuse_max_pools(Network network);     ///< max-pool into the convolution before
Network drop_round_trips(Network network);   ///< a softmax straight into an output gives floats
Network drop_dead_layers(Network network);

}  // namespace castor::compiler
