// The front end stepped cycle by cycle by the test itself, with controllers that the test (or a random generator)
// plays.
#pragma once

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include "front_end_bench.h"

namespace castor::gemmini::test {

class SteppedFrontEnd : public sim::Observer {
 public:
  struct Allocation {
    Cycle cycle;
    isa::Command command;
  };

  explicit SteppedFrontEnd(const config::GemminiParams& params = {}) : bench(params) { bench.probes.attach(*this); }

  /// Commands to offer at the port, one a cycle as it accepts them.
  void send(const std::vector<isa::Command>& commands) { port_.insert(port_.end(), commands.begin(), commands.end()); }
  void send(const isa::Command& command) { port_.push_back(command); }

  /// Steps all blocks through one cycle, in the order of their levels.
  void step() {
    const Cycle now = now_;
    play_controllers(now);
    bench.reservation_station.step(now);
    bench.front_end.loop_matmul().step(now);
    if (bench.front_end.loop_conv() != nullptr) bench.front_end.loop_conv()->step(now);
    bench.front_end.step(now);
    if (!port_.empty() && bench.front_end.can_accept(now)) {
      bench.front_end.send(now, {port_.front(), false, 0});
      accepted.push_back({now, port_.front()});
      port_.pop_front();
    }
    ++now_;
  }
  void run(unsigned cycles) {
    for (unsigned i = 0; i < cycles; ++i) step();
  }
  /// Until everything has been accepted, emitted and completed; false if that takes more than `limit` cycles.
  bool run_until_idle(unsigned limit = 200000) {
    for (unsigned i = 0; i < limit; ++i) {
      step();
      if (port_.empty() && !bench.front_end.busy(now_) && !bench.reservation_station.busy(now_)) return true;
    }
    return false;
  }
  Cycle now() const { return now_; }

  void allocate(Cycle now, sim::RobId, const isa::Command& command) override { allocated.push_back({now, command}); }

  std::vector<isa::Command> allocated_commands() const {
    std::vector<isa::Command> commands;
    for (const Allocation& allocation : allocated) commands.push_back(allocation.command);
    return commands;
  }
  std::size_t count(isa::Funct funct) const {
    return static_cast<std::size_t>(std::count_if(allocated.begin(), allocated.end(),
                                                  [&](const Allocation& a) { return a.command.function() == funct; }));
  }

  FrontEndBench bench;
  std::vector<Allocation> accepted;
  std::vector<Allocation> allocated;
  /// How the controllers behave.
  bool completes = true;
  std::mt19937_64* random = nullptr;  ///< completes after a random time instead of at once

 private:
  void play_controllers(Cycle now) {
    for (const sim::IssueQueue queue : {sim::IssueQueue::Load, sim::IssueQueue::Execute, sim::IssueQueue::Store}) {
      IssuePort& port = bench.port(queue);
      auto& running = running_[static_cast<std::size_t>(queue)];
      for (; port.can_pop(now); port.drop(now)) {
        const IssuedCommand& issued = port.front();
        const bool done = issued.command.funct == 0 && queue != sim::IssueQueue::Execute;
        if (!done) running.push_back(issued.id);
      }
      if (!completes || running.empty() || !bench.done(queue).can_offer(now)) continue;
      if (random != nullptr && (*random)() % 8 != 0) continue;
      const std::size_t which = random == nullptr ? 0 : (*random)() % running.size();
      bench.done(queue).offer(now, running[which]);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }

  std::deque<isa::Command> port_;
  std::vector<sim::RobId> running_[3];
  Cycle now_{0};
};

}  // namespace castor::gemmini::test
