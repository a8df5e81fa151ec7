// Placed and planned network -> command stream with its data image: the calls of the C library, unrolled.
#pragma once

#include "castor/compiler/memory_plan.h"
#include "castor/isa/stream.h"

namespace castor::compiler {

/// Which items of the stream belong to a layer of the network.
struct ItemRange {
  std::size_t first = 0, last = 0;  ///< [first, last)
};

struct Emitted {
  isa::Stream stream;
  std::vector<ItemRange> ranges;  ///< by layer; empty for concatenations in place
};

/// Commands, host operators, layer marks, constants; the inputs' values are the caller's to add.
Emitted emit(const Network& network, const std::vector<Placed>& placed, const MemoryPlan& plan, const Machine& machine);

/// The stream's text without its data lines.
std::string dump_commands(const isa::Stream& stream);

}  // namespace castor::compiler
