// The L2's directory: tag, state and sharers of every line.
//
// RTL twin: Directory.scala. A single-port SRAM: a read has its result in the next cycle; writes go through a queue of
// one and give way to reads, and a result sees the write that waits. A 16-bit LFSR steps on every read; its low 10 bits
// name the victim way, whether or not another way is invalid.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/common/lfsr.h"
#include "castor/common/types.h"
#include "castor/config/l2_params.h"

namespace castor::memory {

/// Invalid; Branch: readable; Trunk: one core's L1 holds the permission to write; Tip: this cache does.
enum class LineState : std::uint8_t { Invalid, Branch, Trunk, Tip };

struct DirectoryEntry {
  std::uint32_t tag = 0;
  std::uint16_t clients = 0;  // one bit an L1 that holds a copy
  LineState state = LineState::Invalid;
  bool dirty = false;
};

struct DirectoryResult {
  DirectoryEntry entry;  // the line on a hit, else the victim
  std::uint8_t way = 0;
  bool hit = false;
};

class Directory;

/// Another choice of victims than the RTL's pseudo-random one, for experiments and for replaying measured runs.
class VictimChoice {
 public:
  virtual ~VictimChoice() = default;
  /// The way to give up for `tag`, which is not in `set`.
  virtual std::uint8_t victim(Directory& directory, std::uint32_t set, std::uint32_t tag) = 0;
};

class Directory {
 public:
  explicit Directory(const config::L2Params& params);

  /// The result of a read started in this cycle, which the requester uses in the next one.
  DirectoryResult read(std::uint32_t set, std::uint32_t tag);

  /// Whether the write queue takes an entry in this cycle.
  bool can_write() const { return !write_waits_; }
  void write(std::uint32_t set, std::uint8_t way, const DirectoryEntry& entry);
  /// End of a cycle: a waiting write reaches the SRAM unless a read had the port. True if it still waits.
  bool settle(bool read_in_this_cycle);

  std::uint32_t ways() const { return ways_; }
  std::uint32_t sets() const { return sets_; }
  /// For tests and warm starts: untimed.
  DirectoryEntry& entry(std::uint32_t set, std::uint32_t way) { return entries_[set * ways_ + way]; }
  std::uint16_t victim_register() const { return lfsr_.value(); }
  void set_victim_register(std::uint16_t value) { lfsr_.set(value); }
  void set_victim_choice(VictimChoice* choice) { victim_choice_ = choice; }

 private:
  std::uint8_t victim_way() const;

  std::uint32_t ways_;
  std::uint32_t sets_;
  std::vector<DirectoryEntry> entries_;
  Lfsr16 lfsr_;
  VictimChoice* victim_choice_ = nullptr;
  bool write_waits_ = false;
  bool written_now_ = false;
};

}  // namespace castor::memory
