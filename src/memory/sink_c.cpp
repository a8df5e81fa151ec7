#include "castor/memory/sink_c.h"

namespace castor::memory {

namespace {

bool is_probe_ack(const BusBeat& beat) { return beat.tilelink->message >= sim::Message::ProbeAck; }
bool has_data(const BusBeat& beat) {
  return beat.tilelink->message == sim::Message::ReleaseData || beat.tilelink->message == sim::Message::ProbeAckData;
}

}  // namespace

const BusBeat* SinkC::offered_request(Cycle now) const {
  const BusBeat* beat = port_.offered_c(now);
  if (beat == nullptr || is_probe_ack(*beat) || beat->beat != 0) return nullptr;
  const bool room = !has_data(*beat) || (releases_.has_free_list() && releases_.has_free_beat());
  return room ? beat : nullptr;
}

std::uint16_t SinkC::accept_request(Cycle now) {
  if (has_data(*port_.offered_c(now))) {
    list_ = releases_.open_list();
    buffer(now, list_);
  }
  port_.accept_c(now);
  return list_;
}

void SinkC::take_data(Cycle now) {
  const BusBeat* beat = port_.offered_c(now);
  if (beat == nullptr || is_probe_ack(*beat) || beat->beat == 0 || !releases_.has_free_beat()) return;
  buffer(now, list_);
  port_.accept_c(now);
}

const BusBeat* SinkC::offered_probe_ack(Cycle now) const {
  const BusBeat* beat = port_.offered_c(now);
  return beat != nullptr && is_probe_ack(*beat) ? beat : nullptr;
}

bool SinkC::take_probe_ack(Cycle now, std::uint32_t set, BusBeat& beat) {
  beat = *port_.offered_c(now);
  port_.accept_c(now);
  writes_ = has_data(beat);
  set_ = set;
  beat_ = beat.beat;
  expected_ = beat.beat + 1;
  inside_ = !beat.last;
  return beat.beat == 0 || beat.last;
}

// A release brings no bytes: they are where the core has stored them.
void SinkC::buffer(Cycle now, std::uint16_t list) {
  PutBuffer::Beat& beat = releases_.push(now, list);
  beat.mask = ~std::uint64_t{0};
  beat.count = 0;
  beat.has_bytes = false;
}

}  // namespace castor::memory
