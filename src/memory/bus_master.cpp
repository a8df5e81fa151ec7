#include "bus_master.h"

#include "bus_client.h"
#include "castor/common/error.h"

namespace castor::memory {

BusInitiator::BusInitiator(SystemBus& bus, BusMaster& master, const std::string& name, std::uint16_t port,
                           unsigned extra_latency)
    : socket(name.c_str()),
      bytes_read(&bus.stats, name + ".bytes_read", "bytes", "delivered to this initiator"),
      bytes_written(&bus.stats, name + ".bytes_written", "bytes", "requested by this initiator in Puts"),
      l2_hits(&bus.stats, name + ".l2_hits", "requests", "of this initiator that found their line in the L2"),
      l2_misses(&bus.stats, name + ".l2_misses", "requests", "of this initiator that did not"),
      requests(bus.params_.buffer_depth + extra_latency, sim::QueueMode::Plain, 1 + extra_latency),
      responses(bus.params_.buffer_depth),
      bus_(bus),
      master_(master),
      port_(port) {
  socket.bind(*this);
  requests.connect_consumer(bus);
  responses.connect_consumer(bus);
}

tlm::tlm_sync_enum BusInitiator::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time&) {
  if (phase == tlm::END_RESP) return take_again();
  if (master_.client() != nullptr) return begin_cached(payload, phase);
  CASTOR_ASSERT(phase == tlm::BEGIN_REQ);
  return begin(payload, phase);
}

tlm::tlm_sync_enum BusInitiator::begin_cached(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase) {
  BusClient& client = *master_.client();
  if (phase == sim::GRANT_ACK) return client.acknowledge_grant(payload);
  CASTOR_ASSERT(phase == tlm::BEGIN_REQ);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  if (sim::on_channel_c(tilelink.message)) return client.begin_release(payload, phase);
  if (tilelink.message != sim::Message::Access) tilelink.client = client.bit();
  return begin(payload, phase);
}

tlm::tlm_sync_enum BusInitiator::begin(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase) {
  const Cycle now = bus_.domain().now();
  CASTOR_ASSERT(request_ == nullptr && requests.can_push(now));
  bus_.store_.require(PhysAddr{payload.get_address()}, payload.get_data_length(), "a DMA or core request");
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.bus_port = port_;
  tilelink.begin_request = now;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (payload.is_write()) bytes_written += payload.get_data_length();
  requests.push(now, {&payload, &tilelink, 0, tilelink.request_beats == 1});
  master_.requests_due(now + 1);
  if (&requests == &master_.head()) bus_.wake_l2(master_, requests.head_visible());  // nothing lies between
  if (tilelink.request_beats == 1 && room_next_cycle()) return phase = tlm::END_REQ, tlm::TLM_UPDATED;
  request_ = &payload;
  tilelink_ = &tilelink;
  next_beat_ = 1;
  tilelink.beats_gone = 1 + room_next_cycle();
  return tlm::TLM_ACCEPTED;
}

bool BusInitiator::step_put(Cycle now) {
  if (request_ == nullptr) return false;
  const std::uint16_t beats = tilelink_->request_beats;
  const bool begins = tilelink_->begin_request == now;  // its first beat is this cycle's
  bool moved = false;
  if (next_beat_ < beats && !begins && requests.can_push(now)) {
    requests.push(now, {request_, tilelink_, next_beat_, next_beat_ + 1 == beats});
    ++next_beat_;
    moved = true;
  }
  tilelink_->beats_gone = next_beat_ + room_next_cycle();
  if (next_beat_ < beats || !room_next_cycle()) return moved;
  tlm::tlm_generic_payload& payload = *request_;
  request_ = nullptr;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay;
  socket->nb_transport_bw(payload, phase, delay);
  return true;
}

/// To be asked for before the initiator has the beat: it may release the payload.
BusInitiator::Delivery BusInitiator::delivery_of(const ResponseBeat& beat) {
  const bool answers_lookup = beat.beat == 0 && !sim::on_channel_c(beat.tilelink->message);
  return {beat.payload->is_read(), answers_lookup, beat.tilelink->l2_hit};
}

void BusInitiator::count(const Delivery& delivery) {
  ++bus_.stats.response_beats;
  if (delivery.read) bytes_read += bus_.beat_bytes_;
  if (delivery.answers_lookup) ++(delivery.hit ? l2_hits : l2_misses);
}

bool BusInitiator::offer(const ResponseBeat& beat) {
  const Delivery delivery = delivery_of(beat);
  beat.tilelink->beats_delivered = beat.beat;
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay;
  if (socket->nb_transport_bw(*beat.payload, phase, delay) == tlm::TLM_ACCEPTED) {
    refused_ = true;
    ++bus_.stats.refused_beats;
    return false;
  }
  if (!beat.last) beat.tilelink->beats_delivered = beat.beat + 1;
  count(delivery);
  return true;
}

bool BusInitiator::deliver(Cycle now) {
  if (refused_ || !responses.can_pop(now) || !offer(responses.front())) return false;
  responses.drop(now);
  return true;
}

tlm::tlm_sync_enum BusInitiator::take_again() {
  refused_ = false;
  bus_.wake(bus_.domain().now() + 1);
  return tlm::TLM_ACCEPTED;
}

unsigned int BusInitiator::transport_dbg(tlm::tlm_generic_payload& payload) {
  const PhysAddr address{payload.get_address()};
  const unsigned count = payload.get_data_length();
  if (!bus_.store_.contains(address, count)) return 0;
  if (payload.is_read()) bus_.store_.read(address, payload.get_data_ptr(), count);
  if (payload.is_write()) bus_.store_.write(address, payload.get_data_ptr(), count);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  return count;
}

ResponsePath::ResponsePath(SystemBus& bus, unsigned stages) : bus_(bus), stages_(stages) {
  const unsigned depth = bus.params_.buffer_depth;
  may_express_ = express_ = depth >= 2 && stages + 1 < ring;  // one place would not take a beat a cycle
  for (unsigned i = 1; i < stages; ++i) {
    buffers_.push_back(std::make_unique<BeatQueue>(depth));
    buffers_.back()->connect_consumer(bus);
  }
}

void ResponsePath::set_entrance() {
  entrance_ = buffers_.empty() ? &(*initiators_)[0]->responses : buffers_.front().get();
}

void ResponsePath::push(Cycle now, const ResponseBeat& beat) {
  if (!express_) {
    entrance_->push(now, beat);
    ++in_buffers_;
    return;
  }
  travellers_[(first_ + count_++) % ring] = {beat, now};
  bus_.wake(now + stages_);
}

bool ResponsePath::step(Cycle now) {
  if (express_) return step_express(now);
  const bool moved = step_buffers(now);
  if (in_buffers_ == 0) express_ = may_express_;
  return moved;
}

bool ResponsePath::step_express(Cycle now) {
  if (count_ == 0) return false;
  const Traveller& next = travellers_[first_];
  if (next.entered + stages_ > now) {
    bus_.wake(next.entered + stages_);
    return false;
  }
  if (!(*initiators_)[next.beat.initiator()]->offer(next.beat)) {
    leave_express(now);
    step_buffers(now);
    return true;
  }
  first_ = (first_ + 1) % ring;
  --count_;
  if (count_ != 0) bus_.wake(travellers_[first_].entered + stages_);
  return true;
}

// In cycle `now` before the buffers move.
void ResponsePath::leave_express(Cycle now) {
  express_ = false;
  for (unsigned i = 0; i < count_; ++i) place(now, travellers_[(first_ + i) % ring]);
  in_buffers_ = count_;
  count_ = 0;
}

void ResponsePath::place(Cycle now, const Traveller& traveller) {
  const std::uint64_t age = now - traveller.entered;
  const Cycle pushed{now.count() - (age == 0 ? 0 : 1)};  // into the buffer it stands in; visible a cycle later
  if (age >= stages_) return (*initiators_)[traveller.beat.initiator()]->responses.push(pushed, traveller.beat);
  if (buffers_.empty()) return entrance_->push(pushed, traveller.beat);
  buffers_[age == 0 ? 0 : age - 1]->push(pushed, traveller.beat);
}

// Nearest to the initiators first.
bool ResponsePath::step_buffers(Cycle now) {
  bool moved = false;
  for (const auto& initiator : *initiators_) {
    if (!initiator->deliver(now)) continue;
    --in_buffers_;
    moved = true;
  }
  if (buffers_.empty()) return moved;
  moved |= cross(now);
  for (std::size_t i = buffers_.size() - 1; i > 0; --i) {
    BeatQueue& from = *buffers_[i - 1];
    BeatQueue& to = *buffers_[i];
    if (!from.can_pop(now) || !to.can_push(now)) continue;
    to.push(now, from.pop(now));
    moved = true;
  }
  return moved;
}

bool ResponsePath::cross(Cycle now) {
  BeatQueue& from = *buffers_.back();
  if (!from.can_pop(now)) return false;
  BeatQueue& to = (*initiators_)[from.front().initiator()]->responses;
  if (!to.can_push(now)) return false;
  to.push(now, from.pop(now));
  return true;
}

BusMaster::BusMaster(SystemBus& bus, const SystemBus::Shape& shape, unsigned index, unsigned extra_latency)
    : name(shape.name), responses(bus, shape.response_stages), bus_(bus) {
  CASTOR_ASSERT(shape.initiators.size() == 1 || (shape.request_stages > 1 && shape.response_stages > 1));
  for (unsigned i = 0; i < shape.initiators.size(); ++i)
    initiators.push_back(std::make_unique<BusInitiator>(bus, *this, shape.initiators[i], index << 8 | i,
                                                        shape.request_stages == 1 ? extra_latency : 0));
  responses.attach(initiators);
  responses.set_entrance();
  for (unsigned i = 1; i < shape.request_stages; ++i) {
    const unsigned extra = i + 1 == shape.request_stages ? extra_latency : 0;
    requests_.push_back(
        std::make_unique<BeatQueue>(bus.params_.buffer_depth + extra, sim::QueueMode::Plain, 1 + extra));
  }
  head().connect_producer(bus);
}

BusMaster::~BusMaster() = default;

BusClient& BusMaster::add_client(unsigned index) {
  CASTOR_ASSERT(initiators.size() == 1 && client_ == nullptr);
  client_ = std::make_unique<BusClient>(bus_, *initiators[0], index);
  return *client_;
}

bool BusMaster::step(Cycle now) {
  bool moved = responses.step(now);
  if (now <= requests_until_ && step_requests(now)) {
    requests_until_ = now + 1;
    moved = true;
  }
  return moved;
}

// From the initiators to the L2, nearest to the L2 first.
bool BusMaster::step_requests(Cycle now) {
  bool moved = false;
  for (std::size_t i = requests_.size(); i-- > 1;) {
    BeatQueue& from = *requests_[i - 1];
    BeatQueue& to = *requests_[i];
    if (!from.can_pop(now) || !to.can_push(now)) continue;
    to.push(now, from.pop(now));
    moved = true;
  }
  if (!requests_.empty()) moved |= cross_requests(now);
  for (const auto& initiator : initiators) moved |= initiator->step_put(now);
  const Cycle seen = head().head_visible();
  if (seen != Cycle::never() && seen > now) bus_.wake_l2(*this, seen);
  return moved;
}

bool BusMaster::cross_requests(Cycle now) {
  BeatQueue& to = *requests_.front();
  if (!to.can_push(now)) return false;
  std::uint32_t valid = 0;
  for (std::size_t i = 0; i < initiators.size(); ++i)
    valid |= static_cast<std::uint32_t>(initiators[i]->requests.can_pop(now)) << i;
  const int winner = valid == 0 ? RoundRobinArbiter::none : crossbar_.pick(valid);
  if (winner == RoundRobinArbiter::none) return false;
  const RequestBeat beat = initiators[winner]->requests.pop(now);
  crossbar_.sent(winner, beat.last);
  to.push(now, beat);
  return true;
}

}  // namespace castor::memory
