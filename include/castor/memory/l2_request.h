// What the parts of the L2 hand to each other.
#pragma once

#include <cstdint>
#include <tlm>

#include "castor/sim/tilelink.h"

namespace castor::memory {

/// TileLink operations, numbered as on the wire (bit 2 tells that no data comes with a request of channel A); bit 3
/// marks channel C.
enum class Opcode : std::uint8_t {
  PutFull = 0,
  PutPartial = 1,
  Get = 4,
  AcquireBlock = 6,
  AcquirePerm = 7,
  Release = 8 | 6,
  ReleaseData = 8 | 7,
};

/// Changes the line, as a request of channel A.
constexpr bool is_put(Opcode opcode) { return (static_cast<unsigned>(opcode) & 4) == 0; }
constexpr bool is_release(Opcode opcode) { return (static_cast<unsigned>(opcode) & 8) != 0; }
constexpr bool is_acquire(Opcode opcode) { return opcode == Opcode::AcquireBlock || opcode == Opcode::AcquirePerm; }
constexpr bool has_data(Opcode opcode) { return is_put(opcode) || opcode == Opcode::ReleaseData; }

/// A request as MSHRs, secondary list and SourceD hold it.
struct L2Request {
  tlm::tlm_generic_payload* payload = nullptr;
  sim::TileLinkExtension* tilelink = nullptr;  // the payload's
  std::uint32_t tag = 0;
  std::uint32_t set = 0;
  std::uint16_t offset = 0;  // in its block
  std::uint16_t put = 0;     // list of the put buffer that collects its data
  std::uint16_t client = 0;  // the directory's bit of an L1 that acquires or releases
  std::uint8_t log2_size = 0;
  Opcode opcode = Opcode::Get;
  sim::Grow grow = sim::Grow::NtoB;        // of an Acquire
  sim::Shrink shrink = sim::Shrink::NtoN;  // of a Release

  /// Only the permission to write serves it.
  bool needs_tip() const { return is_put(opcode) || (is_acquire(opcode) && grow != sim::Grow::NtoB); }
  /// Answered with permission alone: a Grant, or the acknowledgement of a Release that brings no data.
  bool moves_no_data() const {
    return opcode == Opcode::AcquirePerm || opcode == Opcode::Release ||
           (opcode == Opcode::AcquireBlock && grow == sim::Grow::BtoT);
  }
};

}  // namespace castor::memory
