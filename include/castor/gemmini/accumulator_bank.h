// One bank of the accumulator: rows of full width, written or added to. RTL twin: AccumulatorMem.scala.
//
// Timing contract (two-ported)
//   write@t   into the SRAM in t+latency; an accumulate reads the row in t (and so takes the read port), adds, and
//             writes back. Refused: an accumulate into a row that is still under way from an earlier write (t+1 ..
//             t+latency).
//   read@t    refused while an accumulate is written in t, while the row is under way, and while the row read before
//             has not left the bank's output register; the answer can be popped from t+1.
// Single-ported with sub-banks: writes pass a queue of three for each sub-bank; of its port, the read of an accumulate
// comes first, then a queued write, then a plain read. Rows in that queue can be neither read nor added to.
// A program that overruns the queue is in error.
// Values are applied at the write: nobody can read the row before the SRAM holds it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/common/row.h"
#include "castor/gemmini/scratchpad_bank.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"

namespace castor::gemmini {

/// The adders that all banks share: one accumulate a cycle is what they are built for.
class SharedAdder {
 public:
  /// False if another bank adds in the same cycle (the RTL then mixes both sums).
  bool claim(Cycle now) {
    const bool alone = claimed_at_ != now;
    claimed_at_ = now;
    return alone;
  }

 private:
  Cycle claimed_at_ = Cycle::never();
};

class AccumulatorBank : public sim::Module {
 public:
  struct Shape {
    unsigned bank = 0;
    std::uint32_t rows = 512;
    unsigned lanes = 16;
    unsigned row_bytes = 64;  ///< 0: values are not computed
    unsigned latency = 2;     ///< acc_latency
    bool single_ported = false;
    unsigned sub_banks = 1;
  };
  struct Stats : sim::StatGroup {
    sim::Counter reads_execute{this, "reads_execute", "rows", "rows read for the array"};
    sim::Counter reads_dma{this, "reads_dma", "rows", "rows read for mvout"};
    sim::Counter writes{this, "writes", "rows", "rows overwritten"};
    sim::Counter accumulates{this, "accumulates", "rows", "rows added to"};
    sim::Counter adder_collisions{this, "adder_collisions", "rows",
                                  "accumulates in a cycle in which another bank adds: the RTL would mix the sums"};
  };

  AccumulatorBank(const sc_core::sc_module_name& name, const Shape& shape, const Arithmetic& arithmetic,
                  SharedAdder& adder, sim::Probes& probes);

  bool can_write(Cycle now, std::uint32_t row, bool accumulate) const;
  void write(Cycle now, std::uint32_t row, const RowBytes& value, std::uint64_t lane_mask, bool accumulate);
  /// Single-ported banks take no DMA write in the cycle after two accumulates in a row to one sub-bank.
  bool dma_write_blocked(Cycle now) const { return shape_.single_ported && dma_blocked_at_ == now; }
  /// Something is written in `now` (the execute controller's results come first).
  bool written(Cycle now) const { return written_at_ == now; }

  bool can_read(Cycle now, std::uint32_t row) const;
  /// An execute read hands its row over at once (it leaves the output register in now+1 by construction); a DMA read
  /// stays in the output register until popped.
  RowBytes read(Cycle now, std::uint32_t row, Reader reader);
  /// DMA reads only.
  bool has_response(Cycle now) const { return response_waits_ && response_at_ <= now; }
  Cycle response_visible() const { return response_waits_ ? response_at_ : Cycle::never(); }
  const RowBytes& response() const { return response_; }
  void pop_response(Cycle now);
  /// Woken when a DMA read's row appears.
  void connect(sim::Clocked& dma_consumer) { dma_consumer_ = &dma_consumer; }

  RowBytes peek(std::uint32_t row) const { return rows_.read(row); }
  void poke(std::uint32_t row, const RowBytes& value) { rows_.write(row, value, all_lanes); }

  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  struct Underway {
    std::uint32_t row = 0;
    Cycle written = Cycle::never();
  };
  static constexpr unsigned queue_depth = 3;
  struct SubBank {
    std::array<std::uint32_t, queue_depth> queue{};  // rows, oldest first
    unsigned queued = 0;
    Cycle settled{0};                      // state as of the start of this cycle
    Cycle accumulate_at = Cycle::never();  // takes the port
  };

  bool under_way(Cycle now, std::uint32_t row) const;
  void settle(SubBank& sub_bank, unsigned index, Cycle now) const;
  [[noreturn]] void refuse_overflow(unsigned index) const;
  bool queue_holds(std::uint32_t row, Cycle now) const;
  bool port_taken(std::uint32_t row, Cycle now) const;
  void note_dma_block(Cycle now, std::uint32_t row, bool accumulate);
  void store(std::uint32_t row, const RowBytes& value, std::uint64_t lane_mask, bool accumulate);
  SubBank& sub_bank(std::uint32_t row) const { return sub_banks_[row & (shape_.sub_banks - 1)]; }

  Shape shape_;
  RowStore rows_;
  const Arithmetic& arithmetic_;
  SharedAdder& adder_;
  sim::Probes& probes_;
  Cycle written_at_ = Cycle::never();
  Cycle accumulated_at_ = Cycle::never();
  Cycle read_at_ = Cycle::never();
  std::vector<Underway> pipeline_;  // ring of the last writes: those inside, and the one that left
  std::size_t newest_ = 0;
  mutable std::vector<SubBank> sub_banks_;
  unsigned last_sub_bank_ = 0;
  Cycle dma_blocked_at_ = Cycle::never();
  bool response_waits_ = false;
  Cycle response_at_ = Cycle::never();
  RowBytes response_;
  sim::Clocked* dma_consumer_ = nullptr;
  Stats stats_;
};

}  // namespace castor::gemmini
