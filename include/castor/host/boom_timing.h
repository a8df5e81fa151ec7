// The timing of a BOOM core over the stream of instructions that a hart executes: a window model.
//
// RTL twin: BOOM's exu/core.scala, rob.scala, issue-units, lsu.scala, execution-units/rocc.scala, as far as follows; it
// is no clone: each instruction gets its cycles once, in program order, from the instructions it depends on and from
// what is free.
//   fetch      boom_front_end.h. A wrong guess: the branch restarts fetch 3 cycles after its issue.
//   dispatch   in order, decode_width a cycle, one RoCC instruction a cycle, when there is a place in the reorder
//              buffer, a physical register, places in its issue queue, in the load or store queue, among the branches,
//              among the commands.
//   issue      one cycle after dispatch at the earliest, when its operands are there and its queue has a port; who was
//              dispatched first chooses first. With i that cycle a reader of its result issues in i + 1 (integer),
//              i + latency (others; division: iterations of rocket_multiplier.h, a bit each for floats, one at a time).
//   loads      enter the data cache in i + 2; data of a hit in i + load_to_use. Of an older store in the queue that
//              covers it: the same, once the store has issued; of one that overlaps it: after that store is written.
//              No load waits for the address of an older store, none is ever repeated for it.
//   stores     enter the data cache in order, one a cycle, after their commit; they leave the queue when written.
//   commit     in order, decode_width a cycle, three cycles after the result.
//   RoCC       sent in order, one a cycle, from the head of the reorder buffer when its operands are there and the port
//              has room; one with a response commits when that has come, and what follows is dispatched then.
//   devices    answer at once, at the head of the reorder buffer.
//   alone      CSR, fence, fence.i, atomics, system instructions: dispatched when the window is empty, every store
//              written and no miss under way; what follows is fetched again, 2 cycles after commit. So after a trap or
//              interrupt.
// The hart computes an instruction when it is dispatched. Not modelled: the wrong path, ports of the register files,
// rows of the reorder buffer that are not full, speculative wake-up of a load's readers.
//
// The driver knows the clock. For each instruction: schedule(), and, when that cycle may come, retire() after the hart
// has executed it. RoCC: command_due() tells when one is to be sent, command_sent() that it was.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "castor/config/host_params.h"
#include "castor/host/boom_front_end.h"
#include "castor/host/boom_resources.h"
#include "castor/host/executed.h"
#include "castor/host/window_caches.h"

namespace castor::host {

class BoomTiming {
 public:
  /// `answered`: called when what waited for a cache need wait no longer.
  BoomTiming(const config::HostParams& params, WindowCaches& caches, std::function<void()> answered);

  /// The cycle in which the next instruction is dispatched; nothing: it waits for what is not known yet.
  std::optional<std::uint64_t> schedule(const Instruction& instruction, std::uint64_t pc, PhysAddr address);
  static Cycle executes(std::uint64_t dispatched) { return Cycle{dispatched}; }
  void retire(const Instruction& instruction, std::uint64_t dispatched, const Executed& executed);

  /// Whether an sc that is dispatched then, alone, still has its reservation.
  bool reserved(std::uint64_t dispatched) const {
    return caches_.reserved(Cycle{dispatched + dispatch_to_issue + issue_to_cache});
  }

  /// The instruction that was to be dispatched then traps.
  void trap(std::uint64_t dispatched);
  /// An interrupt takes the place of the next instruction; the core was asleep until `now`.
  void interrupt();
  void wake(Cycle now);
  void respond(Register number, Cycle now);

  /// When the oldest command may go to the port; nothing: there is none, or its turn is not known.
  std::optional<std::uint64_t> command_due() const;
  void command_sent(Cycle now, bool responds);

  bool waits_for_data() const { return !front_end_.waits(); }
  std::uint64_t mispredictions() const { return front_end_.mispredictions(); }
  std::uint64_t dispatched() const { return next_; }

 private:
  enum class Unit : std::uint8_t { Memory, Integer, Unique, Floating, count_ };
  static constexpr std::size_t units = static_cast<std::size_t>(Unit::count_);
  static constexpr std::uint64_t dispatch_to_issue = 1, issue_to_cache = 2, issue_to_restart = 3, result_to_commit = 3,
                                 commit_to_fetch = 2;

  /// An instruction in the window.
  struct Entry {
    Instruction instruction;
    Executed executed;
    std::uint64_t number = 0;
    std::uint64_t operands = 0;  // from then on it may issue
    std::uint64_t issued = not_known;
    std::uint64_t result = not_known;
    std::uint64_t done = not_known;  // it may commit
    std::uint64_t commit = not_known;
    unsigned awaited = 0;  // operands that are not known
    bool at_head = false;  // goes on only as the oldest
    std::uint64_t store = not_known;
    std::vector<std::uint64_t> readers;  // whose operands it is
  };
  /// A store between dispatch and the data cache.
  struct Store {
    MemoryAccess access;
    std::uint64_t number = 0;  // of its instruction
    std::uint64_t written = 0;
    std::vector<std::uint64_t> loads;  // that wait until it is written
  };
  /// Why nothing is dispatched: a wrong guess until that branch is issued, a flush until that instruction is committed.
  enum class Hold : std::uint8_t { Nothing, WrongGuess, Flush };

  static bool alone(const Instruction& instruction);
  static Unit unit_of(const Instruction& instruction);
  static bool is_branch(const Instruction& instruction);
  static bool is_store(const Instruction& instruction) { return instruction.timing == TimingClass::Store; }

  // Dispatch
  std::uint64_t room(const Instruction& instruction, std::uint64_t cycle);
  std::uint64_t room_for_results(const Instruction& instruction) const;
  std::uint64_t drained() const;
  std::uint64_t after_commit(std::uint64_t number) const;
  Entry& dispatch(const Instruction& instruction, std::uint64_t cycle, const Executed& executed);
  void take_places(const Entry& entry);
  void find_operands(Entry& entry);
  void hold(Hold why, std::uint64_t number);
  void look_at_hold();

  // Issue
  void issue(Entry& entry);
  void execute(Entry& entry);
  std::uint64_t latency(const Entry& entry);
  std::uint64_t divide(const Entry& entry);
  void enter_cache(Entry& entry, std::uint64_t cycle);
  void load(Entry& entry, std::uint64_t cycle);
  Store* forwarding_store(const Entry& entry, std::uint64_t cycle);
  void finish(Entry& entry, std::uint64_t result) { finish(entry, result, result + result_to_commit); }
  void finish(Entry& entry, std::uint64_t result, std::uint64_t done);
  void tell_readers(Entry& entry);

  // Commit
  void commit();
  bool step_head(Entry& head);
  void write(std::uint64_t store);
  void written(std::uint64_t store, std::uint64_t cycle);

  void answer_data(WindowCaches::Number number, Cycle cycle);
  void answer_fetch(Cycle cycle);

  Entry& entry(std::uint64_t number) { return window_[number & mask_]; }
  const Entry& entry(std::uint64_t number) const { return window_[number & mask_]; }
  Store& store(std::uint64_t number) { return stores_[number & store_mask_]; }
  const Store& store(std::uint64_t number) const { return stores_[number & store_mask_]; }

  const config::BoomParams& params_;
  WindowCaches& caches_;
  std::function<void()> answered_;
  BoomFrontEnd front_end_;

  std::vector<Entry> window_;
  std::uint64_t mask_;
  std::uint64_t next_ = 0;           // number of the next instruction
  std::uint64_t oldest_ = 0;         // the first one whose commit is not known
  std::uint64_t last_dispatch_ = 0;  // cycle ...
  unsigned dispatched_in_it_ = 0;
  bool command_in_it_ = false;
  std::uint64_t last_commit_ = 0;
  unsigned committed_in_it_ = 0;
  Hold hold_ = Hold::Nothing;
  std::uint64_t held_by_ = 0;

  std::array<std::uint64_t, registers> ready_{};  // when the last writer's reader may issue ...
  std::array<std::uint64_t, registers> writer_{};
  std::vector<Occupancy> queues_;
  std::vector<IssuePorts> ports_;
  Occupancy branches_;
  InOrder reorder_buffer_, int_writers_, float_writers_, loads_;
  std::uint64_t unit_free_ = 0, float_unit_free_ = 0;

  std::vector<Store> stores_;
  std::uint64_t store_mask_;
  std::uint64_t next_store_ = 0, oldest_store_ = 0;  // ... not yet written for sure
  std::uint64_t last_write_ = 0;                     // enters the cache
  unsigned misses_ = 0;                              // accesses without an answer
  unsigned commands_ = 0;                            // dispatched and not sent
  std::uint64_t responding_ = not_known;             // the command whose response is due
};

}  // namespace castor::host
