// A Rocket tile's first-level caches as its core sees them. Instructions from devices (the boot ROM) are there at once.
#pragma once

#include <algorithm>
#include <tlm>

#include "castor/config/soc_config.h"
#include "castor/host/core_caches.h"
#include "castor/host/l1_data_cache.h"
#include "castor/host/l1_instruction_cache.h"
#include "castor/sim/module.h"

namespace castor::host {

class RocketCaches : public sim::Module, public CoreCaches {
 public:
  RocketCaches(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config);

  Outcome access(Cycle s0, PhysAddr address, Use use) override;
  bool holds_instructions(PhysAddr address) const override { return device(address) || instructions_.holds(address); }
  bool fetch(Cycle s0, PhysAddr address) override;
  void invalidate_instructions() override { instructions_.invalidate(); }
  bool reserved(Cycle s2) const override { return data_.reserved(std::max(s2, domain_.now())); }
  void when_answered(Answer data, Answer instructions) override;

  /// For the page-table walker.
  L1DataCache& data_cache() { return data_; }
  /// To a port made with SystemBus::add_client.
  tlm::tlm_initiator_socket<>& data_socket() { return data_.socket; }
  /// To a port made with SystemBus::add_core.
  tlm::tlm_initiator_socket<>& instruction_socket() { return instructions_.socket; }

 private:
  bool device(PhysAddr address) const { return address < memory_ || address - memory_ >= memory_bytes_.count(); }

  sim::ClockDomain& domain_;
  PhysAddr memory_;
  Bytes memory_bytes_;
  L1DataCache data_;
  L1InstructionCache instructions_;
};

}  // namespace castor::host
