// What passes between the reservation station and the three controllers (ReservationStation.scala, GemminiRsIssueIO).
#pragma once

#include "castor/isa/command.h"
#include "castor/sim/probes.h"
#include "castor/sim/queue.h"

namespace castor::gemmini {

/// A command as it is issued to its controller.
struct IssuedCommand {
  isa::Command command;
  sim::RobId id;
  bool id_valid = true;  // false for commands that the transpose unroller adds
};

/// The command queue at a controller's door; the reservation station pushes, the controller pops.
using IssuePort = sim::Queue<IssuedCommand>;

/// A wire with back-pressure: the controller offers in cycle t, the reservation station (a later level) takes it in t
/// or later. An offer stays until taken; a controller frees what belongs to it in the cycle after.
class CompletionPort {
 public:
  CompletionPort() : offers_(1, sim::QueueMode::Flow) {}
  void connect(sim::Clocked& reservation_station, sim::Clocked& controller) {
    offers_.connect_consumer(reservation_station);
    offers_.connect_producer(controller);
  }
  bool can_offer(Cycle now) const { return offers_.can_push(now); }
  void offer(Cycle now, sim::RobId id) { offers_.push(now, id); }
  bool offered(Cycle now) const { return offers_.can_pop(now); }
  /// Another command has taken the place of the one on offer.
  void change_offer(sim::RobId id) { offers_.front() = id; }
  sim::RobId take(Cycle now) { return offers_.pop(now); }

 private:
  sim::Queue<sim::RobId> offers_;
};

}  // namespace castor::gemmini
