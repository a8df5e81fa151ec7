// The accelerator: figure 1 of the paper as a class. RTL twin: GemminiModule (Controller.scala).
//
//   RoCC port -> front end (command queues, loop unrollers) -> reservation station -+-> load controller  -> DMA -> bus
//                                                                                   +-> store controller -> DMA -> bus
//                                                                                   +-> execute controller -> array
//                       scratchpad and accumulator banks between DMA and execute controller
//
// Ports: the RoCC port (castor/sim/rocc.h) and two TLM-2.0 initiator sockets (castor/sim/tilelink.h), one each for the
// read and the write DMA. Timing: a plain command handed over in t is allocated in t+4 and may issue in t+5; busy() is
// the RTL's io.busy.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "castor/common/arithmetic.h"
#include "castor/config/gemmini_params.h"
#include "castor/config/tlb_params.h"
#include "castor/gemmini/command_front_end.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/dma.h"
#include "castor/gemmini/execute_controller.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/reservation_station.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/rocc.h"

namespace castor::gemmini {

struct Options {
  bool values = true;  ///< false: timing only; banks hold nothing, no arithmetic
};

class Gemmini : public sim::ClockedModule, public sim::RoccPort {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter busy{this, "busy", "cycles", "cycles with io.busy"};
  };

  Gemmini(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
          const config::TlbParams& tlb, const Options& options, sim::Probes& probes);

  // ---- RoCC port
  bool can_accept(Cycle now) const override { return front_end_.can_accept(now); }
  void send(Cycle now, const sim::RoccCommand& command) override;
  bool busy(Cycle now) const override;
  bool interrupt() const override { return dma_.tlb.interrupt(); }
  std::string fault() const override;
  void attach_host(sim::Clocked& host) override;
  bool take_response(Cycle now, sim::RoccResponse& response) override;
  /// Every translation is forgotten; lookups miss from now + 1 on.
  void flush_translations(Cycle now) { dma_.tlb.flush(now); }

  // ---- translation
  unsigned translation_ports() const { return dma_.tlb.walker_ports(); }
  void connect_walker(unsigned port, sim::PageTableWalker& walker) { dma_.tlb.set_walker(port, &walker); }
  void sfence(Cycle now) { dma_.tlb.sfence(now); }
  /// Called in the cycle in which the interrupt rises.
  void on_translation_fault(std::function<void(Cycle, const TranslationFault&)> action) {
    dma_.tlb.on_fault(std::move(action));
  }

  // ---- memory ports
  auto& read_socket() { return dma_.stream_reader.socket; }
  auto& write_socket() { return dma_.stream_writer.socket; }

  /// The local memories, for loaders and checkers.
  LocalMemory& local_memory() { return memory_; }
  const ExecuteController& execute_controller() const { return execute_; }
  const Dma& dma() const { return dma_; }

  /// Watches busy: tells the host in the cycle in which it falls.
  Cycle step(Cycle now) override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  std::unique_ptr<const Arithmetic> arithmetic_;
  LocalMemory memory_;
  CounterFile counters_;
  ExecuteController execute_;
  Dma dma_;
  ReservationStation reservation_station_;
  CommandFrontEnd front_end_;
  sim::Clocked* host_ = nullptr;
  bool was_busy_ = false;
  Cycle busy_since_{};
  Stats stats_;
};

}  // namespace castor::gemmini
