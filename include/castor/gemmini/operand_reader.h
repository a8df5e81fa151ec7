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

/// What the array is to take when the rows read in some cycle have arrived. Masks have a bit for each operand.
struct ControlSignals {
  std::uint8_t fires = 0;             ///< operands that fired
  std::uint8_t expects_data = 0;      ///< of these, the ones a row was read for
  std::uint8_t from_accumulator = 0;  ///< whose address lies there, fetched or not
  std::uint8_t garbage = 0;           ///< not fetched in this pass
  bool first = false;                 ///< nothing of the pass has fired before
  std::uint8_t pass = 0;              ///< place of its pass, see ControlQueue::pass
  std::array<std::uint8_t, operand_count> banks{};
  std::array<std::uint8_t, operand_count> cols{};
};

/// What all control entries of a pass share.
struct PassControl {
  PassKind kind = PassKind::Preload;
  MeshRequest request;
};

/// The control queue: one entry for each cycle of a pass. An empty one still shows its next slot, as the RTL's wires
/// do.
class ControlQueue {
 public:
  explicit ControlQueue(unsigned depth) : depth_(depth), slots_(depth), passes_(depth + 2) {}
  bool empty() const { return size_ == 0; }
  /// Room for an entry, after the pop of the cycle.
  bool can_push() const { return size_ < depth_; }
  const ControlSignals& head() const { return slots_[head_]; }
  const PassControl& pass(const ControlSignals& entry) const { return passes_[entry.pass]; }
  void pop() {
    head_ = head_ + 1 == depth_ ? 0 : head_ + 1;
    --size_;
  }
  /// The slot of the next entry; complete it before the cycle ends.
  ControlSignals& push() {
    const unsigned place = head_ + size_ < depth_ ? head_ + size_ : head_ + size_ - depth_;
    ++size_;
    slots_[place].pass = current_;
    return slots_[place];
  }
  /// The pass of the entries to come. Every slot's pass stays readable: there are more places than slots.
  PassControl& begin_pass() {
    current_ = static_cast<std::uint8_t>(current_ + 1U == passes_.size() ? 0 : current_ + 1);
    return passes_[current_];
  }

 private:
  unsigned depth_;
  unsigned head_ = 0;
  unsigned size_ = 0;
  std::uint8_t current_ = 0;
  std::vector<ControlSignals> slots_;
  std::vector<PassControl> passes_;
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
    std::uint8_t cols = 0;
    bool started = false;
    // of the cycle
    std::uint32_t row = 0;
    std::uint32_t bank = 0;
    bool padding = false;
  };

  void start_stream(std::size_t i, const PassOperand& operand);
  void describe(const Pass& pass, PassControl& control) const;
  void place(Stream& stream, std::uint32_t offset, unsigned index);
  void place_all();
  bool same_bank(const Stream& x, const Stream& y) const;
  bool conflict_free() const;
  bool must_wait(std::size_t i) const;
  bool bank_ready(Cycle now, const Stream& stream) const;
  unsigned choose(Cycle now);
  unsigned choose_free(Cycle now, unsigned candidates);
  void read(Cycle now, const Stream& stream);
  void note(unsigned fires);
  bool advance(unsigned fires);
  bool advance_together();
  void advance_a();

  const config::GemminiParams& params_;
  const ExecuteRegisters& registers_;
  LocalMemory& memory_;
  ControlQueue& control_;
  const LocalLayout& layout_;
  unsigned sp_bank_bits_;
  unsigned acc_bank_bits_;
  std::array<Stream, operand_count> streams_;
  unsigned total_rows_ = 0;
  std::uint8_t from_accumulator_ = 0;
  std::uint8_t garbage_ = 0;
  bool together_ = true;  // all operands are at the same row
  std::uint32_t a_offset_ = 0;
  Progress progress_ = Progress::Row;
};

}  // namespace castor::gemmini
