#include "castor/sim/clock_domain.h"

#include <algorithm>

#include "castor/common/error.h"

// libsystemc.so names sc_main although only its own main() would call it; Castor's programs and tests bring their own.
int sc_main(int, char**) { return 0; }

namespace castor::sim {

ClockDomain::ClockDomain(const sc_core::sc_module_name& name, const sc_core::sc_time& period, StepOrder order)
    : sc_module(name), period_(period), order_(order) {
  SC_HAS_PROCESS(ClockDomain);
  SC_METHOD(run);
}

void ClockDomain::enrol(Clocked& block, Level level) {
  CASTOR_ASSERT(block.domain_ == nullptr);
  enrolments_.push_back({level, &block});
  block.domain_ = this;
  block.slot_ = enrolments_.size() - 1;
  due_.push_back(Cycle{0});
  later_.push_back(Cycle::never());
}

void ClockDomain::start_of_simulation() {
  if (order_ == StepOrder::Reversed) std::reverse(enrolments_.begin(), enrolments_.end());
  std::stable_sort(enrolments_.begin(), enrolments_.end(),
                   [](const Enrolment& a, const Enrolment& b) { return a.level < b.level; });
  for (const Enrolment& enrolment : enrolments_) {
    enrolment.block->slot_ = blocks_.size();
    blocks_.push_back(enrolment.block);
  }
  due_.assign(blocks_.size(), Cycle{0});
  later_.assign(blocks_.size(), Cycle::never());
  alarms_.assign(blocks_.size(), Cycle::never());
}

void ClockDomain::add_heartbeat(std::uint64_t every, std::function<void(Cycle)> beat) {
  CASTOR_ASSERT(every != 0);
  heartbeats_.push_back({every, Cycle{every}, std::move(beat)});
  next_heartbeat_ = std::min(next_heartbeat_, Cycle{every});
}

void ClockDomain::set_alarm(const Clocked& block, Cycle at) {
  alarms_[block.slot_] = at;
  next_alarm_ = std::min(next_alarm_, at);
}

bool ClockDomain::in_step_with_kernel() {
  if (edge(now_) == sc_core::sc_time_stamp()) return leaves_ = true;
  leave_requested_ = true;
  return false;
}

void ClockDomain::run() {
  try {
    run_on();
  } catch (...) {
    failure_ = std::current_exception();
    stop_ = StopReason::Failed;
    sc_core::sc_stop();
  }
}

// The kernel's time stands still while this runs, and only a call that leaves the domain can put new activity before
// it.
void ClockDomain::run_on() {
  in_kernel_ = false;
  look_at_kernel();
  while (!stopped()) {
    const Cycle next = next_cycle();
    if (stop_before(next)) break;
    if (next == Cycle::never()) return return_to_kernel();
    if (next > (leave_requested_ ? reached_ : horizon_)) return return_to_kernel(next);
    leave_requested_ = false;
    if (next >= next_heartbeat_) beat_before(next);
    now_ = next;
    if (now_ >= next_alarm_) ring_alarms();
    step_due_blocks();
    if (leaves_) look_at_kernel();
  }
  sc_core::sc_stop();
}

void ClockDomain::look_at_kernel() {
  leaves_ = false;
  const auto stamp = sc_core::sc_time_stamp().value();
  reached_ = Cycle{stamp / period_.value()};
  kernel_cycle_ = Cycle{(stamp + period_.value() - 1) / period_.value()};
  horizon_ = Cycle::never();
  if (!sc_core::sc_pending_activity()) return;
  const auto activity = stamp + sc_core::sc_time_to_pending_activity().value();
  horizon_ = std::max(reached_, Cycle{(std::max<std::uint64_t>(activity, 1) - 1) / period_.value()});
}

void ClockDomain::return_to_kernel() {
  in_kernel_ = true;
  next_trigger(woken_);
}

void ClockDomain::return_to_kernel(Cycle next) {
  in_kernel_ = true;
  next_trigger(edge(next) - sc_core::sc_time_stamp(), woken_);
}

sc_core::sc_time ClockDomain::edge(Cycle cycle) const {
  return sc_core::sc_time::from_value(period_.value() * cycle.count());
}

Cycle ClockDomain::first_edge_after_kernel_time() const {
  return Cycle{sc_core::sc_time_stamp().value() / period_.value() + 1};
}

// The next cycle to step: never one already stepped (unless a block asked to meet the kernel in it), nor one before the
// kernel's time.
Cycle ClockDomain::next_cycle() const {
  Cycle next = Cycle::never();
  for (const Cycle due : due_) next = std::min(next, due);
  if (next >= with_others()) return Cycle::never();
  next = std::min(next, next_alarm_);
  const Cycle floor = leave_requested_ || !started_ ? now_ : now_ + 1;
  return std::max({next, kernel_cycle_, floor});
}

void ClockDomain::step_due_blocks() {
  started_ = true;
  bool stepped = false;
  for (std::size_t slot = 0; slot < blocks_.size(); ++slot) {
    if (due_[slot] > now_ && !(stepped && due_[slot] == with_others())) continue;
    step_block(slot);
    stepped = true;
  }
}

void ClockDomain::step_block(std::size_t slot) {
  due_[slot] = later_[slot] > now_ ? later_[slot] : Cycle::never();
  later_[slot] = Cycle::never();
  const Cycle next = blocks_[slot]->step(now_);
  if (next < due_[slot]) wake(slot, next);  // keeps a wake for later that arrived meanwhile
}

bool ClockDomain::stop_before(Cycle next) {
  if (next == Cycle::never() && !sc_core::sc_pending_activity()) stop_ = StopReason::Deadlock;
  if (next != Cycle::never() && next > max_cycles_) stop_ = StopReason::MaxCycles;
  if (interrupted_ != nullptr && interrupted_->load(std::memory_order_relaxed)) stop_ = StopReason::Interrupted;
  return stopped();
}

void ClockDomain::beat_before(Cycle next) {
  next_heartbeat_ = Cycle::never();
  for (Heartbeat& heartbeat : heartbeats_) {
    if (next >= heartbeat.next) {
      heartbeat.beat(heartbeat.next);
      heartbeat.next = Cycle{(next.count() / heartbeat.every + 1) * heartbeat.every};
    }
    next_heartbeat_ = std::min(next_heartbeat_, heartbeat.next);
  }
}

void ClockDomain::ring_alarms() {
  next_alarm_ = Cycle::never();
  for (std::size_t slot = 0; slot < alarms_.size(); ++slot) {
    if (alarms_[slot] <= now_) {
      wake(slot, now_);
      alarms_[slot] = Cycle::never();
    }
    next_alarm_ = std::min(next_alarm_, alarms_[slot]);
  }
}

std::vector<std::string> ClockDomain::waiters() const {
  std::vector<std::string> lines;
  for (const Clocked* block : blocks_) {
    const std::string reason = block->waiting_for();
    if (!reason.empty()) lines.push_back(block->block_name() + ": " + reason);
  }
  return lines;
}

}  // namespace castor::sim
