// What a run leaves behind for looking at: the RTL's own text events, a timeline for Perfetto, waveforms. Watching
// changes no cycle.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "castor/host/command_stream_host.h"
#include "castor/sim/probes.h"

namespace castor::soc {

/// A trace writes to a stream that must outlive it; finish() completes the file.
class Trace : public sim::Observer, public host::StreamObserver {
 public:
  virtual void finish(Cycle now) = 0;
};

enum class TraceKind { Commands, Marks, Perfetto, Vcd };

struct TraceType {
  TraceKind kind;
  const char* name;  ///< as on the command line
  const char* file;  ///< in the output directory
  std::unique_ptr<Trace> (*make)(std::ostream& out, double clock_ghz);
};

/// One line each.
const std::vector<TraceType>& trace_types();
/// nullptr: there is none of this name.
const TraceType* find_trace(const std::string& name);

}  // namespace castor::soc
