// The queue between a core's write-back stage and its accelerator.
//
// RTL twin: RoccCommandRouter (rocket-chip LazyRoCC.scala), one accelerator on custom-3.
// Timing: a command handed over in cycle c reaches the accelerator's port in c+1 at the earliest; one command a cycle.
// `busy` counts what waits here (soc.md 2.2: router queue not empty, or accelerator busy).
#pragma once

#include <string>

#include "castor/config/host_params.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/queue.h"
#include "castor/sim/rocc.h"

namespace castor::host {

class RoccRouter : public sim::ClockedModule, public sim::RoccPort {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter commands{this, "commands", "count", "commands handed to the accelerator"};
  };

  RoccRouter(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::IssueParams& params,
             sim::RoccPort& accelerator);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

  bool can_accept(Cycle now) const override { return queue_.can_push(now); }
  void send(Cycle now, const sim::RoccCommand& command) override { queue_.push(now, command); }
  bool busy(Cycle now) const override { return !queue_.empty() || accelerator_.busy(now); }
  bool interrupt() const override { return accelerator_.interrupt(); }
  std::string fault() const override { return accelerator_.fault(); }
  void attach_host(sim::Clocked& host) override;
  bool take_response(Cycle now, sim::RoccResponse& response) override;

 private:
  sim::RoccPort& accelerator_;
  sim::Queue<sim::RoccCommand> queue_;
  sim::Clocked* host_ = nullptr;
  Stats stats_;
};

}  // namespace castor::host
