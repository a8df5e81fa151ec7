#include "castor/gemmini/result_writer.h"

#include <string>

namespace castor::gemmini {

ResultWriter::ResultWriter(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                           const config::GemminiParams& params, const ExecuteRegisters& registers, SpatialArray& array,
                           MeshTagQueue& tags, LocalMemory& memory, CompletionPort& completions, sim::Probes& probes)
    : ClockedModule(name, domain, sim::level::result_writer),
      params_(params),
      registers_(registers),
      array_(array),
      tags_(tags),
      memory_(memory),
      completions_(completions),
      probes_(probes),
      dim_(params.dim()) {}

Cycle ResultWriter::step(Cycle now) {
  if (array_.next_result() <= now) {
    take(now, array_.result());
    array_.drop_result();
  }
  return array_.next_result();
}

void ResultWriter::take(Cycle now, const ArrayResult& result) {
  const MeshTag& tag = tags_.tag_of(now, result.pass);
  if (probes_.watched()) probes_.emit(&sim::Observer::mesh_out, now, tag.id, tag.id_valid, result.last);
  if (tag.id_valid) {
    place(now, result, tag, tags_.total_rows_of(now, result.pass, dim_));
    if (result.last) completions_.offer(now, tag.id);
  } else {
    ++stats_.rows_dropped;
  }
  if (result.last && tags_.retire(now, result.pass) && controller_ != nullptr) controller_->wake(now + 1);
}

void ResultWriter::place(Cycle now, const ArrayResult& result, const MeshTag& tag, unsigned total_rows) {
  const unsigned n = output_counter_;
  output_counter_ = n + 1 == total_rows ? 0 : n + 1;
  const bool ws = registers_.weight_stationary;
  const unsigned row = ws ? n : total_rows - 1 - n;
  if (row >= tag.rows) return;
  const std::int64_t stride = registers_.c_stride;
  const std::int64_t offset = ws ? n * stride : std::int64_t{total_rows} - 1 - n * stride;
  write(now, result.row, tag.c.with_offset(offset, memory_.layout()), tag.cols);
}

void ResultWriter::write(Cycle now, const RowBytes& row, LocalAddr addr, unsigned cols) {
  if (addr.is_acc()) {
    if (params_.ex_write_to_acc) write_accumulator(now, row, addr, cols);
    return;
  }
  if (!params_.ex_write_to_spad) return;
  ++stats_.rows_to_scratchpad;
  const bool relu = registers_.activation == Activation::Relu;
  const RowBytes narrow = memory_.values() ? memory_.arithmetic().array_to_input(row, relu) : RowBytes{};
  const LocalMemory::Place at = memory_.place(addr);
  memory_.scratchpad(at.bank).write(now, at.row, narrow, first_lanes(cols));
}

void ResultWriter::write_accumulator(Cycle now, const RowBytes& row, LocalAddr addr, unsigned cols) {
  const LocalMemory::Place at = memory_.place(addr);
  AccumulatorBank& bank = memory_.accumulator(at.bank);
  if (!bank.can_write(now, at.row, addr.accumulate())) refuse(addr);
  ++stats_.rows_to_accumulator;
  bank.write(now, at.row, row, first_lanes(cols), addr.accumulate());
}

void ResultWriter::refuse(LocalAddr addr) const {
  throw UserError("accumulator row " + std::to_string(addr.row(memory_.layout())) +
                  " is accumulated into again within " + std::to_string(params_.acc_latency()) +
                  " cycles; the array cannot wait for the first sum (the RTL loses the second)");
}

}  // namespace castor::gemmini
