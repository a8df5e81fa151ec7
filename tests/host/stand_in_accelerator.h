// An accelerator as the host sees it: takes commands while it has room, works on each for a given time, then idles.
#pragma once

#include <deque>
#include <vector>

#include "castor/sim/levels.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/queue.h"
#include "castor/sim/rocc.h"

namespace castor::host::test {

inline sc_core::sc_time ns(double count) { return {count, sc_core::SC_NS}; }

class StandInAccelerator : public sim::ClockedModule, public sim::RoccPort {
 public:
  StandInAccelerator(sim::ClockDomain& domain, std::size_t room, std::uint64_t cycles_a_command)
      : ClockedModule("accelerator", domain, sim::level::command_front_end), room_(room), work_(cycles_a_command) {}

  Cycle step(Cycle now) override {
    if (queue_.empty()) return Cycle::never();
    if (done_at_ > now) return done_at_;
    if (probes != nullptr) probes->emit(&sim::Observer::complete, now, sim::RobId{0}, false);
    queue_.pop_front();
    freed_at_ = now;
    host_->wake(now + 1);
    if (queue_.empty()) return Cycle::never();
    return done_at_ = now + work_;
  }
  bool can_accept(Cycle now) const override { return queue_.size() + (freed_at_ == now ? 1 : 0) < room_; }
  void send(Cycle now, const sim::RoccCommand& command) override {
    if (queue_.empty()) done_at_ = now + work_;
    queue_.push_back(command);
    arrivals.push_back(now.count());
    if (command.command.function() == isa::Funct::Counter) responses.push(now, {command.rd, counter});
    if (probes != nullptr) probes->emit(&sim::Observer::command, now, command.command);
    wake(done_at_);
  }
  bool busy(Cycle now) const override { return !queue_.empty() || freed_at_ == now; }
  bool interrupt() const override { return false; }
  void attach_host(sim::Clocked& host) override {
    host_ = &host;
    responses.connect_consumer(host);
  }
  bool take_response(Cycle now, sim::RoccResponse& response) override {
    return responses.can_pop(now) && (response = responses.pop(now), true);
  }

  static constexpr std::uint64_t counter = 1234;  // what it answers
  sim::Queue<sim::RoccResponse> responses{2};
  std::vector<std::uint64_t> arrivals;
  sim::Probes* probes = nullptr;

 private:
  std::size_t room_;
  std::uint64_t work_;
  std::deque<sim::RoccCommand> queue_;
  Cycle done_at_{};
  Cycle freed_at_ = Cycle::never();
  sim::Clocked* host_ = nullptr;
};

}  // namespace castor::host::test
