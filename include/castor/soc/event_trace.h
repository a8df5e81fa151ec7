// The events of the measured RTL traces, in their own text form, so that both can be compared line by line.
//
// Segments begin with the first command after a fence (or where a replay says so); cycles count from it. Within a cycle
// events come in the order of the measured files.
#pragma once

#include <string>
#include <vector>

#include "castor/soc/trace.h"

namespace castor::soc {

class EventTrace : public Trace {
 public:
  explicit EventTrace(std::ostream& out);

  /// The next command begins a segment of this number.
  void begin_segment(std::uint64_t number);
  void finish(Cycle now) override;

  void command(Cycle now, const isa::Command& command) override;
  void allocate(Cycle now, sim::RobId id, const isa::Command& command) override;
  void issue(Cycle now, sim::RobId id, const isa::Command& command) override;
  void complete(Cycle now, sim::RobId id, bool on_issue) override;
  void mesh_request(Cycle now, sim::RobId id, bool id_valid, bool flush) override;
  void dma_read(Cycle now, unsigned source, PhysAddr address, unsigned log2_size) override;
  void dma_write(Cycle now, unsigned source, PhysAddr address, unsigned log2_size) override;
  void dma_write_ack(Cycle now, unsigned source) override;
  void memory_read(Cycle now, unsigned id, PhysAddr address, unsigned beats) override;
  void memory_write(Cycle now, unsigned id, PhysAddr address, unsigned beats) override;

  void fence_passed(Cycle now) override;

 private:
  /// Order of the events of one cycle in the measured files.
  enum class Kind : unsigned char { ar, aw, rda, wra, wrd, cmd, mesh, ptwq, ptwr, alloc, ld, st, ex, done };
  struct Line {
    Cycle cycle;
    Kind kind;
    unsigned count;
    std::array<std::uint64_t, 3> fields;
  };

  void note(Cycle now, Kind kind, std::initializer_list<std::uint64_t> fields);
  void flush();
  void write(const Line& line);

  std::ostream& out_;
  std::vector<Line> cycle_;  // events of the current cycle
  bool segment_due_ = true;
  std::uint64_t next_segment_ = 0;
  Cycle segment_begin_{};
  Cycle last_event_{};
  std::string text_;
};

}  // namespace castor::soc
