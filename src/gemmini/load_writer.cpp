#include "castor/gemmini/load_writer.h"

#include "castor/sim/levels.h"

namespace castor::gemmini {

LoadWriter::LoadWriter(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                       const config::GemminiParams& params, LocalMemory& memory, BeatMerger& merger,
                       LoadController& controller)
    : ClockedModule(name, domain, sim::level::load_writer),
      memory_(memory),
      merger_(merger),
      controller_(controller),
      zero_writer_(controller.zero_writer()),
      repeats_pixels_(params.has_first_layer_optimizations),
      acc_bytes_(params.acc_bytes()),
      scale_(params, memory.arithmetic(), MvinScale::Width::Input),
      scale_wide_(params, memory.arithmetic(), MvinScale::Width::Accumulator),
      repeater_(memory.layout()),
      zero_repeater_(memory.layout()),
      zero_bytes_(memory.values() ? RowBytes(params.sp_row_bytes()) : RowBytes()),
      zero_acc_bytes_(memory.values() ? RowBytes(params.acc_row_bytes()) : RowBytes()) {
  zero_writer_.connect(controller, *this);
  merger.connect_consumer(*this);
}

Cycle LoadWriter::step(Cycle now) {
  merger_.drain(now);
  write_rows(now);
  move_narrow(now);
  move_wide(now);
  move_zero(now);
  take_merged_row(now);
  return idle() ? Cycle::never() : now + 1;
}

bool LoadWriter::idle() const {
  return !merger_.needs_step() && scale_.idle() && scale_wide_.idle() && repeater_.idle() && zero_repeater_.idle() &&
         !zero_writer_.has_row();
}

const LoadedRow* LoadWriter::narrow_output(Cycle now) const {
  return repeats_pixels_ ? repeater_.output() : scale_.output(now);
}

const LoadedRow* LoadWriter::zero_output() {
  if (repeats_pixels_) return zero_repeater_.output();
  if (!zero_writer_.has_row()) return nullptr;
  zero_writer_.row(zero_row_);
  return &zero_row_;
}

void LoadWriter::write_rows(Cycle now) {
  const LoadedRow* narrow = narrow_output(now);
  const LoadedRow* wide = scale_wide_.output(now);
  const LoadedRow* zero = zero_output();
  const bool ends_scratchpad_packet = narrow != nullptr && narrow->last && !narrow->is_acc;
  const bool ends_packet = (narrow != nullptr && narrow->last) || (wide != nullptr && wide->last);
  // The accumulator's write port serves one of the two scaled paths a cycle, chosen before readiness is known.
  const LoadedRow* to_accumulator = narrow != nullptr && narrow->is_acc ? narrow : wide;

  narrow_written_ = narrow != nullptr && write_narrow(now, *narrow);
  wide_written_ = wide != nullptr && to_accumulator == wide && !ends_scratchpad_packet && write_wide(now, *wide);
  zero_written_ = zero != nullptr && !ends_packet && !shares_bank(*zero, to_accumulator) && write_zero(now, *zero);
  if ((narrow != nullptr && !narrow_written_) || (wide != nullptr && !wide_written_)) ++stats_.cycles_blocked;
  if (zero != nullptr && !zero_written_) ++stats_.zero_cycles_blocked;
}

bool LoadWriter::shares_bank(const LoadedRow& zero, const LoadedRow* to_accumulator) const {
  return zero.is_acc && to_accumulator != nullptr && bank_of(zero) == bank_of(*to_accumulator);
}

BankId LoadWriter::bank_of(const LoadedRow& row) const {
  return (row.is_acc ? LocalAddr::acc(row.row) : LocalAddr::sp(row.row)).bank(memory_.layout());
}

bool LoadWriter::write_narrow(Cycle now, const LoadedRow& row) {
  if (!row.is_acc) {
    if (!write_scratchpad(now, row, row.bytes)) return false;
    ++stats_.rows_to_scratchpad;
  } else {
    if (!accumulator_writable(now, row)) return false;
    write_accumulator(now, row, row.bytes.empty() ? row.bytes : memory_.arithmetic().widen(row.bytes));
    ++stats_.rows_to_accumulator;
  }
  credit(now, row);
  return true;
}

bool LoadWriter::write_wide(Cycle now, const LoadedRow& row) {
  if (!accumulator_writable(now, row)) return false;
  write_accumulator(now, row, row.bytes);
  ++stats_.rows_to_accumulator;
  credit(now, row);
  return true;
}

bool LoadWriter::write_zero(Cycle now, const LoadedRow& row) {
  if (row.is_acc) {
    if (!accumulator_writable(now, row)) return false;
    write_accumulator(now, row, zero_acc_bytes_);
  } else if (!write_scratchpad(now, row, zero_bytes_)) {
    return false;
  }
  ++stats_.zero_rows;
  credit(now, row);
  return true;
}

bool LoadWriter::write_scratchpad(Cycle now, const LoadedRow& row, const RowBytes& bytes) {
  const LocalAddr addr = LocalAddr::sp(row.row);
  ScratchpadBank& bank = memory_.scratchpad(addr.bank(memory_.layout()));
  if (!bank.can_write(now)) return false;
  bank.write(now, addr.bank_row(memory_.layout()), bytes, row.lane_mask);
  return true;
}

bool LoadWriter::accumulator_writable(Cycle now, const LoadedRow& row) const {
  const LocalAddr addr = LocalAddr::acc(row.row);
  const AccumulatorBank& bank = memory_.accumulator(addr.bank(memory_.layout()));
  return bank.can_write(now, addr.bank_row(memory_.layout()), row.accumulate) && !bank.dma_write_blocked(now);
}

void LoadWriter::write_accumulator(Cycle now, const LoadedRow& row, const RowBytes& bytes) {
  const LocalAddr addr = LocalAddr::acc(row.row);
  const std::uint32_t bank_row = addr.bank_row(memory_.layout());
  AccumulatorBank& bank = memory_.accumulator(addr.bank(memory_.layout()));
  const bool splits = !bytes.empty() && row.full_width && (row.begin % acc_bytes_ != 0 || row.end % acc_bytes_ != 0);
  bank.write(now, bank_row, splits ? overlaid(bank.peek(bank_row), row) : bytes, row.lane_mask, row.accumulate);
}

// The bank's write mask has a bit a byte: of an element that two packets bring, each writes its own bytes.
RowBytes LoadWriter::overlaid(RowBytes held, const LoadedRow& row) {
  std::copy(row.bytes.data() + row.begin, row.bytes.data() + row.end, held.data() + row.begin);
  return held;
}

void LoadWriter::credit(Cycle now, const LoadedRow& row) {
  if (row.last) controller_.written(now, row.command_slot, row.bytes_read);
}

void LoadWriter::move_narrow(Cycle now) {
  if (!repeats_pixels_) {
    if (narrow_written_) scale_.pop(now);
  } else {
    repeater_.advance(narrow_written_);
    const LoadedRow* row = repeater_.can_accept() ? scale_.output(now) : nullptr;
    if (row != nullptr) {
      repeater_.accept(*row);
      scale_.pop(now);
    }
  }
  scale_.advance(now);
}

void LoadWriter::move_wide(Cycle now) {
  if (wide_written_) scale_wide_.pop(now);
  scale_wide_.advance(now);
}

void LoadWriter::move_zero(Cycle now) {
  if (!repeats_pixels_) {
    if (zero_written_) zero_writer_.pop_row(now);
    return;
  }
  zero_repeater_.advance(zero_written_);
  if (!zero_repeater_.can_accept() || !zero_writer_.has_row()) return;
  zero_writer_.row(zero_row_);
  zero_repeater_.accept(zero_row_);
  zero_writer_.pop_row(now);
}

void LoadWriter::take_merged_row(Cycle now) {
  if (!merger_.has_row()) return;
  MvinScale& target = merger_.full_width() ? scale_wide_ : scale_;
  if (!target.can_accept(now)) return;
  merger_.pop_row(now, target.incoming());
  target.accept(now);
}

std::string LoadWriter::waiting_for() const { return idle() ? "" : "a bank to take a row"; }

}  // namespace castor::gemmini
