#include "castor/gemmini/scratchpad_window.h"

#include <algorithm>

#include "castor/common/error.h"
#include "castor/sim/levels.h"
#include "castor/sim/tilelink.h"

namespace castor::gemmini {

ScratchpadWindow::ScratchpadWindow(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                   const config::GemminiParams& params, LocalMemory& memory)
    : ClockedModule(name, domain, sim::level::scratchpad_window),
      socket("socket"),
      memory_(memory),
      base_(params.tl_ext_mem_base),
      size_(params.sp_capacity().count()),
      row_bytes_(params.sp_row_bytes()),
      element_bytes_(params.input_bytes()),
      puts_(params.max_in_flight_mem_reqs, sim::QueueMode::Flow),
      ending_(params.max_in_flight_mem_reqs, sim::QueueMode::Flow),
      acknowledged_(params.max_in_flight_mem_reqs, sim::QueueMode::Flow) {
  socket.register_nb_transport_fw(this, &ScratchpadWindow::nb_transport_fw);
  puts_.connect_consumer(*this);
  ending_.connect_consumer(*this);
  acknowledged_.connect_consumer(*this);
}

tlm::tlm_sync_enum ScratchpadWindow::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                     sc_core::sc_time&) {
  CASTOR_ASSERT(phase == tlm::BEGIN_REQ && payload.is_write());
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.beats_gone = tilelink.request_beats;  // there is always room
  const Cycle last_beat = domain().now() + (tilelink.request_beats - 1);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  puts_.push(last_beat + 1, decode(payload));
  ++stats_.puts;
  if (last_beat == domain().now()) return phase = tlm::END_REQ, tlm::TLM_UPDATED;
  ending_.push(last_beat, &payload);
  return tlm::TLM_ACCEPTED;
}

ScratchpadWindow::Put ScratchpadWindow::decode(tlm::tlm_generic_payload& payload) const {
  const std::uint64_t first = payload.get_address() - base_.value();
  const std::uint64_t last = first + payload.get_data_length() - 1;
  if (last >= size_) throw UserError("store_spad: rows beyond the end of the scratchpad");
  return {&payload, static_cast<std::uint32_t>(first / row_bytes_), static_cast<std::uint32_t>(last / row_bytes_)};
}

Cycle ScratchpadWindow::step(Cycle now) {
  tell(now, ending_, tlm::END_REQ);
  tell(now, acknowledged_, tlm::BEGIN_RESP);
  if (puts_.can_pop(now) && write_row(now, puts_.front())) {
    acknowledged_.push(now + 1, puts_.front().payload);
    puts_.drop(now);
  }
  const Cycle next = std::min({puts_.head_visible(), ending_.head_visible(), acknowledged_.head_visible()});
  return std::max(next, now + 1);
}

// True when the Put has no further row.
bool ScratchpadWindow::write_row(Cycle now, Put& put) {
  std::uint64_t lanes = lanes_of(put);
  while (lanes == 0 && put.row < put.last_row) ++put.row, lanes = lanes_of(put);
  const LocalMemory::Place place = memory_.place(LocalAddr::sp(put.row));
  ScratchpadBank& bank = memory_.scratchpad(place.bank);
  if (!bank.can_write(now)) return ++stats_.cycles_blocked, false;
  bank.write(now, place.row, bytes_of(put), lanes);
  ++stats_.rows;
  return put.row++ == put.last_row;
}

// Of the Put's current row: an element is written whole or not at all.
std::uint64_t ScratchpadWindow::lanes_of(const Put& put) const {
  const std::uint64_t first = put.payload->get_address() - base_.value(), row = std::uint64_t{put.row} * row_bytes_;
  const unsigned char* enables = put.payload->get_byte_enable_ptr();
  std::uint64_t lanes = 0;
  for (unsigned lane = 0; lane * element_bytes_ < row_bytes_; ++lane) {
    const std::uint64_t byte = row + std::uint64_t{lane} * element_bytes_;
    if (byte < first || byte >= first + put.payload->get_data_length()) continue;
    if (enables == nullptr || enables[byte - first] == TLM_BYTE_ENABLED) lanes |= std::uint64_t{1} << lane;
  }
  return lanes;
}

RowBytes ScratchpadWindow::bytes_of(const Put& put) const {
  if (!memory_.values()) return {};
  const std::uint64_t first = put.payload->get_address() - base_.value(), row = std::uint64_t{put.row} * row_bytes_;
  const std::uint64_t begin = std::max(first, row);
  const std::uint64_t end = std::min(first + put.payload->get_data_length(), row + row_bytes_);
  RowBytes bytes(row_bytes_);
  std::copy_n(put.payload->get_data_ptr() + (begin - first), end - begin, bytes.data() + (begin - row));
  return bytes;
}

void ScratchpadWindow::tell(Cycle now, Payloads& due, tlm::tlm_phase_enum phase) {
  while (due.can_pop(now)) {
    tlm::tlm_phase told = phase;
    sc_core::sc_time delay;
    socket->nb_transport_bw(*due.pop(now), told, delay);
  }
}

std::string ScratchpadWindow::waiting_for() const { return puts_.empty() ? "" : "the write port of a scratchpad bank"; }

}  // namespace castor::gemmini
