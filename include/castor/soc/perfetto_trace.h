// A timeline for ui.perfetto.dev (JSON trace events): layers and host work, every command from issue to completion in
// the row of its reservation-station entry, requests in flight of both DMAs as counters.
#pragma once

#include <array>

#include "castor/soc/trace.h"

namespace castor::soc {

class PerfettoTrace : public Trace {
 public:
  PerfettoTrace(std::ostream& out, double clock_ghz);

  void finish(Cycle now) override;
  void issue(Cycle now, sim::RobId id, const isa::Command& command) override;
  void complete(Cycle now, sim::RobId id, bool on_issue) override;
  void dma_read(Cycle now, unsigned source, PhysAddr address, unsigned log2_size) override;
  void dma_read_beat(Cycle now, unsigned source, bool last) override;
  void dma_write(Cycle now, unsigned source, PhysAddr address, unsigned log2_size) override;
  void dma_write_ack(Cycle now, unsigned source) override;
  void layer_began(Cycle now, const isa::LayerBegin& layer) override;
  void host_work(Cycle begin, std::uint64_t cycles) override;
  void host_operator(Cycle begin, const isa::HostOp& op) override;

 private:
  struct Open {
    bool valid = false;
    Cycle since;
    isa::Command command;
  };
  void name_thread(unsigned thread, const std::string& name);
  void slice(unsigned thread, const std::string& name, Cycle begin, Cycle end, const std::string& details = {});
  void counter(const char* name, Cycle now, std::uint64_t value);
  void next_event();
  double microseconds(std::uint64_t cycles) const { return static_cast<double>(cycles) / (clock_ghz_ * 1000); }

  std::ostream& out_;
  double clock_ghz_;
  bool first_ = true;
  std::array<Open, 256> commands_;
  std::array<bool, 256> named_{};
  std::string layer_;
  Cycle layer_began_{};
  std::array<bool, 256> writing_{};  // a Put of this source is under way
  std::uint64_t reads_in_flight_ = 0, writes_in_flight_ = 0;
};

}  // namespace castor::soc
