#include "castor/gemmini/stream_reader.h"

#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::gemmini {

StreamReader::StreamReader(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                           const config::GemminiParams& params, sim::Queue<LoadRowRequest>& rows, FrontendTlb& tlb,
                           bool values, sim::Probes& probes)
    : ClockedModule(name, domain, sim::level::stream_reader),
      socket("socket"),
      layout_(params.local_layout()),
      input_bytes_(params.input_bytes()),
      acc_bytes_(params.acc_bytes()),
      sp_row_bytes_(params.sp_row_bytes()),
      acc_row_bytes_(params.acc_row_bytes()),
      beat_bytes_(params.dma_bus_bytes()),
      rule_(params),
      rows_(rows),
      tlb_(tlb),
      probes_(probes),
      xacts_(params.max_in_flight_mem_reqs),
      merger_(params),
      data_(values ? params.max_in_flight_mem_reqs * params.dma_maxbytes().count() : 0),
      max_bytes_(static_cast<unsigned>(params.dma_maxbytes().count())) {
  rows_.connect_consumer(*this);
  socket.register_nb_transport_bw(this, &StreamReader::nb_transport_bw);
}

void StreamReader::report_to(EventCounts& events) {
  events_ = &events;
  active_level_.report_to(events);
}

Cycle StreamReader::step(Cycle now) {
  offer_refused_beat_again();
  const bool retry = translate(now);
  const Get looked_up = translate_q_;
  if (tlb_q_.valid) tlb_.present(FrontendTlb::Reader, now, tlb_q_.vaddr, true, FrontendTlb::try_of(tlb_q_.counted));
  translate_q_ = tlb_q_;
  tlb_q_ = looked_up;
  tlb_q_.valid = retry;
  if (cut_packet(now, retry)) active_ = bytes_left_ != 0;
  accept_row(now);
  active_level_.set(now + 1, active_);
  if (tlb_q_.valid || translate_q_.valid || (active_ && xacts_.can_allocate(now + 1))) return now + 1;
  return rows_.empty() ? Cycle::never() : std::max(rows_.head_visible(), active_ ? Cycle::never() : now + 1);
}

// The packet in its last stage leaves for the bus, or goes round again.
bool StreamReader::translate(Cycle now) {
  if (!translate_q_.valid) return false;
  const FrontendTlb::Answer answer = tlb_.answer(FrontendTlb::Reader, now);
  translate_q_.counted |= answer.counted;
  if (answer.skip) return !skip(now, translate_q_);
  if (answer.miss) return retry(stats_.retries_tlb, CounterEvent::RdmaTlbWaitCycles);
  if (!a_ready(now)) return retry(stats_.retries_bus, CounterEvent::RdmaTlWaitCycles);
  return !send(now, translate_q_, answer.paddr);
}

bool StreamReader::retry(sim::Counter& reason, CounterEvent event) {
  ++reason;
  if (events_ != nullptr) events_->count(event);
  return true;
}

// Zeros come in place of its beats, all at once, when no response is under way to the merger.
bool StreamReader::skip(Cycle now, const Get& get) {
  if (!merger_.idle() || !merger_.can_take(now)) return false;
  const std::vector<std::uint8_t> zeros(beat_bytes_);
  for (unsigned beat = 0; beat < beats_of(get.log2_size); ++beat)
    merger_.take(now, xacts_[get.source], data_.empty() ? nullptr : zeros.data());
  note_in_flight(now);
  xacts_.release(now, get.source);
  tlb_.skipped(FrontendTlb::Reader);
  return true;
}

bool StreamReader::send(Cycle now, const Get& get, PhysAddr paddr) {
  tlm::tlm_generic_payload& payload = payload_of(get, paddr);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  sending_ = true;
  ++stats_.requests;
  stats_.bytes_requested += std::uint64_t{1} << get.log2_size;
  if (probes_.watched())
    probes_.emit(&sim::Observer::dma_read, now, unsigned{get.source}, paddr, unsigned{get.log2_size});
  if (socket->nb_transport_fw(payload, phase, delay) != tlm::TLM_ACCEPTED) sending_ = false;
  a_free_from_ = now + 1;
  return true;
}

tlm::tlm_generic_payload& StreamReader::payload_of(const Get& get, PhysAddr paddr) {
  tlm::tlm_generic_payload& payload = pool_.take();
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(paddr.value());
  payload.set_data_length(1U << get.log2_size);
  payload.set_streaming_width(1U << get.log2_size);
  payload.set_data_ptr(data_.empty() ? nullptr : data_.data() + std::size_t{get.source} * max_bytes_);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.source = get.source;
  tilelink.log2_size = get.log2_size;
  tilelink.response_beats = static_cast<std::uint16_t>(beats_of(get.log2_size));
  return payload;
}

bool StreamReader::cut_packet(Cycle now, bool retried) {
  if (!active_) return false;
  ++stats_.cycles_active;
  if (retried) return false;
  if (translate_q_.valid && !tlb_.takes_another(FrontendTlb::Reader, vaddr_)) return false;
  if (!xacts_.can_allocate(now)) return ++stats_.cycles_no_xact, false;
  const Packet packet = rule_.choose(vaddr_, bytes_left_);
  note_in_flight(now);
  const unsigned source = xacts_.allocate(now, xact_of(packet));
  tlb_q_ = {true, packet.base, static_cast<std::uint8_t>(packet.log2_size), static_cast<std::uint16_t>(source), false};
  vaddr_ = vaddr_ + packet.bytes;
  bytes_requested_ += packet.bytes;
  bytes_left_ -= packet.bytes;
  stats_.bytes_useful += packet.bytes;
  return true;
}

Xact StreamReader::xact_of(const Packet& packet) const {
  const unsigned row_bytes = request_.full_width ? acc_row_bytes_ : sp_row_bytes_;
  Xact xact;
  xact.row =
      (request_.laddr.row(layout_) + request_.block_stride * (bytes_requested_ / row_bytes)) & layout_.data_mask();
  xact.row_offset = bytes_requested_ % row_bytes;
  xact.shift = packet.shift;
  xact.bytes_to_read = packet.bytes;
  xact.log2_size = packet.log2_size;
  xact.block_stride = request_.block_stride;
  xact.scale = request_.scale;
  xact.repeats = request_.repeats;
  xact.pixel_repeats = request_.pixel_repeats;
  xact.cols = request_.cols;
  xact.command_slot = request_.command_slot;
  xact.is_acc = request_.laddr.is_acc();
  xact.accumulate = request_.laddr.accumulate();
  xact.full_width = request_.full_width;
  return xact;
}

void StreamReader::accept_row(Cycle now) {
  if (active_ || !rows_.can_pop(now)) return;
  request_ = rows_.front();
  rows_.drop(now);
  active_ = true;
  vaddr_ = request_.vaddr;
  bytes_requested_ = 0;
  bytes_left_ = request_.cols * (request_.full_width ? acc_bytes_ : input_bytes_);
  require_whole_elements();
  ++stats_.rows;
  if (probes_.watched())
    probes_.emit(&sim::Observer::dma_row_request, now, request_.vaddr, unsigned{request_.cols},
                 unsigned{request_.command_slot});
}

// An element may lie across two packets only where its bytes are just stored, one by one.
void StreamReader::require_whole_elements() const {
  const unsigned element = request_.full_width ? acc_bytes_ : input_bytes_;
  const bool stored = request_.full_width && !request_.laddr.accumulate() && request_.scale == float_one_bits;
  if (vaddr_.value() % element == 0 || stored) return;
  throw UserError("mvin from an address that is not a multiple of the element size (" + std::to_string(element) +
                  " bytes); allowed only for accumulator-typed rows that are neither accumulated nor scaled");
}

void StreamReader::offer_refused_beat_again() {
  if (refused_ == nullptr) return;
  tlm::tlm_generic_payload& payload = *refused_;
  refused_ = nullptr;
  tlm::tlm_phase phase = tlm::END_RESP;
  sc_core::sc_time delay;
  socket->nb_transport_fw(payload, phase, delay);
}

void StreamReader::note_in_flight(Cycle now) {
  const std::uint64_t transactions = xacts_.in_flight(now) * (now - in_flight_noted_);
  stats_.in_flight += transactions;
  if (events_ != nullptr) events_->add(CounterExternal::RdmaTotalLatency, transactions);
  in_flight_noted_ = now;
}

tlm::tlm_sync_enum StreamReader::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time&) {
  const Cycle now = domain().now();
  if (phase == tlm::BEGIN_RESP) return take_beat(now, payload, phase);
  CASTOR_ASSERT(phase == tlm::END_REQ);
  sending_ = false;
  a_free_from_ = now + 1;
  return tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum StreamReader::take_beat(Cycle now, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase) {
  if (!merger_.can_take(now)) {
    refused_ = &payload;
    ++stats_.beats_refused;
    wake(now);
    return tlm::TLM_ACCEPTED;
  }
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  const std::uint8_t* data = payload.get_data_ptr();
  const bool last = tilelink.beats_delivered + 1 == tilelink.response_beats;
  const unsigned source = tilelink.source;
  merger_.take(now, xacts_[source],
               data == nullptr ? nullptr : data + std::size_t{tilelink.beats_delivered} * beat_bytes_);
  ++stats_.beats;
  stats_.bytes_received += std::uint64_t{1} << tilelink.log2_size;
  if (probes_.watched()) probes_.emit(&sim::Observer::dma_read_beat, now, source, last);
  phase = tlm::END_RESP;
  if (!last) return tlm::TLM_UPDATED;
  note_in_flight(now);
  xacts_.release(now, source);
  payload.release();
  wake(now + 1);
  return tlm::TLM_COMPLETED;
}

std::string StreamReader::waiting_for() const {
  if (active_) return "a free transaction";
  return merger_.idle() ? "" : "beats of a response";
}

}  // namespace castor::gemmini
