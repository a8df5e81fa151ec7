// What the parts of the L2 hand to each other.
#pragma once

#include <cstdint>
#include <tlm>

#include "castor/sim/tilelink.h"

namespace castor::memory {

/// TileLink channel A operations, numbered as on the wire: bit 2 tells that no data comes with the request.
enum class Opcode : std::uint8_t {
  PutFull = 0,
  PutPartial = 1,
  Get = 4,
};

constexpr bool has_data(Opcode opcode) { return (static_cast<unsigned>(opcode) & 4) == 0; }

/// A request as MSHRs, secondary list and SourceD hold it.
struct L2Request {
  tlm::tlm_generic_payload* payload = nullptr;
  sim::TileLinkExtension* tilelink = nullptr;  // the payload's
  std::uint32_t tag = 0;
  std::uint32_t set = 0;
  std::uint16_t offset = 0;  // in its block
  std::uint16_t put = 0;     // list of the put buffer that collects its data
  std::uint8_t log2_size = 0;
  Opcode opcode = Opcode::Get;
};

}  // namespace castor::memory
