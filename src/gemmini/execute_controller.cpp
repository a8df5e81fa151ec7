#include "castor/gemmini/execute_controller.h"

#include "castor/gemmini/fast_spatial_array.h"
#include "castor/gemmini/signal_spatial_array.h"

namespace castor::gemmini {

namespace {

constexpr std::size_t unroller_queue_depth = 2;

std::unique_ptr<SpatialArray> make_array(sim::ClockDomain& domain, const config::GemminiParams& params,
                                         const LocalMemory& memory) {
  if (params.spatial_array == config::SpatialArrayModel::Signal)
    return std::make_unique<SignalSpatialArray>("array", domain, params, memory.arithmetic(), memory.values());
  return std::make_unique<FastSpatialArray>("array", params, memory.arithmetic(), memory.values());
}

}  // namespace

ExecuteController::ExecuteController(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                     const config::GemminiParams& params, LocalMemory& memory, sim::Probes& probes)
    : ClockedModule(name, domain, sim::level::execute_controller),
      issued_(unroller_queue_depth),
      unrolled_(params.ex_queue_length),
      registers_(params),
      array_(make_array(domain, params, memory)),
      mesh_(params, *array_),
      control_(params.control_queue()),
      unroller_(params, issued_, unrolled_),
      reader_(params, registers_, memory, control_),
      feeder_(params, registers_, memory, control_, mesh_, probes),
      sequencer_(params, unrolled_, completions_, mesh_, registers_, reader_),
      writer_("result_writer", domain, params, registers_, *array_, mesh_.tags(), memory, completions_, probes) {
  issued_.connect_consumer(*this);
  unrolled_.connect_consumer(*this);
  memory.scaled_operands.connect_consumer(*this);
  writer_.connect(*this);
  array_->connect(writer_);
}

Cycle ExecuteController::step(Cycle now) {
  account(now);
  const ExecuteSequencer::State before = sequencer_.state();
  if (mesh_.begin(now)) ++stats_.rows;
  const ControlSignals entry = control_.head();
  if (events_ != nullptr) report_busy(now);
  const bool taken = feeder_.step(now, sequencer_.flushing(), sequencer_.flush_propagate());
  const ExecuteCycle where = sequencer_.step(now, taken);
  if (!issued_.empty()) {
    unroller_.step(now);
    if (unroller_.active()) ++stats_.transpose_unroller_active;
    if (unroller_.active() && events_ != nullptr) events_->count(CounterEvent::TransposePreloadUnrollerActiveCycles);
  }
  count(where, before);
  if (events_ != nullptr) report(now, event_levels(where, before, entry));
  accounted_ = now + 1;
  return stays_awake(where, before) ? now + 1 : Cycle::never();
}

bool ExecuteController::stays_awake(ExecuteCycle where, ExecuteSequencer::State before) const {
  const bool waits = where == ExecuteCycle::Idle || where == ExecuteCycle::Hazard ||
                     where == ExecuteCycle::WaitForCompute || where == ExecuteCycle::WaitForResults;
  if (!waits || before != ExecuteSequencer::State::Wait) return true;
  return !control_.empty() || mesh_.busy() || sequencer_.completions_pending() || !issued_.empty();
}

void ExecuteController::account(Cycle now) {
  if (accounted_ >= now) return;
  stats_.cycles.add(asleep_for_, now - accounted_);
  accounted_ = now;
}

void ExecuteController::count(ExecuteCycle where, ExecuteSequencer::State before) {
  using State = ExecuteSequencer::State;
  asleep_for_ = where;
  stats_.cycles.add(where);
  if (before == State::Compute) ++stats_.active;
  if (before == State::Wait && sequencer_.state() == State::Flush) ++stats_.flushes;
  if (sequencer_.overlap_hazard()) ++stats_.overlap_hazards;
  if (before != State::Wait || sequencer_.state() != State::Compute) return;
  stats_.macs += sequencer_.take_macs();
  switch (sequencer_.pass_kind()) {
    case PassKind::Preload:
      ++stats_.preloads;
      break;
    case PassKind::MulPreload:
      ++stats_.overlapped;
      break;
    case PassKind::Mul:
      ++stats_.computes;
      break;
  }
}

// A bit for each event of ExecuteController.scala, from ExeActiveCycle to DGarbageCycles: what is true in this cycle,
// and stays so while the controller sleeps.
std::uint32_t ExecuteController::event_levels(ExecuteCycle where, ExecuteSequencer::State before,
                                              const ControlSignals& entry) const {
  using State = ExecuteSequencer::State;
  const auto level = [](CounterEvent event, bool on) {
    return (on ? 1U : 0U) << (static_cast<unsigned>(event) - static_cast<unsigned>(CounterEvent::ExeActiveCycle));
  };
  const auto of_operands = [](CounterEvent first, unsigned operands) {
    return operands << (static_cast<unsigned>(first) - static_cast<unsigned>(CounterEvent::ExeActiveCycle));
  };
  return level(CounterEvent::ExeActiveCycle, before == State::Compute) |
         level(CounterEvent::ExeFlushCycle, before == State::Flush || before == State::Flushing) |
         level(CounterEvent::ExeControlQBlockCycle, where == ExecuteCycle::ControlQueueFull) |
         level(CounterEvent::ExePreloadHazCycle, where == ExecuteCycle::Hazard) |
         level(CounterEvent::ExeOverlapHazCycle, sequencer_.overlap_hazard()) |
         of_operands(CounterEvent::ScratchpadAWaitCycle, feeder_.missed() & ~entry.from_accumulator) |
         of_operands(CounterEvent::AccAWaitCycle, feeder_.missed() & entry.from_accumulator) |
         of_operands(CounterEvent::AGarbageCycles, entry.garbage);
}

void ExecuteController::report(Cycle now, std::uint32_t levels) {
  const auto first = static_cast<unsigned>(CounterEvent::ExeActiveCycle);
  for (std::uint32_t changed = levels ^ event_levels_, i = 0; changed != 0; changed >>= 1, ++i)
    if (changed & 1) events_->level(static_cast<CounterEvent>(first + i), now, (levels >> i) & 1);
  event_levels_ = levels;
}

void ExecuteController::report_busy(Cycle now) {
  const bool is_busy = busy(now);
  if (is_busy == reported_busy_) return;
  events_->controller_busy(sim::IssueQueue::Execute, now, is_busy);
  reported_busy_ = is_busy;
}

std::string ExecuteController::waiting_for() const { return sequencer_.waiting_for(); }

}  // namespace castor::gemmini
