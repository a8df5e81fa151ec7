// The bus between the L2 and the memory port. RTL twin: MemoryBus, TLCacheCork, TLToAXI4 of rocket-chip.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

class MemoryBusParams : public Group {
 public:
  MemoryBusParams() : Group("memory_bus", summary) {}
  explicit MemoryBusParams(Group* parent, const char* key = "memory_bus") : Group(parent, key, summary) {}

  // clang-format off
  Param<Bytes> beat_bytes{this, "beat_bytes", 8_B, power_of_two(4_B, 64_B), "data of one beat, one beat a cycle"};
  Param<unsigned> channels{this, "channels", 1, unit::none, power_of_two(1, 16),
      "memory ports, each with a memory of its own (group dram); cache blocks go round them"};
  Param<unsigned> id_bits{this, "id_bits", 4, unit::bits, range(0, 8),
      "AXI identifiers: at most 2^id_bits reads under way, and as many writes"};
  Param<unsigned> request_stages{this, "request_stages", 0, unit::stages, range(0, 64),
      "registers of a request between the L2's outer buffer and the memory port"};
  Param<unsigned> response_stages{this, "response_stages", 0, unit::stages, range(0, 64), "registers on the way back"};
  // clang-format on

  unsigned max_in_flight() const { return 1u << id_bits; }

 private:
  static constexpr const char* summary = "bus between the L2 and the memory port";
};

}  // namespace castor::config
