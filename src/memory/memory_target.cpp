#include "castor/memory/memory_target.h"

#include <utility>

#include "castor/common/error.h"

namespace castor::memory {

MemoryTargetModule::MemoryTargetModule(const sc_core::sc_module_name& name, sim::ClockDomain& domain, sim::Level level)
    : ClockedModule(name, domain, level), socket("socket") {
  socket.bind(*this);
}

tlm::tlm_sync_enum MemoryTargetModule::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                       sc_core::sc_time&) {
  CASTOR_ASSERT(phase == tlm::BEGIN_REQ && refused_ == nullptr);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (!accept(domain().now(), payload)) {
    refused_ = &payload;
    refused();
    return tlm::TLM_ACCEPTED;
  }
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void MemoryTargetModule::accept_refused(Cycle now) {
  if (refused_ == nullptr || !accept(now, *refused_)) return;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay;
  socket->nb_transport_bw(*std::exchange(refused_, nullptr), phase, delay);
}

void MemoryTargetModule::answer(Cycle now, Answers& answers) {
  while (answers.can_pop(now)) {
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    socket->nb_transport_bw(*answers.pop(now), phase, delay);
  }
}

void MemoryTargetModule::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
}

}  // namespace castor::memory
