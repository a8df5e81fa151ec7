#include "castor/gemmini/load_controller.h"

#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::gemmini {

LoadController::LoadController(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                               const config::GemminiParams& params)
    : ClockedModule(name, domain, sim::level::load_controller),
      layout_(params.local_layout()),
      input_bytes_(params.input_bytes()),
      acc_bytes_(params.acc_bytes()),
      has_pixel_repeats_(params.has_first_layer_optimizations),
      commands_(params.ld_queue_length),
      rows_(params.spad_read_delay + 1, sim::QueueMode::Pipe),
      zero_writer_(layout_, params.input_bytes(), params.acc_bytes()),
      tracker_(params.dma_command_slots()),
      offer_(tracker_, completions_),
      clock_(stats_.cycles) {
  commands_.connect_consumer(*this);
  rows_.connect_producer(*this);
}

void LoadController::written(Cycle now, std::uint8_t slot, std::uint32_t bytes) {
  tracker_.returned(now, slot, bytes);
  wake(now + 1);
}

void LoadController::report_to(EventCounts& events) {
  busy_report_.report_to(events);
  for (EventLevel* level : {&sending_, &waiting_, &refused_}) level->report_to(events);
}

Cycle LoadController::step(Cycle now) {
  busy_report_.set(now, commands_.can_pop(now) || tracker_.busy());
  offer_.step(now);
  const State state = step_command(now);
  clock_.enter(now, state);
  report(now, state);
  return state == State::SendingRows || busy_report_.busy() != busy() ? now + 1 : Cycle::never();
}

// The RTL's state register holds a mvin from the cycle after its first row was offered.
void LoadController::report(Cycle now, State state) {
  sending_.set(now + 1, active_ && next_row_ != 0);
  waiting_.set(now + 1, active_ && next_row_ == 0);
  refused_.set(now, state == State::WaitingForReader || state == State::WaitingForZeroWriter);
}

LoadController::State LoadController::step_command(Cycle now) {
  if (!active_) {
    if (!commands_.can_pop(now)) return State::Idle;
    const IssuedCommand& issued = commands_.front();
    if (issued.command.is_config(isa::ConfigKind::Mvin)) {
      configure(issued.command);
      commands_.drop(now);
      return State::SendingRows;
    }
    if (!tracker_.can_allocate()) return State::WaitingForSlot;
    begin(now, issued);
  }
  const bool sent = !all_sent_ && offer_row(now);
  if (finished_after(sent)) {
    commands_.drop(now);
    active_ = false;
  }
  if (sent || all_sent_) {
    all_sent_ = active_ && next_row_ == row_count_;
    return State::SendingRows;
  }
  return row_.zeros ? State::WaitingForZeroWriter : State::WaitingForReader;
}

// The command leaves with its last row, but never in the cycle in which it began (state sending_rows comes after it).
bool LoadController::finished_after(bool sent) const {
  return all_sent_ || (sent && next_row_ == row_count_ && row_count_ > 1);
}

void LoadController::configure(const isa::Command& command) {
  const auto config = isa::ConfigMvin::decode(command);
  if (config.state >= states_.size()) throw UserError("config_mvin: load state 3 does not exist; allowed: 0..2");
  LoadState& state = states_[config.state];
  state.stride = config.stride;
  state.scale = config.scale;
  state.shrink = config.shrink;
  state.block_stride = config.block_stride & layout_.data_mask();
  state.pixel_repeats = has_pixel_repeats_ ? config.repeats() : 1;
}

void LoadController::begin(Cycle now, const IssuedCommand& issued) {
  const auto mvin = isa::Mvin::decode(issued.command);
  const LoadState& state = states_[mvin.state];
  if (mvin.local.rows == 0 || mvin.local.cols == 0) throw UserError("mvin of no rows or no columns");
  row_.zeros = mvin.dram == VirtAddr{0};
  row_.full_width = mvin.local.addr.is_acc() && !state.shrink;
  const bool replicate = state.stride == 0 && !row_.zeros;
  row_count_ = replicate ? 1 : mvin.local.rows;
  const std::uint64_t row_bytes = std::uint64_t{mvin.local.cols} * (row_.full_width ? acc_bytes_ : input_bytes_);
  row_.vaddr = mvin.dram;
  row_.laddr = mvin.local.addr;
  row_.cols = mvin.local.cols;
  row_.repeats = replicate ? mvin.local.rows - 1 : 0;
  row_.scale = state.scale;
  row_.block_stride = state.block_stride;
  row_.pixel_repeats = state.pixel_repeats;
  row_.command_slot = tracker_.allocate(now, issued.id, row_bytes * row_count_);
  stride_ = state.stride;
  next_row_ = 0;
  active_ = true;
  all_sent_ = false;
  ++stats_.mvins;
  stats_.bytes += row_bytes * row_count_;
}

bool LoadController::offer_row(Cycle now) {
  if (row_.zeros ? !zero_writer_.can_accept() : !rows_.can_push(now)) return false;
  ++(row_.zeros ? stats_.zero_rows : stats_.rows);
  if (row_.zeros)
    zero_writer_.accept(now, row_);
  else
    rows_.push(now, row_);
  row_.vaddr = row_.vaddr + stride_;
  row_.laddr = row_.laddr.with_offset(1, layout_);
  ++next_row_;
  return true;
}

std::string LoadController::waiting_for() const {
  switch (clock_.reason()) {
    case State::WaitingForSlot:
      return "one of the mvins under way to complete";
    case State::WaitingForReader:
      return "the stream reader to take a row";
    case State::WaitingForZeroWriter:
      return "the zero writer to take a row";
    default:
      return tracker_.busy() ? "rows of its mvins to be written" : "";
  }
}

}  // namespace castor::gemmini
