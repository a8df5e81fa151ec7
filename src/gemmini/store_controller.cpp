#include "castor/gemmini/store_controller.h"

#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::gemmini {

namespace {

// NormCmd.non_reset_version: the command of a row's blocks before the last.
NormCmd within_row(NormCmd cmd) {
  switch (cmd) {
    case NormCmd::Mean:
      return NormCmd::Sum;
    case NormCmd::InvStddev:
      return NormCmd::Variance;
    case NormCmd::InvSumExp:
      return NormCmd::SumExp;
    default:
      return cmd;
  }
}

}  // namespace

StoreController::StoreController(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                 const config::GemminiParams& params)
    : ClockedModule(name, domain, sim::level::store_controller),
      layout_(params.local_layout()),
      stores_to_scratchpad_(params.stores_to_scratchpad()),
      has_normalizations_(params.has_normalizations),
      has_max_pool_(params.has_max_pool),
      commands_(params.st_queue_length),
      rows_(2),
      tracker_(params.dma_command_slots()),
      offer_(tracker_, completions_),
      clock_(stats_.cycles) {
  commands_.connect_consumer(*this);
  rows_.connect_producer(*this);
}

void StoreController::read(Cycle now, std::uint8_t slot) {
  tracker_.returned(now, slot, 1);
  wake(now + 1);
}

void StoreController::report_to(EventCounts& events) {
  busy_report_.report_to(events);
  for (EventLevel* level : {&sending_, &waiting_, &refused_, &pooling_on_}) level->report_to(events);
}

Cycle StoreController::step(Cycle now) {
  busy_report_.set(now, commands_.can_pop(now) || tracker_.busy());
  offer_.step(now);
  const State state = step_command(now);
  clock_.enter(now, state);
  report(now, state);
  return state == State::SendingRows || busy_report_.busy() != busy() ? now + 1 : Cycle::never();
}

// The RTL's state register holds a mvout from the cycle after its first row was offered; pooling is a configuration.
void StoreController::report(Cycle now, State state) {
  const bool begun = requests_left_ != requests_;
  sending_.set(now + 1, active_ && begun);
  waiting_.set(now + 1, active_ && !begun);
  refused_.set(now, state == State::WaitingForReader);
  pooling_on_.set(now + 1, has_max_pool_ && pool_.pool_stride != 0);
}

StoreController::State StoreController::step_command(Cycle now) {
  if (!active_) {
    if (!commands_.can_pop(now)) return State::Idle;
    if (take_config(commands_.front().command)) {
      commands_.drop(now);
      return State::SendingRows;
    }
    if (!tracker_.can_allocate()) return State::WaitingForSlot;
    begin(now, commands_.front());
  }
  if (!all_sent_ && !offer_row(now)) return State::WaitingForReader;
  // The command leaves with its last request, but not in the cycle in which it began.
  if (all_sent_ || (requests_left_ == 0 && requests_ > 1)) {
    commands_.drop(now);
    active_ = false;
  }
  all_sent_ = active_ && requests_left_ == 0;
  return State::SendingRows;
}

bool StoreController::take_config(const isa::Command& command) {
  if (command.is_config(isa::ConfigKind::Mvout)) return configure(isa::ConfigMvout::decode(command)), true;
  if (!command.is_config(isa::ConfigKind::Norm)) return false;
  if (!has_normalizations_) throw UserError("config_norm: this accelerator is built without has_normalizations");
  configure(isa::ConfigNorm::decode(command));
  return true;
}

void StoreController::configure(const isa::ConfigMvout& config) {
  stride_ = config.stride;
  how_.activation = config.activation;
  if (config.acc_scale != isa::ConfigMvout::keep_scale) how_.scale = config.acc_scale;
  pool_.pool_size = config.pool_size;
  pool_.pool_stride = config.pool_stride;
  if (config.pool_stride == 0 && config.pool_size == 0) return;
  pool_.pool_out_dim = config.pool_out_dim;
  pool_.orows = config.orows;
  pool_.ocols = config.ocols;
  if (config.pool_stride == 0) return;
  pool_.porows = config.porows;
  pool_.pocols = config.pocols;
  pool_.upad = config.upad;
  pool_.lpad = config.lpad;
}

void StoreController::configure(const isa::ConfigNorm& config) {
  stats_id_ = static_cast<std::uint8_t>(config.stats_id);
  if (config.set_stats_id_only) return;
  how_.constants.qb = config.qb;
  how_.constants.qc = config.qc;
  (config.q_const_is_inverse ? how_.constants.qln2_inv : how_.constants.qln2) = config.q_const;
  const unsigned low = static_cast<unsigned>(how_.activation) & 3U;
  how_.activation = static_cast<Activation>((config.activation_msb ? 4U : 0U) | low);
}

void StoreController::decode(const isa::Command& command) {
  to_scratchpad_ = command.function() == isa::Funct::StoreSpad;
  if (!to_scratchpad_) {
    mvout_ = isa::Mvout::decode(command);
    row_stride_ = stride_;
    return;
  }
  if (!stores_to_scratchpad_)
    throw UserError(
        "store_spad: the scratchpad cannot be reached over TileLink; allowed: with has_store_spad, "
        "use_shared_ext_mem and use_tl_ext_mem");
  if (pool_.pool_stride != 0 || pool_.pool_size != 0)
    throw UserError("store_spad: config_mvout asks for pooling; allowed: pool_stride=0 pool_size=0");
  const isa::StoreSpad store = isa::StoreSpad::decode(command);
  mvout_ = {VirtAddr{store.destination.row(layout_)}, store.local};
  row_stride_ = store.stride;
}

void StoreController::begin(Cycle now, const IssuedCommand& issued) {
  decode(issued.command);
  pooling_ = has_max_pool_ && pool_.pool_stride != 0;
  one_dimensional_ = !pooling_ && pool_.pool_size != 0;
  blocks_ = static_cast<unsigned>(ceil_div(mvout_.local.cols, layout_.dim));
  row_ = block_ = porow_ = pocol_ = wrow_ = wcol_ = 0;
  requests_ = total_requests();
  if (requests_ == 0) throw UserError("mvout of no rows or no columns");
  if (blocks_ > 1 && (pooling_ || one_dimensional_ || mvout_.local.addr.read_full()))
    throw UserError("mvout: more than one block of columns with pooling or at full width");
  requests_left_ = requests_;
  slot_ = tracker_.allocate(now, issued.id, requests_);
  active_ = true;
  all_sent_ = false;
  ++(to_scratchpad_ ? stats_.to_scratchpad : stats_.mvouts);
  if (pooling_) ++stats_.pooled;
}

std::uint64_t StoreController::total_requests() const {
  if (pooling_) return std::uint64_t{pool_.porows} * pool_.pocols * pool_.pool_size * pool_.pool_size;
  if (one_dimensional_) return std::uint64_t{pool_.orows} * pool_.ocols;
  return std::uint64_t{mvout_.local.rows} * blocks_;
}

bool StoreController::offer_row(Cycle now) {
  if (!rows_.can_push(now)) return false;
  request_.how = how_;
  request_.stats_id = stats_id_;
  request_.to_scratchpad = to_scratchpad_;
  request_.command_slot = slot_;
  request_.block = static_cast<std::uint8_t>(block_);
  request_.len = block_ + 1 == blocks_ ? (mvout_.local.cols - 1) % layout_.dim + 1 : layout_.dim;
  if (pooling_)
    fill_pooled();
  else
    fill_plain();
  rows_.push(now, request_);
  ++stats_.rows;
  advance();
  --requests_left_;
  return true;
}

void StoreController::fill_plain() {
  const bool last_block = block_ + 1 == blocks_;
  const std::uint64_t dram_row =
      one_dimensional_ ? std::uint64_t{porow_} * pool_.pool_out_dim + pocol_ : std::uint64_t{row_};
  request_.vaddr = mvout_.dram + dram_row * row_stride_;
  const LocalAddr addr = mvout_.local.addr.with_offset(block_ * layout_.dim + row_, layout_);
  const NormCmd cmd = has_normalizations_ ? static_cast<NormCmd>(addr.norm_cmd()) : NormCmd::Reset;
  request_.laddr = addr.with_norm_cmd(static_cast<unsigned>(last_block ? cmd : within_row(cmd)));
  request_.pool = false;
  request_.store = last_block;
}

void StoreController::fill_pooled() {
  request_.vaddr = mvout_.dram + (std::uint64_t{porow_} * pool_.pool_out_dim + pocol_) * stride_;
  request_.laddr = window_address();
  request_.pool = wrow_ != 0 || wcol_ != 0;
  request_.store = wrow_ + 1 == pool_.pool_size && wcol_ + 1 == pool_.pool_size;
}

// The local row of a window element; garbage in the padding.
LocalAddr StoreController::window_address() const {
  const unsigned orow = porow_ * pool_.pool_stride + wrow_, ocol = pocol_ * pool_.pool_stride + wcol_;
  if (orow < pool_.upad || orow - pool_.upad >= pool_.orows || ocol < pool_.lpad || ocol - pool_.lpad >= pool_.ocols)
    return LocalAddr::garbage();
  return mvout_.local.addr.with_offset((orow - pool_.upad) * pool_.ocols + (ocol - pool_.lpad), layout_)
      .with_norm_cmd(0);
}

// To the next request: the innermost counter of the nest first.
void StoreController::advance() {
  const auto step = [](unsigned& counter, unsigned limit) {
    counter = counter + 1 == limit ? 0 : counter + 1;
    return counter == 0;
  };
  if (pooling_) {
    if (!step(wcol_, pool_.pool_size) || !step(wrow_, pool_.pool_size)) return;
    if (step(pocol_, pool_.pocols)) step(porow_, pool_.porows);
    return;
  }
  if (one_dimensional_) {
    if (step(pocol_, pool_.ocols)) step(porow_, pool_.orows);
    ++row_;
  } else if (step(block_, blocks_)) {
    ++row_;
  }
}

std::string StoreController::waiting_for() const {
  switch (clock_.reason()) {
    case State::WaitingForSlot:
      return "one of the mvouts under way to complete";
    case State::WaitingForReader:
      return "the store reader to take a row";
    default:
      return tracker_.busy() ? "rows of its mvouts to be read" : "";
  }
}

}  // namespace castor::gemmini
