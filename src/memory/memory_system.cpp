#include "castor/memory/memory_system.h"

#include <string>

#include "castor/memory/dram_ddr3.h"
#include "castor/memory/dram_ideal.h"

namespace castor::memory {

MemorySystem::MemorySystem(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                           const config::SocConfig& config, sim::Probes& probes, MemoryBus::Target target)
    : Module(name), bytes_(config.soc), bus_("bus", domain, config.bus, config.l2, bytes_) {
  std::vector<L2OuterPort*> ports;
  for (unsigned bank = 0; bank < config.l2.banks; ++bank) {
    const std::string l2 = "l2_" + std::to_string(bank);
    banks_.push_back(std::make_unique<InclusiveCache>(l2.c_str(), domain, config.l2, config.bus, config.memory_bus,
                                                      bus_.bank(bank), bytes_, bank));
    ports.push_back(&banks_.back()->outer());
  }
  memory_bus_ =
      std::make_unique<MemoryBus>("memory_bus", domain, config.memory_bus, config.l2, bytes_, probes, ports, target);
  if (target == MemoryBus::Target::Outside) return;
  for (unsigned channel = 0; channel < config.memory_bus.channels; ++channel) add_memory(domain, config, channel);
}

void MemorySystem::add_memory(sim::ClockDomain& domain, const config::SocConfig& config, unsigned channel) {
  const std::string number = config.memory_bus.channels == 1 ? "" : "_" + std::to_string(channel);
  const std::string dram = "dram" + number, cache = "last_level_cache" + number;
  tlm::tlm_initiator_socket<>* port = &memory_bus_->socket(channel);
  if (config.dram.model() != config::DramModel::Ddr3)
    return attach(std::make_unique<DramIdeal>(dram.c_str(), domain, config.dram, config.memory_bus), *port);
  if (config.dram.llc.enabled) {
    last_level_caches_.push_back(
        std::make_unique<LastLevelCache>(cache.c_str(), domain, config.dram, config.memory_bus, config.l2.block_bytes));
    port->bind(last_level_caches_.back()->socket);
    port = &last_level_caches_.back()->dram;
  }
  attach(std::make_unique<DramDdr3>(dram.c_str(), domain, config.dram, config.memory_bus, config.soc.clock_ghz), *port);
}

template <class Dram>
void MemorySystem::attach(std::unique_ptr<Dram> dram, tlm::tlm_initiator_socket<>& port) {
  port.bind(dram->socket);
  drams_.push_back(std::move(dram));
}

}  // namespace castor::memory
