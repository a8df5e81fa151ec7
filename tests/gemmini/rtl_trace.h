// A measured RTL trace (tests/rtl/README.md) in memory: its events in order, with cycles counted from reset.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "castor/common/types.h"

namespace castor::gemmini::test {

struct RtlEvent {
  enum class Kind { Command, Allocate, IssueLoad, IssueExecute, IssueStore, Done, Other };
  Cycle cycle;
  Kind kind = Kind::Other;
  std::uint64_t fields[3] = {};
  unsigned segment = 0;
  unsigned line = 0;
};

/// Events of the kinds above; the others only count for the time between segments.
std::vector<RtlEvent> read_rtl_trace(const std::string& path);

/// Where the measured traces are: CASTOR_RTL_DIR, tests/rtl of the sources, or ../shared/rtl; empty if nowhere.
std::string rtl_directory(const std::string& machine);

/// The trace files of a machine ("rtl", "rtl-b"), sorted; empty without measured traces.
std::vector<std::string> rtl_traces(const std::string& machine);

}  // namespace castor::gemmini::test
