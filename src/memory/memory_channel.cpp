#include "castor/memory/memory_channel.h"

#include "castor/common/error.h"

namespace castor::memory {

namespace {

constexpr unsigned patience = 7;  // of a write acknowledgement behind reads, ToAXI4.scala's b_delay

sim::QueueMode mode(unsigned stages) { return stages == 0 ? sim::QueueMode::Flow : sim::QueueMode::Plain; }

std::string socket_name(unsigned number) { return number == 0 ? "socket" : "socket_" + std::to_string(number); }

/// The most blocks that the L2 has under way, reads and writes.
std::size_t blocks(const MemoryChannel::Shared& shared) { return std::size_t{2} * shared.banks * shared.l2.mshrs; }

}  // namespace

MemoryChannel::MemoryChannel(const Shared& shared, unsigned number)
    : socket(socket_name(number).c_str()),
      shared_(shared),
      last_beat_(static_cast<std::uint16_t>(shared.l2.block_bytes() / shared.params.beat_bytes() - 1)),
      blocks_(blocks(shared) * shared.interleave.block_bytes),
      requests_(1 + shared.params.request_stages, mode(shared.params.request_stages), shared.params.request_stages),
      reads_(blocks(shared), mode(shared.params.response_stages), shared.params.response_stages),
      writes_(blocks(shared), mode(shared.params.response_stages), shared.params.response_stages) {
  socket.bind(*this);
  requests_.connect_consumer(shared.woken);
  reads_.connect_consumer(shared.woken);
  writes_.connect_consumer(shared.woken);
}

// --- towards memory

bool MemoryChannel::can_take(Cycle now, const MemoryBeat& beat) const {
  if (beat.first && !requests_.can_push(now)) return false;
  return !beat.write || (!data_waits_ && data_taken_at_ != now);
}

void MemoryChannel::take(Cycle now, const MemoryBeat& beat) {
  if (beat.write) data_waits_ = true;
  if (beat.first) requests_.push(now, beat);
  pass_on(now);
  if (beat.write) pass_data(now);
}

bool MemoryChannel::pass_on(Cycle now) {
  if (!requests_.can_pop(now) || outstanding_ != nullptr || began_ == now) return false;
  const MemoryBeat& request = requests_.front();
  if (write_open_ && request.write) return false;
  if ((request.write ? writes_in_flight_ : reads_in_flight_) >= shared_.params.max_in_flight()) return false;
  begin(now, requests_.pop(now));
  return true;
}

// Memory takes a write's data from the cycle after its address; the last beat goes when the request has been accepted.
bool MemoryChannel::pass_data(Cycle now) {
  if (!data_waits_ || !write_open_ || write_began_ == now || data_taken_at_ == now) return false;
  if (data_taken_ == last_beat_ && outstanding_ != nullptr) return false;
  data_waits_ = false;
  data_taken_at_ = now;
  ++data_taken_;
  if (data_taken_ > last_beat_) write_open_ = false;
  return true;
}

void MemoryChannel::begin(Cycle now, const MemoryBeat& request) {
  tlm::tlm_generic_payload& payload = form_payload(request, now);
  began_ = now;
  outstanding_ = &payload;
  request.write ? open_write(now, request) : open_read(now, request);
  send(payload);
}

void MemoryChannel::open_write(Cycle now, const MemoryBeat& request) {
  write_open_ = true;
  write_began_ = now;
  data_taken_ = 0;
  ++writes_in_flight_;
  ++shared_.stats.writes;
  shared_.stats.bytes_written += shared_.interleave.block_bytes;
  shared_.probes.emit(&sim::Observer::memory_write, now, axi_id(request), request.address, last_beat_ + 1u);
}

void MemoryChannel::open_read(Cycle now, const MemoryBeat& request) {
  ++reads_in_flight_;
  ++shared_.stats.reads;
  shared_.stats.bytes_read += shared_.interleave.block_bytes;
  shared_.probes.emit(&sim::Observer::memory_read, now, axi_id(request), request.address, last_beat_ + 1u);
}

void MemoryChannel::send(tlm::tlm_generic_payload& payload) {
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

tlm::tlm_generic_payload& MemoryChannel::form_payload(const MemoryBeat& request, Cycle now) {
  const unsigned bytes = shared_.interleave.block_bytes;
  tlm::tlm_generic_payload& payload = pool_.take();
  std::uint8_t* block = &blocks_[std::size_t{bytes} * block_of(request)];
  payload.set_command(request.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(shared_.interleave.local(request.address).value());
  payload.set_data_ptr(block);
  payload.set_data_length(bytes);
  payload.set_streaming_width(bytes);
  payload.set_dmi_allowed(false);
  if (request.write && shared_.target == MemoryTarget::Outside) shared_.store.read(request.address, block, bytes);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.source = request.mshr;
  tilelink.bus_port = request.bank;
  tilelink.begin_request = now;
  return payload;
}

// The cork numbers an MSHR's read odd and its write-back even; the port keeps the low bits.
unsigned MemoryChannel::axi_id(const MemoryBeat& request) const {
  return (2 * (request.bank * shared_.l2.mshrs + request.mshr) + !request.write) & (shared_.params.max_in_flight() - 1);
}

// --- back

bool MemoryChannel::read_wins(Cycle now) const {
  return (reads_.can_pop(now) && write_waits_ != patience) || read_beat_ != 0;
}

std::optional<unsigned> MemoryChannel::answers_bank(Cycle now) const {
  if (!holds_answers(now)) return std::nullopt;
  return sim::tilelink(*(read_wins(now) ? reads_ : writes_).front()).bus_port;
}

bool MemoryChannel::answer(Cycle now, CacheCork* cork) {
  const bool write = writes_.can_pop(now), read_first = read_wins(now);
  const bool gone = cork != nullptr && (read_first ? answer_read(now, *cork) : answer_write(now, *cork));
  write_waits_ = write && (read_first || !gone) ? (write_waits_ + 1) & patience : 0;
  if (gone) ++shared_.stats.busy_cycles;
  return gone;
}

bool MemoryChannel::answer_read(Cycle now, CacheCork& cork) {
  tlm::tlm_generic_payload& payload = *reads_.front();
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  if (!cork.return_read_beat(now, tilelink.source, read_beat_)) return false;
  if (read_beat_ == 0) shared_.stats.read_latency += now - tilelink.begin_request;
  const bool last = read_beat_ == last_beat_;
  read_beat_ = last ? 0 : read_beat_ + 1;
  if (!last) return true;
  reads_.drop(now);
  --reads_in_flight_;
  payload.release();
  return true;
}

bool MemoryChannel::answer_write(Cycle now, CacheCork& cork) {
  tlm::tlm_generic_payload& payload = *writes_.front();
  if (!cork.return_write_ack(now, sim::tilelink(payload).source)) return false;
  writes_.drop(now);
  --writes_in_flight_;
  payload.release();
  return true;
}

tlm::tlm_sync_enum MemoryChannel::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                  sc_core::sc_time&) {
  const sim::ClockDomain& domain = shared_.domain;
  const Cycle seen = shared_.target == MemoryTarget::InDomain ? domain.now() : domain.first_edge_after_kernel_time();
  if (&payload == outstanding_) outstanding_ = nullptr;  // END_REQ, or a BEGIN_RESP that implies it
  if (phase == tlm::END_REQ) {
    shared_.woken.wake(seen);
    return tlm::TLM_ACCEPTED;
  }
  CASTOR_ASSERT(phase == tlm::BEGIN_RESP);
  if (payload.is_response_error())
    throw UserError("the memory refused " + payload.get_response_string() + " of a block");
  (payload.is_read() ? reads_ : writes_).push(seen, &payload);
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

std::string MemoryChannel::waiting_for() const {
  if (outstanding_ != nullptr) return "memory to accept a request";
  if (reads_in_flight_ + writes_in_flight_ != 0) return "memory to answer";
  return {};
}

}  // namespace castor::memory
