#include "castor/host/replayed_core.h"

#include "castor/common/bits.h"
#include "castor/sim/levels.h"

namespace castor::host {
namespace {

constexpr unsigned l2_miss_stages = 3;  // from the L2's port to the memory port: directory, MSHR, outer buffer

}  // namespace

ReplayedCore::ReplayedCore(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::BusParams& bus)
    : ClockedModule(name, domain, sim::level::host),
      socket("socket"),
      block_(bus.block_bytes()),
      block_beats_(bus.block_beats()),
      lead_(bus.core_request_stages + l2_miss_stages) {
  socket.register_nb_transport_bw(this, &ReplayedCore::nb_transport_bw);
}

void ReplayedCore::play(Cycle begin, const std::vector<CoreMiss>& misses) {
  begin_ = begin;
  misses_ = &misses;
  next_ = 0;
  if (!misses.empty()) wake(due());
}

Cycle ReplayedCore::due() const {
  const std::uint64_t at = (*misses_)[next_].at.count();
  return begin_ + (at > lead_ ? at - lead_ : 0);
}

Cycle ReplayedCore::step(Cycle now) {
  if (misses_ == nullptr || next_ == misses_->size()) return Cycle::never();
  if (sending_) return Cycle::never();  // END_REQ wakes
  if (now < due()) return due();
  refill((*misses_)[next_++].line);
  return now + 1;
}

void ReplayedCore::refill(PhysAddr line) {
  tlm::tlm_generic_payload& payload = pool_.take();
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(line.value());
  payload.set_data_length(static_cast<unsigned>(block_.count()));
  payload.set_streaming_width(static_cast<unsigned>(block_.count()));
  payload.set_data_ptr(nullptr);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.log2_size = static_cast<std::uint16_t>(log2_ceil(block_.count()));
  tilelink.response_beats = static_cast<std::uint16_t>(block_beats_);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  sending_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
  ++stats_.refills;
}

tlm::tlm_sync_enum ReplayedCore::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time&) {
  if (phase == tlm::END_REQ) {
    sending_ = false;
    wake(domain().now() + 1);
    return tlm::TLM_ACCEPTED;
  }
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  phase = tlm::END_RESP;
  if (tilelink.beats_delivered + 1U < tilelink.response_beats) return tlm::TLM_UPDATED;
  payload.release();
  return tlm::TLM_COMPLETED;
}

}  // namespace castor::host
