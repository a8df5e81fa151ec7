#include "castor/memory/source_b.h"

#include "castor/common/bits.h"

namespace castor::memory {

void SourceB::start(PhysAddr line, sim::Cap cap, std::uint16_t clients) {
  line_ = line;
  cap_ = cap;
  remaining_ = clients;
}

void SourceB::step(Cycle now) {
  const unsigned client = static_cast<unsigned>(__builtin_ctz(remaining_));
  if (!port_.can_probe(now, client)) return;
  tlm::tlm_generic_payload& payload = pool_.take();
  payload.set_command(tlm::TLM_IGNORE_COMMAND);
  payload.set_address(line_.value());
  payload.set_data_ptr(nullptr);
  payload.set_data_length(block_bytes_);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.message = sim::Message::Probe;
  tilelink.cap = cap_;
  tilelink.log2_size = static_cast<std::uint16_t>(log2_ceil(block_bytes_));
  port_.probe(now, client, payload);
  remaining_ &= static_cast<std::uint16_t>(remaining_ - 1);
}

}  // namespace castor::memory
