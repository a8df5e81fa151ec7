// The events of the measured RTL traces, in their own text form, so that both can be compared line by line.
//
// Detail: Ports has the events of the measured command traces (commands through the reservation station, requests of
// the array, the DMA's and the memory's requests), Every those of the measured kernels besides (row requests, DMA
// beats, rows of scratchpad, accumulator and array). Segments begin with the first command after a fence (or where a
// replay says so); cycles count from it. Within a cycle events come in the order of the measured files.
#pragma once

#include <string>
#include <vector>

#include "castor/soc/trace.h"

namespace castor::soc {

class EventTrace : public Trace {
 public:
  enum class Detail { Ports, Every };

  explicit EventTrace(std::ostream& out, Detail detail = Detail::Ports);

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
  void translation_request(Cycle now, VirtAddr address) override;
  void translation_answer(Cycle now, unsigned level) override;
  void memory_read(Cycle now, unsigned id, PhysAddr address, unsigned beats) override;
  void memory_write(Cycle now, unsigned id, PhysAddr address, unsigned beats) override;

  void mesh_row(Cycle now, unsigned operands) override;
  void mesh_out(Cycle now, sim::RobId id, bool id_valid, bool last) override;
  void scratchpad_write(Cycle now, unsigned bank, unsigned row) override;
  void scratchpad_read(Cycle now, unsigned bank, unsigned row, bool from_dma) override;
  void accumulator_write(Cycle now, unsigned bank, unsigned row, bool accumulate) override;
  void accumulator_read(Cycle now, unsigned bank, unsigned row, bool from_dma) override;
  void dma_row_request(Cycle now, VirtAddr address, unsigned columns, unsigned command_slot) override;
  void dma_read_beat(Cycle now, unsigned source, bool last) override;
  void dma_write_row(Cycle now, VirtAddr address, unsigned bytes) override;

  void fence_passed(Cycle now) override;

 private:
  /// Order of the events of one cycle in the measured files.
  enum class Kind : unsigned char {
    ar,
    aw,
    rda,
    rdd,
    rdreq,
    wra,
    wrd,
    wrreq,
    accr,
    accw,
    spr,
    spw,
    cmd,
    mesh,
    meshrow,
    meshout,
    ptwq,
    ptwr,
    alloc,
    ld,
    st,
    ex,
    done
  };
  struct Line {
    Cycle cycle;
    Kind kind;
    unsigned count;
    std::array<std::uint64_t, 3> fields;
  };

  void note(Cycle now, Kind kind, std::initializer_list<std::uint64_t> fields);
  void note_inner(Cycle now, Kind kind, std::initializer_list<std::uint64_t> fields);
  void flush();
  void write(const Line& line);

  std::ostream& out_;
  const Detail detail_;
  std::vector<Line> cycle_;  // events of the current cycle
  bool segment_due_ = true;
  std::uint64_t next_segment_ = 0;
  Cycle segment_begin_{};
  Cycle last_event_{};
  std::string text_;
};

}  // namespace castor::soc
