#include "castor/memory/system_bus.h"

#include <algorithm>

#include "bus_client.h"
#include "bus_master.h"
#include "castor/common/bits.h"
#include "castor/common/error.h"

namespace castor::memory {

namespace {
constexpr unsigned rtl_hit_latency = 4;
constexpr unsigned inner_buffer_depth = 2;  // of channel C (BufferParams.default)
constexpr unsigned max_clients = 16;        // bits of DirectoryEntry::clients
}  // namespace

SystemBus::SystemBus(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::BusParams& params,
                     const config::L2Params& l2, BackingStore& store)
    : ClockedModule(name, domain, sim::level::system_bus),
      params_(params),
      store_(store),
      beat_bytes_(params.beat_bytes()),
      bank_shift_(log2_ceil(params.block_bytes().count())),
      extra_latency_(l2.hit_latency - rtl_hit_latency) {
  CASTOR_ASSERT(l2.hit_latency >= rtl_hit_latency);
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

unsigned SystemBus::add_client(const std::string& name) {
  if (clients_.size() == max_clients) throw UserError("at most 16 first-level data caches can share the L2");
  const unsigned index = add_core(name);
  clients_.push_back(&masters_[index]->add_client(clients_.size()));
  for (const auto& bank : banks_) bank->has_clients_ = true;
  return index;
}

unsigned SystemBus::add_master(const Shape& shape) {
  const unsigned index = masters_.size();
  simcontext()->hierarchy_push(this);  // the sockets belong here although the constructor is over
  masters_.push_back(std::make_unique<BusMaster>(*this, shape, index, extra_latency_));
  simcontext()->hierarchy_pop();
  return index;
}

L2Lookups SystemBus::lookups(unsigned master) const {
  L2Lookups sum;
  for (const auto& initiator : masters_.at(master)->initiators)
    sum.hits += initiator->l2_hits.value(), sum.misses += initiator->l2_misses.value();
  return sum;
}

tlm::tlm_target_socket<>& SystemBus::socket(unsigned master, unsigned initiator) {
  return masters_.at(master)->initiators.at(initiator)->socket;
}

Cycle SystemBus::step(Cycle now) {
  bool moved = false;
  for (const auto& master : masters_) moved |= master->step(now);
  if (!clients_.empty()) moved |= step_clients(now);
  return moved ? now + 1 : next_probe(now);
}

Cycle SystemBus::next_probe(Cycle now) const {
  Cycle next = Cycle::never();
  for (const BusClient* client : clients_) next = std::min(next, client->next_probe(now));
  return next;
}

bool SystemBus::step_clients(Cycle now) {
  bool moved = false;
  for (const auto& bank : banks_) moved |= bank->take_release_beat(now);
  for (BusClient* client : clients_) moved |= client->step(now);
  return moved;
}

void SystemBus::wake_l2(BusMaster& master, Cycle at) { wake_l2(bank_of(*master.head().front().payload), at); }

void SystemBus::wake_l2(unsigned bank, Cycle at) {
  sim::Clocked* l2 = banks_[bank]->l2_;
  if (l2 != nullptr) l2->wake(at);
}

std::string SystemBus::waiting_for() const {
  for (const auto& master : masters_) {
    if (!master->head().empty()) return "the L2 to take a request of " + master->name;
    if (!master->responses.empty()) return master->name + " to take a response";
    if (master->client() != nullptr && master->client()->probed()) return master->name + " to take a probe";
  }
  return {};
}

// By what the banks have declared for this cycle; asked by several of them, answered once.
int SystemBus::bank_in_turn(BusMaster& master, unsigned index, Cycle now) {
  if (master.picked_at == now) return master.picked_bank;
  std::uint32_t valid = 0;
  for (const auto& port : banks_)
    if (port->declared_for_ == now && port->declared_master_ == index) valid |= 1u << port->bank_;
  master.picked_bank = valid == 0 ? RoundRobinArbiter::none : master.from_banks.pick(valid);
  master.picked_at = now;
  return master.picked_bank;
}

BankPort::BankPort(SystemBus& bus, unsigned bank) : bus_(bus), bank_(bank), releases_(inner_buffer_depth) {
  releases_.connect_producer(bus);
}

void BankPort::attach(sim::Clocked& l2) {
  l2_ = &l2;
  releases_.connect_consumer(l2);
}

const RequestBeat* BankPort::offered(Cycle now) {
  if (request_waits_) return &request_;
  if (!pick(now)) return nullptr;
  request_ = bus_.masters_[picked_]->head().front();
  return &request_;
}

Cycle BankPort::next_request(Cycle now) const {
  Cycle next = Cycle::never();
  for (const auto& master : bus_.masters_) {
    const Cycle seen = master->head().head_visible();
    if (seen > now) next = std::min(next, seen);
  }
  return next;
}

bool BankPort::pick(Cycle now) {
  std::uint32_t valid = 0;
  for (std::size_t i = 0; i < bus_.masters_.size(); ++i) {
    const BusMaster& master = *bus_.masters_[i];
    if (!master.head().can_pop(now) || master.accepted_at == now) continue;
    if (bus_.bank_of(*master.head().front().payload) == bank_) valid |= 1u << i;
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
  BusMaster& master = *bus_.masters_[picked_];
  BeatQueue& head = master.head();
  requests_.sent(picked_, head.front().last);
  head.drop(now);
  master.requests_due(now + 1);
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

void BankPort::end_cycle(Cycle now, const sim::TileLinkExtension* next) {
  if (response_waits_) next = response_.tilelink;
  if (next == nullptr) return;
  declared_for_ = now + 1;
  declared_master_ = next->bus_port >> 8;
}

// Into the master's path, if it has room and this bank has the turn.
bool BankPort::passes(Cycle now, const ResponseBeat& beat) {
  BusMaster& master = *bus_.masters_[beat.master()];
  if (!master.responses.can_push(now)) return false;
  if (bus_.banks_.size() > 1) {
    if (bus_.bank_in_turn(master, beat.master(), now) != static_cast<int>(bank_)) return false;
    master.from_banks.sent(static_cast<int>(bank_), beat.last);
  }
  master.responses.push(now, beat);
  return true;
}

bool BankPort::can_probe(Cycle now, unsigned client) const { return bus_.clients_[client]->can_probe(now, bank_); }

void BankPort::probe(Cycle now, unsigned client, tlm::tlm_generic_payload& payload) {
  bus_.clients_[client]->probe(now, bank_, payload);
}

// The crossbar of channel C: one beat a cycle into the inner buffer.
bool BankPort::take_release_beat(Cycle now) {
  std::uint32_t valid = 0;
  for (std::size_t i = 0; i < bus_.clients_.size(); ++i)
    valid |= static_cast<std::uint32_t>(bus_.clients_[i]->offers_release(now, bank_)) << i;
  if (valid == 0) return false;
  const int client = release_turns_.pick(valid);
  if (client == none || !releases_.can_push(now)) return true;
  const BusBeat beat = bus_.clients_[client]->take_release_beat(now);
  release_turns_.sent(client, beat.last);
  releases_.push(now, beat);
  ++bus_.stats.release_beats;
  return true;
}

int BankPort::take_grant_ack(Cycle now) {
  std::uint32_t valid = 0;
  for (std::size_t i = 0; i < bus_.clients_.size(); ++i)
    valid |= static_cast<std::uint32_t>(bus_.clients_[i]->offers_grant_ack(now, bank_)) << i;
  if (valid == 0) return none;
  const int client = grant_ack_turns_.pick(valid);
  grant_ack_turns_.sent(client, true);
  return bus_.clients_[client]->take_grant_ack(now);
}

}  // namespace castor::memory
