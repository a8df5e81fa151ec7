// What a core's data cache may do with a line, and how messages change it.
//
// RTL twin: ClientMetadata in Metadata.scala.
#pragma once

#include <cstdint>

#include "castor/host/memory_op.h"
#include "castor/sim/tilelink.h"

namespace castor::host {

/// Nothing; Branch: may read; Trunk: may write; Dirty: has written.
enum class ClientState : std::uint8_t { Nothing, Branch, Trunk, Dirty };

constexpr bool permits(ClientState state, MemoryOp access) {
  return state >= (access == MemoryOp::Load ? ClientState::Branch : ClientState::Trunk);
}

/// The state after an access that hits.
constexpr ClientState accessed(ClientState state, MemoryOp access) {
  return access == MemoryOp::Store ? ClientState::Dirty : state;
}

/// What to ask for on a miss.
constexpr sim::Grow grow(ClientState state, MemoryOp access) {
  if (access == MemoryOp::Load) return sim::Grow::NtoB;
  return state == ClientState::Branch ? sim::Grow::BtoT : sim::Grow::NtoT;
}

/// The state when the Grant has come.
constexpr ClientState granted(sim::Cap cap, MemoryOp access) {
  if (access == MemoryOp::Store) return ClientState::Dirty;
  return cap == sim::Cap::toT ? ClientState::Trunk : ClientState::Branch;
}

/// The state that a probe leaves, or toN a line given up ...
constexpr ClientState capped(ClientState state, sim::Cap cap) {
  if (cap == sim::Cap::toN || state == ClientState::Nothing) return ClientState::Nothing;
  if (cap == sim::Cap::toB) return ClientState::Branch;
  return state == ClientState::Dirty ? ClientState::Trunk : state;
}

/// ... and what is reported of it.
constexpr sim::Shrink shrink(ClientState state, sim::Cap cap) {
  using sim::Shrink;
  if (state == ClientState::Nothing) return Shrink::NtoN;
  if (state == ClientState::Branch) return cap == sim::Cap::toN ? Shrink::BtoN : Shrink::BtoB;
  if (cap == sim::Cap::toN) return Shrink::TtoN;
  return cap == sim::Cap::toB ? Shrink::TtoB : Shrink::TtoT;
}

}  // namespace castor::host
