// The system bus between the accelerator, the core's L1 and the L2. RTL twin: SystemBus, TLXbar, TLBuffer of
// rocket-chip.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

class BusParams : public Group {
 public:
  BusParams() : Group("bus", summary) {}
  explicit BusParams(Group* parent, const char* key = "bus") : Group(parent, key, summary) {}

  // clang-format off
  Param<unsigned> width{this, "width", 128, unit::bits, power_of_two(32, 512), "data of one beat"};
  Param<Bytes> block_bytes{this, "block_bytes", 64_B, power_of_two(16_B, 256_B), "cache block: the largest request"};
  Param<unsigned> request_stages{this, "request_stages", 3, unit::stages, range(2, 64),
      "registered buffers from the accelerator's DMA to the L2: cycles of a request on its way"};
  Param<unsigned> response_stages{this, "response_stages", 3, unit::stages, range(2, 64),
      "registered buffers on the way back"};
  Param<unsigned> core_request_stages{this, "core_request_stages", 1, unit::stages, range(1, 64),
      "registered buffers from the core's L1 to the L2"};
  Param<unsigned> core_response_stages{this, "core_response_stages", 1, unit::stages, range(1, 64),
      "registered buffers on the way back"};
  Param<unsigned> buffer_depth{this, "buffer_depth", 2, unit::beats, range(1, 64),
      "entries of each registered buffer; 2 sustain a beat a cycle"};
  // clang-format on

  unsigned beat_bytes() const { return width / 8; }
  unsigned block_beats() const { return block_bytes().count() / beat_bytes(); }

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "system bus";
};

}  // namespace castor::config
