// Looks at the first three commands of the execute queue and decides what the array does next. RTL twin: the state
// machine of ExecuteController.scala.
//
// Timing contract
//   Wait: decided in the very cycle in which row 0 is read. In this order: config_ex (nothing under way, nothing
//   waiting to complete); a preload, once its compute is in sight and no result to come is one of their operands; a
//   compute together with the preload behind it (which must be in sight, with the command after it where hazards are
//   possible, and free of hazards); a compute alone; else, in the output-stationary dataflow or before a config_ex, a
//   flush of the array. Commands leave the queue in the last cycle of their pass; their completions are offered from
//   the next cycle on, one a cycle, unless a result of the array completes.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "castor/gemmini/execute_registers.h"
#include "castor/gemmini/mesh_with_delays.h"
#include "castor/gemmini/operand_reader.h"
#include "castor/gemmini/ports.h"

namespace castor::gemmini {

/// Where a cycle of the execute controller went.
enum class ExecuteCycle : std::uint8_t {
  Idle,              // no command
  Config,            // a config_ex took effect
  Row,               // rows were read for the array
  BankConflict,      // operands wanted the same bank
  BankBusy,          // a bank was being written, or its read path was full
  ControlQueueFull,  // the array did not take rows: request register or tags busy
  Hazard,            // an operand is a result still to come
  WaitForCompute,    // a preload without the command behind it
  WaitForResults,    // config_ex waits for completions
  Flush,             // the array is being flushed
  count_
};

class ExecuteSequencer {
 public:
  enum class State : std::uint8_t { Wait, Compute, Flush, Flushing };

  ExecuteSequencer(const config::GemminiParams& params, IssuePort& commands, CompletionPort& completions,
                   MeshWithDelays& mesh, ExecuteRegisters& registers, OperandReader& reader);

  /// The registers before the cycle.
  State state() const { return state_; }
  PassKind pass_kind() const { return pass_.kind; }
  bool flushing() const { return state_ == State::Flush; }
  bool flush_propagate() const { return flush_propagate_; }

  /// One cycle; `request_taken`: the array took a request in it. Returns where the cycle went.
  ExecuteCycle step(Cycle now, bool request_taken);

  bool completions_pending() const { return pending_[0].valid || pending_[1].valid; }
  /// A hazard kept a preload out of the pass begun in the last step.
  bool overlap_hazard() const { return overlap_hazard_; }
  /// Multiply-accumulates of the computes begun since the last call.
  std::uint64_t take_macs() { return std::exchange(macs_, 0); }
  std::string waiting_for() const;

 private:
  struct Pending {
    bool valid = false;
    sim::RobId id;
  };

  const isa::Command& head(std::size_t i) const { return commands_.at(i).command; }
  bool is_config() const { return head(0).funct == static_cast<std::uint8_t>(isa::Funct::Config); }
  bool is_preload(std::size_t i) const { return head(i).funct == static_cast<std::uint8_t>(isa::Funct::Preload); }
  bool is_compute(std::size_t i) const { return head(i).is_compute(); }
  bool third_needed() const;
  bool hazard(Cycle now, std::size_t preload) const;
  void offer_completion(Cycle now);

  ExecuteCycle wait(Cycle now);
  bool try_config(Cycle now);
  bool try_pass(Cycle now);
  bool begin_pass(PassKind kind);
  ExecuteCycle run_pass(Cycle now);
  void finish_pass(Cycle now);
  ExecuteCycle blocked(Cycle now) const;

  Pass decode(PassKind kind) const;
  PassOperand operand(std::uint64_t word, bool transposed) const;
  MeshTag tag(const IssuedCommand& preload) const;
  unsigned total_rows(const Pass& pass) const;
  std::uint64_t macs_of_compute() const;

  const config::GemminiParams& params_;
  IssuePort& commands_;
  CompletionPort& completions_;
  MeshWithDelays& mesh_;
  ExecuteRegisters& registers_;
  OperandReader& reader_;
  LocalLayout layout_;
  unsigned dim_;
  unsigned size_bits_;
  State state_ = State::Wait;
  Pass pass_;
  bool flush_propagate_ = false;
  std::array<Pending, 2> pending_;
  bool completing_ = false;  // pending at the start of the cycle
  bool overlap_hazard_ = false;
  unsigned c_cols_ = 0;  // of the last preload
  std::uint64_t macs_ = 0;
};

}  // namespace castor::gemmini
