// Reads the measured traces of tests/rtl and tests/rtl-b (their README says what they hold).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace castor::gemmini::test {

struct TraceEvent {
  std::uint64_t cycle = 0;  ///< from the first line of the file's run
  std::string kind;
  std::vector<std::uint64_t> fields;
};

/// A part of a program between two idle times of the accelerator.
struct TraceSegment {
  std::string title;
  std::uint64_t start = 0;
  std::vector<TraceEvent> events;
};

/// Events carry absolute cycles: segments follow each other with their recorded gaps.
std::vector<TraceSegment> read_trace(const std::string& path);

/// tests/rtl or tests/rtl-b of the source tree.
std::string trace_path(const std::string& machine, const std::string& file);

}  // namespace castor::gemmini::test
