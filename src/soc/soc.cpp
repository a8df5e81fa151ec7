#include "castor/soc/soc.h"

#include "castor/common/error.h"
#include "castor/soc/catalogue.h"

namespace castor::soc {
namespace {

sc_core::sc_time period_of(double clock_ghz) { return {1000.0 / clock_ghz, sc_core::SC_PS}; }

/// Of a tile's modules; the first core's have none.
std::string prefix_of(unsigned core) { return core == 0 ? "" : "core" + std::to_string(core) + "_"; }

}  // namespace

Soc::Soc(const sc_core::sc_module_name& name, const config::SocConfig& config, const SocOptions& options)
    : Module(name),
      config_(config),
      options_(options),
      clock_("clock", period_of(config.soc.clock_ghz), options.order),
      memory_("memory", clock_, config, shared_probes_) {
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);  // "stopped by user"
  add_platform();
  for (unsigned core = 0; core < config.cores(); ++core) add_tile(core);
}

void Soc::add_platform() {
  const functional::ElfImage* program = nullptr;
  for (unsigned core = 0; core < config_.cores(); ++core)
    if (options_.work_of(core).driver == Driver::Riscv) program = options_.work_of(core).program;
  if (program == nullptr) return;
  memory::BackingStore& memory = memory_.bytes();
  platform_ = std::make_unique<host::Platform>(
      "platform", clock_, config_, host::MainMemory{memory, memory.base(), memory.size(), memory.at(memory.base())},
      *program, *options_.console);
}

void Soc::add_tile(unsigned core) {
  tiles_.push_back(std::make_unique<Tile>());
  Tile& tile = *tiles_.back();
  tile.probes = std::make_unique<sim::Probes>(shared_probes_);
  add_accelerator(tile, core);
  add_driver(tile, core);
}

void Soc::add_accelerator(Tile& tile, unsigned core) {
  const config::SocConfig& own = config_.core(core);
  tile.accelerator = std::make_unique<gemmini::Gemmini>((prefix_of(core) + "gemmini").c_str(), clock_, own.gemmini,
                                                        own.tlb, gemmini::Options{options_.values}, *tile.probes);
  const unsigned port = add_port(tile, memory_.bus().add_accelerator(core));
  tile.accelerator->read_socket().bind(memory_.bus().socket(port, 0));
  tile.accelerator->write_socket().bind(memory_.bus().socket(port, 1));
}

void Soc::add_driver(Tile& tile, unsigned core) {
  const Surroundings around{clock_,   config_.core(core), *tile.probes, memory_.bytes(), config_.memory_of(core),
                            options_, platform_.get(),    core,         prefix_of(core)};
  find_driver(options_.work_of(core).driver).make(around, tile);
  if (translates(around)) tile.translation = std::make_unique<TileTranslation>(around, tile, memory_.bus());
  const auto ended = [this, &tile] { host_ended(tile); };
  if (tile.stream_host) tile.stream_host->when_done(ended);
  if (tile.replay_host) tile.replay_host->when_done(ended);
  memory::SystemBus& bus = memory_.bus();
  if (tile.replay_host) tile.replay_host->core_socket().bind(bus.socket(add_port(tile, bus.add_core("core0"))));
  if (tile.riscv_host) tile.riscv_host->when_done(ended);
  if (tile.caches) connect(*tile.caches, tile, core);
  if (tile.boom_caches) connect(*tile.boom_caches, tile, core);
  ++running_hosts_;
}

template <class Caches>
void Soc::connect(Caches& caches, Tile& tile, unsigned core) {
  memory::SystemBus& bus = memory_.bus();
  const std::string name = "core" + std::to_string(core);
  caches.data_socket().bind(bus.socket(add_port(tile, bus.add_client(name + "_data"))));
  caches.instruction_socket().bind(bus.socket(add_port(tile, bus.add_core(name + "_instructions"))));
}

unsigned Soc::add_port(Tile& tile, unsigned port) {
  tile.bus_ports.push_back(port);
  return port;
}

void Soc::host_ended(Tile& tile) {
  tile.ended = clock_.now();
  if (--running_hosts_ == 0) clock_.finish();
}

sim::StopReason Soc::run() {
  sc_core::sc_start();
  try {
    clock_.rethrow_failure();
  } catch (const UserError& error) {
    throw UserError("cycle " + std::to_string(clock_.now().count()) + ": " + error.what());
  }
  const sim::StopReason reason = clock_.stop_reason();
  return reason == sim::StopReason::Running ? sim::StopReason::Deadlock : reason;  // nothing is left to happen
}

}  // namespace castor::soc
