// How many commands of an unroller are on their way, from emission to completion in the reservation station.
// RTL twin: ld_utilization, ex_utilization, st_utilization and rob_overloaded of LoopMatmul.scala and LoopConv.scala.
#pragma once

#include <array>

#include "castor/common/error.h"
#include "castor/sim/clock_domain.h"
#include "castor/sim/probes.h"

namespace castor::gemmini {

/// Timing: registers. What is emitted or completed in cycle t counts from t+1.
class OutstandingCommands {
 public:
  /// Limits in the order of sim::IssueQueue; `unroller` is woken when a limit is no longer reached.
  OutstandingCommands(unsigned loads, unsigned executes, unsigned stores, sim::Clocked& unroller)
      : limit_{loads, executes, stores}, unroller_(unroller) {}

  /// Whether the unroller must hold back commands of this queue in cycle `now`.
  bool at_limit(sim::IssueQueue queue, Cycle now) const { return at_start_of(now, queue) >= limit_[index(queue)]; }

  void emitted(sim::IssueQueue queue) { ++count_[index(queue)]; }

  /// From the reservation station, at most twice a cycle and queue (a completion, and one on issue).
  void completed(sim::IssueQueue queue, Cycle now) {
    if (at_limit(queue, now)) unroller_.wake(now + 1);
    CASTOR_ASSERT(count_[index(queue)] > 0);
    if (completed_at_ != now) completed_ = {};
    completed_at_ = now;
    ++completed_[index(queue)];
    --count_[index(queue)];
  }

  unsigned count(sim::IssueQueue queue) const { return count_[index(queue)]; }

 private:
  using PerQueue = std::array<unsigned, 3>;
  static constexpr std::size_t index(sim::IssueQueue queue) { return static_cast<std::size_t>(queue); }
  unsigned at_start_of(Cycle now, sim::IssueQueue queue) const {
    return count_[index(queue)] + (completed_at_ == now ? completed_[index(queue)] : 0);
  }

  PerQueue limit_;
  PerQueue count_{};
  PerQueue completed_{};  // in cycle completed_at_
  Cycle completed_at_ = Cycle::never();
  sim::Clocked& unroller_;
};

}  // namespace castor::gemmini
