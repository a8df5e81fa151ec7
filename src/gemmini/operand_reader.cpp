#include "castor/gemmini/operand_reader.h"

namespace castor::gemmini {

namespace {

constexpr std::size_t a = 0, b = 1, d = 2;
constexpr unsigned all_operands = 7;

}  // namespace

OperandReader::OperandReader(const config::GemminiParams& params, const ExecuteRegisters& registers,
                             LocalMemory& memory, ControlQueue& control)
    : params_(params),
      registers_(registers),
      memory_(memory),
      control_(control),
      layout_(memory.layout()),
      sp_bank_bits_(log2_ceil(layout_.sp_bank_rows)),
      acc_bank_bits_(log2_ceil(layout_.acc_bank_rows)) {}

void OperandReader::start(const Pass& pass) {
  a_offset_ = 0;
  total_rows_ = pass.total_rows;
  together_ = true;
  from_accumulator_ = garbage_ = 0;
  for (std::size_t i = 0; i < operand_count; ++i) start_stream(i, pass.operands[i]);
  describe(pass, control_.begin_pass());
}

void OperandReader::start_stream(std::size_t i, const PassOperand& operand) {
  Stream& stream = streams_[i];
  stream = Stream{};
  stream.reads = !operand.garbage;
  stream.is_acc = operand.addr.is_acc();
  stream.from_accumulator = stream.is_acc && params_.ex_read_from_acc;
  stream.base = operand.addr.data(layout_);
  stream.rows = operand.rows;
  stream.cols = static_cast<std::uint8_t>(operand.cols);
  from_accumulator_ |= static_cast<std::uint8_t>((stream.from_accumulator ? 1U : 0U) << i);
  garbage_ |= static_cast<std::uint8_t>((stream.reads ? 0U : 1U) << i);
}

/// What the mesh is told of the pass, by the registers as they are now.
void OperandReader::describe(const Pass& pass, PassControl& control) const {
  control.kind = pass.kind;
  control.request.weight_stationary = registers_.weight_stationary;
  control.request.propagate = pass.propagate;
  control.request.a_transpose = registers_.a_transpose;
  control.request.bd_transpose = registers_.bd_transpose;
  control.request.shift = registers_.in_shift;
  control.request.total_rows = pass.total_rows;
  control.request.tag = pass.tag;
}

bool OperandReader::step(Cycle now) {
  if (!control_.can_push()) {
    progress_ = Progress::ControlQueueFull;
    return false;
  }
  place_all();
  const unsigned fires = together_ && conflict_free() ? choose_free(now, all_operands) : choose(now);
  note(fires);
  return together_ && fires == all_operands ? advance_together() : advance(fires);
}

// Where an operand's current row lies; rows beyond the matrix are padding.
void OperandReader::place(Stream& stream, std::uint32_t offset, unsigned index) {
  const std::uint32_t row = (stream.base + offset) & layout_.data_mask();
  const unsigned bits = stream.from_accumulator ? acc_bank_bits_ : sp_bank_bits_;
  const std::uint32_t banks = stream.from_accumulator ? layout_.acc_banks : layout_.sp_banks;
  stream.row = row & ((1U << bits) - 1);
  stream.bank = (row >> bits) & (banks - 1);
  stream.padding = index >= stream.rows;
}

void OperandReader::place_all() {
  const unsigned from_end = layout_.dim - 1 - streams_[d].counter;
  if (streams_[a].reads) place(streams_[a], a_offset_, streams_[a].counter);
  if (streams_[b].reads) place(streams_[b], streams_[b].counter, streams_[b].counter);
  if (streams_[d].reads) place(streams_[d], from_end, from_end);
}

bool OperandReader::same_bank(const Stream& x, const Stream& y) const {
  if (!x.reads || !y.reads || x.is_acc != y.is_acc) return false;
  return x.is_acc || x.bank == y.bank;
}

bool OperandReader::conflict_free() const {
  return !same_bank(streams_[a], streams_[b]) && !same_bank(streams_[a], streams_[d]) &&
         !same_bank(streams_[b], streams_[d]);
}

bool OperandReader::must_wait(std::size_t i) const {
  const Stream& mine = streams_[i];
  for (std::size_t j = 0; j < operand_count; ++j) {
    if (j == i) continue;
    const Stream& other = streams_[j];
    const bool level = mine.started == other.started && mine.counter == other.counter;
    if (j < i && level && same_bank(mine, other)) return true;
    const unsigned next = other.counter + 1 == total_rows_ ? 0 : other.counter + 1;
    if (mine.started && mine.counter == next) return true;
  }
  return false;
}

bool OperandReader::bank_ready(Cycle now, const Stream& stream) const {
  const BankId bank{stream.bank};
  if (!stream.from_accumulator) return memory_.scratchpad(bank).can_read(now);
  return memory_.accumulator(bank).can_read(now, stream.row) && memory_.operands_to_scale.can_push(now);
}

/// The operands that fire, as a mask; starts their reads.
unsigned OperandReader::choose(Cycle now) {
  unsigned candidates = 0;
  for (std::size_t i = 0; i < operand_count; ++i)
    if (!must_wait(i)) candidates |= 1U << i;
  return choose_free(now, candidates);
}

/// The same of operands that do not wait for each other.
unsigned OperandReader::choose_free(Cycle now, unsigned candidates) {
  unsigned fires = candidates;
  for (std::size_t i = 0; i < operand_count; ++i) {
    const Stream& stream = streams_[i];
    if (!stream.reads || stream.padding || !((candidates >> i) & 1)) continue;
    if (bank_ready(now, stream))
      read(now, stream);
    else
      fires &= ~(1U << i);
  }
  progress_ = fires != candidates ? Progress::BankBusy : fires == all_operands ? Progress::Row : Progress::BankConflict;
  return fires;
}

void OperandReader::read(Cycle now, const Stream& stream) {
  const BankId bank{stream.bank};
  if (!stream.from_accumulator) return memory_.scratchpad(bank).read(now, stream.row, Reader::Execute);
  AccScaling how;
  how.scale = registers_.acc_scale;
  how.activation = registers_.activation;
  memory_.operands_to_scale.push(now, {memory_.accumulator(bank).read(now, stream.row, Reader::Execute), how});
}

void OperandReader::note(unsigned fires) {
  ControlSignals& entry = control_.push();
  entry.fires = static_cast<std::uint8_t>(fires);
  entry.first = !streams_[a].started && !streams_[b].started && !streams_[d].started;
  entry.expects_data = 0;
  entry.from_accumulator = from_accumulator_;
  entry.garbage = garbage_;
  for (std::size_t i = 0; i < operand_count; ++i) {
    const Stream& stream = streams_[i];
    if (!stream.reads || stream.padding || stream.cols == 0) continue;
    entry.expects_data |= static_cast<std::uint8_t>(1U << i);
    entry.cols[i] = stream.cols;
    entry.banks[i] = static_cast<std::uint8_t>(stream.bank);
  }
}

/// All operands go on by one row; true if that was the last.
bool OperandReader::advance_together() {
  const bool last = streams_[a].counter + 1 == total_rows_;
  const bool ends = last && streams_[a].started;
  advance_a();
  for (Stream& stream : streams_) {
    stream.counter = last ? 0 : stream.counter + 1;
    stream.started = true;
  }
  return ends;
}

void OperandReader::advance_a() {
  a_offset_ = streams_[a].counter + 1 == total_rows_ ? 0 : a_offset_ + registers_.a_stride;
}

// The pass ends when each operand fires its last row, or has fired it before.
bool OperandReader::advance(unsigned fires) {
  bool ends = streams_[a].started || streams_[b].started || streams_[d].started;
  const unsigned last = total_rows_ - 1;
  if (fires & 1) advance_a();
  for (std::size_t i = 0; i < operand_count; ++i) {
    Stream& stream = streams_[i];
    const bool fired = (fires >> i) & 1;
    ends = ends && (stream.counter == 0 || (stream.counter == last && fired));
    if (!fired) continue;
    stream.counter = stream.counter == last ? 0 : stream.counter + 1;
    stream.started = true;
  }
  const auto level = [](const Stream& x, const Stream& y) { return x.counter == y.counter && x.started == y.started; };
  together_ = level(streams_[a], streams_[b]) && level(streams_[a], streams_[d]);
  return ends;
}

}  // namespace castor::gemmini
