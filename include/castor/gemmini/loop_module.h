// What the two loop unrollers have in common: the queue of commands, two loop contexts, and the way of plain commands.
// RTL twins: LoopConv.scala, LoopMatmul.scala.
//
// A configuration or run command waits while the context that it goes to is in use. A plain command passes only while
// neither context is configured; one that enters in t leaves in t+1.
#pragma once

#include <cstdint>
#include <string>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/command_queue.h"
#include "castor/gemmini/loop_contexts.h"
#include "castor/gemmini/outstanding_commands.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

class LoopModule : public sim::ClockedModule {
 public:
  /// Its input queue.
  CommandQueue& commands() { return commands_; }
  /// Told by the reservation station when one of its commands ends.
  OutstandingCommands& outstanding() { return outstanding_; }
  bool busy(Cycle now) const { return active_at_ == now || contexts_.any_configured() || !commands_.empty(); }

  std::string waiting_for() const override;

 protected:
  static constexpr std::uint64_t core_address_mask = (1ULL << 40) - 1;

  /// With so many address generators.
  LoopModule(const sc_core::sc_module_name& name, sim::ClockDomain& domain, sim::Level level,
             const config::GemminiParams& params, CommandQueue& out, unsigned units);

  /// Whether the command is for the loops of this unroller, and whether it sets one off.
  virtual bool is_loop_command(const isa::Command& command) const = 0;
  virtual bool runs(const isa::Command& command) const = 0;
  virtual void configure(unsigned loop, const isa::Command& command) = 0;
  virtual void run(unsigned loop, const isa::Command& command) = 0;

  bool has_command(Cycle now) const { return commands_.can_pop(now); }
  /// One command out of the queue, if it can go where it belongs; `was` are the contexts at the start of the cycle.
  bool take_command(const LoopContexts& was, Cycle now);
  /// The end of a step.
  Cycle stepped(bool changed, Cycle now);

  CommandQueue& out_;
  OutstandingCommands outstanding_;
  LoopContexts contexts_;

 private:
  bool pass(const LoopContexts& was, Cycle now);

  CommandQueue commands_{2};
  Cycle active_at_ = Cycle::never();
};

}  // namespace castor::gemmini
