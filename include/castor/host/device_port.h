// Puts a device on the bus and on the clock: the TLM-2.0 target in front of a plain class.
//
// Protocol: b_transport of an aligned read or write of 1, 2, 4 or 8 bytes; the answer is TLM_OK_RESPONSE, or
// TLM_ADDRESS_ERROR_RESPONSE if the device refuses. Addresses are offsets into the device's window. No delay is
// annotated: what an access costs is the core's timing. The call acts in the clock domain's current cycle.
// Timing: what a device does by itself (a timer) is seen in exactly its cycle, before the harts step.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <systemc>
#include <tlm>

#include "castor/host/device.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"

namespace castor::host {

class DevicePort : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter reads{this, "reads", "count", "reads, the refused ones included"};
    sim::Counter writes{this, "writes", "count", "writes, the refused ones included"};
  };

  DevicePort(const sc_core::sc_module_name& name, sim::ClockDomain& domain, Device& device);

  tlm_utils::simple_target_socket<DevicePort> socket{"socket"};

  Cycle step(Cycle now) override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool access(tlm::tlm_generic_payload& payload);

  Device& device_;
  Stats stats_;
};

}  // namespace castor::host
