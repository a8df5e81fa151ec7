// Traces measured at the RTL: what arrived at the RoCC port, cut into segments that start with an idle accelerator.
// Format: "segment N gap=G", then "CYCLE EVENT FIELDS..." relative to the segment's first command.
//
// Taken from it: the commands, and the core's cache misses: lines read from memory that no DMA request of the segment
// names. Everything else is the answer of the machine that was measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "castor/common/types.h"
#include "castor/isa/command.h"

namespace castor::host {

/// A line that the core's caches asked of memory.
struct CoreMiss {
  Cycle at;  ///< its request at the memory port, since the segment's first command
  PhysAddr line;
};

struct TraceSegment {
  struct Arrival {
    Cycle at;  ///< since the segment's first command
    isa::Command command;
  };
  std::uint64_t number = 0;
  std::uint64_t gap = 0;  ///< cycles from the last event of the segment before to this one's first command
  std::vector<Arrival> commands{};
  std::vector<CoreMiss> misses{};
};

/// The segments of a trace, plain or gzip; "-" is standard input. Errors are UserErrors "PATH:LINE: ...".
std::vector<TraceSegment> read_rtl_trace(const std::string& path);

}  // namespace castor::host
