#include "castor/sim/tilelink.h"

namespace castor::sim {

TransactionPool::~TransactionPool() {
  for (tlm::tlm_generic_payload* payload : all_) delete payload;  // frees its extension too
}

tlm::tlm_generic_payload& TransactionPool::take() {
  if (idle_.empty()) {
    auto* payload = new tlm::tlm_generic_payload(this);
    payload->set_extension(new TileLinkExtension);
    all_.push_back(payload);
    idle_.push_back(payload);
  }
  tlm::tlm_generic_payload* payload = idle_.back();
  idle_.pop_back();
  tilelink(*payload) = TileLinkExtension{};
  payload->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  payload->set_byte_enable_ptr(nullptr);
  payload->acquire();
  return *payload;
}

void TransactionPool::free(tlm::tlm_generic_payload* payload) { idle_.push_back(payload); }

}  // namespace castor::sim
