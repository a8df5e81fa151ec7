#include "castor/gemmini/stream_writer.h"

#include <algorithm>

#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::gemmini {

StreamWriter::StreamWriter(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                           const config::GemminiParams& params, LocalMemory& memory, AccumulatorScale& source,
                           FrontendTlb& tlb, FrontendTlb::Client client, sim::Probes& probes)
    : ClockedModule(name, domain,
                    client == FrontendTlb::Writer ? sim::level::stream_writer : sim::level::scratchpad_writer),
      socket("socket"),
      memory_(memory),
      arithmetic_(memory.arithmetic()),
      source_(source),
      issue_q_(source.issue_q()),
      tlb_(tlb),
      client_(client),
      probes_(probes),
      rule_(params),
      scratchpad_base_(params.tl_ext_mem_base),
      beat_bytes_(params.dma_bus_bytes()),
      max_bytes_(static_cast<unsigned>(params.dma_maxbytes().count())),
      input_bytes_(params.input_bytes()),
      acc_bytes_(params.acc_bytes()),
      input_row_bytes_(params.sp_row_bytes()),
      row_(std::max({max_bytes_, params.acc_row_bytes(), params.sp_row_bytes()})),
      zeros_(memory.values() ? RowBytes(params.sp_row_bytes()) : RowBytes()),
      transactions_(params.max_in_flight_mem_reqs) {
  // Two buffers for each transaction: its old message may still be read when it is used again.
  enables_.resize(std::size_t{2} * transactions_.size() * max_bytes_);
  if (memory.values()) data_.resize(enables_.size());
  socket.register_nb_transport_bw(this, &StreamWriter::nb_transport_bw);
  if (!to_memory()) return;
  source.connect_writer(*this);
  for (std::size_t bank = 0; bank < memory.scratchpad_banks(); ++bank)
    memory.scratchpad(BankId{static_cast<std::uint32_t>(bank)}).connect(Reader::Dma, *this);
}

void StreamWriter::connect(StreamWriter& to_scratchpad) {
  partner_ = &to_scratchpad;
  to_scratchpad.partner_ = this;
}

void StreamWriter::report_to(EventCounts& events) {
  events_ = &events;
  active_level_.report_to(events);
}

Cycle StreamWriter::step(Cycle now) {
  if (requested_ && !translate_q_.valid) shadow_.counted |= tlb_.answer(client_, now).counted;
  const bool missed = translate(now);
  const Beat looked_up = translate_q_;
  feed_translate_q(now, missed);
  if (missed) {
    put_in_tlb_q(looked_up);
  } else if (!tlb_q_.valid && shadow_.valid) {
    put_in_tlb_q(shadow_);
    shadow_.valid = false;
  } else {
    make_beat(now);
  }
  if (!to_memory() && left_ == 0) partner_->wake(now);
  const bool accepted = to_memory() && left_ == 0 && accept_row(now);
  active_level_.set(now + 1, left_ != 0);
  return next_step(now, accepted);
}

Cycle StreamWriter::next_step(Cycle now, bool accepted) const {
  if (accepted || tlb_q_.valid || translate_q_.valid || shadow_.valid) return now + 1;
  if (left_ != 0) return all_busy(now + 1) ? Cycle::never() : now + 1;
  if (!to_memory() || issue_q_.empty()) return Cycle::never();
  const Cycle data = data_visible(issue_q_.front());
  return data == Cycle::never() ? data : std::max({data, issue_q_.head_visible(), now + 1});
}

// The beat in its last stage leaves for the bus, waits for it, or (true) goes round again.
bool StreamWriter::translate(Cycle now) {
  if (!translate_q_.valid) return false;
  const FrontendTlb::Answer answer = tlb_.answer(client_, now);
  if (requested_) held_paddr_ = answer.paddr;
  if (requested_ && translate_q_.first) skipping_ = answer.skip;
  translate_q_.counted |= answer.counted;
  if (skipping_) return skip(now, translate_q_), translate_q_.valid = false;
  if (answer.miss) {
    ++stats_.retries_tlb;
    if (events_ != nullptr) events_->count(CounterEvent::WdmaTlbWaitCycles);
    translate_q_.valid = false;
    return true;
  }
  if (!a_ready(now)) {
    ++stats_.cycles_bus_busy;
    if (events_ != nullptr) events_->count(CounterEvent::WdmaTlWaitCycles);
    return false;
  }
  send(now, translate_q_);
  translate_q_.valid = false;
  return false;
}

void StreamWriter::skip(Cycle now, const Beat& beat) {
  beats_sent_ = beat.first ? 1 : beats_sent_ + 1;
  if (beats_sent_ < beats_of(beat.log2_size)) return;
  skipping_ = false;
  tlb_.skipped(client_);
  free(now, beat.source);
}

// A target that has ended the request at its first beat has taken the others with it.
bool StreamWriter::a_ready(Cycle now) const {
  if (!translate_q_.first) return sending_ == nullptr || beats_sent_ < sim::tilelink(*sending_).beats_gone;
  return sending_ == nullptr && a_free_from_ <= now;
}

void StreamWriter::send(Cycle now, const Beat& beat) {
  ++stats_.beats;
  if (to_memory() && probes_.watched())
    probes_.emit(&sim::Observer::dma_write, now, unsigned{beat.source}, held_paddr_, unsigned{beat.log2_size});
  beats_sent_ = beat.first ? 1 : beats_sent_ + 1;
  if (!beat.first) return;
  tlm::tlm_generic_payload& payload = payload_of(beat);
  payload.acquire();  // until END_REQ: the acknowledgement may be earlier
  sending_ = &payload;
  a_free_from_ = now + 1;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  if (socket->nb_transport_fw(payload, phase, delay) != tlm::TLM_ACCEPTED) end_request(now);
}

void StreamWriter::end_request(Cycle now) {
  sending_->release();
  sending_ = nullptr;
  a_free_from_ = std::max(a_free_from_, now + 1);
}

tlm::tlm_generic_payload& StreamWriter::payload_of(const Beat& beat) {
  const Transaction& transaction = transactions_[beat.source];
  const unsigned size = 1U << beat.log2_size;
  tlm::tlm_generic_payload& payload = pool_.take();
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(held_paddr_.value());
  payload.set_data_length(size);
  payload.set_streaming_width(size);
  const bool values = !data_.empty();
  payload.set_data_ptr(values ? data_.data() + buffer_of(beat.source) : nullptr);
  payload.set_byte_enable_ptr(transaction.whole ? nullptr : enables_.data() + buffer_of(beat.source));
  payload.set_byte_enable_length(transaction.whole ? 0 : size);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.source = beat.source;
  tilelink.log2_size = beat.log2_size;
  tilelink.request_beats = static_cast<std::uint16_t>(beats_of(beat.log2_size));
  tilelink.full_put = transaction.whole;
  ++stats_.requests;
  if (!transaction.whole) ++stats_.partial_requests;
  return payload;
}

// tlb_q asks the TLB as it moves on; beside a beat that missed it has to step aside.
void StreamWriter::feed_translate_q(Cycle now, bool missed) {
  requested_ = tlb_q_.valid && !translate_q_.valid;
  const bool counted = tlb_q_.counted || !tlb_q_.first;
  tlb_.present(client_, now, tlb_q_.vaddr, requested_, FrontendTlb::try_of(counted), !missed);
  if (!requested_) return;
  (missed ? shadow_ : translate_q_) = tlb_q_;
  tlb_q_.valid = false;
}

void StreamWriter::put_in_tlb_q(const Beat& beat) {
  CASTOR_ASSERT(!tlb_q_.valid);
  tlb_q_ = beat;
  tlb_q_.valid = true;
}

void StreamWriter::make_beat(Cycle now) {
  if (left_ == 0) return;
  ++stats_.cycles_active;
  if (tlb_q_.valid) return;
  if (all_busy(now)) return static_cast<void>(++stats_.cycles_no_xact);
  const bool first = beats_left_ == 0;
  if (first) begin_packet(now);
  --beats_left_;
  put_in_tlb_q({true, first, packet_.base, packet_source_, static_cast<std::uint8_t>(packet_.log2_size), false});
  if (beats_left_ == 0) left_ -= packet_.bytes;
}

void StreamWriter::begin_packet(Cycle now) {
  packet_ = rule_.choose(vaddr_, left_);
  packet_source_ = static_cast<std::uint16_t>(free_transaction(now));
  beats_left_ = beats_of(packet_.log2_size);
  Transaction& transaction = transactions_[packet_source_];
  note_in_flight(now);
  transaction.busy = true;
  transaction.second_buffer = !transaction.second_buffer;
  transaction.whole = packet_.bytes == packet_.size();
  ++in_flight_;
  if (!data_.empty()) fill_data();
  if (!transaction.whole) fill_enables();
  vaddr_ = vaddr_ + packet_.bytes;
  written_ += packet_.bytes;
  stats_.bytes += packet_.bytes;
}

void StreamWriter::fill_data() {
  std::copy_n(row_.begin() + written_, packet_.bytes, data_.begin() + buffer_of(packet_source_) + packet_.shift);
}

// With or without values: the L2's data store is busy only where lanes are enabled.
void StreamWriter::fill_enables() {
  const auto lanes = enables_.begin() + static_cast<std::ptrdiff_t>(buffer_of(packet_source_));
  std::fill_n(lanes, packet_.size(), std::uint8_t{TLM_BYTE_DISABLED});
  std::fill_n(lanes + packet_.shift, packet_.bytes, std::uint8_t{TLM_BYTE_ENABLED});
}

unsigned StreamWriter::free_transaction(Cycle now) const {
  unsigned id = 0;
  while (transactions_[id].busy || (acknowledged_at_ == now && acknowledged_ == id)) ++id;
  return id;
}

Cycle StreamWriter::data_visible(const StoreRowRequest& request) const {
  const LocalLayout& layout = memory_.layout();
  if (request.laddr.is_garbage(layout)) return Cycle{0};
  if (request.laddr.is_acc()) return source_.row_visible();
  return memory_.scratchpad(request.laddr.bank(layout)).response_visible(Reader::Dma);
}

bool StreamWriter::accept_row(Cycle now) {
  if (!issue_q_.can_pop(now) || partner_busy()) return false;
  const StoreRowRequest& request = issue_q_.front();
  StreamWriter& writer = request.to_scratchpad ? *partner_ : *this;
  const LocalLayout& layout = memory_.layout();
  if (request.laddr.is_garbage(layout)) {
    writer.merge(request, zeros_);
  } else if (request.laddr.is_acc()) {
    if (!source_.has_row(now)) return false;
    writer.merge(request, source_.row());
    source_.pop_row(now);
  } else {
    ScratchpadBank& bank = memory_.scratchpad(request.laddr.bank(layout));
    if (!bank.has_response(now, Reader::Dma)) return false;
    writer.merge(request, bank.response(Reader::Dma));
    bank.pop_response(now, Reader::Dma);
  }
  writer.begin_row(now, request);
  issue_q_.drop(now);
  return true;
}

void StreamWriter::begin_row(Cycle now, const StoreRowRequest& request) {
  const bool wide = request.laddr.is_acc() && request.laddr.read_full() && !request.laddr.is_garbage(memory_.layout());
  const unsigned bytes = request.block * input_row_bytes_ + request.len * (wide ? acc_bytes_ : input_bytes_);
  ++stats_.rows;
  if (request.pool) ++stats_.pooled_rows;
  if (probes_.watched())
    probes_.emit(&sim::Observer::dma_write_row, now, request.vaddr, request.len * (wide ? acc_bytes_ : input_bytes_));
  if (!request.store) return;
  vaddr_ = request.to_scratchpad ? VirtAddr{scratchpad_base_.value() | request.vaddr.value() * input_row_bytes_}
                                 : request.vaddr;
  left_ = bytes;
  written_ = 0;
  wake(now + 1);
}

// Blocks lie side by side; the elements of a pooling window are merged by maximum.
void StreamWriter::merge(const StoreRowRequest& request, const RowBytes& row) {
  if (row.empty()) return;
  if (request.pool) {
    arithmetic_.max_pool(pooled_, row);
  } else {
    pooled_ = row;
  }
  const RowBytes& merged = request.block == 0 ? pooled_ : row;
  std::copy_n(merged.data(), merged.size(), row_.data() + std::size_t{request.block} * input_row_bytes_);
}

tlm::tlm_sync_enum StreamWriter::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time&) {
  const Cycle now = domain().now();
  if (phase == tlm::END_REQ) return end_request(now), tlm::TLM_ACCEPTED;
  CASTOR_ASSERT(phase == tlm::BEGIN_RESP);
  acknowledge(now, payload);
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

void StreamWriter::acknowledge(Cycle now, tlm::tlm_generic_payload& payload) {
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  free(now, tilelink.source);
  stats_.bytes_acknowledged += std::uint64_t{1} << tilelink.log2_size;
  if (events_ != nullptr) events_->add(CounterExternal::WdmaBytesSent, std::uint64_t{1} << tilelink.log2_size);
  if (to_memory() && probes_.watched()) probes_.emit(&sim::Observer::dma_write_ack, now, acknowledged_);
  payload.release();
}

void StreamWriter::free(Cycle now, unsigned source) {
  note_in_flight(now);
  acknowledged_ = source;
  acknowledged_at_ = now;
  transactions_[source].busy = false;
  --in_flight_;
  wake(now + 1);
}

void StreamWriter::note_in_flight(Cycle now) {
  const std::uint64_t transactions = in_flight_ * (now - in_flight_noted_);
  stats_.in_flight += transactions;
  if (events_ != nullptr) events_->add(CounterExternal::WdmaTotalLatency, transactions);
  in_flight_noted_ = now;
}

std::string StreamWriter::waiting_for() const {
  if (left_ != 0) return "a free transaction";
  return in_flight_ != 0 ? "acknowledgements of its writes" : "";
}

}  // namespace castor::gemmini
