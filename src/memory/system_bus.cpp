#include "castor/memory/system_bus.h"

#include <algorithm>

#include "castor/common/bits.h"
#include "castor/common/error.h"

namespace castor::memory {

using Requests = sim::Queue<RequestBeat>;
using Responses = sim::Queue<ResponseBeat>;

namespace {
constexpr unsigned rtl_hit_latency = 4;
}

/// One initiator's TLBuffer and the TLM side of it.
class SystemBus::Initiator : public tlm::tlm_fw_transport_if<> {
 public:
  Initiator(SystemBus& bus, const std::string& name, std::uint16_t port, unsigned extra_latency)
      : socket(name.c_str()),
        requests(bus.params_.buffer_depth + extra_latency, sim::QueueMode::Plain, 1 + extra_latency),
        responses(bus.params_.buffer_depth),
        bus_(bus),
        port_(port) {
    socket.bind(*this);
    requests.connect_consumer(bus);
    responses.connect_consumer(bus);
  }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    if (phase == tlm::END_RESP) return take_again();
    CASTOR_ASSERT(phase == tlm::BEGIN_REQ);
    return begin(payload, phase);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) override { transport_dbg(payload); }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override;

  /// The remaining beats of a Put leave one a cycle; END_REQ when the next message may begin in now + 1.
  bool step_put(Cycle now);
  /// Offers the D beat at the head of the buffer.
  bool deliver(Cycle now);

  tlm::tlm_target_socket<> socket;
  Requests requests;
  Responses responses;

 private:
  tlm::tlm_sync_enum begin(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase);
  tlm::tlm_sync_enum take_again();
  bool room_next_cycle() const { return requests.size() < requests.depth(); }
  void note_delivery(const sim::TileLinkExtension& tilelink, bool read);

  SystemBus& bus_;
  std::uint16_t port_;
  tlm::tlm_generic_payload* request_ = nullptr;  // between BEGIN_REQ and END_REQ
  std::uint16_t next_beat_ = 0;
  bool refused_ = false;
};

/// A port of the system bus: its initiators, their crossbar and the buffers behind it.
struct SystemBus::Master {
  std::string name;
  std::vector<std::unique_ptr<Initiator>> initiators;
  std::vector<std::unique_ptr<Requests>> requests;    // crossbar to system bus
  std::vector<std::unique_ptr<Responses>> responses;  // system bus to crossbar
  RoundRobinArbiter crossbar;
  RoundRobinArbiter from_banks;
  Cycle accepted_at = Cycle::never();  // one beat a cycle leaves for the banks
  Cycle picked_at = Cycle::never();
  int picked_bank = RoundRobinArbiter::none;

  /// The buffer that the banks see, and the one that they fill.
  Requests& head() { return requests.empty() ? initiators[0]->requests : *requests.back(); }
  Responses& tail() { return responses.empty() ? initiators[0]->responses : *responses.front(); }
};

tlm::tlm_sync_enum SystemBus::Initiator::begin(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase) {
  const Cycle now = bus_.domain().now();
  CASTOR_ASSERT(request_ == nullptr && requests.can_push(now));
  bus_.store_.require(PhysAddr{payload.get_address()}, payload.get_data_length(), "a DMA or core request");
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.bus_port = port_;
  tilelink.begin_request = now;
  if (payload.is_write()) bus_.stats.bytes_written += payload.get_data_length();
  requests.push(now, {&payload, 0, tilelink.request_beats == 1});
  if (tilelink.request_beats == 1 && room_next_cycle()) return phase = tlm::END_REQ, tlm::TLM_UPDATED;
  request_ = &payload;
  next_beat_ = 1;
  bus_.wake(now + 1);
  return tlm::TLM_ACCEPTED;
}

bool SystemBus::Initiator::step_put(Cycle now) {
  if (request_ == nullptr) return false;
  const std::uint16_t beats = sim::tilelink(*request_).request_beats;
  const bool begins = sim::tilelink(*request_).begin_request == now;  // its first beat is this cycle's
  bool moved = false;
  if (next_beat_ < beats && !begins && requests.can_push(now)) {
    requests.push(now, {request_, next_beat_, next_beat_ + 1 == beats});
    ++next_beat_;
    moved = true;
  }
  if (next_beat_ < beats || !room_next_cycle()) return moved;
  tlm::tlm_generic_payload& payload = *request_;
  request_ = nullptr;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay;
  socket->nb_transport_bw(payload, phase, delay);
  return true;
}

bool SystemBus::Initiator::deliver(Cycle now) {
  if (refused_ || !responses.can_pop(now)) return false;
  const ResponseBeat beat = responses.front();
  sim::TileLinkExtension& tilelink = sim::tilelink(*beat.payload);
  const bool read = beat.payload->is_read();
  tilelink.beats_delivered = beat.beat;
  beat.payload->set_response_status(tlm::TLM_OK_RESPONSE);
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum answer = socket->nb_transport_bw(*beat.payload, phase, delay);
  if (answer == tlm::TLM_ACCEPTED) {
    refused_ = true;
    ++bus_.stats.refused_beats;
    return false;
  }
  if (!beat.last) tilelink.beats_delivered = beat.beat + 1;
  ++bus_.stats.response_beats;
  if (read) bus_.stats.bytes_read += bus_.params_.beat_bytes();
  responses.drop(now);
  return true;
}

tlm::tlm_sync_enum SystemBus::Initiator::take_again() {
  refused_ = false;
  bus_.wake(bus_.domain().now() + 1);
  return tlm::TLM_ACCEPTED;
}

unsigned int SystemBus::Initiator::transport_dbg(tlm::tlm_generic_payload& payload) {
  const PhysAddr address{payload.get_address()};
  const unsigned count = payload.get_data_length();
  if (!bus_.store_.contains(address, count)) return 0;
  if (payload.is_read()) bus_.store_.read(address, payload.get_data_ptr(), count);
  if (payload.is_write()) bus_.store_.write(address, payload.get_data_ptr(), count);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  return count;
}

SystemBus::SystemBus(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::BusParams& params,
                     const config::L2Params& l2, BackingStore& store)
    : ClockedModule(name, domain, sim::level::system_bus),
      params_(params),
      store_(store),
      bank_shift_(log2_ceil(params.block_bytes().count())),
      extra_latency_(l2.hit_latency - rtl_hit_latency) {
  if (l2.hit_latency < rtl_hit_latency) throw UserError("l2.hit_latency is at least 4, the depth of the L2's pipeline");
  for (unsigned bank = 0; bank < l2.banks; ++bank) banks_.push_back(std::make_unique<BankPort>(*this, bank));
}

SystemBus::~SystemBus() = default;

unsigned SystemBus::add_accelerator(unsigned core) {
  const std::string name = "accelerator" + std::to_string(core);
  return add_master({name, {name + "_reader", name + "_writer"}, params_.request_stages, params_.response_stages});
}

unsigned SystemBus::add_core(const std::string& name) {
  return add_master({name, {name}, params_.core_request_stages, params_.core_response_stages});
}

unsigned SystemBus::add_master(const Shape& shape) {
  const unsigned index = masters_.size();
  auto master = std::make_unique<Master>();
  CASTOR_ASSERT(shape.initiators.size() == 1 || (shape.request_stages > 1 && shape.response_stages > 1));
  master->name = shape.name;
  simcontext()->hierarchy_push(this);  // the sockets belong here although the constructor is over
  for (unsigned i = 0; i < shape.initiators.size(); ++i)
    master->initiators.push_back(std::make_unique<Initiator>(*this, shape.initiators[i], index << 8 | i,
                                                             shape.request_stages == 1 ? extra_latency_ : 0));
  simcontext()->hierarchy_pop();
  for (unsigned i = 1; i < shape.request_stages; ++i) {
    const unsigned extra = i + 1 == shape.request_stages ? extra_latency_ : 0;
    master->requests.push_back(
        std::make_unique<Requests>(params_.buffer_depth + extra, sim::QueueMode::Plain, 1 + extra));
  }
  for (unsigned i = 1; i < shape.response_stages; ++i)
    master->responses.push_back(std::make_unique<Responses>(params_.buffer_depth));
  for (auto& queue : master->responses) queue->connect_consumer(*this);
  master->head().connect_producer(*this);
  masters_.push_back(std::move(master));
  return index;
}

tlm::tlm_target_socket<>& SystemBus::socket(unsigned master, unsigned initiator) {
  return masters_.at(master)->initiators.at(initiator)->socket;
}

unsigned SystemBus::master_index(const tlm::tlm_generic_payload& payload) {
  return payload.get_extension<sim::TileLinkExtension>()->bus_port >> 8;
}

SystemBus::Master& SystemBus::master_of(const tlm::tlm_generic_payload& payload) {
  return *masters_[master_index(payload)];
}

Cycle SystemBus::step(Cycle now) {
  bool moved = false;
  for (const auto& master : masters_) {
    moved |= step_responses(*master, now);
    moved |= step_requests(*master, now);
  }
  return moved ? now + 1 : Cycle::never();
}

// From the L2 to the initiators, nearest to the initiators first.
bool SystemBus::step_responses(Master& master, Cycle now) {
  bool moved = false;
  for (const auto& initiator : master.initiators) moved |= initiator->deliver(now);
  if (master.responses.empty()) return moved;
  moved |= cross_responses(master, now);
  for (std::size_t i = master.responses.size() - 1; i > 0; --i) {
    Responses& from = *master.responses[i - 1];
    Responses& to = *master.responses[i];
    if (!from.can_pop(now) || !to.can_push(now)) continue;
    to.push(now, from.pop(now));
    moved = true;
  }
  return moved;
}

bool SystemBus::cross_responses(Master& master, Cycle now) {
  Responses& from = *master.responses.back();
  if (!from.can_pop(now)) return false;
  Initiator& initiator = *master.initiators[sim::tilelink(*from.front().payload).bus_port & 0xff];
  if (!initiator.responses.can_push(now)) return false;
  initiator.responses.push(now, from.pop(now));
  return true;
}

// From the initiators to the L2, nearest to the L2 first.
bool SystemBus::step_requests(Master& master, Cycle now) {
  bool moved = false;
  for (std::size_t i = master.requests.size(); i-- > 1;) {
    Requests& from = *master.requests[i - 1];
    Requests& to = *master.requests[i];
    if (!from.can_pop(now) || !to.can_push(now)) continue;
    to.push(now, from.pop(now));
    moved = true;
  }
  if (!master.requests.empty()) moved |= cross_requests(master, now);
  for (const auto& initiator : master.initiators) moved |= initiator->step_put(now);
  if (const Cycle seen = master.head().head_visible(); seen != Cycle::never() && seen > now) wake_l2(master, seen);
  return moved;
}

bool SystemBus::cross_requests(Master& master, Cycle now) {
  Requests& to = *master.requests.front();
  std::uint32_t valid = 0;
  for (std::size_t i = 0; i < master.initiators.size(); ++i)
    valid |= static_cast<std::uint32_t>(master.initiators[i]->requests.can_pop(now)) << i;
  if (valid == 0 || !to.can_push(now)) return false;
  const int winner = master.crossbar.pick(valid);
  if (winner == RoundRobinArbiter::none) return false;
  const RequestBeat beat = master.initiators[winner]->requests.pop(now);
  master.crossbar.sent(winner, beat.last);
  to.push(now, beat);
  return true;
}

void SystemBus::wake_l2(Master& master, Cycle at) {
  sim::Clocked* l2 = banks_[bank_of(*master.head().front().payload)]->l2_;
  if (l2 != nullptr) l2->wake(at);
}

std::string SystemBus::waiting_for() const {
  for (const auto& master : masters_) {
    if (!master->head().empty()) return "the L2 to take a request of " + master->name;
    if (!master->tail().empty()) return master->name + " to take a response";
  }
  return {};
}

const RequestBeat* BankPort::offered(Cycle now) {
  if (request_waits_) return &request_;
  if (!pick(now)) return nullptr;
  request_ = bus_.masters_[picked_]->head().front();
  return &request_;
}

bool BankPort::pick(Cycle now) {
  std::uint32_t valid = 0;
  for (std::size_t i = 0; i < bus_.masters_.size(); ++i) {
    Requests& head = bus_.masters_[i]->head();
    if (bus_.masters_[i]->accepted_at == now || !head.can_pop(now)) continue;
    if (bus_.bank_of(*head.front().payload) == bank_) valid |= 1u << i;
  }
  picked_ = valid == 0 ? RoundRobinArbiter::none : requests_.pick(valid);
  return picked_ != RoundRobinArbiter::none;
}

void BankPort::accept(Cycle now) {
  if (!request_waits_) take(now);
  request_waits_ = false;
}

void BankPort::decline(Cycle now) {
  if (!request_waits_) take(now);
  request_waits_ = true;
}

void BankPort::take(Cycle now) {
  SystemBus::Master& master = *bus_.masters_[picked_];
  Requests& head = master.head();
  requests_.sent(picked_, head.front().last);
  head.drop(now);
  master.accepted_at = now;
  ++bus_.stats.request_beats;
  if (!head.empty()) bus_.wake_l2(master, std::max(head.head_visible(), now + 1));
}

void BankPort::begin_cycle(Cycle now) {
  response_waited_ = response_waits_;
  if (response_waits_ && passes(now, response_)) response_waits_ = false;
}

void BankPort::send(Cycle now, const ResponseBeat& beat) {
  if (passes(now, beat)) return;
  response_ = beat;
  response_waits_ = true;
}

void BankPort::end_cycle(Cycle now, const tlm::tlm_generic_payload* next) {
  if (response_waits_) next = response_.payload;
  if (next == nullptr) return;
  declared_for_ = now + 1;
  declared_master_ = SystemBus::master_index(*next);
}

// Into the master's buffer, if it has room and this bank has the turn.
bool BankPort::passes(Cycle now, const ResponseBeat& beat) {
  SystemBus::Master& master = bus_.master_of(*beat.payload);
  if (!master.tail().can_push(now)) return false;
  if (bus_.banks_.size() > 1) {
    if (bus_.bank_in_turn(master, SystemBus::master_index(*beat.payload), now) != static_cast<int>(bank_)) return false;
    master.from_banks.sent(static_cast<int>(bank_), beat.last);
  }
  master.tail().push(now, beat);
  return true;
}

// By what the banks have declared for this cycle; asked by several of them, answered once.
int SystemBus::bank_in_turn(Master& master, unsigned index, Cycle now) {
  if (master.picked_at == now) return master.picked_bank;
  std::uint32_t valid = 0;
  for (const auto& port : banks_)
    if (port->declared_for_ == now && port->declared_master_ == index) valid |= 1u << port->bank_;
  master.picked_bank = valid == 0 ? RoundRobinArbiter::none : master.from_banks.pick(valid);
  master.picked_at = now;
  return master.picked_bank;
}

}  // namespace castor::memory
