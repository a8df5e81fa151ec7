// The core's port of the system bus as a host sees it: takes every request, notes when it came, answers at once.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <vector>

#include "castor/sim/clock_domain.h"
#include "castor/sim/tilelink.h"

namespace castor::host::test {

class StandInBus : public sc_core::sc_module {
 public:
  StandInBus(const sc_core::sc_module_name& name, sim::ClockDomain& domain) : sc_module(name), domain_(domain) {
    socket.register_nb_transport_fw(this, &StandInBus::nb_transport_fw);
  }

  tlm_utils::simple_target_socket<StandInBus> socket{"socket"};
  std::vector<std::uint64_t> arrivals, lines;

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    arrivals.push_back(domain_.now().count());
    lines.push_back(payload.get_address());
    sim::TileLinkExtension& tilelink = sim::tilelink(payload);
    for (tilelink.beats_delivered = 0; tilelink.beats_delivered < 4; ++tilelink.beats_delivered) {
      tlm::tlm_phase answer = tlm::BEGIN_RESP;
      sc_core::sc_time delay;
      socket->nb_transport_bw(payload, answer, delay);
    }
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }

  sim::ClockDomain& domain_;
};

}  // namespace castor::host::test
