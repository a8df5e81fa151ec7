#include "castor/gemmini/array_feeder.h"

namespace castor::gemmini {

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
  if (!flushing || !mesh_.request_ready()) return false;
  MeshRequest round = control_.head().request;  // dataflow and shift are those of the slot's last entry
  round.flush = true;
  round.propagate = flush_propagate;
  round.total_rows = dim_;
  return request(now, round);
}

bool ArrayFeeder::feed_entry(Cycle now, bool flushing, bool flush_propagate) {
  const ControlSignals& entry = control_.head();
  const unsigned taken = offer_operands(now, entry);
  if (!leaves(entry, taken)) return false;
  bool requested = false;
  if (mesh_.request_ready() && (entry.operands[0].fire || entry.operands[1].fire || entry.operands[2].fire)) {
    MeshRequest pass = entry.request;
    if (flushing) pass.propagate = flush_propagate;
    requested = request(now, pass);
  }
  pop_data(now, entry, taken);
  control_.pop();
  return requested;
}

bool ArrayFeeder::has_data(Cycle now, const OperandControl& operand) const {
  if (!operand.expects_data) return true;
  if (operand.from_accumulator) return memory_.scaled_operands.can_pop(now);
  return memory_.scratchpad(operand.bank).has_response(now, Reader::Execute);
}

/// Which operands the array takes, as a mask.
unsigned ArrayFeeder::offer_operands(Cycle now, const ControlSignals& entry) {
  unsigned taken = 0;
  for (std::size_t i = 0; i < operand_count; ++i) {
    const OperandControl& operand = entry.operands[i];
    const auto which = static_cast<Operand>(i);
    if (!operand.fire || !mesh_.operand_ready(which) || !has_data(now, operand)) continue;
    load(mesh_.accept(which), operand, which, entry.kind);
    taken |= 1U << i;
  }
  if (taken != 0 && probes_.watched())
    probes_.emit(&sim::Observer::mesh_row, now, (taken & 1) << 2 | (taken & 2) | (taken & 4) >> 2);
  return taken;
}

bool ArrayFeeder::leaves(const ControlSignals& entry, unsigned taken) const {
  if (entry.first && !mesh_.request_ready()) return false;
  for (std::size_t i = 0; i < operand_count; ++i) {
    const bool missing = entry.operands[i].fire && !((taken >> i) & 1);
    if (missing && mesh_.operand_ready(static_cast<Operand>(i))) return false;
  }
  return true;
}

// A pass without its compute feeds only what the transposer needs early; one without a preload only what it does not.
void ArrayFeeder::load(RowBytes& target, const OperandControl& operand, Operand which, PassKind kind) {
  const bool early = which == Operand::A   ? registers_.a_transposed()
                     : which == Operand::B ? registers_.b_transposed()
                                           : kind == PassKind::Preload;
  const bool wanted = kind == PassKind::MulPreload || which == Operand::D || early == (kind == PassKind::Preload);
  if (!operand.expects_data || !wanted) {
    target.resize(0);
    return;
  }
  target = operand.from_accumulator ? memory_.scaled_operands.front()
                                    : memory_.scratchpad(operand.bank).response(Reader::Execute);
  const std::size_t kept = std::size_t{operand.cols} * element_bytes_;
  if (kept < target.size()) std::memset(target.data() + kept, 0, target.size() - kept);
}

void ArrayFeeder::pop_data(Cycle now, const ControlSignals& entry, unsigned taken) {
  for (std::size_t i = 0; i < operand_count; ++i) {
    const OperandControl& operand = entry.operands[i];
    if (!((taken >> i) & 1) || !operand.expects_data) continue;
    if (operand.from_accumulator)
      memory_.scaled_operands.drop(now);
    else
      memory_.scratchpad(operand.bank).pop_response(now, Reader::Execute);
  }
}

bool ArrayFeeder::request(Cycle now, const MeshRequest& request) {
  mesh_.request(now, request);
  if (probes_.watched())
    probes_.emit(&sim::Observer::mesh_request, now, request.tag.id, request.tag.id_valid, request.flush);
  return true;
}

}  // namespace castor::gemmini
