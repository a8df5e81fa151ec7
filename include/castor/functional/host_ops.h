// Operators the host computes: real values on simulated memory, no time (the stream carries their cost).
// The catalogue of host_ops.cpp lists them; those of this page need only the command stream's own arguments:
//   copy        input output bytes [rows=1 input_stride output_stride]      rows of bytes, strides in bytes
//   fill        output bytes [value=0]
//   quantise    input output count scale [zero_point=0]                     float32 -> int8, to nearest even,
//   saturating dequantise  input output count scale [zero_point=0] [type=int8|int32]   -> float32 softmax     input
//   output count [rows=1] [scale=1.0] [type=int8|float32] -> float32, over each row max_pool    input output batches
//   height width channels kernel=[h,w] [stride=[1,1]] [pads=[t,l,b,r]]
//               int8, N H W C; padding never wins
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

/// `count` elements of simulated memory as a vector, and back.
template <class T>
std::vector<T> read_elements(const Memory& memory, PhysAddr address, std::size_t count) {
  std::vector<T> elements(count);
  memory.read(address, elements.data(), count * sizeof(T));
  return elements;
}
template <class T>
void write_elements(Memory& memory, PhysAddr address, const std::vector<T>& elements) {
  memory.write(address, elements.data(), elements.size() * sizeof(T));
}

}  // namespace castor::functional
