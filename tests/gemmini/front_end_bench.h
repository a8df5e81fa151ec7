// The command front end and the reservation station on a stand of their own: ports in place of the controllers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "castor/gemmini/command_front_end.h"
#include "castor/gemmini/reservation_station.h"
#include "castor/sim/levels.h"

namespace castor::gemmini::test {

/// What surrounds the blocks under test: a clock, the controllers' queues and completion wires.
struct FrontEndBench {
  explicit FrontEndBench(const config::GemminiParams& parameters, std::size_t port_depth = 64,
                         sim::QueueMode port_mode = sim::QueueMode::Plain)
      : params(parameters),
        load(port_depth, port_mode),
        execute(port_depth, port_mode),
        store(port_depth, port_mode),
        reservation_station(sc_core::sc_gen_unique_name("reservation_station"), domain, params, probes,
                            {load, execute, store}, {load_done, execute_done, store_done}, counters.events()),
        front_end(sc_core::sc_gen_unique_name("front_end"), domain, params, probes, reservation_station, counters) {
    load_done.connect(reservation_station, nobody);
    execute_done.connect(reservation_station, nobody);
    store_done.connect(reservation_station, nobody);
  }

  IssuePort& port(sim::IssueQueue queue) {
    return queue == sim::IssueQueue::Load ? load : queue == sim::IssueQueue::Execute ? execute : store;
  }
  CompletionPort& done(sim::IssueQueue queue) {
    return queue == sim::IssueQueue::Load ? load_done : queue == sim::IssueQueue::Execute ? execute_done : store_done;
  }

  struct Nobody : sim::Clocked {
    Cycle step(Cycle) override { return Cycle::never(); }
    std::string block_name() const override { return "nobody"; }
  };

  config::GemminiParams params;
  sim::ClockDomain domain{sc_core::sc_gen_unique_name("clock"), sc_core::sc_time(1, sc_core::SC_NS)};
  sim::Probes probes;
  Nobody nobody;
  CounterFile counters{sc_core::sc_gen_unique_name("counters"), params};
  IssuePort load, execute, store;
  CompletionPort load_done, execute_done, store_done;
  ReservationStation reservation_station;
  CommandFrontEnd front_end;
};

}  // namespace castor::gemmini::test
