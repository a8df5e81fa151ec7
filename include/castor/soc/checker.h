// The value checker (--check): two oracles watch the machine.
//
//   * The first follows the machine's own order: each command that the reservation station takes is executed at once on
//     plain arrays, and when the machine says the command is complete, the local rows it wrote are compared: a mvin's
//     rows, a preload's C rows. What mvouts wrote, and STORE_SPAD's rows, are compared at the next fence, when they
//     have been acknowledged.
//   * The second executes the program as the host issues it, loops included, so that an unroller that emits wrong
//     commands is found too: at each fence memory must be as the program says.
//
// For a RISC-V program, whose core writes memory too, both oracles see the machine's memory below what they have
// written since the last fence, and the second follows the commands at the accelerator's port. A program whose core and
// accelerator write or read the same bytes without a fence between has no answer; addresses must be physical.
//
// A row that several mvins under way write or add to is compared when the last of them completes. The checker never
// changes the machine.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "castor/functional/memory.h"
#include "castor/functional/oracle.h"
#include "castor/functional/overlay_memory.h"
#include "castor/gemmini/local_memory.h"
#include "castor/host/command_stream_host.h"
#include "castor/sim/probes.h"

namespace castor::soc {

class Checker : public sim::Observer, public host::StreamObserver {
 public:
  /// Who gives the accelerator its commands.
  enum class Of { Stream, Program };

  /// `memory`: the machine's.
  Checker(const functional::OracleParams& params, const gemmini::LocalMemory& local, const functional::Memory& memory,
          Of of = Of::Stream);

  /// The oracles' own memories; of a stream to be loaded with the same images as the machine's.
  std::array<functional::Memory*, 2> memories() { return {followed_memory_.get(), program_memory_.get()}; }

  std::uint64_t checked_commands() const { return checked_; }
  std::uint64_t mismatches() const { return mismatches_; }
  /// What was wrong first, and where; empty if nothing was.
  const std::string& first_mismatch() const { return first_; }

  // ---- sim::Observer
  void command(Cycle now, const isa::Command& command) override;
  void allocate(Cycle now, sim::RobId id, const isa::Command& command) override;
  void issue(Cycle now, sim::RobId id, const isa::Command& command) override;
  void complete(Cycle now, sim::RobId id, bool on_issue) override;

  // ---- host::StreamObserver
  void command_issued(Cycle now, const isa::Command& command) override;
  void fence_passed(Cycle now) override;
  void host_operator(Cycle now, const isa::HostOp& op) override;

 private:
  struct Entry {
    bool valid = false;
    bool issued = false;
    std::uint64_t sequence = 0;
    isa::Command command;
    std::vector<functional::LocalWrite> writes;
    /// What commands behind it left in its rows, by their sequence: they completed first.
    std::multimap<std::uint64_t, functional::LocalWrite> overtaken_by;
  };
  struct Stored {
    PhysAddr address;
    std::uint32_t bytes;
    isa::Command command;
  };

  void file(std::vector<functional::Writes> finished);
  bool compare_rows(Cycle now, Entry& entry);
  bool compare_row(Cycle now, const Entry& entry, const functional::LocalWrite& write,
                   const std::vector<Entry*>& together);
  std::vector<Entry*> under_way_with(const Entry& entry);
  static bool left_to_others(const Entry& entry, const functional::LocalWrite& write,
                             const std::vector<Entry*>& together);
  static bool writes_to(const Entry& entry, const functional::LocalWrite& write);
  void compare_scratchpad(Cycle now);
  void compare_memory(Cycle now);
  bool compare_stored(Cycle now, const Stored& stored, const functional::Memory& oracle, const char* which);
  void mismatch(const std::string& text);
  static std::unique_ptr<functional::Memory> memory_of(const functional::Memory& machine, Of of);

  const gemmini::LocalMemory& local_;
  const functional::Memory& memory_;
  Of of_;
  std::unique_ptr<functional::Memory> followed_memory_, program_memory_;
  functional::Oracle followed_, program_;
  std::array<Entry, 256> entries_;
  std::vector<Stored> followed_stores_, program_stores_;
  std::vector<Entry> scratchpad_stores_;  // complete, not yet acknowledged
  std::vector<std::uint8_t> actual_, expected_;
  std::uint64_t checked_ = 0, mismatches_ = 0;
  std::string first_;
};

}  // namespace castor::soc
