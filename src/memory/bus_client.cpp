#include "bus_client.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::memory {

BusClient::BusClient(SystemBus& bus, BusInitiator& initiator, unsigned index)
    : bus_(bus),
      initiator_(initiator),
      bit_(static_cast<std::uint16_t>(1u << index)),
      releases_(bus.params_.buffer_depth * bus.params_.core_request_stages, sim::QueueMode::Plain,
                bus.params_.core_request_stages),
      grant_acks_(bus.params_.buffer_depth * bus.params_.core_request_stages, sim::QueueMode::Plain,
                  bus.params_.core_request_stages) {
  releases_.connect_consumer(bus);
  for (std::size_t bank = 0; bank < bus.banks_.size(); ++bank) {
    probes_.push_back(std::make_unique<sim::Queue<tlm::tlm_generic_payload*>>(
        bus.params_.buffer_depth * bus.params_.core_response_stages, sim::QueueMode::Plain,
        bus.params_.core_response_stages));
    probes_.back()->connect_consumer(bus);
  }
}

tlm::tlm_sync_enum BusClient::begin_release(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase) {
  const Cycle now = bus_.domain().now();
  CASTOR_ASSERT(sending_ == nullptr && releases_.can_push(now));
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.bus_port = initiator_.port();
  tilelink.client = bit_;
  tilelink.begin_request = now;
  releases_.push(now, {&payload, &tilelink, 0, tilelink.request_beats == 1});
  if (tilelink.request_beats == 1 && room_next_cycle()) return phase = tlm::END_REQ, tlm::TLM_UPDATED;
  sending_ = &payload;
  began_ = now;
  next_beat_ = 1;
  bus_.wake(now + 1);
  return tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum BusClient::acknowledge_grant(tlm::tlm_generic_payload& payload) {
  const Cycle now = bus_.domain().now();
  if (!grant_acks_.can_push(now)) return tlm::TLM_ACCEPTED;
  const unsigned bank = bus_.bank_of(payload);
  grant_acks_.push(now, {static_cast<std::uint16_t>(bank), sim::tilelink(payload).sink});
  bus_.wake_l2(bank, now + bus_.params_.core_request_stages);
  return tlm::TLM_UPDATED;
}

bool BusClient::offers_release(Cycle now, unsigned bank) const {
  return release_taken_ != now && releases_.can_pop(now) && bus_.bank_of(*releases_.front().payload) == bank;
}

BusBeat BusClient::take_release_beat(Cycle now) {
  release_taken_ = now;
  return releases_.pop(now);
}

bool BusClient::offers_grant_ack(Cycle now, unsigned bank) const {
  return grant_ack_taken_ != now && grant_acks_.can_pop(now) && grant_acks_.front().bank == bank;
}

std::uint16_t BusClient::take_grant_ack(Cycle now) {
  grant_ack_taken_ = now;
  const std::uint16_t sink = grant_acks_.pop(now).sink;
  if (!grant_acks_.empty()) bus_.wake_l2(grant_acks_.front().bank, std::max(grant_acks_.head_visible(), now + 1));
  return sink;
}

void BusClient::probe(Cycle now, unsigned bank, tlm::tlm_generic_payload& payload) {
  probes_[bank]->push(now, &payload);
}

bool BusClient::probed() const {
  return std::any_of(probes_.begin(), probes_.end(), [](const auto& queue) { return !queue->empty(); });
}

Cycle BusClient::next_probe(Cycle now) const {
  Cycle next = Cycle::never();
  for (const auto& probes : probes_)
    if (probes->head_visible() > now) next = std::min(next, probes->head_visible());
  return next;
}

bool BusClient::step(Cycle now) {
  const bool moved = step_release(now);
  return step_probe(now) || moved;
}

bool BusClient::step_release(Cycle now) {
  if (sending_ == nullptr) return false;
  sim::TileLinkExtension& tilelink = sim::tilelink(*sending_);
  if (next_beat_ < tilelink.request_beats && began_ != now && releases_.can_push(now)) {
    releases_.push(now, {sending_, &tilelink, next_beat_, next_beat_ + 1 == tilelink.request_beats});
    ++next_beat_;
  }
  if (next_beat_ < tilelink.request_beats || !room_next_cycle()) return true;
  tlm::tlm_generic_payload& payload = *sending_;
  sending_ = nullptr;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay;
  initiator_.socket->nb_transport_bw(payload, phase, delay);
  return true;
}

bool BusClient::step_probe(Cycle now) {
  std::uint32_t valid = 0;
  for (std::size_t bank = 0; bank < probes_.size(); ++bank)
    valid |= static_cast<std::uint32_t>(probes_[bank]->can_pop(now)) << bank;
  if (valid == 0) return false;
  const int bank = probe_turns_.pick(valid);
  tlm::tlm_phase phase = sim::BEGIN_PROBE;
  sc_core::sc_time delay;
  if (initiator_.socket->nb_transport_bw(*probes_[bank]->front(), phase, delay) == tlm::TLM_ACCEPTED) return true;
  probes_[bank]->drop(now);
  probe_turns_.sent(bank, true);
  ++bus_.stats.probes;
  return true;
}

}  // namespace castor::memory
