#include "castor/gemmini/command_front_end.h"

#include "castor/sim/levels.h"

namespace castor::gemmini {

CommandFrontEnd::CommandFrontEnd(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                 const config::GemminiParams& params, sim::Probes& probes,
                                 ReservationStation& reservation_station, CounterFile& counters)
    : ClockedModule(name, domain, sim::level::command_front_end),
      probes_(probes),
      reservation_station_(reservation_station),
      counters_(counters),
      loop_matmul_("loop_matmul", domain, params, unrolled_cmd_, counters.events()) {
  if (params.has_loop_conv)
    loop_conv_ = std::make_unique<LoopConv>("loop_conv", domain, params, loop_matmul_.commands());
  raw_cmd_q_.connect_consumer(*this);
  first_unroller().connect_producer(*this);
  unrolled_cmd_.connect_consumer(*this);
  counters.responses().connect_producer(*this);
  reservation_station.connect_allocator(*this);
  reservation_station.connect_unroller(CommandSource::LoopMatmul, loop_matmul_.outstanding());
  if (loop_conv_) reservation_station.connect_unroller(CommandSource::LoopConv, loop_conv_->outstanding());
}

void CommandFrontEnd::send(Cycle now, const sim::RoccCommand& command) {
  raw_cmd_q_.push(now, {command.command, CommandSource::Host, command.rd, command.wants_response});
  ++stats_.commands;
  probes_.emit(&sim::Observer::command, now, command.command);
}

bool CommandFrontEnd::busy(Cycle now) const {
  return active_at_ == now || !raw_cmd_q_.empty() || !unrolled_cmd_.empty() || loop_matmul_.busy(now) ||
         (loop_conv_ && loop_conv_->busy(now));
}

Cycle CommandFrontEnd::step(Cycle now) {
  const bool forwarded = forward_raw(now);
  const bool dispatched = dispatch(now);
  if (!forwarded && !dispatched) return Cycle::never();
  active_at_ = now;
  return now + 1;
}

bool CommandFrontEnd::forward_raw(Cycle now) {
  if (!raw_cmd_q_.can_pop(now) || !first_unroller().can_push(now)) return false;
  first_unroller().push(now, raw_cmd_q_.pop(now));
  return true;
}

bool CommandFrontEnd::dispatch(Cycle now) {
  if (!unrolled_cmd_.can_pop(now) || !can_dispatch(now, unrolled_cmd_.front())) return false;
  end_stall(now);
  act_on(now, unrolled_cmd_.front());
  unrolled_cmd_.drop(now);
  return true;
}

bool CommandFrontEnd::can_dispatch(Cycle now, const QueuedCommand& head) {
  switch (head.command.function()) {
    case isa::Funct::Flush:
    case isa::Funct::ClockGateEnable:
      return true;
    case isa::Funct::Counter:
      if (counters_.can_access(now)) return true;
      stall(now, Stall::CounterResponse);
      return false;
    default:
      if (reservation_station_.can_allocate(now, head.command)) return true;
      stall(now, full_station(head.command));
      return false;
  }
}

void CommandFrontEnd::act_on(Cycle now, const QueuedCommand& head) {
  switch (head.command.function()) {
    case isa::Funct::Flush:
      ++stats_.flushes;
      if (flush_) flush_(now, isa::Flush::decode(head.command).skip);
      break;
    case isa::Funct::Counter:
      ++stats_.counter_accesses;
      counters_.access(now, head.command, head.rd);
      break;
    case isa::Funct::ClockGateEnable:
      break;  // gates power, not cycles
    default:
      reservation_station_.allocate(now, head);
      break;
  }
}

void CommandFrontEnd::stall(Cycle now, Stall reason) {
  if (stalled_since_ != Cycle::never()) return;
  stalled_since_ = now;
  stall_ = reason;
}

void CommandFrontEnd::end_stall(Cycle now) {
  if (stalled_since_ != Cycle::never()) stats_.stalled.add(stall_, now - stalled_since_);
  stalled_since_ = Cycle::never();
}

CommandFrontEnd::Stall CommandFrontEnd::full_station(const isa::Command& command) {
  if (command.is_load()) return Stall::LoadEntries;
  return command.is_execute() ? Stall::ExecuteEntries : Stall::StoreEntries;
}

std::string CommandFrontEnd::waiting_for() const {
  if (stalled_since_ == Cycle::never()) return {};
  static constexpr const char* names[] = {"a load entry", "an execute entry", "a store entry",
                                          "the answer of a counter"};
  return std::string("the next command waits for ") + names[static_cast<unsigned>(stall_)];
}

}  // namespace castor::gemmini
