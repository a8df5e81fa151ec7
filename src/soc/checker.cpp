#include "castor/soc/checker.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "castor/functional/host_ops.h"

namespace castor::soc {
namespace {

using functional::LocalWrite;
using functional::Writes;

LocalAddr address_of(const LocalWrite& write) {
  return write.accumulator ? LocalAddr::acc(write.row) : LocalAddr::sp(write.row);
}

// The last write of each byte counts; rows are mostly written once, in rising order.
std::vector<LocalWrite> last_of_each_row(const std::vector<LocalWrite>& writes) {
  const auto rises = [](const LocalWrite& a, const LocalWrite& b) {
    return a.accumulator == b.accumulator && a.row < b.row;
  };
  if (std::adjacent_find(writes.begin(), writes.end(), [&](const auto& a, const auto& b) { return !rises(a, b); }) ==
      writes.end())
    return writes;
  std::map<std::pair<std::pair<bool, std::uint32_t>, std::uint32_t>, std::uint8_t> bytes;
  for (const LocalWrite& write : writes)
    for (std::uint32_t i = 0; i < write.value.size(); ++i)
      bytes[{{write.accumulator, write.row}, write.first + i}] = write.value.data()[i];
  std::vector<LocalWrite> rows;
  for (const auto& [place, value] : bytes) {
    const auto& [row, position] = place;
    LocalWrite* last = rows.empty() ? nullptr : &rows.back();
    const bool extends = last != nullptr && last->accumulator == row.first && last->row == row.second &&
                         last->first + last->value.size() == position;
    RowBytes longer(extends ? last->value.size() + 1 : 1);
    if (extends) std::copy_n(last->value.data(), last->value.size(), longer.data());
    longer.data()[longer.size() - 1] = value;
    if (extends)
      last->value = longer;
    else
      rows.push_back({row.first, row.second, position, longer});
  }
  return rows;
}

/// Whether the stretches of rows from first to last meet: a quick no.
bool rows_meet(const std::vector<LocalWrite>& a, const std::vector<LocalWrite>& b) {
  const auto below = [](const LocalWrite& x, const LocalWrite& y) { return x.row < y.row; };
  if (a.empty() || b.empty() || a.front().accumulator != b.front().accumulator) return false;
  const auto [first_a, last_a] = std::minmax_element(a.begin(), a.end(), below);
  const auto [first_b, last_b] = std::minmax_element(b.begin(), b.end(), below);
  return first_a->row <= last_b->row && first_b->row <= last_a->row;
}

bool overlap(const LocalWrite& a, const LocalWrite& b) {
  return a.accumulator == b.accumulator && a.row == b.row && a.first < b.first + b.value.size() &&
         b.first < a.first + a.value.size();
}

std::string hex(std::uint64_t value) {
  std::ostringstream text;
  text << "0x" << std::hex << value;
  return text.str();
}

std::string wrong_byte(std::uint8_t actual, std::uint8_t expected) {
  return hex(actual) + ", the oracle has " + hex(expected);
}

// Index of the first byte that differs; `count` if none does.
std::size_t first_difference(const std::uint8_t* a, const std::uint8_t* b, std::size_t count) {
  return static_cast<std::size_t>(std::mismatch(a, a + count, b).first - a);
}

}  // namespace

Checker::Checker(const functional::OracleParams& params, const gemmini::LocalMemory& local,
                 const functional::Memory& memory, Of of)
    : local_(local),
      memory_(memory),
      of_(of),
      followed_memory_(memory_of(memory, of)),
      program_memory_(memory_of(memory, of)),
      followed_(params, *followed_memory_),
      program_(params, *program_memory_) {}

std::unique_ptr<functional::Memory> Checker::memory_of(const functional::Memory& machine, Of of) {
  if (of == Of::Stream) return std::make_unique<functional::SparseMemory>();
  return std::make_unique<functional::OverlayMemory>(machine);
}

void Checker::command(Cycle now, const isa::Command& command) {
  if (of_ == Of::Program) command_issued(now, command);
}

void Checker::allocate(Cycle, sim::RobId id, const isa::Command& command) {
  Entry& entry = entries_[id.raw];
  entry = {true, false, followed_.next_sequence(), command, {}, {}};
  file(followed_.execute_plain(command));
}

void Checker::issue(Cycle, sim::RobId id, const isa::Command&) { entries_[id.raw].issued = true; }

// Each record goes to the entry of its command: an output-stationary result appears later than its preload.
void Checker::file(std::vector<Writes> finished) {
  for (Writes& writes : finished) {
    for (const functional::MemoryWrite& write : writes.memory)
      followed_stores_.push_back(
          {PhysAddr{write.address.value()}, static_cast<std::uint32_t>(write.bytes.size()), writes.command});
    if (!writes.memory.empty()) ++checked_;
    if (writes.local.empty()) continue;
    for (Entry& entry : entries_)
      if (entry.valid && entry.sequence == writes.sequence) entry.writes = std::move(writes.local);
  }
}

void Checker::complete(Cycle now, sim::RobId id, bool on_issue) {
  Entry& entry = entries_[id.raw];
  const bool owes_rows = entry.command.is_execute() && entry.command.function() == isa::Funct::Preload &&
                         !isa::Preload::decode(entry.command).destination.addr.is_garbage(local_.layout());
  if (!on_issue && owes_rows && entry.writes.empty()) file(followed_.drain());  // the array ran dry and gave it out
  if (entry.command.function() == isa::Funct::StoreSpad) {
    scratchpad_stores_.push_back(entry);
  } else if (!entry.writes.empty()) {
    ++checked_;
    if (!compare_rows(now, entry)) ++mismatches_;
  }
  entry.valid = false;
}

bool Checker::compare_rows(Cycle now, Entry& entry) {
  const std::vector<Entry*> together = under_way_with(entry);
  for (const auto& [sequence, write] : entry.overtaken_by) entry.writes.push_back(write);
  for (const LocalWrite& write : last_of_each_row(entry.writes))
    if (!compare_row(now, entry, write, together)) return false;
  return true;
}

bool Checker::compare_row(Cycle now, const Entry& entry, const LocalWrite& write, const std::vector<Entry*>& together) {
  const RowBytes row = local_.peek(address_of(write));
  const std::size_t at = first_difference(row.data() + write.first, write.value.data(), write.value.size());
  if (left_to_others(entry, write, together) || at == write.value.size()) return true;
  std::ostringstream text;
  text << "cycle " << now << ": " << isa::to_text(entry.command) << ": "
       << (write.accumulator ? "accumulator" : "scratchpad") << " row " << write.row << ", byte " << write.first + at
       << " is " << wrong_byte(row.data()[write.first + at], write.value.data()[at]);
  mismatch(text.str());
  return false;
}

// Mvins under way together may land in any order (sums of several are legal). Whoever completes last answers for the
// row, with the contents that the last of them in program order leaves.
bool Checker::left_to_others(const Entry& entry, const LocalWrite& write, const std::vector<Entry*>& together) {
  bool left = false;
  for (Entry* other : together) {
    if (!writes_to(*other, write)) continue;
    left = true;
    if (other->sequence < entry.sequence) other->overtaken_by.emplace(entry.sequence, write);
  }
  return left;
}

std::vector<Checker::Entry*> Checker::under_way_with(const Entry& entry) {
  std::vector<Entry*> together;
  for (Entry& other : entries_)
    if (&other != &entry && other.valid && other.issued && rows_meet(other.writes, entry.writes))
      together.push_back(&other);
  return together;
}

bool Checker::writes_to(const Entry& entry, const LocalWrite& write) {
  return std::any_of(entry.writes.begin(), entry.writes.end(), [&](const LocalWrite& w) { return overlap(w, write); });
}

void Checker::command_issued(Cycle, const isa::Command& command) {
  for (const Writes& writes : program_.execute(command))
    for (const functional::MemoryWrite& write : writes.memory)
      program_stores_.push_back(
          {PhysAddr{write.address.value()}, static_cast<std::uint32_t>(write.bytes.size()), writes.command});
}

void Checker::host_operator(Cycle, const isa::HostOp& op) {
  for (functional::Memory* memory : memories()) functional::run_host_op(op, *memory);
}

void Checker::fence_passed(Cycle now) {
  file(followed_.drain());
  program_.drain();
  compare_scratchpad(now);
  compare_memory(now);
}

// Commands behind it may have written its rows since: what the oracle has there now counts.
void Checker::compare_scratchpad(Cycle now) {
  for (Entry& entry : scratchpad_stores_) {
    for (LocalWrite& write : entry.writes) write = {false, write.row, 0, followed_.scratchpad_row(write.row)};
    ++checked_;
    if (!compare_rows(now, entry)) ++mismatches_;
  }
  scratchpad_stores_.clear();
}

void Checker::compare_memory(Cycle now) {
  for (const Stored& stored : followed_stores_)
    if (!compare_stored(now, stored, *followed_memory_, "the command")) ++mismatches_;
  for (const Stored& stored : program_stores_)
    if (!compare_stored(now, stored, *program_memory_, "the program")) ++mismatches_;
  followed_stores_.clear();
  program_stores_.clear();
  if (of_ == Of::Stream) return;
  for (functional::Memory* memory : memories()) static_cast<functional::OverlayMemory*>(memory)->clear();
}

bool Checker::compare_stored(Cycle now, const Stored& stored, const functional::Memory& oracle, const char* which) {
  actual_.resize(stored.bytes);
  expected_.resize(stored.bytes);
  memory_.read(stored.address, actual_.data(), stored.bytes);
  oracle.read(stored.address, expected_.data(), stored.bytes);
  const std::size_t at = first_difference(actual_.data(), expected_.data(), stored.bytes);
  if (at == stored.bytes) return true;
  std::ostringstream text;
  text << "fence in cycle " << now << ": " << isa::to_text(stored.command) << " (as " << which << " says): memory "
       << stored.address + at << " is " << wrong_byte(actual_[at], expected_[at]);
  mismatch(text.str());
  return false;
}

void Checker::mismatch(const std::string& text) {
  if (first_.empty()) first_ = text;
}

}  // namespace castor::soc
