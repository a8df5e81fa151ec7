// Streams the rows of a pass's three operands out of the local memories and notes, cycle by cycle, what the array is to
// take. RTL twin: the address counters, bank arbitration and control queue of ExecuteController.scala.
//
// Timing contract
//   In each cycle of a pass, operands of the same row fire together unless they want the same bank (two of the
//   accumulator always do): A before B before D. An operand that is a row ahead waits. Rows of padding conflict like
//   any other, but are not read. An operand also waits while its bank refuses reads. Every cycle of a pass takes one
//   place of the control queue (spad_read_delay + 1 entries, pipe), even if nothing fires. A pass ends in the cycle in
//   which the last row of all operands fires.
#pragma once

#include <array>
#include <cstdint>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/execute_registers.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/mesh_with_delays.h"
#include "castor/sim/statistics.h"

namespace castor::gemmini {

enum class PassKind : std::uint8_t { Preload, MulPreload, Mul };

/// One operand of a pass.
struct PassOperand {
  LocalAddr addr = LocalAddr::garbage();
  bool garbage = true;  ///< not fetched in this pass: the command names no matrix, or another pass fetches it
  unsigned rows = 0;
  unsigned cols = 0;
};

/// What one pass over the array does.
struct Pass {
  PassKind kind = PassKind::Preload;
  std::array<PassOperand, operand_count> operands;
  unsigned total_rows = 0;
  bool propagate = false;
  MeshTag tag;
};

/// One operand's part of a control entry.
struct OperandControl {
  bool fire = false;
  bool expects_data = false;  ///< a row was read for it
  bool from_accumulator = false;
  std::uint8_t cols = 0;
  BankId bank;
};

/// What the array is to take when the rows read in some cycle have arrived.
struct ControlSignals {
  PassKind kind = PassKind::Preload;
  bool first = false;  ///< nothing of the pass has fired before
  std::array<OperandControl, operand_count> operands;
  MeshRequest request;
};

/// The control queue: one entry for each cycle of a pass. An empty one still shows its next slot, as the RTL's wires
/// do.
class ControlQueue {
 public:
  explicit ControlQueue(unsigned depth) : depth_(depth), slots_(depth) {}
  bool empty() const { return size_ == 0; }
  /// Room for an entry, after the pop of the cycle.
  bool can_push() const { return size_ < depth_; }
  const ControlSignals& head() const { return slots_[head_]; }
  void pop() { head_ = next(head_), --size_; }
  /// The slot of the next entry; complete it before the cycle ends.
  ControlSignals& push() { return slots_[(head_ + size_++) % depth_]; }

 private:
  unsigned next(unsigned slot) const { return slot + 1 == depth_ ? 0 : slot + 1; }
  unsigned depth_;
  unsigned head_ = 0;
  unsigned size_ = 0;
  std::vector<ControlSignals> slots_;
};

class OperandReader {
 public:
  /// What became of a cycle.
  enum class Progress : std::uint8_t { Row, BankConflict, BankBusy, ControlQueueFull };

  OperandReader(const config::GemminiParams& params, const ExecuteRegisters& registers, LocalMemory& memory,
                ControlQueue& control);

  /// The pass that the next calls of step() work on.
  void start(const Pass& pass);
  /// One cycle of the pass; true if it is the last.
  bool step(Cycle now);
  Progress progress() const { return progress_; }

 private:
  struct Stream {
    bool reads = false;  ///< fetched, and not garbage
    bool is_acc = false;
    bool from_accumulator = false;
    std::uint32_t base = 0;
    unsigned counter = 0;
    unsigned rows = 0;
    unsigned cols = 0;
    bool started = false;
    // of the cycle
    std::uint32_t row = 0;
    BankId bank;
    bool padding = false;
  };

  void place();
  bool same_bank(const Stream& x, const Stream& y) const;
  bool must_wait(std::size_t i) const;
  bool bank_ready(Cycle now, const Stream& stream) const;
  unsigned choose(Cycle now);
  void read(Cycle now, const Stream& stream);
  void note(unsigned fires);
  bool advance(unsigned fires);

  const config::GemminiParams& params_;
  const ExecuteRegisters& registers_;
  LocalMemory& memory_;
  ControlQueue& control_;
  const LocalLayout& layout_;
  unsigned sp_bank_bits_;
  unsigned acc_bank_bits_;
  Pass pass_;
  std::array<Stream, operand_count> streams_;
  std::uint32_t a_offset_ = 0;
  Progress progress_ = Progress::Row;
};

}  // namespace castor::gemmini
