// Takes the control entries in order and feeds the array with the rows that have arrived for them. RTL twin: the part
// of ExecuteController.scala behind mesh_cntl_signals_q.
//
// Timing contract: an entry leaves the control queue when every operand it names has its row and the array takes it,
// and, if it is the first of a pass, the array takes a request. A row read in t is there in t + spad_read_delay + 1 (or
// t+2 where the read pipe only buffers) and enters the array one cycle later.
#pragma once

#include "castor/gemmini/execute_registers.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/mesh_with_delays.h"
#include "castor/gemmini/operand_reader.h"
#include "castor/sim/probes.h"

namespace castor::gemmini {

class ArrayFeeder {
 public:
  ArrayFeeder(const config::GemminiParams& params, const ExecuteRegisters& registers, LocalMemory& memory,
              ControlQueue& control, MeshWithDelays& mesh, sim::Probes& probes);

  /// One cycle. `flushing`: the controller asks for a flush of the array, with `flush_propagate`. True if the array
  /// took a request, of either kind.
  bool step(Cycle now, bool flushing, bool flush_propagate);
  /// Operands of the last step's entry (stale if the queue was empty, as in the RTL) that the array would have taken.
  unsigned missed() const { return missed_; }

 private:
  bool feed_entry(Cycle now, bool flushing, bool flush_propagate);
  unsigned with_data(Cycle now, const ControlSignals& entry) const;
  bool has_data(Cycle now, const ControlSignals& entry, std::size_t operand) const;
  void load(const ControlSignals& entry, unsigned taken);
  unsigned wanted(PassKind kind) const;
  void pop_data(Cycle now, const ControlSignals& entry, unsigned taken);
  void request(Cycle now, const MeshRequest& request);

  const ExecuteRegisters& registers_;
  LocalMemory& memory_;
  ControlQueue& control_;
  MeshWithDelays& mesh_;
  sim::Probes& probes_;
  unsigned dim_;
  unsigned element_bytes_;
  unsigned missed_ = 0;
};

}  // namespace castor::gemmini
