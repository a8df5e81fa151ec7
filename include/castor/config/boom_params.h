// An out-of-order core of the BOOM family: widths, sizes of its queues, latencies of its units.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

/// An issue queue: places, and instructions it may issue in a cycle.
class IssueQueueParams : public Group {
 public:
  struct Standard {
    unsigned entries, width;
  };
  IssueQueueParams(Group* parent, const char* key, Standard standard, const char* doc)
      : Group(parent, key, doc),
        entries(this, "entries", standard.entries, unit::entries, range(1, 1024), "places"),
        width(this, "width", standard.width, unit::none, range(1, 16), "instructions issued in a cycle") {}

  Param<unsigned> entries;
  Param<unsigned> width;
};

/// Defaults: LargeBoomConfig.
class BoomParams : public Group {
 public:
  BoomParams() : Group("boom", summary) {}
  explicit BoomParams(Group* parent, const char* key = "boom") : Group(parent, key, summary) {}

  // clang-format off
  Param<Bytes> fetch_bytes{this, "fetch_bytes", 16_B, power_of_two(4_B, 64_B), "a fetch packet: aligned, one a cycle"};
  Param<unsigned> fetch_buffer{this, "fetch_buffer", 24, unit::entries, range(1, 1024),
      "instructions between fetch and decode"};
  Param<unsigned> front_end_stages{this, "front_end_stages", 8, unit::stages, range(4, 64),
      "from the first stage of fetch to dispatch; a wrong guess costs 4 cycles more"};
  Param<unsigned> decode_width{this, "decode_width", 3, unit::none, range(1, 16),
      "instructions decoded, renamed, dispatched and committed in a cycle"};
  Param<unsigned> rob_entries{this, "rob_entries", 96, unit::entries, range(4, 4096), "reorder buffer"};
  Param<unsigned> int_registers{this, "int_registers", 100, unit::entries, range(33, 4096),
      "physical integer registers; 32 of them hold the committed state"};
  Param<unsigned> float_registers{this, "float_registers", 96, unit::entries, range(33, 4096),
      "physical floating-point registers"};
  Param<unsigned> load_queue{this, "load_queue", 24, unit::entries, range(1, 1024), "loads between dispatch and commit"};
  Param<unsigned> store_queue{this, "store_queue", 24, unit::entries, range(1, 1024),
      "stores between dispatch and the data cache"};
  Param<unsigned> branches{this, "branches", 16, unit::entries, range(1, 1024),
      "branches and indirect jumps not yet resolved"};
  Param<unsigned> rocc_queue{this, "rocc_queue", 3, unit::entries, range(1, 64),
      "accelerator commands between dispatch and the RoCC port"};
  Param<unsigned> load_to_use{this, "load_to_use", 4, unit::cycles, range(2, 64), "from the issue of a load that hits to its reader's"};
  Param<unsigned> multiply{this, "multiply", 3, unit::cycles, range(1, 64), "latency of the multiplier, pipelined"};
  Param<unsigned> float_arithmetic{this, "float_arithmetic", 4, unit::cycles, range(1, 64),
      "latency of add, multiply and fused, pipelined"};
  Param<unsigned> float_move{this, "float_move", 2, unit::cycles, range(1, 64),
      "latency of moves, conversions and comparisons of floats, pipelined"};
  IssueQueueParams memory{this, "memory", {16, 2}, "issue queue of loads, stores and atomics"};
  IssueQueueParams integer{this, "integer", {16, 3}, "issue queue of integer arithmetic, branches and jumps"};
  IssueQueueParams unique{this, "unique", {16, 1},
      "issue queue of multiplication, division, CSRs and accelerator commands"};
  IssueQueueParams floating{this, "floating", {24, 1}, "issue queue of floating point"};
  // clang-format on

 private:
  static constexpr const char* summary = "an out-of-order core (host.kind: boom)";
};

}  // namespace castor::config
