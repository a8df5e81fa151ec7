#include "castor/gemmini/operand_reader.h"

namespace castor::gemmini {

namespace {

constexpr std::size_t a = 0, b = 1, d = 2;
constexpr unsigned all_fire = 7;

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
  pass_ = pass;
  a_offset_ = 0;
  for (std::size_t i = 0; i < operand_count; ++i) {
    const PassOperand& operand = pass.operands[i];
    Stream& stream = streams_[i];
    stream = Stream{};
    stream.reads = !operand.garbage;
    stream.is_acc = operand.addr.is_acc();
    stream.from_accumulator = stream.is_acc && params_.ex_read_from_acc;
    stream.base = operand.addr.data(layout_);
    stream.rows = operand.rows;
    stream.cols = operand.cols;
  }
}

bool OperandReader::step(Cycle now) {
  if (!control_.can_push()) {
    progress_ = Progress::ControlQueueFull;
    return false;
  }
  place();
  const unsigned fires = choose(now);
  note(fires);
  return advance(fires);
}

// Where each operand's current row lies; rows beyond the matrix are padding.
void OperandReader::place() {
  const unsigned from_end = layout_.dim - 1 - streams_[d].counter;
  const std::uint32_t offsets[operand_count] = {a_offset_, streams_[b].counter, from_end};
  const unsigned indices[operand_count] = {streams_[a].counter, streams_[b].counter, from_end};
  for (std::size_t i = 0; i < operand_count; ++i) {
    Stream& stream = streams_[i];
    const std::uint32_t row = (stream.base + offsets[i]) & layout_.data_mask();
    const unsigned bits = stream.from_accumulator ? acc_bank_bits_ : sp_bank_bits_;
    const std::uint32_t banks = stream.from_accumulator ? layout_.acc_banks : layout_.sp_banks;
    stream.row = row & ((1U << bits) - 1);
    stream.bank = BankId{(row >> bits) & (banks - 1)};
    stream.padding = indices[i] >= stream.rows;
  }
}

bool OperandReader::same_bank(const Stream& x, const Stream& y) const {
  if (!x.reads || !y.reads || x.is_acc != y.is_acc) return false;
  return x.is_acc || x.bank == y.bank;
}

bool OperandReader::must_wait(std::size_t i) const {
  const Stream& mine = streams_[i];
  for (std::size_t j = 0; j < operand_count; ++j) {
    if (j == i) continue;
    const Stream& other = streams_[j];
    const bool level = mine.started == other.started && mine.counter == other.counter;
    if (j < i && level && same_bank(mine, other)) return true;
    const unsigned next = other.counter + 1 == pass_.total_rows ? 0 : other.counter + 1;
    if (mine.started && mine.counter == next) return true;
  }
  return false;
}

bool OperandReader::bank_ready(Cycle now, const Stream& stream) const {
  if (!stream.from_accumulator) return memory_.scratchpad(stream.bank).can_read(now);
  return memory_.accumulator(stream.bank).can_read(now, stream.row) && memory_.operands_to_scale.can_push(now);
}

/// The operands that fire, as a mask; starts their reads.
unsigned OperandReader::choose(Cycle now) {
  unsigned fires = 0;
  bool busy = false;
  for (std::size_t i = 0; i < operand_count; ++i) {
    if (must_wait(i)) continue;
    const Stream& stream = streams_[i];
    if (stream.reads && !stream.padding) {
      if (!bank_ready(now, stream)) {
        busy = true;
        continue;
      }
      read(now, stream);
    }
    fires |= 1U << i;
  }
  progress_ = busy ? Progress::BankBusy : fires == all_fire ? Progress::Row : Progress::BankConflict;
  return fires;
}

void OperandReader::read(Cycle now, const Stream& stream) {
  if (!stream.from_accumulator) return memory_.scratchpad(stream.bank).read(now, stream.row, Reader::Execute);
  AccScaling how;
  how.scale = registers_.acc_scale;
  how.activation = registers_.activation;
  memory_.operands_to_scale.push(
      now, {stream.bank, memory_.accumulator(stream.bank).read(now, stream.row, Reader::Execute), how});
}

void OperandReader::note(unsigned fires) {
  ControlSignals& entry = control_.push();
  entry.kind = pass_.kind;
  entry.first = !streams_[a].started && !streams_[b].started && !streams_[d].started;
  for (std::size_t i = 0; i < operand_count; ++i) {
    const Stream& stream = streams_[i];
    OperandControl& operand = entry.operands[i];
    operand.fire = (fires >> i) & 1;
    operand.cols = static_cast<std::uint8_t>(stream.padding ? 0 : stream.cols);
    operand.expects_data = stream.reads && operand.cols != 0;
    operand.from_accumulator = stream.from_accumulator;
    operand.bank = stream.bank;
  }
  MeshRequest& request = entry.request;
  request.weight_stationary = registers_.weight_stationary;
  request.propagate = pass_.propagate;
  request.a_transpose = registers_.a_transpose;
  request.bd_transpose = registers_.bd_transpose;
  request.flush = false;
  request.shift = registers_.in_shift;
  request.total_rows = pass_.total_rows;
  request.tag = pass_.tag;
}

// The pass ends when each operand fires its last row, or has fired it before.
bool OperandReader::advance(unsigned fires) {
  bool ends = streams_[a].started || streams_[b].started || streams_[d].started;
  const unsigned last = pass_.total_rows - 1;
  for (std::size_t i = 0; i < operand_count; ++i) {
    Stream& stream = streams_[i];
    const bool fired = (fires >> i) & 1;
    ends = ends && (stream.counter == 0 || (stream.counter == last && fired));
    if (!fired) continue;
    if (i == a) a_offset_ = stream.counter == last ? 0 : a_offset_ + registers_.a_stride;
    stream.counter = stream.counter == last ? 0 : stream.counter + 1;
    stream.started = true;
  }
  return ends;
}

}  // namespace castor::gemmini
