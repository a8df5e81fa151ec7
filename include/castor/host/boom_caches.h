// A BOOM tile's first-level caches as its core sees them. Instructions from devices (the boot ROM) are there at once.
#pragma once

#include <tlm>

#include "castor/config/soc_config.h"
#include "castor/host/l1_instruction_cache.h"
#include "castor/host/nonblocking_data_cache.h"
#include "castor/host/window_caches.h"
#include "castor/sim/module.h"

namespace castor::host {

class BoomCaches : public sim::Module, public WindowCaches {
 public:
  BoomCaches(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config);

  bool access(Cycle s0, PhysAddr address, MemoryOp access, Number number) override {
    return data_.access(s0, address, access, number);
  }
  std::uint64_t hit_latency() const override { return data_.hit_latency(); }
  bool fetch(Cycle s0, PhysAddr address) override;
  void invalidate_instructions() override { instructions_.invalidate(); }
  bool reserved(Cycle s0) const override { return data_.reserved(s0); }
  void when_answered(DataAnswer data, FetchAnswer instructions) override;

  /// To a port made with SystemBus::add_client.
  tlm::tlm_initiator_socket<>& data_socket() { return data_.socket; }
  /// To a port made with SystemBus::add_core.
  tlm::tlm_initiator_socket<>& instruction_socket() { return instructions_.socket; }

 private:
  sim::ClockDomain& domain_;
  PhysAddr memory_;
  Bytes memory_bytes_;
  NonblockingDataCache data_;
  L1InstructionCache instructions_;
};

}  // namespace castor::host
