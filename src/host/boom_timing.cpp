#include "castor/host/boom_timing.h"

#include <algorithm>
#include <utility>

#include "castor/common/bits.h"
#include "castor/host/rocket_multiplier.h"

namespace castor::host {
namespace {

constexpr std::uint64_t power_of_two_above(unsigned entries) { return 1ULL << log2_ceil(entries + 1); }

bool is_float(Register number) { return number >= f(0) && number != nowhere; }

bool accesses_memory(const Instruction& instruction) {
  return instruction.timing >= TimingClass::Load && instruction.timing <= TimingClass::Amo;
}

MemoryOp access_of(const Instruction& instruction) {
  if (instruction.timing == TimingClass::Load) return MemoryOp::Load;
  return instruction.timing == TimingClass::LoadReserved ? MemoryOp::Reserve : MemoryOp::Store;
}

/// What stands in the window for an instruction that traps.
Instruction no_operation() { return {}; }

bool overlap(const MemoryAccess& one, const MemoryAccess& other) {
  return one.address < other.address + other.bytes && other.address < one.address + one.bytes;
}
bool within(const MemoryAccess& inner, const MemoryAccess& outer) {
  return !(inner.address < outer.address) && !(outer.address + outer.bytes < inner.address + inner.bytes);
}

}  // namespace

BoomTiming::BoomTiming(const config::HostParams& params, WindowCaches& caches, std::function<void()> answered)
    : params_(params.boom),
      caches_(caches),
      answered_(std::move(answered)),
      front_end_(params.boom, caches),
      window_(power_of_two_above(params.boom.rob_entries)),
      mask_(window_.size() - 1),
      branches_(params.boom.branches),
      reorder_buffer_(params.boom.rob_entries),
      int_writers_(params.boom.int_registers - 32),
      float_writers_(params.boom.float_registers - 32),
      loads_(params.boom.load_queue),
      stores_(power_of_two_above(params.boom.store_queue)),
      store_mask_(stores_.size() - 1) {
  const config::BoomParams& boom = params.boom;
  for (const auto* queue : {&boom.memory, &boom.integer, &boom.unique, &boom.floating}) {
    queues_.emplace_back(queue->entries);
    ports_.emplace_back(queue->width);
  }
  caches.when_answered([this](WindowCaches::Number number, Cycle cycle) { answer_data(number, cycle); },
                       [this](Cycle cycle) { answer_fetch(cycle); });
}

bool BoomTiming::alone(const Instruction& instruction) {
  switch (instruction.timing) {
    case TimingClass::LoadReserved:
    case TimingClass::StoreConditional:
    case TimingClass::Amo:
    case TimingClass::Csr:
    case TimingClass::Fence:
    case TimingClass::FenceI:
    case TimingClass::System:
      return true;
    default:
      return false;
  }
}

BoomTiming::Unit BoomTiming::unit_of(const Instruction& instruction) {
  if (accesses_memory(instruction)) return Unit::Memory;
  switch (instruction.timing) {
    case TimingClass::Multiply:
    case TimingClass::Divide:
    case TimingClass::Csr:
    case TimingClass::Rocc:
      return Unit::Unique;
    case TimingClass::FloatArithmetic:
    case TimingClass::FloatMove:
    case TimingClass::FloatDivide:
    case TimingClass::FloatSquareRoot:
      return Unit::Floating;
    default:
      return Unit::Integer;
  }
}

/// What takes one of the branch tags.
bool BoomTiming::is_branch(const Instruction& instruction) {
  return instruction.timing == TimingClass::Branch || instruction.timing == TimingClass::JumpRegister;
}

// --- dispatch
// ---------------------------------------------------------------------------------------------------------

std::optional<std::uint64_t> BoomTiming::schedule(const Instruction& instruction, std::uint64_t pc, PhysAddr address) {
  if (hold_ != Hold::Nothing) return std::nullopt;
  const std::optional<std::uint64_t> there = front_end_.fetch(pc, address, instruction.length);
  if (!there) return std::nullopt;
  std::uint64_t cycle = std::max(*there, last_dispatch_);
  const bool command = instruction.timing == TimingClass::Rocc;
  if (cycle == last_dispatch_ && (dispatched_in_it_ == params_.decode_width || (command && command_in_it_))) ++cycle;
  if (alone(instruction)) cycle = std::max(cycle, drained());
  if (cycle != not_known) cycle = room(instruction, cycle);
  if (cycle == not_known) return std::nullopt;
  return cycle;
}

/// The first cycle from `cycle` on with a place for it everywhere.
std::uint64_t BoomTiming::room(const Instruction& instruction, std::uint64_t cycle) {
  cycle = std::max({cycle, after_commit(reorder_buffer_.oldest()), room_for_results(instruction)});
  if (instruction.timing == TimingClass::Load) cycle = std::max(cycle, after_commit(loads_.oldest()));
  if (is_store(instruction) && next_store_ >= params_.store_queue)
    cycle = std::max(cycle, store(next_store_ - params_.store_queue).written);
  if (instruction.timing == TimingClass::Rocc && commands_ == params_.rocc_queue) return not_known;
  if (cycle == not_known) return not_known;
  if (is_branch(instruction)) cycle = branches_.room(cycle);
  return cycle == not_known ? not_known : queues_[static_cast<std::size_t>(unit_of(instruction))].room(cycle);
}

std::uint64_t BoomTiming::room_for_results(const Instruction& instruction) const {
  if (!instruction.writes_register()) return 0;
  return after_commit((is_float(instruction.rd) ? float_writers_ : int_writers_).oldest());
}

/// An instruction so old that its entry is another's has committed long ago.
std::uint64_t BoomTiming::after_commit(std::uint64_t number) const {
  if (number == InOrder::nobody) return 0;
  if (number >= oldest_) return not_known;
  return entry(number).number == number ? entry(number).commit + 1 : 0;
}

/// When the window is empty, every store written and no miss under way.
std::uint64_t BoomTiming::drained() const {
  if (oldest_ != next_ || misses_ != 0) return not_known;
  std::uint64_t cycle = last_commit_ + 1;
  for (std::uint64_t number = oldest_store_; number < next_store_; ++number)
    cycle = std::max(cycle, store(number).written);
  return cycle;
}

void BoomTiming::retire(const Instruction& instruction, std::uint64_t dispatched, const Executed& executed) {
  Entry& entry = dispatch(instruction, dispatched, executed);
  const bool guessed = front_end_.leave(instruction, executed.pc, executed.next, dispatched);
  if (entry.awaited == 0) issue(entry);
  if (!guessed) hold(Hold::WrongGuess, entry.number);
  if (instruction.timing == TimingClass::FenceI) caches_.invalidate_instructions();
  if (alone(instruction)) hold(Hold::Flush, entry.number);
  commit();
  look_at_hold();
}

BoomTiming::Entry& BoomTiming::dispatch(const Instruction& instruction, std::uint64_t cycle, const Executed& executed) {
  dispatched_in_it_ = cycle == last_dispatch_ ? dispatched_in_it_ + 1 : 1;
  command_in_it_ = instruction.timing == TimingClass::Rocc || (command_in_it_ && cycle == last_dispatch_);
  last_dispatch_ = cycle;
  Entry& entry = this->entry(next_);
  entry = Entry{instruction, executed, next_++,   cycle + dispatch_to_issue, not_known, not_known, not_known, not_known,
                0,           false,    not_known, std::move(entry.readers)};
  entry.readers.clear();
  find_operands(entry);
  take_places(entry);
  return entry;
}

void BoomTiming::find_operands(Entry& entry) {
  const Instruction& instruction = entry.instruction;
  for (const Register source : {instruction.rs1, instruction.rs2, instruction.rs3}) {
    if (ready_[source] != not_known) {
      entry.operands = std::max(entry.operands, ready_[source]);
      continue;
    }
    ++entry.awaited;
    this->entry(writer_[source]).readers.push_back(entry.number);
  }
}

void BoomTiming::take_places(const Entry& entry) {
  const Instruction& instruction = entry.instruction;
  const std::uint64_t number = entry.number;
  reorder_buffer_.enter(number);
  queues_[static_cast<std::size_t>(unit_of(instruction))].enter();
  if (is_branch(instruction)) branches_.enter();
  if (instruction.timing == TimingClass::Load) loads_.enter(number);
  if (instruction.timing == TimingClass::Rocc) ++commands_;
  while (oldest_store_ < next_store_ && store(oldest_store_).written <= last_dispatch_) ++oldest_store_;
  if (is_store(instruction) && entry.executed.cached) {
    this->entry(number).store = next_store_;
    store(next_store_++) = {entry.executed.access, number, not_known, {}};
  }
  if (!instruction.writes_register()) return;
  (is_float(instruction.rd) ? float_writers_ : int_writers_).enter(number);
  ready_[instruction.rd] = not_known;
  writer_[instruction.rd] = number;
}

void BoomTiming::hold(Hold why, std::uint64_t number) {
  hold_ = why;
  held_by_ = number;
}

void BoomTiming::look_at_hold() {
  if (hold_ == Hold::WrongGuess && entry(held_by_).issued != not_known) {
    hold_ = Hold::Nothing;
    front_end_.restart(entry(held_by_).issued + issue_to_restart);
  } else if (hold_ == Hold::Flush && held_by_ < oldest_) {
    hold_ = Hold::Nothing;
    front_end_.restart(entry(held_by_).commit + commit_to_fetch);
  }
}

void BoomTiming::trap(std::uint64_t dispatched) {
  Entry& entry = dispatch(no_operation(), dispatched, {});
  issue(entry);
  hold(Hold::Flush, entry.number);
  commit();
  look_at_hold();
}

void BoomTiming::interrupt() {
  if (next_ == 0) return front_end_.restart(last_dispatch_ + commit_to_fetch);
  hold(Hold::Flush, next_ - 1);
  look_at_hold();
}

void BoomTiming::wake(Cycle now) { front_end_.restart(now.count()); }

// --- issue
// ------------------------------------------------------------------------------------------------------------

void BoomTiming::issue(Entry& entry) {
  const auto unit = static_cast<std::size_t>(unit_of(entry.instruction));
  entry.issued = ports_[unit].take(entry.operands);
  queues_[unit].leave(entry.issued);
  if (is_branch(entry.instruction)) branches_.leave(entry.issued + issue_to_restart);
  execute(entry);
}

void BoomTiming::execute(Entry& entry) {
  const Instruction& instruction = entry.instruction;
  const bool command = instruction.timing == TimingClass::Rocc;
  if (command || (accesses_memory(instruction) && !entry.executed.cached)) {
    entry.at_head = true;
  } else if (instruction.timing == TimingClass::Load) {
    load(entry, entry.issued + issue_to_cache);
  } else if (is_store(instruction) || !accesses_memory(instruction)) {
    finish(entry, entry.issued + latency(entry));
  } else {
    enter_cache(entry, entry.issued + issue_to_cache);
  }
}

std::uint64_t BoomTiming::latency(const Entry& entry) {
  switch (entry.instruction.timing) {
    case TimingClass::Multiply:
      return params_.multiply;
    case TimingClass::FloatArithmetic:
      return params_.float_arithmetic;
    case TimingClass::FloatMove:
      return params_.float_move;
    case TimingClass::Divide:
    case TimingClass::FloatDivide:
    case TimingClass::FloatSquareRoot:
      return divide(entry);
    default:
      return 1;
  }
}

/// One at a time.
std::uint64_t BoomTiming::divide(const Entry& entry) {
  const Instruction& instruction = entry.instruction;
  const bool integer = instruction.timing == TimingClass::Divide;
  std::uint64_t& free = integer ? unit_free_ : float_unit_free_;
  const unsigned significand = bit(instruction.bits, 25) ? 53 : 24;
  const unsigned work = integer ? divide_cycles(instruction, entry.executed.rs1, entry.executed.rs2) : significand + 3;
  free = std::max(free, entry.issued + 1) + work;
  return free - entry.issued;
}

void BoomTiming::enter_cache(Entry& entry, std::uint64_t cycle) {
  const MemoryAccess& access = entry.executed.access;
  if (caches_.access(Cycle{cycle}, access.vaddr, access.address, access_of(entry.instruction), entry.number * 2))
    finish(entry, cycle + (params_.load_to_use - issue_to_cache));
  else
    ++misses_;
}

void BoomTiming::load(Entry& entry, std::uint64_t cycle) {
  Store* const from = forwarding_store(entry, cycle);
  if (from == nullptr) return enter_cache(entry, cycle);
  if (!within(entry.executed.access, from->access)) {
    if (from->written == not_known)
      from->loads.push_back(entry.number);
    else
      enter_cache(entry, from->written);
    return;
  }
  Entry& writer = this->entry(from->number);
  const bool issued = from->number < oldest_ || writer.result != not_known;
  if (issued)
    finish(entry, cycle + (params_.load_to_use - issue_to_cache));
  else
    writer.readers.push_back(entry.number);
}

/// The youngest older store that overlaps and is not written by then.
BoomTiming::Store* BoomTiming::forwarding_store(const Entry& entry, std::uint64_t cycle) {
  for (std::uint64_t number = next_store_; number-- > oldest_store_;) {
    Store& older = store(number);
    if (older.number > entry.number || older.written <= cycle) continue;
    if (overlap(entry.executed.access, older.access)) return &older;
  }
  return nullptr;
}

void BoomTiming::finish(Entry& entry, std::uint64_t result, std::uint64_t done) {
  entry.result = result;
  entry.done = done;
  const Register rd = entry.instruction.rd;
  if (rd != nowhere && writer_[rd] == entry.number) ready_[rd] = result;
  if (!entry.readers.empty()) tell_readers(entry);
}

/// A reader that has issued is a load that waits for this store.
void BoomTiming::tell_readers(Entry& entry) {
  const std::vector<std::uint64_t> readers = std::exchange(entry.readers, {});
  for (const std::uint64_t number : readers) {
    Entry& reader = this->entry(number);
    if (reader.issued != not_known) {
      load(reader, std::max(reader.issued + issue_to_cache, entry.result));
      continue;
    }
    reader.operands = std::max(reader.operands, entry.result);
    if (--reader.awaited == 0) issue(reader);
  }
}

// --- commit
// -----------------------------------------------------------------------------------------------------------

void BoomTiming::commit() {
  for (; oldest_ < next_; ++oldest_) {
    Entry& head = entry(oldest_);
    if (head.done == not_known && !step_head(head)) return;
    std::uint64_t cycle = std::max(head.done, last_commit_);
    if (cycle == last_commit_ && committed_in_it_ == params_.decode_width) ++cycle;
    committed_in_it_ = cycle == last_commit_ ? committed_in_it_ + 1 : 1;
    last_commit_ = head.commit = cycle;
    if (head.store != not_known) write(head.store);
  }
}

/// Devices answer at once, and only the oldest instruction.
bool BoomTiming::step_head(Entry& head) {
  if (!head.at_head || head.instruction.timing == TimingClass::Rocc) return false;
  finish(head, std::max(head.issued, last_commit_) + params_.load_to_use);
  return true;
}

void BoomTiming::write(std::uint64_t number) {
  last_write_ = std::max(last_write_, last_commit_) + 1;
  Store& store = this->store(number);
  if (caches_.access(Cycle{last_write_}, store.access.vaddr, store.access.address, MemoryOp::Store, number * 2 + 1))
    written(number, last_write_ + caches_.hit_latency());
  else
    ++misses_;
}

void BoomTiming::written(std::uint64_t number, std::uint64_t cycle) {
  Store& store = this->store(number);
  store.written = cycle;
  for (const std::uint64_t load : std::exchange(store.loads, {})) enter_cache(entry(load), cycle);
}

// --- RoCC
// -------------------------------------------------------------------------------------------------------------

std::optional<std::uint64_t> BoomTiming::command_due() const {
  if (oldest_ == next_ || responding_ == oldest_) return std::nullopt;
  const Entry& head = entry(oldest_);
  if (head.instruction.timing != TimingClass::Rocc || !head.at_head) return std::nullopt;
  return std::max(head.issued + 1, last_commit_);
}

void BoomTiming::command_sent(Cycle now, bool responds) {
  --commands_;
  Entry& head = entry(oldest_);
  if (responds) {
    responding_ = oldest_;
    return;
  }
  finish(head, now.count(), now.count() + 1);
  commit();
  look_at_hold();
}

void BoomTiming::respond(Register, Cycle now) {
  finish(entry(std::exchange(responding_, not_known)), now.count());
  commit();
  look_at_hold();
}

// --- answers
// ----------------------------------------------------------------------------------------------------------

void BoomTiming::answer_data(WindowCaches::Number number, Cycle cycle) {
  --misses_;
  const bool stores = number % 2 == 1;
  if (stores)
    written(number / 2, cycle.count());
  else
    finish(entry(number / 2), cycle.count() + (params_.load_to_use - issue_to_cache - caches_.hit_latency()));
  commit();
  look_at_hold();
  answered_();
}

void BoomTiming::answer_fetch(Cycle cycle) {
  if (!front_end_.waits()) return;
  front_end_.answer(cycle.count());
  answered_();
}

}  // namespace castor::host
