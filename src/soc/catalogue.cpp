#include "castor/soc/catalogue.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::soc {
namespace {

std::string named(const Surroundings& around, const char* name) { return around.prefix + name; }

void make_router(const Surroundings& around, Tile& tile) {
  tile.router = std::make_unique<host::RoccRouter>(named(around, "rocc_router").c_str(), around.clock,
                                                   around.config.host.issue, *tile.accelerator);
}

void make_command_stream(const Surroundings& around, Tile& tile) {
  make_router(around, tile);
  functional::Memory* bytes = around.options.values ? &around.memory : nullptr;
  tile.stream_host = std::make_unique<host::CommandStreamHost>(named(around, "host").c_str(), around.clock,
                                                               around.config.host, *tile.router, bytes);
  tile.stream_host->on_sfence(
      [accelerator = tile.accelerator.get()](Cycle now) { accelerator->flush_translations(now); });
}

// A program brings its own operating system; a replay has the measured one.
void refuse_context_switches(const config::HostParams& host, const std::string& driver) {
  if (host.context_switch.interval() != 0)
    throw UserError(host.context_switch.interval.origin().text() + ": host.context_switch.interval: " + driver +
                    " cannot be switched away; allowed: 0");
}

void make_riscv(const Surroundings& around, Tile& tile) {
  CASTOR_ASSERT(around.platform != nullptr && around.options.values);
  refuse_context_switches(around.config.host, "a RISC-V program");
  make_router(around, tile);
  host::RiscvHost::Caches caches;
  if (around.config.host.timing() == config::CoreTiming::Rocket)
    caches = (tile.caches =
                  std::make_unique<host::RocketCaches>(named(around, "caches").c_str(), around.clock, around.config))
                 .get();
  if (around.config.host.timing() == config::CoreTiming::Boom)
    caches = (tile.boom_caches =
                  std::make_unique<host::BoomCaches>(named(around, "caches").c_str(), around.clock, around.config))
                 .get();
  tile.riscv_host = std::make_unique<host::RiscvHost>(named(around, "hart").c_str(), around.clock, around.config,
                                                      *tile.router, *around.platform, caches, around.core);
  tile.riscv_host->on_mark(
      [&probes = around.probes](Cycle now, std::uint64_t value) { probes.emit(&sim::Observer::mark, now, value); });
}

void make_trace_replay(const Surroundings& around, Tile& tile) {
  refuse_context_switches(around.config.host, "a replayed trace");
  tile.replay_host = std::make_unique<host::TraceReplayHost>(named(around, "replay").c_str(), around.clock,
                                                             *tile.accelerator, around.config.bus, around.probes);
}

}  // namespace

const std::vector<DriverType>& driver_types() {
  static const std::vector<DriverType> types = {
      {Driver::CommandStream, "command_stream", "walks a command stream at an in-order core's cost",
       make_command_stream},
      {Driver::Riscv, "riscv", "runs a RISC-V program on a hart", make_riscv},
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
