#include "castor/gemmini/local_memory.h"

#include <string>

namespace castor::gemmini {

namespace {

ScratchpadBank::Shape scratchpad_shape(const config::GemminiParams& params, unsigned bank, bool values) {
  ScratchpadBank::Shape shape;
  shape.bank = bank;
  shape.rows = static_cast<std::uint32_t>(params.sp_bank_rows());
  shape.lanes = params.dim();
  shape.row_bytes = values ? params.sp_row_bytes() : 0;
  shape.single_ported = params.sp_singleported;
  shape.pipe_depth = params.spad_read_delay;
  shape.pipe_latency = params.spad_read_pipe_in_latency ? params.spad_read_delay() : 1;
  return shape;
}

AccumulatorBank::Shape accumulator_shape(const config::GemminiParams& params, unsigned bank, bool values) {
  AccumulatorBank::Shape shape;
  shape.bank = bank;
  shape.rows = static_cast<std::uint32_t>(params.acc_bank_rows());
  shape.lanes = params.dim();
  shape.row_bytes = values ? params.acc_row_bytes() : 0;
  shape.latency = params.acc_latency;
  shape.single_ported = params.acc_singleported;
  shape.sub_banks = params.acc_sub_banks() > 0 ? static_cast<unsigned>(params.acc_sub_banks()) : 1;
  return shape;
}

}  // namespace

LocalMemory::LocalMemory(const sc_core::sc_module_name& name, const config::GemminiParams& params,
                         const Arithmetic& arithmetic, bool values, sim::Probes& probes)
    : Module(name),
      operands_to_scale(2),
      scaled_operands(2),
      layout_(params.local_layout()),
      sp_bank_bits_(log2_ceil(layout_.sp_bank_rows)),
      acc_bank_bits_(log2_ceil(layout_.acc_bank_rows)),
      arithmetic_(arithmetic),
      values_(values) {
  for (unsigned i = 0; i < params.sp_banks; ++i)
    scratchpad_.push_back(std::make_unique<ScratchpadBank>(("scratchpad" + std::to_string(i)).c_str(),
                                                           scratchpad_shape(params, i, values), probes));
  for (unsigned i = 0; i < params.acc_banks; ++i)
    accumulator_.push_back(std::make_unique<AccumulatorBank>(
        ("accumulator" + std::to_string(i)).c_str(), accumulator_shape(params, i, values), arithmetic, adder_, probes));
}

RowBytes LocalMemory::peek(LocalAddr addr) const {
  const Place at = place(addr);
  return addr.is_acc() ? accumulator(at.bank).peek(at.row) : scratchpad(at.bank).peek(at.row);
}

void LocalMemory::poke(LocalAddr addr, const RowBytes& value) {
  const Place at = place(addr);
  addr.is_acc() ? accumulator(at.bank).poke(at.row, value) : scratchpad(at.bank).poke(at.row, value);
}

}  // namespace castor::gemmini
