// What the memory side of a measured RTL run saw and answered: DMA requests, D beats, acknowledgements, memory
// accesses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace castor::memory::test {

struct RtlEvent {
  std::uint64_t cycle = 0;  // from the segment's first command
  std::uint64_t address = 0;
  unsigned id = 0;  // source or AXI id
  unsigned log2_size = 0;
};

/// One segment of a trace, or one kernel of an event file.
struct RtlSegment {
  std::string name;
  std::uint64_t gap = 0;   // from the last event of the segment before
  std::uint64_t last = 0;  // cycle of the last event
  bool has_beats = false;  // D beats of reads were recorded
  std::vector<RtlEvent> reads, read_beats, writes, write_acks, fetches, write_backs;
};

/// The directory of the measured cases: $CASTOR_RTL_DIR, or tests/rtl of the source tree.
std::string rtl_directory();
/// Empty if the file is not there.
std::vector<RtlSegment> read_rtl_run(const std::string& path);

}  // namespace castor::memory::test
