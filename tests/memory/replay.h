// Replays the DMA requests of a measured run against the memory system and compares every answer's cycle.
//
// The core of the measured machine used the L2 too, unseen but for its misses: what the L2 held at the beginning of a
// segment and which victims it chose are therefore taken from the run itself (a line that was fetched was not there; a
// write-back names the victim), so that only timing is compared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "castor/memory/memory_system.h"
#include "rtl_run.h"

namespace castor::memory::test {

/// How many answers came in the measured cycle, and how far off the others were.
struct Tally {
  std::uint64_t exact = 0, off_by_one = 0, near = 0 /* 2..4 */, far = 0;
  std::int64_t sum = 0;  // of differences
  void add(std::int64_t difference);
  std::uint64_t total() const { return exact + off_by_one + near + far; }
  void add(const Tally& other);
  std::string text() const;
};

struct Comparison {
  Tally read_beats, write_acks, fetches, write_backs, late_requests;
  std::uint64_t missing = 0;  // events of one side only
  void add(const Comparison& other);
  Tally all() const;
};

struct ReplayOptions {
  unsigned latency = 0;
  bool told = true;     // contents and victims of the L2 from the run; else as they come
  std::string details;  // name of a segment to print
};

/// Runs a file; `report` gets the comparison of each segment.
std::vector<Comparison> replay(const std::vector<RtlSegment>& run, const ReplayOptions& options);

}  // namespace castor::memory::test
