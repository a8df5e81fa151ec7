#include "castor/gemmini/loop_conv.h"

#include "castor/sim/levels.h"

namespace castor::gemmini {

using sim::IssueQueue;

namespace {
IssueQueue queue_of_unit(unsigned unit) {
  constexpr IssueQueue queues[] = {IssueQueue::Store, IssueQueue::Execute, IssueQueue::Load, IssueQueue::Load,
                                   IssueQueue::Load};
  return queues[unit];
}
}  // namespace

LoopConv::LoopConv(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
                   CommandQueue& out)
    : LoopModule(name, domain, sim::level::loop_conv, params, out, unit_count), shape_(params), features_(params) {
  for (unsigned loop = 0; loop < LoopContexts::count; ++loop) {
    loops_[loop].a_start = loop * shape_.sp_half();
    loops_[loop].b_end = (loop + 1) * shape_.sp_half();
  }
}

// One rising edge; as in LoopMatmul all decisions are made on the registers of the start of the cycle.
Cycle LoopConv::step(Cycle now) {
  const LoopContexts was = contexts_;
  const LoopContexts::Units idle = idle_units();
  bool changed = was.any_configured() && advance(was, idle, now);
  changed |= complete_units(idle);
  changed |= start_units(was, idle);
  changed |= take_command(was, now);
  if (was.head_is_done()) {
    contexts_.retire_head();
    changed = true;
  }
  return stepped(changed, now);
}

// ---- Commands in

void LoopConv::configure(unsigned loop, const isa::Command& c) {
  ConvLoop& l = loops_[loop];
  const isa::ConvEncoding encoding = features_.encoding;
  switch (c.function()) {
    case isa::Funct::LoopConvWsConfig1:
      return configure_layer(l, isa::LoopConvConfig1::decode(c, encoding));
    case isa::Funct::LoopConvWsConfig2:
      return configure_pool(l, isa::LoopConvConfig2::decode(c, encoding));
    case isa::Funct::LoopConvWsConfig3:
      return configure_kernel(l, isa::LoopConvConfig3::decode(c, encoding));
    case isa::Funct::LoopConvWsConfig4:
      return configure_output(l, isa::LoopConvConfig4::decode(c, encoding));
    case isa::Funct::LoopConvWsConfig5:
      l.weights = c.rs1 & core_address_mask, l.output = c.rs2 & core_address_mask;
      break;
    default:
      l.bias = c.rs1 & core_address_mask, l.input = c.rs2 & core_address_mask;
      break;
  }
}

// Square images have one size and dense pixels.
void LoopConv::configure_layer(ConvLoop& l, const isa::LoopConvConfig1& v) const {
  l.out_channels = v.out_channels, l.in_channels = v.in_channels;
  l.in_row_dim = v.in_row_dim, l.batch_size = v.batch_size, l.stride = v.stride;
  l.pool_out_row_dim = v.pool_out_row_dim, l.out_row_dim = v.out_row_dim, l.out_col_dim = v.out_col_dim;
  if (!square()) return;
  l.in_col_dim = v.in_row_dim, l.out_col_dim = v.out_row_dim, l.pool_out_col_dim = v.pool_out_row_dim;
  l.in_stride = v.in_channels, l.weight_stride = l.out_stride = v.out_channels;
}

void LoopConv::configure_pool(ConvLoop& l, const isa::LoopConvConfig2& v) const {
  l.kernel_dim = v.kernel_dim;
  l.pool_size = features_.max_pool ? v.pool_size : 1, l.pool_stride = features_.max_pool ? v.pool_stride : 1;
  l.batches = v.batches, l.porows = v.porows, l.pocols = v.pocols, l.pochs = v.pochs;
  if (!square()) l.pool_out_col_dim = v.pool_out_col_dim;
}

void LoopConv::configure_kernel(ConvLoop& l, const isa::LoopConvConfig3& v) const {
  l.krows = v.krows, l.kcols = v.kcols, l.kchs = v.kchs;
  l.lpad = v.lpad, l.rpad = v.rpad, l.upad = v.upad, l.dpad = v.dpad, l.plpad = v.plpad;
  if (!square()) l.in_col_dim = v.in_col_dim;
}

void LoopConv::configure_output(ConvLoop& l, const isa::LoopConvConfig4& v) const {
  l.orows = v.orows, l.ocols = v.ocols, l.pupad = v.pupad, l.kernel_dilation = v.kernel_dilation;
  if (!square()) l.in_stride = v.in_stride, l.weight_stride = v.weight_stride, l.out_stride = v.out_stride;
}

void LoopConv::run(unsigned loop, const isa::Command& command) {
  const auto run = isa::LoopConvRun::decode(command);
  const bool training = features_.training;
  ConvLoop& l = loops_[loop];
  l.no_bias = run.no_bias;
  l.max_pixels_per_row = features_.first_layer ? run.pixels() : 1;
  l.wrot180 = training && run.wrot180, l.input_dilated = training && run.input_dilated;
  l.trans_output_1203 = training && run.trans_output_1203;
  l.trans_weight_1203 = training && run.trans_weight_1203;
  l.trans_weight_0132 = training && run.trans_weight_0132;
  l.trans_input_3120 = training && run.trans_input_3120;
  l.depthwise = features_.depthwise && run.dw;
  l.no_pool = !features_.max_pool || run.no_pool;
  l.activation = run.activation;
  l.downsample = run.downsample;
  if (features_.spad_ids) l.a_spad_id = run.a_spad_id, l.b_spad_id = run.b_spad_id;
  contexts_.configure(loop, 0);
  ++stats_.loops;
}

// ---- Requests to the generators

LoopContexts::Units LoopConv::idle_units() const {
  LoopContexts::Units idle = 0;
  for (unsigned unit = 0; unit < unit_count; ++unit)
    if (generators_[unit].idle()) idle |= LoopContexts::unit_bit(unit);
  return idle;
}

bool LoopConv::start_units(const LoopContexts& was, LoopContexts::Units idle) {
  bool changed = false;
  for (unsigned unit = 0; unit < unit_count; ++unit) {
    const unsigned loop = was.requesting(unit);
    if ((idle & LoopContexts::unit_bit(unit)) == 0 || !may_start(static_cast<Unit>(unit), loop, was)) continue;
    start(static_cast<Unit>(unit), loop);
    contexts_.start(loop, unit);
    changed = true;
  }
  return changed;
}

bool LoopConv::may_start(Unit unit, unsigned loop, const LoopContexts& was) const {
  if (!was.configured(loop) || was.started(loop, LoopContexts::unit_bit(unit))) return false;
  if (unit == Execute) return was.started(loop, load_units);
  if (unit == Store) return was.started(loop, LoopContexts::unit_bit(Execute));
  return true;
}

void LoopConv::start(Unit unit, unsigned loop) {
  Generator& generator = generators_[unit];
  generator.request = request(unit, loop);
  const ConvRequest& r = generator.request;
  LoopUnroller& unroller = generator.unroller;
  const bool pools = !r.loop.no_pool;
  switch (unit) {
    case LoadBias:
      unroller.start(loop, conv::load_bias_nest(r, shape_), true);
      break;
    case LoadInput:
      unroller.start(loop, conv::load_input_nest(r, shape_), true);
      break;
    case LoadWeights:
      unroller.start(loop, conv::load_weights_nest(r, shape_), true);
      break;
    case Execute:
      unroller.start(loop, conv::execute_nest(r, shape_), r.loop.trans_input_3120);
      break;
    default:
      unroller.start(loop, conv::store_nest(r, shape_), pools, pools);
      break;
  }
  generator.new_weights = true;
}

ConvRequest LoopConv::request(Unit unit, unsigned loop) {
  const ConvLoop& l = loops_[loop];
  ConvRequest r{l, ConvDerived(l, shape_.dim)};
  const ConvDerived& d = r.derived;
  const std::uint64_t dram[] = {l.output, 0, l.bias, l.weights, l.input};
  r.dram = dram[unit];
  const std::uint32_t b_end = l.b_spad_id == 0 ? l.b_end : l.b_spad_id * shape_.sp_half();
  const std::uint32_t kernel_pixels = l.krows * l.kcols;
  r.a_start = l.a_spad_id == 0 ? l.a_start : (l.a_spad_id - 1) * shape_.sp_half();
  r.b_start = b_end - (l.trans_weight_0132 ? d.in_channels_per_bank * kernel_pixels * d.ochs
                                           : d.out_channels_per_bank * kernel_pixels * l.kchs);
  if (unit == LoadBias) r.c_start = accumulator_half(bias_start_, l);
  if (unit == Execute) r.c_start = accumulator_half(ex_c_start_, l);
  if (unit == Store) r.c_start = accumulator_half(st_c_start_, l);
  return r;
}

// Each of bias, execute and store moves on to the other half of the accumulator with a loop that stores its output.
std::uint32_t LoopConv::accumulator_half(std::uint32_t& start, const ConvLoop& l) const {
  const std::uint32_t half = start;
  if (l.output != 0) start ^= shape_.acc_half();
  return half;
}

bool LoopConv::complete_units(LoopContexts::Units idle) {
  bool changed = false;
  for (unsigned unit = 0; unit < unit_count; ++unit)
    if ((idle & LoopContexts::unit_bit(unit)) != 0)
      changed |= contexts_.complete(generators_[unit].unroller.loop(), unit);
  return changed;
}

// ---- Commands through the pipelines

bool LoopConv::advance(const LoopContexts& was, LoopContexts::Units idle, Cycle now) {
  const Unit leaving = out_.can_push(now) ? choose(now) : unit_count;
  if (leaving != unit_count) send(leaving, now);
  bool feeding[unit_count];
  for (unsigned unit = 0; unit < unit_count; ++unit) feeding[unit] = feeds(static_cast<Unit>(unit), was, idle);
  bool changed = false;
  for (unsigned unit = 0; unit < unit_count; ++unit)
    changed |= advance_generator(static_cast<Unit>(unit), feeding[unit], unit == leaving);
  return changed;
}

LoopConv::Unit LoopConv::choose(Cycle now) const {
  for (unsigned unit = 0; unit < unit_count; ++unit)
    if (generators_[unit].pipeline.offers() && !outstanding_.at_limit(queue_of_unit(unit), now))
      return static_cast<Unit>(unit);
  return unit_count;
}

void LoopConv::send(Unit unit, Cycle now) {
  out_.push(now, {generators_[unit].pipeline.command.back(), CommandSource::LoopConv});
  outstanding_.emitted(queue_of_unit(unit));
  ++stats_.emitted;
}

/// Whether the generator has a command for its pipeline.
bool LoopConv::feeds(Unit unit, const LoopContexts& was, LoopContexts::Units idle) const {
  const Generator& generator = generators_[unit];
  if (generator.unroller.idle() || has_nothing_to_do(unit)) return false;
  if (unit == Execute) return loads_done(idle);
  if (unit == Store) return done(Execute, Store, idle);
  return !waits_for_previous_loop(unit, was);
}

bool LoopConv::has_nothing_to_do(Unit unit) const {
  if (unit == Execute) return false;
  const bool may_be_null = unit == Store || unit == LoadBias || features_.spad_ids;
  return may_be_null && generators_[unit].request.dram == 0;
}

/// Whether `unit` has emitted all it had for the loop that `for_unit` works on.
bool LoopConv::done(Unit unit, Unit for_unit, LoopContexts::Units idle) const {
  return (idle & LoopContexts::unit_bit(unit)) != 0 ||
         generators_[unit].unroller.loop() != generators_[for_unit].unroller.loop();
}

bool LoopConv::loads_done(LoopContexts::Units idle) const {
  return done(LoadInput, Execute, idle) && done(LoadWeights, Execute, idle) && done(LoadBias, Execute, idle);
}

// Loads of the next loop must not overtake those that execute still waits for.
bool LoopConv::waits_for_previous_loop(Unit unit, const LoopContexts& was) const {
  const unsigned ex_loop = generators_[Execute].unroller.loop();
  const auto execute = LoopContexts::unit_bit(Execute);
  const bool execute_waits =
      was.started(ex_loop, execute) && !was.completed(ex_loop, execute) && !was.completed(ex_loop, load_units);
  return execute_waits && generators_[unit].unroller.loop() != ex_loop;
}

bool LoopConv::advance_generator(Unit unit, bool feeding, bool leaves) {
  Generator& generator = generators_[unit];
  LoopUnroller& unroller = generator.unroller;
  if (!unroller.idle() && has_nothing_to_do(unit)) return unroller.abandon(), true;
  const bool in_nest = unroller.stage() == LoopUnroller::Stage::Nest;
  const bool skipped = unit == Execute && in_nest && conv::skips(generator.request, unroller.nest());
  const bool enters = feeding && !skipped && generator.pipeline.accepts(leaves);
  bool changed = false;
  if (enters) {
    const isa::Command entering = command(unit);
    changed = generator.pipeline.advance(leaves, &entering);
  } else {
    changed = generator.pipeline.advance(leaves, nullptr);
  }
  if (enters || skipped) step_generator(unit, skipped);
  return changed || skipped;
}

bool LoopConv::Pipeline::advance(bool last_leaves, const isa::Command* in) {
  const bool last_free = !valid[1] || last_leaves;
  const bool moved = in != nullptr || last_leaves || (valid[0] && last_free);
  if (last_free) {
    valid[1] = valid[0];
    command[1] = command[0];
    valid[0] = false;
  }
  if (in != nullptr) {
    valid[0] = true;
    command[0] = *in;
  }
  return moved;
}

isa::Command LoopConv::command(Unit unit) const {
  const Generator& generator = generators_[unit];
  const ConvRequest& r = generator.request;
  const LoopNest& nest = generator.unroller.nest();
  const LoopUnroller::Stage stage = generator.unroller.stage();
  const bool configures = stage == LoopUnroller::Stage::Prologue;
  switch (unit) {
    case LoadBias:
      return configures ? conv::bias_config(r, shape_) : conv::load_bias(r, nest, shape_);
    case LoadInput:
      return configures ? conv::input_config(r, shape_) : conv::load_input(r, nest, shape_);
    case LoadWeights:
      return configures ? conv::weights_config(r, shape_) : conv::load_weights(r, nest, shape_);
    case Execute:
      return configures ? conv::execute_config(r) : execute_command();
    default:
      break;
  }
  if (configures) return conv::pool_config(r, shape_);
  if (stage == LoopUnroller::Stage::Epilogue) return conv::no_pool_config(r, shape_);
  return r.loop.no_pool ? conv::store(r, nest, shape_) : conv::pooled_store(r, nest, shape_);
}

isa::Command LoopConv::execute_command() const {
  const Generator& ex = generators_[Execute];
  return ex.unroller.part() == 0 ? conv::preload(ex.request, ex.unroller.nest(), shape_, ex.new_weights)
                                 : conv::compute(ex.request, ex.unroller.nest(), shape_, ex.new_weights);
}

void LoopConv::step_generator(Unit unit, bool skipped) {
  LoopUnroller& unroller = generators_[unit].unroller;
  if (unit == Execute) return step_execute(skipped);
  if (unit == LoadInput)
    unroller.nest().dimension(1).step =
        static_cast<std::int32_t>(conv::input_pixels(generators_[unit].request, unroller.nest(), shape_));
  unroller.next();
}

// A skipped point passes the states of preload and compute as the others do, then advances by a single column.
void LoopConv::step_execute(bool skipped) {
  Generator& ex = generators_[Execute];
  LoopUnroller& unroller = ex.unroller;
  const bool computes = unroller.stage() == LoopUnroller::Stage::Nest && unroller.part() == 1;
  if (computes && !skipped) ex.new_weights = false;
  LoopDimension& columns = unroller.nest().dimension(0);
  const std::int32_t full_step = columns.step;
  if (skipped) columns.step = 1;
  const bool next_point = unroller.next(2);
  columns.step = full_step;
  const LoopNest& nest = unroller.nest();
  if (next_point && nest.at_first(0) && nest.at_first(1) && nest.at_first(2)) ex.new_weights = true;
}

}  // namespace castor::gemmini
