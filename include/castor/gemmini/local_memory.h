// Everything the accelerator stores: the banks of scratchpad and accumulator, and where an address lies in them.
// RTL twin: the SRAMs inside Scratchpad.scala.
#pragma once

#include <memory>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/common/local_addr.h"
#include "castor/config/gemmini_params.h"
#include "castor/gemmini/accumulator_bank.h"
#include "castor/gemmini/scratchpad_bank.h"
#include "castor/sim/queue.h"

namespace castor::gemmini {

/// An accumulator row that the array wants as an operand: it passes the accumulator's scale unit on its way.
struct OperandToScale {
  RowBytes row;
  AccScaling how;
};

class LocalMemory : public sim::Module {
 public:
  /// `values` false: banks store nothing and read empty rows.
  LocalMemory(const sc_core::sc_module_name& name, const config::GemminiParams& params, const Arithmetic& arithmetic,
              bool values, sim::Probes& probes);

  ScratchpadBank& scratchpad(BankId bank) { return *scratchpad_[bank.value()]; }
  AccumulatorBank& accumulator(BankId bank) { return *accumulator_[bank.value()]; }
  const ScratchpadBank& scratchpad(BankId bank) const { return *scratchpad_[bank.value()]; }
  const AccumulatorBank& accumulator(BankId bank) const { return *accumulator_[bank.value()]; }
  std::size_t scratchpad_banks() const { return scratchpad_.size(); }
  std::size_t accumulator_banks() const { return accumulator_.size(); }
  const LocalLayout& layout() const { return layout_; }
  const Arithmetic& arithmetic() const { return arithmetic_; }
  bool values() const { return values_; }

  /// Bank and row within it that a local address names.
  struct Place {
    BankId bank;
    std::uint32_t row;
  };
  Place place(LocalAddr addr) const {
    const std::uint32_t row = addr.row(layout_);
    const unsigned bits = addr.is_acc() ? acc_bank_bits_ : sp_bank_bits_;
    return {BankId{row >> bits}, row & ((1U << bits) - 1)};
  }

  /// The row a local address names, without time.
  RowBytes peek(LocalAddr addr) const;
  void poke(LocalAddr addr, const RowBytes& value);

  /// Operands read from the accumulator, on their way to the scale unit (pushed by the execute controller at the read,
  /// seen in the cycle of the bank's answer) and back (pushed by the scale unit, in order, input-typed).
  sim::Queue<OperandToScale> operands_to_scale;
  sim::Queue<RowBytes> scaled_operands;

 private:
  LocalLayout layout_;
  unsigned sp_bank_bits_;
  unsigned acc_bank_bits_;
  const Arithmetic& arithmetic_;
  bool values_;
  SharedAdder adder_;
  std::vector<std::unique_ptr<ScratchpadBank>> scratchpad_;
  std::vector<std::unique_ptr<AccumulatorBank>> accumulator_;
};

}  // namespace castor::gemmini
