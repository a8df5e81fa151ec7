#include "castor/gemmini/store_reader.h"

#include "castor/sim/levels.h"

namespace castor::gemmini {

StoreReader::StoreReader(const sc_core::sc_module_name& name, sim::ClockDomain& domain, LocalMemory& memory,
                         StoreController& controller, sim::Queue<StoreRowRequest>& norm_q)
    : ClockedModule(name, domain, sim::level::store_reader),
      memory_(memory),
      controller_(controller),
      rows_(controller.rows()),
      norm_q_(norm_q) {
  rows_.connect_consumer(*this);
  norm_q_.connect_producer(*this);
}

Cycle StoreReader::step(Cycle now) {
  if (!rows_.can_pop(now) || !norm_q_.can_push(now)) return Cycle::never();
  const StoreRowRequest& request = rows_.front();
  if (!read_row(now, request.laddr)) {
    ++stats_.cycles_bank_busy;
    return now + 1;
  }
  controller_.read(now, request.command_slot);
  norm_q_.push(now, request);
  rows_.drop(now);
  return now + 1;
}

bool StoreReader::read_row(Cycle now, LocalAddr addr) {
  const LocalLayout& layout = memory_.layout();
  if (addr.is_garbage(layout)) return ++stats_.padding, true;
  const std::uint32_t row = addr.bank_row(layout);
  if (addr.is_acc()) {
    AccumulatorBank& bank = memory_.accumulator(addr.bank(layout));
    if (!bank.can_read(now, row)) return false;
    bank.read(now, row, Reader::Dma);
  } else {
    ScratchpadBank& bank = memory_.scratchpad(addr.bank(layout));
    if (!bank.can_read(now)) return false;
    bank.read(now, row, Reader::Dma);
  }
  ++stats_.rows;
  return true;
}

std::string StoreReader::waiting_for() const {
  if (rows_.empty()) return {};
  return norm_q_.size() == norm_q_.depth() ? "the write queues to take a row" : "a bank to be readable";
}

}  // namespace castor::gemmini
