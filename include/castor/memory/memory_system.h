// The whole memory side of an SoC in one box: bytes, system bus, L2 banks, memory bus, and on each of its channels
// DRAM, behind a last-level cache if there is one.
//
// Initiators attach to `bus` (add_accelerator, add_core) before the simulation starts. With an outside memory the box
// leaves its memory port to be bound by the caller.
#pragma once

#include <memory>
#include <vector>

#include "castor/config/soc_config.h"
#include "castor/memory/backing_store.h"
#include "castor/memory/inclusive_cache.h"
#include "castor/memory/last_level_cache.h"
#include "castor/memory/memory_bus.h"
#include "castor/memory/system_bus.h"

namespace castor::memory {

class MemorySystem : public sim::Module {
 public:
  MemorySystem(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
               sim::Probes& probes, MemoryBus::Target target = MemoryBus::Target::InDomain);

  BackingStore& bytes() { return bytes_; }
  SystemBus& bus() { return bus_; }
  const MemoryBus& memory_bus() const { return *memory_bus_; }
  InclusiveCache& l2(unsigned bank = 0) { return *banks_.at(bank); }
  unsigned l2_banks() const { return banks_.size(); }
  /// To be bound by the caller if the memory is outside; one a channel.
  tlm::tlm_initiator_socket<>& memory_port(unsigned channel = 0) { return memory_bus_->socket(channel); }

 private:
  void add_memory(sim::ClockDomain& domain, const config::SocConfig& config, unsigned channel);
  template <class Dram>
  void attach(std::unique_ptr<Dram> dram, tlm::tlm_initiator_socket<>& port);

  BackingStore bytes_;
  SystemBus bus_;
  std::vector<std::unique_ptr<InclusiveCache>> banks_;
  std::unique_ptr<MemoryBus> memory_bus_;
  std::vector<std::unique_ptr<LastLevelCache>> last_level_caches_;
  std::vector<std::unique_ptr<sim::ClockedModule>> drams_;
};

}  // namespace castor::memory
