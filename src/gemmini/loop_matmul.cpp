#include "castor/gemmini/loop_matmul.h"

#include "castor/isa/command.h"
#include "castor/sim/levels.h"

namespace castor::gemmini {

using sim::IssueQueue;

namespace {
IssueQueue queue_of_unit(unsigned unit) {
  constexpr IssueQueue queues[] = {IssueQueue::Load,    IssueQueue::Load,  IssueQueue::Load,
                                   IssueQueue::Execute, IssueQueue::Store, IssueQueue::Store};
  return queues[unit];
}
}  // namespace

LoopMatmul::LoopMatmul(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                       const config::GemminiParams& params, CommandQueue& out, EventCounts& events)
    : LoopModule(name, domain, sim::level::loop_matmul, params, out, flag_count),
      shape_(params),
      spad_ids_(params.has_loop_spad_ids),
      skips_(params.has_loop_skips),
      resadd_(params.has_resadd_unroller),
      events_(events) {
  for (unsigned loop = 0; loop < LoopContexts::count; ++loop) {
    loops_[loop].a_start = loop * shape_.sp_half();
    loops_[loop].b_end = (loop + 1) * shape_.sp_half();
    loops_[loop].resadd_start = loop * shape_.acc_half();
  }
}

// One rising edge. Everything is decided on the registers as they were at the start of the cycle (`was`, `idle`, and
// the generators before they advance).
Cycle LoopMatmul::step(Cycle now) {
  count_state(now);
  const LoopContexts was = contexts_;
  const LoopContexts::Units idle = idle_units();
  bool changed = was.any_configured() && emit(now);
  changed |= complete_units(idle);
  changed |= abandon_empty();
  changed |= start_units(was, idle);
  changed |= take_command(was, now);
  if (was.head_is_done()) {
    loops_[was.head()].spad_only = false;
    contexts_.retire_head();
    changed = true;
  }
  return stepped(changed, now);
}

// ---- Commands in

bool LoopMatmul::is_loop_command(const isa::Command& command) const {
  const bool spad_config =
      command.function() == isa::Funct::LoopWsConfigSpadAb || command.function() == isa::Funct::LoopWsConfigSpadC;
  return command.is_loop_ws() && (skips_ || !spad_config);
}

void LoopMatmul::configure(unsigned loop, const isa::Command& c) {
  MatmulLoop& l = loops_[loop];
  const std::uint64_t first = c.rs1 & core_address_mask, second = c.rs2 & core_address_mask;
  switch (c.function()) {
    case isa::Funct::LoopWsConfigBounds:
      return configure_bounds(l, isa::LoopWsBounds::decode(c));
    case isa::Funct::LoopWsConfigAddrsAb:
      l.spad_only = false, l.a_dram = first, l.b_dram = second;
      break;
    case isa::Funct::LoopWsConfigAddrsDc:
      l.spad_only = false, l.d_dram = first, l.c_dram = second;
      break;
    case isa::Funct::LoopWsConfigStridesAb:
      l.a_stride = first, l.b_stride = second;
      break;
    case isa::Funct::LoopWsConfigStridesDc:
      l.d_stride = first, l.c_stride = second;
      break;
    case isa::Funct::LoopWsConfigSpadAb:
      l.a_start = static_cast<std::uint32_t>(c.rs1) & (shape_.layout.sp_rows() - 1);
      l.b_end = static_cast<std::uint32_t>(c.rs2) & (2 * shape_.layout.sp_rows() - 1);
      break;
    default:
      break;  // LOOP_WS_CONFIG_SPAD_C is taken and ignored
  }
}

void LoopMatmul::configure_bounds(MatmulLoop& l, const isa::LoopWsBounds& bounds) const {
  const std::uint32_t pad_mask = shape_.dim - 1;
  l.max_i = bounds.i, l.max_j = bounds.j, l.max_k = bounds.k;
  l.pad_i = bounds.pad_i & pad_mask, l.pad_j = bounds.pad_j & pad_mask, l.pad_k = bounds.pad_k & pad_mask;
}

void LoopMatmul::run(unsigned loop, const isa::Command& command) {
  const auto run = isa::LoopWsRun::decode(command);
  MatmulLoop& l = loops_[loop];
  l.ex_accumulate = run.ex_accumulate, l.full_c = run.full_c, l.low_d = run.low_d;
  l.activation = run.activation;
  l.a_transpose = run.a_transpose, l.b_transpose = run.b_transpose;
  if (spad_ids_) l.a_spad_id = run.a_spad_id, l.b_spad_id = run.b_spad_id;
  if (resadd_) is_resadd_ = run.is_resadd;
  LoopContexts::Units skipped = 0;
  if (skips_) {
    l.spad_only = run.spad_only, l.inc_acc_addr = run.inc_acc_addr, l.c_spad_addr = run.c_spad_addr;
    skipped = static_cast<LoopContexts::Units>(run.skip_lda << LoadA | run.skip_ldb << LoadB | run.skip_ldd << LoadD |
                                               run.skip_ex << Execute | run.skip_stc << StoreC);
  }
  contexts_.configure(loop, skipped);
  ++stats_.loops;
}

// ---- Requests to the generators

LoopContexts::Units LoopMatmul::idle_units() const {
  LoopContexts::Units idle = 0;
  for (unsigned unit = 0; unit < unit_count; ++unit)
    if (generators_[unit].unroller.idle()) idle |= LoopContexts::unit_bit(unit);
  return idle;
}

bool LoopMatmul::start_units(const LoopContexts& was, LoopContexts::Units idle) {
  bool changed = false;
  for (unsigned flag = 0; flag < flag_count; ++flag) {
    const unsigned loop = was.requesting(flag);
    const Unit unit = flag == StoreC && loops_[loop].spad_only ? StoreCSpad : static_cast<Unit>(flag);
    if ((idle & LoopContexts::unit_bit(unit)) == 0 || !may_start(static_cast<Unit>(flag), loop, was)) continue;
    start(unit, loop);
    contexts_.start(loop, flag);
    changed = true;
  }
  return changed;
}

bool LoopMatmul::may_start(Unit unit, unsigned loop, const LoopContexts& was) const {
  constexpr LoopContexts::Units loads = 1U << LoadA | 1U << LoadB | 1U << LoadD;
  if (!was.configured(loop) || was.started(loop, LoopContexts::unit_bit(unit))) return false;
  if (unit == Execute) return was.started(loop, loads);
  if (unit == StoreC) return is_resadd_ || was.started(loop, LoopContexts::unit_bit(Execute));
  return true;
}

void LoopMatmul::start(Unit unit, unsigned loop) {
  Generator& generator = generators_[unit];
  generator.request = request(unit, loop);
  const MatmulRequest& r = generator.request;
  switch (unit) {
    case LoadA:
      generator.unroller.start(loop, matmul::load_a_nest(r, shape_));
      break;
    case LoadB:
      generator.unroller.start(loop, matmul::load_b_nest(r, shape_));
      break;
    case LoadD:
      generator.unroller.start(loop, matmul::load_d_nest(r, shape_));
      break;
    case Execute:
      generator.unroller.start(loop, matmul::execute_nest(r));
      break;
    case StoreC:
      generator.unroller.start(loop, matmul::store_c_nest(r, shape_));
      break;
    default:
      generator.unroller.start(loop, matmul::store_c_spad_nest(r));
      break;
  }
  advance_accumulator_half(unit, loops_[loop]);
}

MatmulRequest LoopMatmul::request(Unit unit, unsigned loop) const {
  const MatmulLoop& l = loops_[loop];
  MatmulRequest r;
  r.max_i = l.max_i, r.max_j = l.max_j, r.max_k = l.max_k;
  r.pad_i = l.pad_i, r.pad_j = l.pad_j, r.pad_k = l.pad_k;
  r.a_transpose = l.a_transpose, r.b_transpose = l.b_transpose;
  r.full_c = l.full_c, r.low_d = l.low_d, r.accumulate = l.ex_accumulate;
  r.activation = l.activation;
  r.resadd = is_resadd_;
  const std::uint64_t dram[] = {l.a_dram, l.b_dram, l.d_dram, 0, l.c_dram, 0};
  const std::uint64_t strides[] = {l.a_stride, l.b_stride, l.d_stride, 0, l.c_stride, 0};
  const std::uint32_t c_start[] = {0, 0, d_start_, ex_c_start_, st_c_start_, st_c_start_};
  r.dram = dram[unit], r.dram_stride = strides[unit], r.c_start = c_start[unit];
  r.c_spad = l.c_spad_addr;
  request_spad_rows(unit, r, l);
  return r;
}

void LoopMatmul::request_spad_rows(Unit unit, MatmulRequest& r, const MatmulLoop& l) const {
  const bool by_id = unit != Execute || !l.spad_only;
  r.a_start = l.a_spad_id == 0 || !by_id ? l.a_start : (l.a_spad_id - 1) * shape_.sp_half();
  r.b_end = l.b_spad_id == 0 || !by_id ? l.b_end : l.b_spad_id * shape_.sp_half();
  if (!is_resadd_) return;
  r.a_start = r.b_end = l.resadd_start;
  if (unit == LoadA) r.max_k = l.max_j, r.pad_k = l.pad_j;
  if (unit == LoadB) r.max_k = l.max_i, r.pad_k = l.pad_i;
  if (unit == StoreC) r.c_start = l.resadd_start;
  if (unit == StoreC || unit == StoreCSpad) r.max_k = 1;
}

// Each of D, execute and store moves on to the other half of the accumulator with a loop that stores its C.
void LoopMatmul::advance_accumulator_half(Unit unit, const MatmulLoop& l) {
  const bool stores = l.spad_only && unit != LoadD ? l.inc_acc_addr : l.c_dram != 0;
  if (!stores) return;
  if (unit == LoadD) d_start_ ^= shape_.acc_half();
  if (unit == Execute) ex_c_start_ ^= shape_.acc_half();
  if (unit == StoreC || unit == StoreCSpad) st_c_start_ ^= shape_.acc_half();
}

bool LoopMatmul::complete_units(LoopContexts::Units idle) {
  bool changed = false;
  for (unsigned unit = 0; unit < unit_count; ++unit) {
    if ((idle & LoopContexts::unit_bit(unit)) == 0) continue;
    const unsigned loop = generators_[unit].unroller.loop();
    if (unit >= StoreC && loops_[loop].spad_only != (unit == StoreCSpad)) continue;
    changed |= contexts_.complete(loop, unit >= StoreC ? StoreC : unit);
  }
  return changed;
}

// A request without anything to move (or to compute) is given up one cycle after it was taken.
bool LoopMatmul::abandon_empty() {
  bool changed = false;
  for (unsigned unit = 0; unit < unit_count; ++unit) {
    if (generators_[unit].unroller.idle() || !has_nothing_to_do(static_cast<Unit>(unit))) continue;
    generators_[unit].unroller.abandon();
    changed = true;
  }
  return changed;
}

bool LoopMatmul::has_nothing_to_do(Unit unit) const {
  const MatmulRequest& r = generators_[unit].request;
  switch (unit) {
    case LoadA:
    case LoadB:
      return spad_ids_ && r.dram == 0;
    case LoadD:
    case StoreC:
      return r.dram == 0;
    case Execute:
      return r.resadd;
    default:
      return false;
  }
}

// ---- Commands out

bool LoopMatmul::emit(Cycle now) {
  if (!out_.can_push(now)) return false;
  const Unit unit = choose(now);
  if (unit == unit_count) return false;
  send(unit, now);
  return true;
}

LoopMatmul::Unit LoopMatmul::choose(Cycle now) const {
  if (offers(StoreC, now) && may_store(StoreC)) return StoreC;
  if (offers(Execute, now) && loads_are_ahead()) return Execute;
  if (offers(LoadD, now)) return LoadD;
  const Unit a_or_b = choose_a_or_b(now);
  if (offers(a_or_b, now)) return a_or_b;
  if (offers(StoreCSpad, now) && may_store(StoreCSpad)) return StoreCSpad;
  return unit_count;
}

// WeightedArbiter: whoever works for the head loop if they differ, else the one that lags in k.
LoopMatmul::Unit LoopMatmul::choose_a_or_b(Cycle) const {
  const LoopUnroller& a = generators_[LoadA].unroller;
  const LoopUnroller& b = generators_[LoadB].unroller;
  const bool same_loop = a.loop() == b.loop();
  const bool b_on_head = !same_loop && b.loop() == contexts_.head();
  if (is_resadd_) {
    if (same_loop && !a.idle()) return LoadA;
    if (b_on_head || a.idle()) return LoadB;
  } else {
    if (!same_loop && a.loop() == contexts_.head()) return LoadA;
    if (b_on_head) return LoadB;
  }
  if (a.idle()) return LoadB;
  if (b.idle()) return LoadA;
  const auto a_k = a.nest().index(1), b_k = b.nest().index(1), b_j = b.nest().index(0);
  return a_k > b_k || (b_k == 0 && b_j == 0) ? LoadB : LoadA;
}

bool LoopMatmul::offers(Unit unit, Cycle now) const {
  return !generators_[unit].unroller.idle() && !has_nothing_to_do(unit) &&
         !outstanding_.at_limit(queue_of_unit(unit), now);
}

/// Whether `unit` has emitted all it had for the loop that `for_unit` works on.
bool LoopMatmul::done(Unit unit, Unit for_unit) const {
  const LoopUnroller& unroller = generators_[unit].unroller;
  return unroller.idle() || unroller.loop() != generators_[for_unit].unroller.loop();
}

bool LoopMatmul::loads_are_ahead() const { return load_a_is_ahead() && load_b_is_ahead() && done(LoadD, Execute); }

bool LoopMatmul::load_a_is_ahead() const {
  if (done(LoadA, Execute)) return true;
  const LoopNest& a = generators_[LoadA].unroller.nest();
  const LoopNest& ex = generators_[Execute].unroller.nest();
  return a.index(1) > ex.index(2) || (a.index(1) == ex.index(2) && a.index(0) > ex.index(0));
}

bool LoopMatmul::load_b_is_ahead() const {
  if (done(LoadB, Execute)) return true;
  const LoopNest& a = generators_[LoadA].unroller.nest();
  const LoopNest& b = generators_[LoadB].unroller.nest();
  const LoopNest& ex = generators_[Execute].unroller.nest();
  // The RTL compares A's k, not B's, in the second term.
  return b.index(1) > ex.index(2) || (a.index(1) == ex.index(2) && b.index(0) > ex.index(1));
}

/// How far what a store waits for has come: execute, or in a residual addition (of the last run command) the loads.
LoopMatmul::Progress LoopMatmul::progress_before(Unit store) const {
  if (is_resadd_ && store == StoreC) {
    const LoopNest& b = generators_[LoadB].unroller.nest();
    return {done(LoadA, store) && done(LoadB, store), b.index(1), b.index(0), 0};
  }
  const LoopNest& ex = generators_[Execute].unroller.nest();
  return {done(Execute, store), ex.index(0), ex.index(1), ex.index(2)};
}

bool LoopMatmul::may_store(Unit store) const {
  const MatmulRequest& r = generators_[store].request;
  const LoopNest& nest = generators_[store].unroller.nest();
  const Progress before = progress_before(store);
  if (before.done) return true;
  const std::int32_t i = nest.index(0), j = nest.index(1);
  const std::int32_t end_j = j + static_cast<std::int32_t>(store_blocks(store, static_cast<std::uint32_t>(j)));
  if (r.resadd) return before.i > i || (before.i == i && before.j >= end_j);
  if (r.normalizes() || before.k != static_cast<std::int32_t>(r.max_k) - 1) return false;
  return before.j >= end_j || (before.j == end_j - 1 && before.i > i);
}

std::uint32_t LoopMatmul::store_blocks(Unit store, std::uint32_t j) const {
  return store == StoreCSpad ? 1 : matmul::store_c_blocks(generators_[store].request, j, shape_);
}

void LoopMatmul::send(Unit unit, Cycle now) {
  Generator& generator = generators_[unit];
  LoopUnroller& unroller = generator.unroller;
  out_.push(now, {command(unit), CommandSource::LoopMatmul});
  outstanding_.emitted(queue_of_unit(unit));
  unroller.next(parts(unit));
  if (unit == StoreC && generator.request.normalizes())
    matmul::bound_norm_rows(generator.request, unroller.nest(), shape_);
  ++stats_.emitted;
}

/// Commands of the point at which the generator stands: preload and compute; a normalised mvout, which the choice of
/// its statistics precedes at the start of a row.
unsigned LoopMatmul::parts(Unit unit) const {
  const Generator& generator = generators_[unit];
  if (unit == Execute) return 2;
  return unit == StoreC && generator.request.normalizes() && generator.unroller.nest().at_first(0) ? 2 : 1;
}

isa::Command LoopMatmul::command(Unit unit) const {
  const MatmulRequest& r = generators_[unit].request;
  const LoopUnroller& unroller = generators_[unit].unroller;
  const LoopNest& nest = unroller.nest();
  switch (unit) {
    case LoadA:
      return matmul::load_a(r, nest, shape_);
    case LoadB:
      return matmul::load_b(r, nest, shape_);
    case LoadD:
      return matmul::load_d(r, nest, shape_);
    case Execute:
      return unroller.part() == 0 ? matmul::preload(r, nest, shape_) : matmul::compute(r, nest, shape_);
    case StoreCSpad:
      return matmul::store_c_spad(r, nest, shape_);
    default:
      break;
  }
  if (!r.normalizes()) return matmul::store_c(r, nest, shape_);
  return unroller.part() + 1 < parts(unit) ? matmul::norm_config(nest) : matmul::norm_store_c(r, nest, shape_);
}

// ---- Observation

void LoopMatmul::count_state(Cycle now) {
  const bool busy = contexts_.any_configured() || has_command(now);
  if (busy == counted_busy_) return;
  counted_busy_ = busy;
  events_.level(CounterEvent::LoopMatmulActiveCycles, now, busy);
}

}  // namespace castor::gemmini
