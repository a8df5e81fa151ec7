// The messages of a core's data cache to the L2: they carry no bytes.
//
// RTL twin: edge.AcquireBlock and edge.Release of rocket-chip's tilelink/Edges.scala.
#pragma once

#include <tlm>

#include "castor/common/bits.h"
#include "castor/sim/tilelink.h"

namespace castor::host {

/// A block as a cache sends it.
struct ClientBlock {
  unsigned bytes, beats;
};

inline tlm::tlm_generic_payload& client_message(sim::TransactionPool& pool, sim::Message message, PhysAddr line,
                                                const ClientBlock& block) {
  tlm::tlm_generic_payload& payload = pool.take();
  payload.set_command(tlm::TLM_IGNORE_COMMAND);
  payload.set_address(line.value());
  payload.set_data_ptr(nullptr);
  payload.set_data_length(block.bytes);
  payload.set_streaming_width(block.bytes);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.message = message;
  tilelink.log2_size = static_cast<std::uint16_t>(log2_ceil(block.bytes));
  return payload;
}

inline tlm::tlm_generic_payload& acquire_message(sim::TransactionPool& pool, PhysAddr line, const ClientBlock& block,
                                                 sim::Grow grow) {
  tlm::tlm_generic_payload& payload = client_message(pool, sim::Message::AcquireBlock, line, block);
  payload.set_command(tlm::TLM_READ_COMMAND);
  sim::tilelink(payload).grow = grow;
  sim::tilelink(payload).response_beats = static_cast<std::uint16_t>(block.beats);
  return payload;
}

/// Of a dirty victim.
inline tlm::tlm_generic_payload& release_message(sim::TransactionPool& pool, PhysAddr line, const ClientBlock& block) {
  tlm::tlm_generic_payload& payload = client_message(pool, sim::Message::ReleaseData, line, block);
  sim::tilelink(payload).shrink = sim::Shrink::TtoN;
  sim::tilelink(payload).request_beats = static_cast<std::uint16_t>(block.beats);
  return payload;
}

}  // namespace castor::host
