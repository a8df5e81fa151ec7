#include "castor/gemmini/array_feeder.h"

namespace castor::gemmini {

namespace {

/// Calls `visit(i)` for each operand i of the mask.
template <class Visit>
void for_each(unsigned operands, Visit visit) {
  for (; operands != 0; operands &= operands - 1) visit(static_cast<std::size_t>(__builtin_ctz(operands)));
}

}  // namespace

ArrayFeeder::ArrayFeeder(const config::GemminiParams& params, const ExecuteRegisters& registers, LocalMemory& memory,
                         ControlQueue& control, MeshWithDelays& mesh, sim::Probes& probes)
    : registers_(registers),
      memory_(memory),
      control_(control),
      mesh_(mesh),
      probes_(probes),
      dim_(params.dim()),
      element_bytes_(params.input_bytes()) {}

bool ArrayFeeder::step(Cycle now, bool flushing, bool flush_propagate) {
  if (!control_.empty()) return feed_entry(now, flushing, flush_propagate);
  missed_ = control_.head().fires & mesh_.operands_ready();
  if (!flushing || !mesh_.request_ready()) return false;
  MeshRequest round = control_.pass(control_.head()).request;  // an empty slot still shows its last entry
  round.flush = true;
  round.propagate = flush_propagate;
  round.total_rows = dim_;
  request(now, round);
  return true;
}

// An entry leaves when the array takes all it names; an operand register that is full does not hold it up.
bool ArrayFeeder::feed_entry(Cycle now, bool flushing, bool flush_propagate) {
  const ControlSignals& entry = control_.head();
  const unsigned ready = mesh_.operands_ready();
  const unsigned offered = entry.fires & ready;
  const unsigned taken = offered & with_data(now, entry);
  missed_ = offered & ~taken;
  if (taken != 0) load(entry, taken);
  if (taken != 0 && probes_.watched())
    probes_.emit(&sim::Observer::mesh_row, now, (taken & 1) << 2 | (taken & 2) | (taken & 4) >> 2);
  if (taken != offered || (entry.first && !mesh_.request_ready())) return false;
  const bool requests = mesh_.request_ready() && entry.fires != 0;
  if (requests) {
    MeshRequest pass = control_.pass(entry).request;
    if (flushing) pass.propagate = flush_propagate;
    request(now, pass);
  }
  pop_data(now, entry, taken);
  control_.pop();
  return requests;
}

/// The operands of an entry that have arrived, or need nothing.
unsigned ArrayFeeder::with_data(Cycle now, const ControlSignals& entry) const {
  unsigned arrived = 7U;
  for_each(entry.expects_data, [&](std::size_t i) {
    if (!has_data(now, entry, i)) arrived &= ~(1U << i);
  });
  return arrived;
}

bool ArrayFeeder::has_data(Cycle now, const ControlSignals& entry, std::size_t operand) const {
  if ((entry.from_accumulator >> operand) & 1) return memory_.scaled_operands.can_pop(now);
  return memory_.scratchpad(BankId{entry.banks[operand]}).has_response(now, Reader::Execute);
}

void ArrayFeeder::load(const ControlSignals& entry, unsigned taken) {
  const unsigned filled = taken & entry.expects_data & wanted(control_.pass(entry).kind);
  for_each(taken & ~filled, [&](std::size_t i) { mesh_.accept(static_cast<Operand>(i)).resize(0); });
  for_each(filled, [&](std::size_t i) {
    RowBytes& target = mesh_.accept(static_cast<Operand>(i));
    target = (entry.from_accumulator >> i) & 1 ? memory_.scaled_operands.front()
                                               : memory_.scratchpad(BankId{entry.banks[i]}).response(Reader::Execute);
    const std::size_t kept = std::size_t{entry.cols[i]} * element_bytes_;
    if (kept < target.size()) std::memset(target.data() + kept, 0, target.size() - kept);
  });
}

// A pass without its compute feeds only what the transposer needs early; one without a preload only what it does not.
unsigned ArrayFeeder::wanted(PassKind kind) const {
  constexpr unsigned a = 1, b = 2, d = 4;
  if (kind == PassKind::MulPreload) return a | b | d;
  const unsigned early = (registers_.a_transposed() ? a : 0) | (registers_.b_transposed() ? b : 0);
  return d | (kind == PassKind::Preload ? early : (a | b) & ~early);
}

void ArrayFeeder::pop_data(Cycle now, const ControlSignals& entry, unsigned taken) {
  for_each(taken & entry.expects_data, [&](std::size_t i) {
    if ((entry.from_accumulator >> i) & 1)
      memory_.scaled_operands.drop(now);
    else
      memory_.scratchpad(BankId{entry.banks[i]}).pop_response(now, Reader::Execute);
  });
}

void ArrayFeeder::request(Cycle now, const MeshRequest& request) {
  mesh_.request(now, request);
  if (probes_.watched())
    probes_.emit(&sim::Observer::mesh_request, now, request.tag.id, request.tag.id_valid, request.flush);
}

}  // namespace castor::gemmini
