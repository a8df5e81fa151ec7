// What the accelerator did between the marks of a program (it writes mscratch around each of its kernels): marks.csv.
//
// A line a mark: its value and cycle, then, counted from the mark before, the cycles of the accelerator's first and
// last command and of its last event (a completion, a request or an acknowledgement of its DMA), and the number of
// commands; empty where there was none. Accelerator time of a kernel: last_event - first_command.
#pragma once

#include <optional>

#include "castor/soc/trace.h"

namespace castor::soc {

class MarkTrace : public Trace {
 public:
  explicit MarkTrace(std::ostream& out);

  void finish(Cycle now) override;
  void mark(Cycle now, std::uint64_t value) override;

  void command(Cycle now, const isa::Command& command) override;
  void complete(Cycle now, sim::RobId, bool) override { last_event_ = now; }
  void mesh_request(Cycle now, sim::RobId, bool, bool) override { last_event_ = now; }
  void dma_read(Cycle now, unsigned, PhysAddr, unsigned) override { last_event_ = now; }
  void dma_write(Cycle now, unsigned, PhysAddr, unsigned) override { last_event_ = now; }
  void dma_write_ack(Cycle now, unsigned) override { last_event_ = now; }

 private:
  void write(const std::optional<Cycle>& event);

  std::ostream& out_;
  Cycle begin_{};
  std::optional<Cycle> first_command_, last_command_, last_event_;
  std::uint64_t commands_ = 0;
};

}  // namespace castor::soc
