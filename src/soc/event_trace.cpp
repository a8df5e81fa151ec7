#include "castor/soc/event_trace.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace castor::soc {
namespace {

constexpr std::array<const char*, 23> names = {"ar",   "aw",   "rda",   "rdd", "rdreq", "wra",  "wrd",     "wrreq",
                                               "accr", "accw", "spr",   "spw", "cmd",   "mesh", "meshrow", "meshout",
                                               "ptwq", "ptwr", "alloc", "ld",  "st",    "ex",   "done"};

void append(std::string& text, std::uint64_t value, int base) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value, base).ptr;
  text.append(digits.begin(), end);
}

}  // namespace

EventTrace::EventTrace(std::ostream& out, Detail detail) : out_(out), detail_(detail) {
  out_ << "# castor rtl trace 1\n";
}

void EventTrace::begin_segment(std::uint64_t number) {
  flush();  // what is still held belongs to the segment before
  next_segment_ = number;
  segment_due_ = true;
}

void EventTrace::fence_passed(Cycle) { segment_due_ = true; }

void EventTrace::finish(Cycle) {
  flush();
  out_.flush();
}

void EventTrace::note(Cycle now, Kind kind, std::initializer_list<std::uint64_t> fields) {
  if (!cycle_.empty() && cycle_.front().cycle != now) flush();
  Line line{now, kind, static_cast<unsigned>(fields.size()), {}};
  std::copy(fields.begin(), fields.end(), line.fields.begin());
  cycle_.push_back(line);
}

void EventTrace::note_inner(Cycle now, Kind kind, std::initializer_list<std::uint64_t> fields) {
  if (detail_ == Detail::Every) note(now, kind, fields);
}

void EventTrace::flush() {
  std::stable_sort(cycle_.begin(), cycle_.end(), [](const Line& a, const Line& b) { return a.kind < b.kind; });
  for (const Line& line : cycle_) write(line);
  cycle_.clear();
}

void EventTrace::write(const Line& line) {
  text_.clear();
  if (segment_due_ && line.kind == Kind::cmd) {
    segment_due_ = false;
    segment_begin_ = line.cycle;
    out_ << "segment " << next_segment_++ << " gap=" << line.cycle - last_event_ << '\n';
  }
  last_event_ = line.cycle;
  append(text_, line.cycle - segment_begin_, 10);
  text_.append(1, ' ').append(names[static_cast<std::size_t>(line.kind)]);
  for (unsigned i = 0; i < line.count; ++i) append(text_.append(1, ' '), line.fields[i], 16);
  out_ << text_.append(1, '\n');
}

void EventTrace::command(Cycle now, const isa::Command& command) {
  note(now, Kind::cmd, {command.funct, command.rs1, command.rs2});
}

void EventTrace::allocate(Cycle now, sim::RobId, const isa::Command& command) {
  note(now, Kind::alloc, {command.funct, command.rs1, command.rs2});
}

void EventTrace::issue(Cycle now, sim::RobId id, const isa::Command& command) {
  constexpr std::array<Kind, 3> kinds = {Kind::ld, Kind::ex, Kind::st};
  note(now, kinds.at(static_cast<std::size_t>(id.queue())), {id.raw, command.funct, command.rs2});
}

void EventTrace::complete(Cycle now, sim::RobId id, bool on_issue) {
  if (!on_issue) note(now, Kind::done, {id.raw});
}

void EventTrace::mesh_request(Cycle now, sim::RobId id, bool id_valid, bool flush) {
  note(now, Kind::mesh, {id.raw, id_valid, flush});
}

void EventTrace::dma_read(Cycle now, unsigned source, PhysAddr address, unsigned log2_size) {
  note(now, Kind::rda, {source, address.value(), log2_size});
}

void EventTrace::dma_write(Cycle now, unsigned source, PhysAddr address, unsigned log2_size) {
  note(now, Kind::wra, {source, address.value(), log2_size});
}

void EventTrace::dma_write_ack(Cycle now, unsigned source) { note(now, Kind::wrd, {source}); }

void EventTrace::translation_request(Cycle now, VirtAddr address) {
  constexpr unsigned page_bits = 12;
  note(now, Kind::ptwq, {address.value() >> page_bits});
}

void EventTrace::translation_answer(Cycle now, unsigned level) { note(now, Kind::ptwr, {level}); }

void EventTrace::memory_read(Cycle now, unsigned id, PhysAddr address, unsigned beats) {
  note(now, Kind::ar, {id, address.value(), beats});
}

void EventTrace::memory_write(Cycle now, unsigned id, PhysAddr address, unsigned beats) {
  note(now, Kind::aw, {id, address.value(), beats});
}

void EventTrace::mesh_row(Cycle now, unsigned operands) { note_inner(now, Kind::meshrow, {operands}); }

void EventTrace::mesh_out(Cycle now, sim::RobId id, bool id_valid, bool last) {
  note_inner(now, Kind::meshout, {id.raw, id_valid, last});
}

void EventTrace::scratchpad_write(Cycle now, unsigned, unsigned row) { note_inner(now, Kind::spw, {row}); }

void EventTrace::scratchpad_read(Cycle now, unsigned, unsigned row, bool from_dma) {
  note_inner(now, Kind::spr, {row, from_dma});
}

void EventTrace::accumulator_write(Cycle now, unsigned, unsigned row, bool accumulate) {
  note_inner(now, Kind::accw, {row, accumulate});
}

void EventTrace::accumulator_read(Cycle now, unsigned, unsigned row, bool from_dma) {
  note_inner(now, Kind::accr, {row, from_dma});
}

void EventTrace::dma_row_request(Cycle now, VirtAddr address, unsigned columns, unsigned command_slot) {
  note_inner(now, Kind::rdreq, {address.value(), columns, command_slot});
}

void EventTrace::dma_read_beat(Cycle now, unsigned source, bool) { note_inner(now, Kind::rdd, {source}); }

void EventTrace::dma_write_row(Cycle now, VirtAddr address, unsigned bytes) {
  note_inner(now, Kind::wrreq, {address.value(), bytes});
}

}  // namespace castor::soc
