#include "castor/gemmini/loop_module.h"

#include "castor/isa/command.h"

namespace castor::gemmini {

using sim::IssueQueue;

LoopModule::LoopModule(const sc_core::sc_module_name& name, sim::ClockDomain& domain, sim::Level level,
                       const config::GemminiParams& params, CommandQueue& out, unsigned units)
    : ClockedModule(name, domain, level),
      out_(out),
      outstanding_(params.throttle_ld(), params.throttle_ex(), params.throttle_st(), *this),
      contexts_(units) {
  commands_.connect_consumer(*this);
  out_.connect_producer(*this);
}

bool LoopModule::take_command(const LoopContexts& was, Cycle now) {
  if (!commands_.can_pop(now)) return false;
  const isa::Command& command = commands_.front().command;
  if (!is_loop_command(command)) return pass(was, now);
  const unsigned loop = was.being_configured();
  if (was.configured(loop)) return false;
  runs(command) ? run(loop, command) : configure(loop, command);
  commands_.drop(now);
  return true;
}

bool LoopModule::pass(const LoopContexts& was, Cycle now) {
  if (was.any_configured() || !out_.can_push(now)) return false;
  out_.push(now, commands_.pop(now));
  return true;
}

Cycle LoopModule::stepped(bool changed, Cycle now) {
  if (changed) active_at_ = now;
  return changed ? now + 1 : Cycle::never();
}

std::string LoopModule::waiting_for() const {
  if (!contexts_.any_configured() && commands_.empty()) return {};
  std::string text = "under way:";
  for (const IssueQueue queue : {IssueQueue::Load, IssueQueue::Execute, IssueQueue::Store}) {
    static constexpr const char* names[] = {" loads ", " executes ", " stores "};
    text += names[static_cast<unsigned>(queue)] + std::to_string(outstanding_.count(queue));
  }
  return text;
}

}  // namespace castor::gemmini
