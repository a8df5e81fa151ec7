#include "castor/host/command_stream_host.h"

#include <algorithm>
#include <variant>

#include "castor/functional/host_ops.h"

namespace castor::host {

CommandStreamHost::CommandStreamHost(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                     const config::HostParams& params, sim::RoccPort& port, functional::Memory* memory)
    : ClockedModule(name, domain, sim::level::host),
      params_(params.issue),
      switch_params_(params.context_switch),
      port_(port),
      memory_(memory),
      switch_at_(switch_params_.interval == 0 ? Cycle::never() : Cycle{switch_params_.interval}) {
  port_.attach_host(*this);
}

void CommandStreamHost::load(const isa::Stream& stream) {
  stream_ = &stream;
  items_ = &stream.items;
}

Cycle CommandStreamHost::step(Cycle now) {
  sim::RoccResponse counter_value;  // a stream has no registers to keep it in
  while (port_.take_response(now, counter_value)) ++stats_.responses;
  if (now >= switch_at_ && !ended_) switch_away(now);
  if (away_ && now < back_at_) return back_at_;
  if (away_) switch_back(now);
  const Cycle next = pass_items(now);
  if (next != Cycle::never()) return std::min(next, switch_at_);
  if (!ended_ && switch_at_ != Cycle::never()) domain().set_alarm(*this, switch_at_);
  return next;
}

Cycle CommandStreamHost::pass_items(Cycle now) {
  while (!ended_) {
    if (!begun_) {
      ready_ = next_ == items() ? begin(now, isa::Fence{})
                                : std::visit([&](const auto& item) { return begin(now, item); }, (*items_)[next_]);
      begun_ = true;
    }
    if (ready_ > now) return ready_;
    if (!pass_item(now)) return ready_ > now ? ready_ : Cycle::never();  // a time, or woken by the accelerator
  }
  return Cycle::never();
}

// What the core has begun takes as much longer as it is away.
void CommandStreamHost::switch_away(Cycle now) {
  spend(activity(), now);
  ++stats_.context_switches;
  away_ = true;
  back_at_ = now + switch_params_.cost();
  if (ready_ >= now) ready_ += switch_params_.cost();
  if (fetched_again_ > now) fetched_again_ += switch_params_.cost();
  switch_at_ += switch_params_.interval();
  if (switch_params_.flush_tlb && sfence_) sfence_(now);
}

void CommandStreamHost::switch_back(Cycle now) {
  away_ = false;
  spend(Activity::Switched, now);
}

CommandStreamHost::Activity CommandStreamHost::activity() const {
  if (next_ == items()) return Activity::Fence;
  const isa::StreamItem& item = (*items_)[next_];
  if (std::holds_alternative<isa::Fence>(item)) return Activity::Fence;
  if (!std::holds_alternative<isa::Command>(item)) return Activity::Working;
  return replaying_ ? Activity::PortFull : Activity::Issuing;
}

bool CommandStreamHost::pass_item(Cycle now) {
  if (next_ == items()) {
    if (pass_fence(now)) end(now);
    return ended_;
  }
  if (!std::visit([&](const auto& item) { return act(now, item); }, (*items_)[next_])) return false;
  ++next_;
  begun_ = false;
  return true;
}

void CommandStreamHost::end(Cycle now) {
  ended_ = true;
  for (StreamObserver* observer : observers_) observer->stream_ended(now);
  if (done_) done_();
}

Cycle CommandStreamHost::begin(Cycle now, const isa::HostWork& work) {
  for (StreamObserver* observer : observers_) observer->host_work(now, work.cycles.count());
  return now + work.cycles.count();
}

Cycle CommandStreamHost::begin(Cycle now, const isa::HostOp& op) {
  if (memory_ != nullptr) functional::run_host_op(op, *memory_);
  for (StreamObserver* observer : observers_) observer->host_operator(now, op);
  return now + op.cycles.count();
}

Cycle CommandStreamHost::begin(Cycle now, const isa::LayerBegin& layer) {
  for (StreamObserver* observer : observers_) observer->layer_began(now, layer);
  return now;
}

bool CommandStreamHost::act(Cycle now, const isa::Command& command) {
  if (!room_seen_ && !see_room(now)) return false;
  spend(replaying_ ? Activity::PortFull : Activity::Issuing, now);
  replaying_ = room_seen_ = false;
  port_.send(now, sim::RoccCommand{command});
  ++stats_.commands;
  for (StreamObserver* observer : observers_) observer->command_issued(now, command);
  return true;
}

// True if the command may be handed over now. Without room the core fetches it again and holds it in decode until there
// is room; then it travels to write-back. Nobody else fills the port meanwhile.
bool CommandStreamHost::see_room(Cycle now) {
  if (port_.can_accept(now)) {
    if (!replaying_) return true;
    room_seen_ = true;
    ready_ = std::max(fetched_again_, now + 1 + decode_to_write_back);
  } else if (!replaying_) {
    spend(Activity::Issuing, now);
    ++stats_.replays;
    replaying_ = true;
    fetched_again_ = now + params_.replay();
  }
  return false;
}

bool CommandStreamHost::act(Cycle now, const isa::Fence&) {
  if (!pass_fence(now)) return false;
  ++stats_.fences;
  return true;
}

bool CommandStreamHost::pass_fence(Cycle now) {
  if (!idle_seen_) {
    if (port_.busy(now)) return false;
    idle_seen_ = true;
    ready_ = now + params_.fence();
    if (ready_ > now) return false;
  }
  idle_seen_ = false;
  // Only now: the L2 acknowledges a message with its first beat, the last ones may land a cycle or two after busy fell.
  for (StreamObserver* observer : observers_) observer->fence_passed(now);
  spend(Activity::Fence, now);
  return true;
}

std::uint64_t CommandStreamHost::cost(const isa::Command& command) {
  constexpr unsigned loop_ws_commands = 6, loop_conv_commands = 7;
  if (command.is_loop_ws())
    return share_of_loop(params_.loop_ws(), loop_ws_commands, command.function() == isa::Funct::LoopWs);
  if (command.is_loop_conv())
    return share_of_loop(params_.loop_conv(), loop_conv_commands, command.function() == isa::Funct::LoopConvWs);
  return params_.plain_command();
}

// The run command is the last of a loop and pays what the others have left.
std::uint64_t CommandStreamHost::share_of_loop(unsigned total, unsigned members, bool last) {
  const std::uint64_t even = std::max<std::uint64_t>(1, total / members);
  const bool rest = last && loop_commands_ + 1 == members && total > loop_cost_;
  const std::uint64_t share = rest ? total - loop_cost_ : even;
  loop_commands_ = last ? 0 : loop_commands_ + 1;
  loop_cost_ = last ? 0 : loop_cost_ + share;
  return share;
}

void CommandStreamHost::spend(Activity activity, Cycle until) {
  stats_.cycles.add(activity, until - accounted_);
  accounted_ = until;
}

std::string CommandStreamHost::waiting_for() const {
  if (ended_ || items_ == nullptr) return {};
  if (next_ == items()) return "the accelerator to become idle (end of the stream)";
  const std::string where = "item " + std::to_string(next_ + 1) + " of " + std::to_string(items());
  if (const auto* command = std::get_if<isa::Command>(&(*items_)[next_]))
    return "room at the RoCC port for " + isa::mnemonic(*command) + " (" + where + ")";
  if (std::holds_alternative<isa::Fence>((*items_)[next_]))
    return "the accelerator to become idle (fence, " + where + ")";
  return {};
}

}  // namespace castor::host
