// DDR3 behind an FR-FCFS scheduler, after FASED's memory model.
//
// Requests wait in a transaction queue, then in the scheduler's window. In each cycle of the memory at most one command
// is given: a column command to an open row first, the oldest first; else the oldest request's activate or precharge
// that the rules allow. Open page: a row stays open until another one of its bank is wanted; closed page: it is closed
// when no request of the window wants it. Every rank refreshes each tREFI: its banks are closed first, then it is gone
// for tRFC. A read's first beat appears tAL + tCAS + backend_latency after its column command, then one beat a cycle on
// the port, which all reads share; a write is acknowledged backend_latency after its own. END_REQ waits for a free
// queue entry. Rules as data: dram_timing.h. Timing parameters count cycles of the memory's clock and are rounded up to
// the domain's. RTL twin: FASED's FirstReadyFCFSModel.
#pragma once

#include <tlm>
#include <vector>

#include "castor/config/dram_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/memory/dram_timing.h"
#include "castor/memory/memory_target.h"
#include "castor/sim/levels.h"
#include "castor/sim/queue.h"

namespace castor::memory {

class DramDdr3 : public MemoryTargetModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter reads{this, "reads", "requests", "column reads"};
    sim::Counter writes{this, "writes", "requests", "column writes"};
    sim::Counter row_hits{this, "row_hits", "requests", "that found their row open"};
    sim::Counter row_misses{this, "row_misses", "requests", "that found their bank closed"};
    sim::Counter row_conflicts{this, "row_conflicts", "requests", "that found another row open"};
    sim::Counter activates{this, "activates", "commands", "rows opened"};
    sim::Counter precharges{this, "precharges", "commands", "rows closed"};
    sim::Counter refreshes{this, "refreshes", "commands", "refreshes of a rank"};
    sim::Counter queue_full{this, "queue_full", "requests", "that had to wait for a queue entry"};
  } stats;

  /// `domain_ghz`: the clock of the domain the memory sits in.
  DramDdr3(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::DramParams& params,
           const config::MemoryBusParams& bus, double domain_ghz);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  struct Request {
    tlm::tlm_generic_payload* payload = nullptr;
    DramPlace place;
    std::uint64_t row = 0;
  };
  struct Bank {
    bool open = false;
    std::uint64_t row = 0;
  };

  bool accept(Cycle now, tlm::tlm_generic_payload& payload) override;
  void refused() override;
  Request decode(tlm::tlm_generic_payload& payload) const;
  Bank& bank(DramPlace place) { return banks_[place.rank * banks_per_rank_ + place.bank]; }
  void fill_window(Cycle now);
  void catch_up(Cycle now);
  bool give_command(Cycle now);
  bool refresh(Cycle now);
  bool refresh_rank(Cycle now, unsigned rank);
  bool give_column(Cycle now);
  bool give_row(Cycle now);
  bool close_unwanted(Cycle now);
  void column(Cycle now, std::size_t index);
  bool open_row(Cycle now, Request& request);
  void close(Cycle now, DramPlace place);
  bool wanted(DramPlace place) const;
  Cycle next_chance(Cycle now) const;

  const config::Ddr3Params& params_;
  unsigned banks_per_rank_;
  Bytes beat_bytes_;
  unsigned read_latency_, backend_latency_;
  std::uint64_t refresh_interval_, refresh_cycles_;
  DramTiming timing_;
  std::vector<Bank> banks_;
  std::vector<Cycle> refresh_due_;  // by rank
  sim::Queue<Request> transactions_;
  std::vector<Request> window_;  // oldest first
  Answers reads_, writes_;
  Cycle port_free_{};
};

}  // namespace castor::memory
