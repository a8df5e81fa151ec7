// Orders commands between the three controllers by the local rows they touch.
// RTL twin: ReservationStation.scala; the completion arbiter of Controller.scala.
//
// Entries for loads, executes and stores are separate; a command takes the lowest free one of its kind and remembers
// which older entries it must wait for:
//   same kind    until that one has issued (stores of later RTL: completed),
//   other kinds  until that one has completed, if their row ranges conflict. Configurations conflict with nothing.
// Timing: allocated in t -> may issue in t+1. Completion taken in t -> what waited may issue, and the entry may be
// allocated again, in t+1. One allocation, one issue a kind, one completion (execute before load before store) a cycle;
// configurations of load and store complete as they issue.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/command_queue.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/local_range.h"
#include "castor/gemmini/outstanding_commands.h"
#include "castor/gemmini/ports.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

class ReservationStation : public sim::ClockedModule {
 public:
  /// The command queues of the controllers.
  struct Issue {
    IssuePort& load;
    IssuePort& execute;
    IssuePort& store;
  };
  /// Where the controllers report what is done.
  struct Completions {
    CompletionPort& load;
    CompletionPort& execute;
    CompletionPort& store;
  };

  struct Stats : sim::StatGroup {
    sim::Counter allocated_ld{this, "allocated_ld", "commands", "loads and their configurations taken"};
    sim::Counter allocated_ex{this, "allocated_ex", "commands", "preloads, computes and their configurations taken"};
    sim::Counter allocated_st{this, "allocated_st", "commands", "stores and their configurations taken"};
    sim::Counter occupancy_ld{this, "occupancy_ld", "entry cycles", "load entries in use, summed over cycles"};
    sim::Counter occupancy_ex{this, "occupancy_ex", "entry cycles", "execute entries in use, summed over cycles"};
    sim::Counter occupancy_st{this, "occupancy_st", "entry cycles", "store entries in use, summed over cycles"};
    sim::Counter wait_ld{this, "wait_ld", "entry cycles", "from allocation to issue, loads"};
    sim::Counter wait_ex{this, "wait_ex", "entry cycles", "from allocation to issue, executes"};
    sim::Counter wait_st{this, "wait_st", "entry cycles", "from allocation to issue, stores"};
  };

  ReservationStation(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
                     sim::Probes& probes, Issue issue, Completions completions, EventCounts& events);

  /// The block that allocates: woken when an entry is free again.
  void connect_allocator(sim::Clocked& front_end) { allocator_ = &front_end; }
  /// Tells `outstanding` about the end of the commands that came from `source`.
  void connect_unroller(CommandSource source, OutstandingCommands& outstanding);

  /// Whether an entry for `command` was free at the start of cycle `now`. A command of no queue is the user's error.
  bool can_allocate(Cycle now, const isa::Command& command) const;
  /// Called by a later level than this block's own step.
  void allocate(Cycle now, const QueuedCommand& command);

  /// Something is reserved, other than one preload that still lacks its compute.
  bool busy(Cycle now) const { return freed_at_ == now || holds_work(); }
  /// Whether the oldest unissued command of `queue` may issue: its only obstacle is the controller's queue.
  bool ready_to_issue(sim::IssueQueue queue) const { return queues_[index(queue)].ready != 0; }
  unsigned occupied(sim::IssueQueue queue) const;

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  using Mask = std::uint64_t;  // entries of one queue
  static constexpr unsigned queue_count = 3;

  /// Entries of all queues.
  using PerQueueMask = std::array<Mask, queue_count>;

  struct Entry {
    isa::Command command;
    CommandSource source = CommandSource::Host;
    bool is_config = false;
    bool completes_on_issue = false;
    bool has_a = false;
    bool has_b = false;
    bool a_is_destination = false;
    LocalRange a;
    LocalRange b;
    PerQueueMask waits_for{};  // until they issue (same queue) or complete
    PerQueueMask blocks{};     // who waits for this one
    Cycle allocated_at{};
  };

  struct Queue {
    std::vector<Entry> entries;
    Mask all = 0;
    Mask valid = 0;
    Mask issued = 0;
    Mask ready = 0;  // not issued, waits for nothing
    Mask freed = 0;  // in cycle freed_at_
    IssuePort* port = nullptr;
    CompletionPort* completions = nullptr;
    sim::Counter* allocated = nullptr;
    sim::Counter* occupancy = nullptr;
    sim::Counter* wait = nullptr;
  };

  static constexpr std::size_t index(sim::IssueQueue queue) { return static_cast<std::size_t>(queue); }
  static std::size_t queue_of(const isa::Command& command);
  static sim::RobId id_of(std::size_t queue, unsigned entry);

  void build_queue(sim::IssueQueue queue, unsigned entries, IssuePort& port, CompletionPort& completions);
  void connect_statistics();
  bool holds_work() const;

  // Allocation
  Entry make_entry(std::size_t queue, const QueuedCommand& queued) const;
  void set_ranges(Entry& entry) const;
  LocalRange mvin_range(const isa::Command& command) const;
  LocalRange mvout_range(const isa::Command& command) const;
  LocalRange pooled_range(LocalAddr start) const;
  template <class Conflict>
  Mask conflicting(std::size_t queue, Conflict conflict) const;
  void set_dependences(std::size_t queue, Entry& entry) const;
  void set_load_dependences(Entry& entry) const;
  void set_execute_dependences(Entry& entry) const;
  void set_store_dependences(Entry& entry) const;
  void register_dependent(std::size_t queue, unsigned slot);
  void observe(const isa::Command& command);

  // Issue and completion
  void take_completion(Cycle now);
  void issue(std::size_t queue, unsigned slot, Cycle now);
  void release(std::size_t queue, unsigned slot, std::size_t waiting_queue);
  void release_all(std::size_t queue, unsigned slot);
  void free(std::size_t queue, unsigned slot, Cycle now, bool on_issue);
  Cycle next_step(Cycle now) const;
  void count_state(Cycle now);

  const config::GemminiParams& params_;
  LocalLayout layout_;
  unsigned rows_bits_;
  unsigned cols_bits_;
  std::uint32_t stride_mask_;
  sim::Probes& probes_;
  EventCounts& events_;
  sim::Clocked* allocator_ = nullptr;
  std::array<OutstandingCommands*, 3> outstanding_{};  // by CommandSource
  std::array<Queue, queue_count> queues_;
  Cycle freed_at_ = Cycle::never();
  bool solitary_preload_ = false;

  // What the program has configured, as of allocation.
  std::uint32_t a_stride_ = 0;
  std::uint32_t c_stride_ = 0;
  bool a_transpose_ = false;
  bool pooling_ = false;
  std::array<std::uint32_t, 4> block_stride_{};
  std::array<std::uint32_t, 4> extra_pixels_{};  // pixel_repeats - 1

  Stats stats_;
};

}  // namespace castor::gemmini
