// Traces measured at the RTL: what arrived at the RoCC port, cut into segments that start with an idle accelerator.
// Format: "segment N gap=G", then "CYCLE EVENT FIELDS..." relative to the segment's first command.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "castor/common/types.h"
#include "castor/isa/command.h"

namespace castor::host {

struct TraceSegment {
  struct Arrival {
    Cycle at;  ///< since the segment's first command
    isa::Command command;
  };
  std::uint64_t number = 0;
  std::uint64_t gap = 0;  ///< cycles from the last event of the segment before to this one's first command
  std::vector<Arrival> commands;
};

/// The commands of a trace, plain or gzip; "-" is standard input. Errors are UserErrors "PATH:LINE: ...".
std::vector<TraceSegment> read_rtl_trace(const std::string& path);

}  // namespace castor::host
