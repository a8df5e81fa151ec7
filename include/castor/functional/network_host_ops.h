// The host operators a compiled network uses: castor/functional/host_kernels.h on simulated memory.
// Arguments: `input`, `output` addresses; `shape` = [n, c, h, w] of the input; `input_stride`, `output_stride` elements
// between two pixels of int8 tensors (default: the channels).
#pragma once

#include <map>
#include <string>

#include "castor/functional/host_ops.h"

namespace castor::functional {

/// One line an operator.
const std::map<std::string, HostOpFunction>& network_host_ops();

}  // namespace castor::functional
