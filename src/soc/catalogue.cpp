#include "castor/soc/catalogue.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::soc {
namespace {

void make_command_stream(const Surroundings& around, Tile& tile) {
  const config::IssueParams& issue = around.config.host.issue;
  tile.router = std::make_unique<host::RoccRouter>("rocc_router", around.clock, issue, *tile.accelerator);
  tile.stream_host = std::make_unique<host::CommandStreamHost>("host", around.clock, issue, *tile.router, around.bytes);
}

void make_trace_replay(const Surroundings& around, Tile& tile) {
  tile.replay_host = std::make_unique<host::TraceReplayHost>("replay", around.clock, *tile.accelerator,
                                                             around.config.bus, around.probes);
}

}  // namespace

const std::vector<DriverType>& driver_types() {
  static const std::vector<DriverType> types = {
      {Driver::CommandStream, "command_stream", "walks a command stream at an in-order core's cost",
       make_command_stream},
      {Driver::TraceReplay, "trace_replay", "repeats the arrivals of a measured trace", make_trace_replay},
  };
  return types;
}

const DriverType& find_driver(Driver driver) {
  const auto& types = driver_types();
  const auto found =
      std::find_if(types.begin(), types.end(), [driver](const DriverType& type) { return type.driver == driver; });
  CASTOR_ASSERT(found != types.end());
  return *found;
}

}  // namespace castor::soc
