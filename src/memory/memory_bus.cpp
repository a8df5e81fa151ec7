#include "castor/memory/memory_bus.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::memory {

namespace {

constexpr unsigned patience = 7;  // of a write acknowledgement behind reads, ToAXI4.scala's b_delay

sim::QueueMode mode(unsigned stages) { return stages == 0 ? sim::QueueMode::Flow : sim::QueueMode::Plain; }

}  // namespace

MemoryBus::MemoryBus(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                     const config::MemoryBusParams& params, const config::L2Params& l2, BackingStore& store,
                     sim::Probes& probes, const std::vector<L2OuterPort*>& banks, Target target)
    : ClockedModule(name, domain, sim::level::memory_bus),
      socket("socket"),
      params_(params),
      store_(store),
      probes_(probes),
      target_(target),
      mshrs_(l2.mshrs),
      block_bytes_(l2.block_bytes().count()),
      last_beat_(static_cast<std::uint16_t>(l2.block_bytes() / params.beat_bytes() - 1)),
      blocks_(std::size_t{2} * banks.size() * l2.mshrs * l2.block_bytes().count()),
      requests_(1 + params.request_stages, mode(params.request_stages), params.request_stages),
      reads_(2 * banks.size() * l2.mshrs, mode(params.response_stages), params.response_stages),
      writes_(2 * banks.size() * l2.mshrs, mode(params.response_stages), params.response_stages) {
  socket.bind(*this);
  for (L2OuterPort* bank : banks) {
    corks_.emplace_back(*bank, last_beat_ + 1u);
    bank->acquires.connect_consumer(*this);
    bank->releases.connect_consumer(*this);
    bank->grant_acks.connect_consumer(*this);
    bank->responses.connect_producer(*this);
  }
  requests_.connect_consumer(*this);
  reads_.connect_consumer(*this);
  writes_.connect_consumer(*this);
}

Cycle MemoryBus::step(Cycle now) {
  if (must_meet_kernel(now)) return now;
  bool moved = return_responses(now);
  moved |= pass_on(now);
  moved |= pass_data(now);
  moved |= take_beats(now);
  for (CacheCork& cork : corks_) moved |= cork.answer_requests(now);
  for (CacheCork& cork : corks_) moved |= cork.take_grant_ack(now);
  return moved || write_open_ || write_waits_ != 0 || holds_answers(now) ? now + 1 : Cycle::never();
}

// An answer may wait for a grant of the L2's to end, which wakes nobody.
bool MemoryBus::holds_answers(Cycle now) const {
  const auto holds = [](const CacheCork& cork) { return cork.has_answers(); };
  return reads_.can_pop(now) || writes_.can_pop(now) || std::any_of(corks_.begin(), corks_.end(), holds);
}

// Before any state changes: a request may leave the domain in this cycle only if both clocks agree.
bool MemoryBus::must_meet_kernel(Cycle now) {
  if (target_ == Target::InDomain) return false;
  MemoryBeat beat;
  return (requests_.can_pop(now) || pick_beat(now, beat)) && !domain().in_step_with_kernel();
}

bool MemoryBus::return_responses(Cycle now) {
  const bool read = reads_.can_pop(now), write = writes_.can_pop(now);
  const bool read_wins = (read && write_waits_ != patience) || read_beat_ != 0;
  const int served = !read && !write ? -1 : sim::tilelink(*(read_wins ? reads_ : writes_).front().payload).bus_port;
  bool moved = false;
  for (std::size_t bank = 0; bank < corks_.size(); ++bank)
    if (static_cast<int>(bank) != served && corks_[bank].has_answers()) moved |= corks_[bank].return_answers(now);
  if (served < 0) return moved;
  const bool gone = read_wins ? return_read(now) : return_write(now);
  write_waits_ = write && (read_wins || !gone) ? (write_waits_ + 1) & patience : 0;
  if (gone) ++stats.busy_cycles;
  return moved || gone;
}

bool MemoryBus::return_read(Cycle now) {
  tlm::tlm_generic_payload& payload = *reads_.front().payload;
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  if (!corks_[tilelink.bus_port].return_read_beat(now, tilelink.source, read_beat_)) return false;
  if (read_beat_ == 0) stats.read_latency += now - tilelink.begin_request;
  const bool last = read_beat_ == last_beat_;
  read_beat_ = last ? 0 : read_beat_ + 1;
  if (!last) return true;
  reads_.drop(now);
  --reads_in_flight_;
  payload.release();
  return true;
}

bool MemoryBus::return_write(Cycle now) {
  tlm::tlm_generic_payload& payload = *writes_.front().payload;
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  if (!corks_[tilelink.bus_port].return_write_ack(now, tilelink.source)) return false;
  writes_.drop(now);
  --writes_in_flight_;
  payload.release();
  return true;
}

bool MemoryBus::pick_beat(Cycle now, MemoryBeat& beat) const {
  std::uint32_t valid = 0;
  for (std::size_t bank = 0; bank < corks_.size(); ++bank)
    valid |= static_cast<std::uint32_t>(corks_[bank].offers(now, beat)) << bank;
  if (valid == 0) return false;
  const int bank = corks_.size() == 1 ? 0 : banks_.pick(valid);
  if (bank == RoundRobinArbiter::none) return false;
  corks_[bank].offers(now, beat);
  beat.bank = static_cast<std::uint16_t>(bank);
  return true;
}

// The beat that the banks offer enters the address and data queues, or passes through them.
bool MemoryBus::take_beats(Cycle now) {
  MemoryBeat beat;
  if (!pick_beat(now, beat)) return false;
  if (beat.first && !requests_.can_push(now)) return false;
  if (beat.write && (data_waits_ || data_taken_at_ == now)) return false;
  if (corks_.size() > 1) banks_.sent(beat.bank, beat.last);
  corks_[beat.bank].sent(now, beat);
  if (beat.write) data_waits_ = true;
  if (beat.first) requests_.push(now, beat);
  pass_on(now);
  if (beat.write) pass_data(now);
  return true;
}

bool MemoryBus::pass_on(Cycle now) {
  if (!requests_.can_pop(now) || outstanding_ != nullptr || began_ == now) return false;
  const MemoryBeat& request = requests_.front();
  if (write_open_ && request.write) return false;
  if ((request.write ? writes_in_flight_ : reads_in_flight_) >= params_.max_in_flight()) return false;
  begin(now, requests_.pop(now));
  return true;
}

// Memory takes a write's data from the cycle after its address; the last beat goes when the request has been accepted.
bool MemoryBus::pass_data(Cycle now) {
  if (!data_waits_ || !write_open_ || write_began_ == now || data_taken_at_ == now) return false;
  if (data_taken_ == last_beat_ && outstanding_ != nullptr) return false;
  data_waits_ = false;
  data_taken_at_ = now;
  ++data_taken_;
  if (data_taken_ > last_beat_) write_open_ = false;
  return true;
}

void MemoryBus::begin(Cycle now, const MemoryBeat& request) {
  tlm::tlm_generic_payload& payload = form_payload(request, now);
  began_ = now;
  outstanding_ = &payload;
  request.write ? open_write(now, request) : open_read(now, request);
  send(payload);
}

void MemoryBus::open_write(Cycle now, const MemoryBeat& request) {
  write_open_ = true;
  write_began_ = now;
  data_taken_ = 0;
  ++writes_in_flight_;
  ++stats.writes;
  stats.bytes_written += block_bytes_;
  probes_.emit(&sim::Observer::memory_write, now, axi_id(request), request.address, last_beat_ + 1u);
}

void MemoryBus::open_read(Cycle now, const MemoryBeat& request) {
  ++reads_in_flight_;
  ++stats.reads;
  stats.bytes_read += block_bytes_;
  probes_.emit(&sim::Observer::memory_read, now, axi_id(request), request.address, last_beat_ + 1u);
}

void MemoryBus::send(tlm::tlm_generic_payload& payload) {
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum answer = socket->nb_transport_fw(payload, phase, delay);
  if (answer == tlm::TLM_ACCEPTED) return;
  if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
    outstanding_ = nullptr;
    return;
  }
  phase = tlm::BEGIN_RESP;  // answered at once
  nb_transport_bw(payload, phase, delay);
}

tlm::tlm_generic_payload& MemoryBus::form_payload(const MemoryBeat& request, Cycle now) {
  tlm::tlm_generic_payload& payload = pool_.take();
  std::uint8_t* block = &blocks_[std::size_t{block_bytes_} * block_of(request)];
  payload.set_command(request.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(request.address.value());
  payload.set_data_ptr(block);
  payload.set_data_length(block_bytes_);
  payload.set_streaming_width(block_bytes_);
  payload.set_dmi_allowed(false);
  if (request.write && target_ == Target::Outside) store_.read(request.address, block, block_bytes_);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.source = request.mshr;
  tilelink.bus_port = request.bank;
  tilelink.begin_request = now;
  return payload;
}

// The cork numbers an MSHR's read odd and its write-back even; the port keeps the low bits.
unsigned MemoryBus::axi_id(const MemoryBeat& request) const {
  return (2 * (request.bank * mshrs_ + request.mshr) + !request.write) & (params_.max_in_flight() - 1);
}

tlm::tlm_sync_enum MemoryBus::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                              sc_core::sc_time&) {
  const Cycle seen = target_ == Target::InDomain ? domain().now() : domain().first_edge_after_kernel_time();
  if (&payload == outstanding_) outstanding_ = nullptr;  // END_REQ, or a BEGIN_RESP that implies it
  if (phase == tlm::END_REQ) {
    wake(seen);
    return tlm::TLM_ACCEPTED;
  }
  CASTOR_ASSERT(phase == tlm::BEGIN_RESP);
  if (payload.is_response_error())
    throw UserError("the memory refused " + payload.get_response_string() + " of a block");
  (payload.is_read() ? reads_ : writes_).push(seen, {&payload});
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

std::string MemoryBus::waiting_for() const {
  if (outstanding_ != nullptr) return "memory to accept a request";
  if (reads_in_flight_ + writes_in_flight_ != 0) return "memory to answer";
  return {};
}

}  // namespace castor::memory
