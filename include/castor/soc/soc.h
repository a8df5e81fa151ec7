// The machine: parameters in, modules bound to each other out.
//
//   host (command stream, hart, or replay of a trace) -> RoCC router -> Gemmini -> system bus -> L2 -> memory bus ->
//   DRAM
//
// One clock. A replay stands at the accelerator's own port, so there is no router. What a driver is made of is a line
// of the catalogue (castor/soc/catalogue.h).
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "castor/config/soc_config.h"
#include "castor/gemmini/gemmini.h"
#include "castor/host/command_stream_host.h"
#include "castor/host/riscv_host.h"
#include "castor/host/rocc_router.h"
#include "castor/host/rocket_caches.h"
#include "castor/host/trace_replay_host.h"
#include "castor/memory/memory_system.h"
#include "castor/sim/clock_domain.h"
#include "castor/sim/probes.h"
#include "castor/soc/tile_translation.h"

namespace castor::soc {

/// Who drives the accelerator.
enum class Driver { CommandStream, TraceReplay, Riscv };

struct SocOptions {
  Driver driver = Driver::CommandStream;
  bool values = true;
  sim::StepOrder order = sim::StepOrder::Normal;
  const functional::ElfImage* program = nullptr;  ///< of a Riscv driver
  std::ostream* console = nullptr;                ///< where that prints
  bool translated_replay = false;                 ///< the trace of a TraceReplay driver turns translation on
};

/// A core's worth of machine: an accelerator and what drives it.
struct Tile {
  std::unique_ptr<gemmini::Gemmini> accelerator;
  std::unique_ptr<host::RoccRouter> router;
  std::unique_ptr<host::CommandStreamHost> stream_host;
  std::unique_ptr<host::TraceReplayHost> replay_host;
  std::unique_ptr<host::RocketCaches> caches;
  std::unique_ptr<host::RiscvHost> riscv_host;
  std::unique_ptr<TileTranslation> translation;  ///< if the driver may use virtual addresses

  /// The bytes that a command stream's addresses mean.
  functional::Memory& memory(memory::BackingStore& physical) {
    functional::Memory* const paged = translation ? translation->memory() : nullptr;
    return paged != nullptr ? *paged : physical;
  }
};

class Soc : public sim::Module {
 public:
  Soc(const sc_core::sc_module_name& name, const config::SocConfig& config, const SocOptions& options);

  sim::ClockDomain& clock() { return clock_; }
  sim::Probes& probes() { return probes_; }
  memory::MemorySystem& memory() { return memory_; }
  std::size_t tiles() const { return tiles_.size(); }
  Tile& tile(std::size_t core = 0) { return tiles_.at(core); }
  const config::SocConfig& config() const { return config_; }
  bool values() const { return options_.values; }

  /// Simulates until every host has ended, or what else stops the clock.
  sim::StopReason run();
  /// After run(): the cycle in which the last host ended; otherwise how far the clock came.
  Cycle cycles() const { return clock_.now(); }

 private:
  void add_tile(unsigned core);
  void add_driver(Tile& tile);
  void connect(host::RocketCaches& caches);
  void host_ended();

  const config::SocConfig& config_;
  SocOptions options_;
  sim::ClockDomain clock_;
  sim::Probes probes_;
  memory::MemorySystem memory_;
  std::vector<Tile> tiles_;
  std::size_t running_hosts_ = 0;
};

}  // namespace castor::soc
