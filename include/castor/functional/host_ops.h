// Operators the host computes: real values on simulated memory, no time (the stream carries their cost).
// One function an operator, one line each in the catalogue of host_ops.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "castor/functional/memory.h"
#include "castor/isa/stream.h"

namespace castor::functional {

/// Runs `op` on `memory`. An unknown kind or a bad argument is a UserError.
void run_host_op(const isa::HostOp& op, Memory& memory);

using HostOpFunction = std::function<void(const isa::HostOp&, Memory&)>;

/// Adds or replaces an operator (tests, and floors above with operators of their own).
void register_host_op(const std::string& kind, HostOpFunction function);
std::vector<std::string> host_op_kinds();

}  // namespace castor::functional
