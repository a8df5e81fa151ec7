#include "castor/gemmini/execute_sequencer.h"

#include <algorithm>

namespace castor::gemmini {

ExecuteSequencer::ExecuteSequencer(const config::GemminiParams& params, IssuePort& commands,
                                   CompletionPort& completions, MeshWithDelays& mesh, ExecuteRegisters& registers,
                                   OperandReader& reader)
    : params_(params),
      commands_(commands),
      completions_(completions),
      mesh_(mesh),
      registers_(registers),
      reader_(reader),
      layout_(params.local_layout()),
      dim_(params.dim()),
      size_bits_(log2_up(dim_ + 1)) {}

ExecuteCycle ExecuteSequencer::step(Cycle now, bool request_taken) {
  completing_ = completions_pending();
  overlap_hazard_ = false;
  if (registers_.weight_stationary) flush_propagate_ = false;
  offer_completion(now);
  switch (state_) {
    case State::Wait:
      return wait(now);
    case State::Compute:
      return run_pass(now);
    case State::Flush:
      if (request_taken) state_ = State::Flushing;
      return ExecuteCycle::Flush;
    case State::Flushing:
      if (mesh_.request_ready()) state_ = State::Wait;
      return ExecuteCycle::Flush;
  }
  return ExecuteCycle::Idle;
}

// A result that completes in this cycle has taken the port already (result_writer steps before).
void ExecuteSequencer::offer_completion(Cycle now) {
  if (!completing_ || !completions_.can_offer(now)) return;
  Pending& oldest = pending_[0].valid ? pending_[0] : pending_[1];
  completions_.offer(now, oldest.id);
  oldest.valid = false;
}

// ---- Wait

ExecuteCycle ExecuteSequencer::wait(Cycle now) {
  const bool any = commands_.can_pop(now);
  if (any && try_config(now)) return ExecuteCycle::Config;
  if (any && try_pass(now)) return run_pass(now);
  const bool before_config = any && is_config();
  if ((before_config || !registers_.weight_stationary) && mesh_.tags().in_progress(now)) {
    state_ = State::Flush;
    return ExecuteCycle::Flush;
  }
  return any ? blocked(now) : ExecuteCycle::Idle;
}

bool ExecuteSequencer::try_config(Cycle now) {
  if (!is_config() || completing_ || mesh_.tags().in_progress(now)) return false;
  const IssuedCommand& issued = commands_.front();
  if (issued.command.is_config(isa::ConfigKind::Ex)) registers_.configure(isa::ConfigEx::decode(issued.command));
  if (issued.id_valid) completions_.offer(now, issued.id);
  commands_.drop(now);
  return true;
}

bool ExecuteSequencer::try_pass(Cycle now) {
  if (is_preload(0)) {
    if (!commands_.visible(1, now) || hazard(now, 0)) return false;
    return begin_pass(PassKind::Preload);
  }
  if (!is_compute(0)) return false;
  const bool preload_follows = commands_.visible(1, now) && is_preload(1);
  const bool third = commands_.visible(2, now);
  overlap_hazard_ = preload_follows && third && hazard(now, 1);
  const bool overlaps = preload_follows && (!third_needed() || (third && !overlap_hazard_));
  return begin_pass(overlaps ? PassKind::MulPreload : PassKind::Mul);
}

bool ExecuteSequencer::third_needed() const {
  return params_.third_instruction_needed() || registers_.a_transposed() || registers_.b_transposed();
}

// Of a preload and the compute behind it: only equal start addresses are found, never overlapping rows.
bool ExecuteSequencer::hazard(Cycle now, std::size_t preload) const {
  if (!params_.third_instruction_needed()) return false;
  const auto awaited = [&](std::uint64_t word) {
    return mesh_.tags().writes(now, LocalAddr{static_cast<std::uint32_t>(word)}, layout_);
  };
  return awaited(head(preload).rs1) || awaited(head(preload + 1).rs1) || awaited(head(preload + 1).rs2);
}

ExecuteCycle ExecuteSequencer::blocked(Cycle now) const {
  if (is_config()) return ExecuteCycle::WaitForResults;
  return commands_.visible(1, now) ? ExecuteCycle::Hazard : ExecuteCycle::WaitForCompute;
}

// ---- Compute

bool ExecuteSequencer::begin_pass(PassKind kind) {
  pass_ = decode(kind);
  if (kind != PassKind::Preload) macs_ += macs_of_compute();
  if (kind != PassKind::Mul) c_cols_ = pass_.tag.cols;
  reader_.start(pass_);
  state_ = State::Compute;
  return true;
}

ExecuteCycle ExecuteSequencer::run_pass(Cycle now) {
  if (reader_.step(now)) finish_pass(now);
  switch (reader_.progress()) {
    case OperandReader::Progress::Row:
      return ExecuteCycle::Row;
    case OperandReader::Progress::BankConflict:
      return ExecuteCycle::BankConflict;
    case OperandReader::Progress::BankBusy:
      return ExecuteCycle::BankBusy;
    case OperandReader::Progress::ControlQueueFull:
      return ExecuteCycle::ControlQueueFull;
  }
  return ExecuteCycle::Row;
}

// A preload completes with its result, or here if it names none; a compute completes here.
void ExecuteSequencer::finish_pass(Cycle now) {
  state_ = State::Wait;
  const bool preloads = pass_.kind != PassKind::Mul;
  if (pass_.kind != PassKind::Preload) {
    pending_[0] = {commands_.front().id_valid, commands_.front().id};
    commands_.drop(now);
  }
  if (!preloads) return;
  Pending& pending = pending_[pass_.kind == PassKind::Preload ? 0 : 1];
  pending = {commands_.front().id_valid && pass_.tag.garbage, commands_.front().id};
  commands_.drop(now);
  if (!registers_.weight_stationary) flush_propagate_ = !pass_.tag.garbage;
}

Pass ExecuteSequencer::decode(PassKind kind) const {
  const bool alone = kind == PassKind::Preload;
  const bool early_a = registers_.a_transposed(), early_b = registers_.b_transposed();
  const bool fetch_a = kind == PassKind::MulPreload || early_a == alone;
  const bool fetch_b = kind == PassKind::MulPreload || early_b == alone;
  const std::size_t preload = alone ? 0 : 1;
  const bool ws = registers_.weight_stationary, hardcoded = params_.hardcode_d_to_garbage_addr;
  Pass pass;
  pass.kind = kind;
  if (fetch_a) pass.operands[0] = operand(head(alone ? 1 : early_a ? 2 : 0).rs1, registers_.a_transpose);
  if (fetch_b && !(hardcoded && params_.dataflow == config::Dataflow::WS))
    pass.operands[1] = operand(head(alone ? 1 : early_b ? 2 : 0).rs2, !ws && registers_.bd_transpose);
  if (kind != PassKind::Mul) {
    if (!(hardcoded && params_.dataflow == config::Dataflow::OS))
      pass.operands[2] = operand(head(preload).rs1, ws && registers_.bd_transpose);
    pass.tag = tag(commands_.at(preload));
  }
  pass.propagate = alone ? flush_propagate_ : head(0).funct == static_cast<std::uint8_t>(isa::Funct::ComputePreloaded);
  pass.total_rows = total_rows(pass);
  return pass;
}

PassOperand ExecuteSequencer::operand(std::uint64_t word, bool transposed) const {
  PassOperand operand;
  operand.addr = LocalAddr{static_cast<std::uint32_t>(word)};
  operand.garbage = operand.addr.is_garbage(layout_);
  operand.rows = static_cast<unsigned>(bits(word, 48 + size_bits_ - 1, 48));
  operand.cols = static_cast<unsigned>(bits(word, 32 + size_bits_ - 1, 32));
  if (transposed) std::swap(operand.rows, operand.cols);
  return operand;
}

MeshTag ExecuteSequencer::tag(const IssuedCommand& preload) const {
  const PassOperand c = operand(preload.command.rs2, false);
  MeshTag tag;
  tag.c = c.addr;
  tag.garbage = c.garbage;
  tag.id_valid = !c.garbage;
  tag.id = preload.id;
  tag.rows = static_cast<std::uint16_t>(c.rows);
  tag.cols = static_cast<std::uint16_t>(c.cols);
  return tag;
}

// Weights need a whole pass, and so does the transposer. Four rows at least: two writes of one accumulator row must be
// that far apart.
unsigned ExecuteSequencer::total_rows(const Pass& pass) const {
  if (!registers_.weight_stationary || !pass.operands[2].garbage || registers_.transposer_used()) return dim_;
  constexpr unsigned fewest = 4;
  const unsigned rows_a = pass.operands[0].garbage ? 1 : pass.operands[0].rows;
  const unsigned rows_b = pass.operands[1].garbage ? 1 : pass.operands[1].rows;
  return std::max({rows_a, rows_b, fewest});
}

std::uint64_t ExecuteSequencer::macs_of_compute() const {
  const PassOperand a = operand(head(0).rs1, registers_.a_transpose);
  return a.garbage ? 0 : std::uint64_t{a.rows} * a.cols * c_cols_;
}

std::string ExecuteSequencer::waiting_for() const {
  if (state_ == State::Flush || state_ == State::Flushing) return "the flush of the array";
  if (state_ == State::Compute) return "rows of a pass (bank, control queue or array busy)";
  if (commands_.empty()) return {};
  if (is_config()) return "results to complete, before a config_ex";
  return commands_.size() == 1 ? "the compute behind a preload" : "a result that is an operand";
}

}  // namespace castor::gemmini
