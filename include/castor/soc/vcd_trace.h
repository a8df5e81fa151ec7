// Waveforms (VCD): which queues of the reservation station are occupied, which controllers work, what the DMA and the
// array do in each cycle. One time unit is one cycle.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "castor/soc/trace.h"

namespace castor::soc {

class VcdTrace : public Trace {
 public:
  explicit VcdTrace(std::ostream& out);

  void finish(Cycle now) override;
  void command(Cycle now, const isa::Command& command) override;
  void allocate(Cycle now, sim::RobId id, const isa::Command& command) override;
  void issue(Cycle now, sim::RobId id, const isa::Command& command) override;
  void complete(Cycle now, sim::RobId id, bool on_issue) override;
  void mesh_request(Cycle now, sim::RobId id, bool id_valid, bool flush) override;
  void mesh_row(Cycle now, unsigned operands) override;
  void dma_read(Cycle now, unsigned source, PhysAddr address, unsigned log2_size) override;
  void dma_read_beat(Cycle now, unsigned source, bool last) override;
  void dma_write(Cycle now, unsigned source, PhysAddr address, unsigned log2_size) override;
  void dma_write_ack(Cycle now, unsigned source) override;
  void memory_read(Cycle now, unsigned id, PhysAddr address, unsigned beats) override;
  void memory_write(Cycle now, unsigned id, PhysAddr address, unsigned beats) override;
  void layer_began(Cycle now, const isa::LayerBegin& layer) override;

 private:
  enum Signal : unsigned {
    command_accepted,
    load_entries,
    execute_entries,
    store_entries,
    load_busy,
    execute_busy,
    store_busy,
    array_request,
    array_row,
    read_request,
    read_data,
    write_data,
    write_ack,
    memory_reads,
    memory_writes,
    layer,
    signals
  };

  void set(Cycle now, Signal signal, unsigned value);
  /// High in this cycle only.
  void pulse(Cycle now, Signal signal);
  void advance(Cycle now);
  void dump(Signal signal);

  std::ostream& out_;
  Cycle now_{};
  std::array<unsigned, signals> value_{};
  std::array<unsigned, signals> dumped_{};
  std::vector<Signal> pulsed_;
};

}  // namespace castor::soc
