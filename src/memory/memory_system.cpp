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
  if (config.dram.model() == config::DramModel::Ddr3) {
    attach(std::make_unique<DramDdr3>("dram", domain, config.dram, config.memory_bus, config.soc.clock_ghz),
           config.dram.llc.enabled ? std::make_unique<LastLevelCache>("last_level_cache", domain, config.dram,
                                                                      config.memory_bus, config.l2.block_bytes)
                                   : nullptr);
  } else {
    attach(std::make_unique<DramIdeal>("dram", domain, config.dram, config.memory_bus));
  }
}

template <class Dram>
void MemorySystem::attach(std::unique_ptr<Dram> dram, std::unique_ptr<LastLevelCache> before) {
  if (before != nullptr) before->dram.bind(dram->socket);
  memory_bus_->socket.bind(before != nullptr ? before->socket : dram->socket);
  last_level_cache_ = std::move(before);
  dram_ = std::move(dram);
}

}  // namespace castor::memory
