// What can be seen of a running accelerator: the events of the measured RTL traces, and observers of them
// (trace writers, the value checker, layer statistics). Observers never change the model.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/common/types.h"
#include "castor/isa/command.h"

namespace castor::sim {

enum class IssueQueue : std::uint8_t { Load = 0, Execute = 1, Store = 2 };

/// Reservation-station id as in the RTL: queue in bits 5:4, entry below.
struct RobId {
  std::uint8_t raw = 0;
  IssueQueue queue() const { return static_cast<IssueQueue>(raw >> 4); }
  unsigned entry() const { return raw & 15; }
};

/// Override what is of interest. All cycles are those of the accelerator's clock domain.
class Observer {
 public:
  virtual ~Observer() = default;
  /// The accelerator accepts a command at its RoCC port.
  virtual void command(Cycle, const isa::Command&) {}
  /// The reservation station takes a command (after unrolling) into entry `id`.
  virtual void allocate(Cycle, RobId /*id*/, const isa::Command&) {}
  virtual void issue(Cycle, RobId, const isa::Command&) {}
  /// `complete`: an entry is freed. Loads and stores of configuration complete on issue (`on_issue`).
  virtual void complete(Cycle, RobId, bool /*on_issue*/) {}
  /// The array accepts a request.
  virtual void mesh_request(Cycle, RobId, bool /*id_valid*/, bool /*flush*/) {}
  virtual void mesh_row(Cycle, unsigned /*operands: bit2 a, bit1 b, bit0 d*/) {}
  virtual void mesh_out(Cycle, RobId, bool /*id_valid*/, bool /*last*/) {}
  virtual void scratchpad_write(Cycle, unsigned /*bank*/, unsigned /*row*/) {}
  virtual void scratchpad_read(Cycle, unsigned /*bank*/, unsigned /*row*/, bool /*from_dma*/) {}
  virtual void accumulator_write(Cycle, unsigned /*bank*/, unsigned /*row*/, bool /*accumulate*/) {}
  virtual void accumulator_read(Cycle, unsigned /*bank*/, unsigned /*row*/, bool /*from_dma*/) {}
  /// The DMA reader / writer fires a TileLink A beat.
  virtual void dma_read(Cycle, unsigned /*source*/, PhysAddr, unsigned /*log2_size*/) {}
  virtual void dma_read_beat(Cycle, unsigned /*source*/, bool /*last*/) {}
  virtual void dma_write(Cycle, unsigned /*source*/, PhysAddr, unsigned /*log2_size*/) {}
  virtual void dma_write_ack(Cycle, unsigned /*source*/) {}
  virtual void dma_row_request(Cycle, VirtAddr, unsigned /*columns*/, unsigned /*command_slot*/) {}
  /// The DMA writer accepts a row (or a block of one).
  virtual void dma_write_row(Cycle, VirtAddr, unsigned /*bytes*/) {}
  /// The accelerator's request to the page-table walker is up / the walker's answer arrives.
  virtual void translation_request(Cycle, VirtAddr) {}
  virtual void translation_answer(Cycle, unsigned /*level of the last entry, 0: the root's*/) {}
  /// The program marks a place for whoever watches: it writes mscratch.
  virtual void mark(Cycle, std::uint64_t /*value*/) {}
  /// The L2 asks the memory port for a line / writes one back.
  virtual void memory_read(Cycle, unsigned /*id*/, PhysAddr, unsigned /*beats*/) {}
  virtual void memory_write(Cycle, unsigned /*id*/, PhysAddr, unsigned /*beats*/) {}
};

/// The fan-out that modules call; costs one test when nobody watches. A core's probes may rest on those of what all
/// cores share: who watches the core sees both.
class Probes {
 public:
  Probes() = default;
  explicit Probes(Probes& shared) : shared_(&shared) {}

  void attach(Observer& observer) {
    observers_.push_back(&observer);
    if (shared_ != nullptr) shared_->attach(observer);
  }
  bool watched() const { return !observers_.empty(); }

  /// probes.emit(&Observer::issue, now, id, command)
  template <class... Params, class... Args>
  void emit(void (Observer::*event)(Params...), Args&&... args) {
    for (Observer* observer : observers_) (observer->*event)(args...);
  }

 private:
  Probes* shared_ = nullptr;
  std::vector<Observer*> observers_;
};

}  // namespace castor::sim
