#include "castor/memory/dram_ideal.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::memory {

namespace {
constexpr std::size_t unlimited = 1024;  // more than any memory bus has in flight
}

DramIdeal::DramIdeal(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::DramParams& params,
                     const config::MemoryBusParams& bus)
    : ClockedModule(name, domain, sim::level::dram),
      socket("socket"),
      params_(params),
      beat_bytes_(bus.beat_bytes().count()),
      limit_(params.in_order ? unlimited : params.max_in_flight),
      reads_(limit_, sim::QueueMode::Flow),
      writes_(limit_, sim::QueueMode::Flow) {
  socket.bind(*this);
  reads_.connect_consumer(*this);
  writes_.connect_consumer(*this);
}

tlm::tlm_sync_enum DramIdeal::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                              sc_core::sc_time&) {
  CASTOR_ASSERT(phase == tlm::BEGIN_REQ);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (full(payload)) {
    refused_ = &payload;
    return tlm::TLM_ACCEPTED;
  }
  begin(domain().now(), payload);
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

bool DramIdeal::full(const tlm::tlm_generic_payload& payload) const {
  return (payload.is_write() ? writes_ : reads_).size() >= limit_;
}

void DramIdeal::begin(Cycle now, tlm::tlm_generic_payload& payload) {
  if (payload.is_write())
    begin_write(now, payload);
  else
    begin_read(now, payload);
}

void DramIdeal::begin_read(Cycle now, tlm::tlm_generic_payload& payload) {
  const Cycle first = std::max(now + 1 + params_.latency(), data_free_);
  const unsigned beats = std::max(1u, payload.get_data_length() / beat_bytes_);
  data_free_ = first + beats;
  reads_.push(first, &payload);
  ++stats.reads;
  stats.read_cycles += beats;
}

void DramIdeal::begin_write(Cycle now, tlm::tlm_generic_payload& payload) {
  const unsigned beats = std::max(1u, payload.get_data_length() / beat_bytes_);
  writes_.push(now + beats + 1 + params_.write_latency(), &payload);
  ++stats.writes;
}

Cycle DramIdeal::step(Cycle now) {
  answer(now, reads_);
  answer(now, writes_);
  if (refused_ != nullptr && !full(*refused_)) accept_refused(now);
  return std::min(reads_.head_visible(), writes_.head_visible());
}

void DramIdeal::accept_refused(Cycle now) {
  tlm::tlm_generic_payload& payload = *std::exchange(refused_, nullptr);
  begin(now, payload);
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay;
  socket->nb_transport_bw(payload, phase, delay);
}

void DramIdeal::answer(Cycle now, Answers& answers) {
  while (answers.can_pop(now)) {
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    socket->nb_transport_bw(*answers.pop(now), phase, delay);
  }
}

void DramIdeal::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

std::string DramIdeal::waiting_for() const {
  return reads_.empty() && writes_.empty() ? std::string{} : "a request's latency to pass";
}

}  // namespace castor::memory
