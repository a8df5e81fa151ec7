#include "castor/soc/soc.h"

#include "castor/common/error.h"
#include "castor/soc/catalogue.h"

namespace castor::soc {
namespace {

sc_core::sc_time period_of(double clock_ghz) { return {1000.0 / clock_ghz, sc_core::SC_PS}; }

std::string tile_name(unsigned core) { return "tile_" + std::to_string(core); }

}  // namespace

Soc::Soc(const sc_core::sc_module_name& name, const config::SocConfig& config, const SocOptions& options)
    : Module(name),
      config_(config),
      options_(options),
      clock_("clock", period_of(config.soc.clock_ghz), options.order),
      memory_("memory", clock_, config, probes_) {
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);  // "stopped by user"
  add_tile(0);
}

void Soc::add_tile(unsigned core) {
  Tile tile;
  const std::string name = core == 0 ? "gemmini" : tile_name(core) + "_gemmini";
  tile.accelerator = std::make_unique<gemmini::Gemmini>(name.c_str(), clock_, config_.gemmini, config_.tlb,
                                                        gemmini::Options{options_.values}, probes_);
  const unsigned port = memory_.bus().add_accelerator(core);
  tile.accelerator->read_socket().bind(memory_.bus().socket(port, 0));
  tile.accelerator->write_socket().bind(memory_.bus().socket(port, 1));
  add_driver(tile);
  tiles_.push_back(std::move(tile));
}

void Soc::add_driver(Tile& tile) {
  find_driver(options_.driver).make({clock_, config_, probes_, memory_.bytes(), options_}, tile);
  const auto ended = [this] { host_ended(); };
  if (tile.stream_host) tile.stream_host->when_done(ended);
  if (tile.replay_host) tile.replay_host->when_done(ended);
  if (tile.replay_host) tile.replay_host->core_socket().bind(memory_.bus().socket(memory_.bus().add_core("core0")));
  if (tile.riscv_host) tile.riscv_host->when_done(ended);
  if (tile.caches) connect(*tile.caches);
  if (tile.boom_caches) connect(*tile.boom_caches);
  ++running_hosts_;
}

template <class Caches>
void Soc::connect(Caches& caches) {
  memory::SystemBus& bus = memory_.bus();
  caches.data_socket().bind(bus.socket(bus.add_client("core0_data")));
  caches.instruction_socket().bind(bus.socket(bus.add_core("core0_instructions")));
}

void Soc::host_ended() {
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
