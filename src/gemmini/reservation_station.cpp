#include "castor/gemmini/reservation_station.h"

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::gemmini {

using sim::IssueQueue;

namespace {

constexpr std::size_t load_queue = static_cast<std::size_t>(IssueQueue::Load);
constexpr std::size_t execute_queue = static_cast<std::size_t>(IssueQueue::Execute);
constexpr std::size_t store_queue = static_cast<std::size_t>(IssueQueue::Store);

unsigned lowest(std::uint64_t mask) { return static_cast<unsigned>(__builtin_ctzll(mask)); }

std::uint32_t field(std::uint64_t word, unsigned low, unsigned width) {
  return static_cast<std::uint32_t>(bits(word, low + width - 1, low));
}

}  // namespace

ReservationStation::ReservationStation(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                       const config::GemminiParams& params, sim::Probes& probes, Issue issue,
                                       Completions completions, EventCounts& events)
    : ClockedModule(name, domain, sim::level::reservation_station),
      params_(params),
      layout_(params.local_layout()),
      rows_bits_(params.mvin_rows_bits()),
      cols_bits_(params.mvin_cols_bits()),
      stride_mask_((1U << params.stride_bits()) - 1),
      probes_(probes),
      events_(events) {
  build_queue(IssueQueue::Load, params.reservation_station_entries_ld, issue.load, completions.load);
  build_queue(IssueQueue::Execute, params.reservation_station_entries_ex, issue.execute, completions.execute);
  build_queue(IssueQueue::Store, params.reservation_station_entries_st, issue.store, completions.store);
  connect_statistics();
  events_.level(CounterEvent::ReservationStationFullCycles, Cycle{0}, true);  // see allocate()
}

void ReservationStation::build_queue(IssueQueue queue, unsigned entries, IssuePort& port, CompletionPort& completions) {
  constexpr unsigned most = 16;  // sim::RobId
  CASTOR_ASSERT(entries <= most);
  Queue& q = queues_[index(queue)];
  q.entries.resize(entries);
  q.all = (Mask{1} << entries) - 1;
  q.port = &port;
  q.completions = &completions;
  port.connect_producer(*this);
}

void ReservationStation::connect_statistics() {
  queues_[load_queue].allocated = &stats_.allocated_ld;
  queues_[load_queue].occupancy = &stats_.occupancy_ld;
  queues_[load_queue].wait = &stats_.wait_ld;
  queues_[execute_queue].allocated = &stats_.allocated_ex;
  queues_[execute_queue].occupancy = &stats_.occupancy_ex;
  queues_[execute_queue].wait = &stats_.wait_ex;
  queues_[store_queue].allocated = &stats_.allocated_st;
  queues_[store_queue].occupancy = &stats_.occupancy_st;
  queues_[store_queue].wait = &stats_.wait_st;
}

void ReservationStation::connect_unroller(CommandSource source, OutstandingCommands& outstanding) {
  outstanding_[static_cast<std::size_t>(source)] = &outstanding;
}

std::size_t ReservationStation::queue_of(const isa::Command& command) {
  switch (command.queue()) {
    case isa::Queue::Load:
      return load_queue;
    case isa::Queue::Execute:
      return execute_queue;
    case isa::Queue::Store:
      return store_queue;
    default:
      throw UserError("command with funct " + std::to_string(command.funct) + " is not one of the accelerator");
  }
}

sim::RobId ReservationStation::id_of(std::size_t queue, unsigned entry) {
  return {static_cast<std::uint8_t>(queue << 4 | entry)};
}

bool ReservationStation::holds_work() const {
  Mask any = 0;
  unsigned count = 0;
  for (const Queue& queue : queues_) {
    any |= queue.valid;
    count += static_cast<unsigned>(__builtin_popcountll(queue.valid));
  }
  return any != 0 && !(count == 1 && solitary_preload_);
}

unsigned ReservationStation::occupied(IssueQueue queue) const {
  return static_cast<unsigned>(__builtin_popcountll(queues_[index(queue)].valid));
}

// ---- One rising edge

// Readiness is that of the start of the cycle: a completion taken now lets others issue from the next cycle on.
Cycle ReservationStation::step(Cycle now) {
  const Mask ready[queue_count] = {queues_[0].ready, queues_[1].ready, queues_[2].ready};
  take_completion(now);
  for (std::size_t queue = 0; queue < queue_count; ++queue)
    if (ready[queue] != 0 && queues_[queue].port->can_push(now)) issue(queue, lowest(ready[queue]), now);
  if (freed_at_ == now) count_state(now);
  return next_step(now);
}

Cycle ReservationStation::next_step(Cycle now) const {
  for (const Queue& queue : queues_)
    if (queue.completions->offered(now) || (queue.ready != 0 && queue.port->can_push(now + 1))) return now + 1;
  return Cycle::never();
}

// ---- Completion

void ReservationStation::take_completion(Cycle now) {
  for (const std::size_t queue : {execute_queue, load_queue, store_queue}) {
    if (!queues_[queue].completions->offered(now)) continue;
    const sim::RobId id = queues_[queue].completions->take(now);
    CASTOR_ASSERT(static_cast<std::size_t>(id.queue()) == queue && bit(queues_[queue].valid, id.entry()));
    release_all(queue, id.entry());
    free(queue, id.entry(), now, false);
    return;
  }
}

/// Entries of `waiting_queue` no longer wait for this one.
void ReservationStation::release(std::size_t queue, unsigned slot, std::size_t waiting_queue) {
  Mask& blocks = queues_[queue].entries[slot].blocks[waiting_queue];
  Queue& waiting = queues_[waiting_queue];
  for (; blocks != 0; blocks &= blocks - 1) {
    Entry& entry = waiting.entries[lowest(blocks)];
    entry.waits_for[queue] &= ~(Mask{1} << slot);
    if ((entry.waits_for[0] | entry.waits_for[1] | entry.waits_for[2]) == 0) waiting.ready |= blocks & -blocks;
  }
}

void ReservationStation::release_all(std::size_t queue, unsigned slot) {
  for (std::size_t waiting = 0; waiting < queue_count; ++waiting) release(queue, slot, waiting);
}

void ReservationStation::free(std::size_t queue, unsigned slot, Cycle now, bool on_issue) {
  Queue& q = queues_[queue];
  const Entry& entry = q.entries[slot];
  if (freed_at_ != now)
    for (Queue& each : queues_) each.freed = 0;
  freed_at_ = now;
  q.freed |= Mask{1} << slot;
  q.valid &= ~(Mask{1} << slot);
  q.issued &= ~(Mask{1} << slot);
  *q.occupancy += now - entry.allocated_at;
  if (OutstandingCommands* unroller = outstanding_[static_cast<std::size_t>(entry.source)]; unroller != nullptr)
    unroller->completed(static_cast<IssueQueue>(queue), now);
  if (allocator_ != nullptr) allocator_->wake(now + 1);
  probes_.emit(&sim::Observer::complete, now, id_of(queue, slot), on_issue);
}

// ---- Issue

void ReservationStation::issue(std::size_t queue, unsigned slot, Cycle now) {
  Queue& q = queues_[queue];
  Entry& entry = q.entries[slot];
  q.port->push(now, {entry.command, id_of(queue, slot)});
  q.ready &= ~(Mask{1} << slot);
  q.issued |= Mask{1} << slot;
  *q.wait += now - entry.allocated_at;
  probes_.emit(&sim::Observer::issue, now, id_of(queue, slot), entry.command);
  if (queue != store_queue || !params_.store_issue_waits_completion) release(queue, slot, queue);
  if (!entry.completes_on_issue) return;
  release_all(queue, slot);
  free(queue, slot, now, true);
}

// ---- Allocation

bool ReservationStation::can_allocate(Cycle now, const isa::Command& command) const {
  const Queue& queue = queues_[queue_of(command)];
  return (queue.valid | (freed_at_ == now ? queue.freed : 0)) != queue.all;
}

void ReservationStation::allocate(Cycle now, const QueuedCommand& queued) {
  CASTOR_ASSERT(can_allocate(now, queued.command));
  const std::size_t queue = queue_of(queued.command);
  Queue& q = queues_[queue];
  const unsigned slot = lowest(~(q.valid | (freed_at_ == now ? q.freed : 0)));
  Entry& entry = q.entries[slot];
  entry = make_entry(queue, queued);
  entry.allocated_at = now;
  set_dependences(queue, entry);
  register_dependent(queue, slot);
  q.valid |= Mask{1} << slot;
  observe(queued.command);
  ++*q.allocated;
  events_.count(CounterEvent::ReservationStationFullCycles, ~std::uint64_t{0});  // "not full" is: a command is taken
  count_state(now);
  probes_.emit(&sim::Observer::allocate, now, id_of(queue, slot), queued.command);
  wake(now + 1);
}

ReservationStation::Entry ReservationStation::make_entry(std::size_t queue, const QueuedCommand& queued) const {
  Entry entry;
  entry.command = queued.command;
  entry.source = queued.source;
  entry.is_config = queued.command.funct == 0;
  entry.completes_on_issue = entry.is_config && queue != execute_queue;
  if (!entry.is_config) set_ranges(entry);
  return entry;
}

void ReservationStation::set_ranges(Entry& entry) const {
  const isa::Command& c = entry.command;
  const auto rows = [&](std::uint64_t word) { return field(word, 48, rows_bits_); };
  const auto address = [](std::uint64_t word) { return LocalAddr{static_cast<std::uint32_t>(word)}; };
  entry.has_a = true;
  if (c.is_mvin()) {
    entry.a_is_destination = true;
    entry.a = mvin_range(c);
  } else if (c.function() == isa::Funct::Preload) {
    entry.a_is_destination = entry.has_b = true;
    entry.a = LocalRange::rows(address(c.rs2), std::uint64_t{rows(c.rs2)} * c_stride_, layout_);
    entry.b = LocalRange::rows(address(c.rs1), rows(c.rs1), layout_);
  } else if (c.is_compute()) {
    entry.has_b = true;
    const std::uint64_t a_rows = a_transpose_ ? field(c.rs1, 32, rows_bits_) : rows(c.rs1);
    entry.a = LocalRange::rows(address(c.rs1), a_rows * a_stride_, layout_);
    entry.b = LocalRange::rows(address(c.rs2), rows(c.rs2), layout_);
  } else if (c.function() == isa::Funct::StoreSpad) {
    entry.a_is_destination = true;
    entry.a = LocalRange::rows(address(c.rs1), rows(c.rs2), layout_);
    entry.b = mvout_range(c);
  } else {
    entry.a = mvout_range(c);
  }
}

LocalRange ReservationStation::mvin_range(const isa::Command& c) const {
  const unsigned state = c.function() == isa::Funct::Mvin2 ? 1 : c.function() == isa::Funct::Mvin3 ? 2 : 0;
  const std::uint64_t tiles = ceil_div(field(c.rs2, 32, cols_bits_), layout_.dim);
  const std::uint64_t rows = (tiles - 1) * block_stride_[state] + field(c.rs2, 48, rows_bits_);
  LocalAddr start{static_cast<std::uint32_t>(c.rs2)};
  if (params_.has_first_layer_optimizations && !start.is_acc()) {
    // Repeated pixels go to rows below, but not below the half (of a loop) that the address lies in.
    const std::uint32_t half = layout_.sp_rows() / 2;
    const std::uint32_t floor = start.row(layout_) > half ? half : 0;
    const std::uint32_t row = start.data(layout_), extra = extra_pixels_[state];
    start = start.with_data(row < floor + extra ? floor : row - extra, layout_);
  }
  return LocalRange::rows(start, rows, layout_);
}

LocalRange ReservationStation::mvout_range(const isa::Command& c) const {
  const LocalAddr start{static_cast<std::uint32_t>(c.rs2)};
  if (pooling_) return pooled_range(start);
  const std::uint64_t tiles = ceil_div(field(c.rs2, 32, cols_bits_), layout_.dim);
  return LocalRange::rows(start, (tiles - 1) * layout_.dim + field(c.rs2, 48, rows_bits_), layout_);
}

// A pooled store is taken to read everything up to the end of its accumulator bank.
LocalRange ReservationStation::pooled_range(LocalAddr start) const {
  const std::uint32_t acc_row = start.data(layout_) & (layout_.acc_rows() - 1);
  const std::uint32_t end = (acc_row / layout_.acc_bank_rows + 1) * layout_.acc_bank_rows % layout_.acc_rows();
  const std::uint32_t end_seen = start.is_acc() ? end : 0;
  return {start.row(layout_), end_seen, start.is_acc(), end == 0, start.is_garbage(layout_)};
}

// Which valid entries the new one must wait for. `conflict` compares the new entry with an older one.
template <class Conflict>
ReservationStation::Mask ReservationStation::conflicting(std::size_t queue, Conflict conflict) const {
  Mask result = 0;
  for (Mask candidates = queues_[queue].valid; candidates != 0; candidates &= candidates - 1)
    if (conflict(queues_[queue].entries[lowest(candidates)])) result |= candidates & -candidates;
  return result;
}

void ReservationStation::set_dependences(std::size_t queue, Entry& entry) const {
  const Queue& same = queues_[queue];
  const bool waits_for_all = queue == store_queue && params_.store_issue_waits_completion;
  if (!entry.is_config) {
    if (queue == load_queue) set_load_dependences(entry);
    if (queue == execute_queue) set_execute_dependences(entry);
    if (queue == store_queue) set_store_dependences(entry);
  }
  entry.waits_for[queue] = waits_for_all ? same.valid : same.valid & ~same.issued;
}

// A load must not overwrite what is still to be read, nor be overwritten by an older result.
void ReservationStation::set_load_dependences(Entry& entry) const {
  const auto touches = [&](const Entry& old) {
    return (old.has_a && overlap(entry.a, old.a)) || (old.has_b && overlap(entry.a, old.b));
  };
  entry.waits_for[execute_queue] = conflicting(execute_queue, touches);
  entry.waits_for[store_queue] =
      conflicting(store_queue, [&](const Entry& old) { return old.has_a && overlap(entry.a, old.a); });
}

// Operands must have been loaded; a destination must have been loaded (if accumulated upon) and stored.
void ReservationStation::set_execute_dependences(Entry& entry) const {
  entry.waits_for[load_queue] = conflicting(
      load_queue, [&](const Entry& old) { return old.has_a && (overlap(entry.a, old.a) || overlap(entry.b, old.a)); });
  entry.waits_for[store_queue] = conflicting(store_queue, [&](const Entry& old) {
    if (!old.has_a) return false;
    if (old.a_is_destination) return overlap(entry.a, old.a) || overlap(entry.b, old.a);
    return entry.a_is_destination && overlap(entry.a, old.a);
  });
}

// What is stored must have been loaded or computed; a store to the scratchpad must not overwrite operands either.
void ReservationStation::set_store_dependences(Entry& entry) const {
  const bool writes = entry.a_is_destination;
  entry.waits_for[load_queue] = conflicting(load_queue, [&](const Entry& old) {
    return old.has_a && (overlap(entry.a, old.a) || (writes && overlap(entry.b, old.a)));
  });
  entry.waits_for[execute_queue] = conflicting(execute_queue, [&](const Entry& old) {
    if (!old.has_a) return false;
    if (!writes) return old.a_is_destination && overlap(entry.a, old.a);
    return overlap(entry.a, old.a) || (old.has_b && overlap(entry.a, old.b)) ||
           (old.a_is_destination && overlap(entry.b, old.a));
  });
}

void ReservationStation::register_dependent(std::size_t queue, unsigned slot) {
  Queue& q = queues_[queue];
  const Entry& entry = q.entries[slot];
  Mask any = 0;
  for (std::size_t on = 0; on < queue_count; ++on) {
    any |= entry.waits_for[on];
    for (Mask mask = entry.waits_for[on]; mask != 0; mask &= mask - 1)
      queues_[on].entries[lowest(mask)].blocks[queue] |= Mask{1} << slot;
  }
  if (any == 0) q.ready |= Mask{1} << slot;
}

// The station's own copies of what the program configures, in program order.
void ReservationStation::observe(const isa::Command& c) {
  if (c.is_config(isa::ConfigKind::Ex)) {
    a_stride_ = field(c.rs1, 16, 16) & stride_mask_;
    c_stride_ = field(c.rs2, 48, 16) & stride_mask_;
    if (!bit(c.rs1, 7)) a_transpose_ = bit(c.rs1, 8);
  } else if (c.is_config(isa::ConfigKind::Mvin)) {
    const unsigned state = field(c.rs1, 3, 2);
    const std::uint32_t repeats = field(c.rs1, 8, params_.pixel_repeats_bits());
    block_stride_[state] = field(c.rs1, 16, 16) & stride_mask_;
    extra_pixels_[state] = repeats == 0 ? 0 : repeats - 1;
  } else if (c.is_config(isa::ConfigKind::Mvout)) {
    pooling_ = field(c.rs1, 4, 2) != 0;
  } else if (c.function() == isa::Funct::Preload) {
    solitary_preload_ = true;
  } else if (c.is_compute()) {
    solitary_preload_ = false;
  }
}

// ---- Observation

void ReservationStation::count_state(Cycle now) {
  events_.level(CounterEvent::ReservationStationActiveCycles, now + 1, holds_work());
  events_.gauge(CounterExternal::ReservationStationLdCount, occupied(IssueQueue::Load));
  events_.gauge(CounterExternal::ReservationStationExCount, occupied(IssueQueue::Execute));
  events_.gauge(CounterExternal::ReservationStationStCount, occupied(IssueQueue::Store));
}

std::string ReservationStation::waiting_for() const {
  static constexpr const char* names[] = {"load", "execute", "store"};
  std::string text;
  for (std::size_t queue = 0; queue < queue_count; ++queue) {
    const Queue& q = queues_[queue];
    if (q.valid == 0) continue;
    const int issued = __builtin_popcountll(q.issued), held = __builtin_popcountll(q.valid & ~q.issued);
    text += std::string(text.empty() ? "" : "; ") + names[queue] + ": " + std::to_string(issued) + " issued, " +
            std::to_string(held) + (q.ready != 0 ? " waiting for the controller's queue" : " waiting for others");
  }
  return text;
}

}  // namespace castor::gemmini
