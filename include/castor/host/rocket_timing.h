// The timing of a Rocket core over the stream of instructions that a hart executes: front end, pipeline, data cache.
//
// RTL twin: RocketCore.scala. Besides what its parts tell:
//   * a load or store enters the data cache in EX; one that is nacked (it misses, a pending store is in its way, or the
//     tag was rewritten under it) is replayed from WB: refetched, it leaves decode 5 cycles after the first time, or
//     later, so that it hits in WB. Nothing passes it: the cache blocks.
//   * writes of CSRs (but for mscratch to mtval and the like), fence.i, sfence.vma, xret and traps flush the pipeline
//     from WB: the next instruction leaves decode 5 cycles later.
//   * after a fence, or an amo with aq, loads, stores and RoCC instructions wait until no access is under way: 4 cycles
//     after the last one left decode. So do fence.i and an amo with rl themselves.
//   * a RoCC instruction that finds the port full in WB is replayed, and waits in decode until the cycle after the port
//     was ready.
// Devices answer at once.
//
// The driver knows the clock. For each instruction: schedule(), and, when that cycle may come, retire() after the hart
// has executed it. What waits for a cache goes on when the cache has answered.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "castor/config/host_params.h"
#include "castor/host/core_caches.h"
#include "castor/host/executed.h"
#include "castor/host/hart.h"
#include "castor/host/rocket_front_end.h"
#include "castor/host/rocket_pipeline.h"
#include "castor/host/rocket_store_buffer.h"

namespace castor::host {

/// A set of timing classes, a bit each.
template <class... Classes>
constexpr std::uint32_t timing_set(Classes... classes) {
  return ((1U << static_cast<unsigned>(classes)) | ...);
}

class RocketTiming {
 public:
  /// `answered`: called when what waited for a cache need wait no longer.
  RocketTiming(const config::HostParams& params, CoreCaches& caches, std::function<void()> answered);

  /// The cycle in which the next instruction leaves decode; nothing: it waits for the instruction cache.
  std::optional<std::uint64_t> schedule(const Instruction& instruction, std::uint64_t pc, PhysAddr address) {
    const std::optional<std::uint64_t> arrival = front_end_.fetch(pc, address, instruction.length);
    if (!arrival) return std::nullopt;
    const std::uint64_t leaves = pipeline_.ready(instruction, *arrival);
    return is_plain(instruction) ? leaves : in_order(instruction, leaves);
  }
  /// The hart executes it in WB.
  static Cycle executes(std::uint64_t leaves) { return Cycle{leaves + RocketPipeline::to_wb}; }
  void retire(const Instruction& instruction, std::uint64_t leaves, const Executed& executed) {
    front_end_.leave(leaves);
    pipeline_.leave(instruction, leaves, executed.rs1, executed.rs2);
    front_end_.follow(instruction, executed.pc, executed.next, leaves);
    if (!is_plain(instruction)) retire_ordered(instruction, leaves, executed);
  }
  /// Whether an sc that leaves then still has its reservation.
  bool reserved(std::uint64_t leaves) const { return caches_.reserved(executes(leaves)); }
  static bool accesses_memory(const Instruction& instruction) { return (memory_ >> index(instruction) & 1) != 0; }

  /// The instruction that was to leave then traps in WB.
  void trap(std::uint64_t leaves);
  /// An interrupt takes the place of the next instruction; the core was asleep until `now`.
  void interrupt();
  void wake(Cycle now);
  /// Found the port full in WB: it is fetched again at once. The port was ready in `now`.
  void replay(const Instruction& instruction, std::uint64_t pc, PhysAddr address, std::uint64_t leaves);
  void port_ready(Cycle now) {
    pipeline_.hold(now.count());
    front_end_.hold(now.count() + 1);
  }
  void respond(Register number, Cycle now) { pipeline_.respond(number, now.count()); }

  /// For a cache.
  bool waits() const { return miss_.has_value() || front_end_.waits(); }
  bool waits_for_data() const { return miss_.has_value(); }

  std::uint64_t mispredictions() const { return front_end_.mispredictions(); }
  std::uint64_t replays() const { return replays_; }

 private:
  static constexpr std::uint64_t never_yet = 0;
  static constexpr std::uint32_t memory_ = timing_set(TimingClass::Load, TimingClass::Store, TimingClass::LoadReserved,
                                                      TimingClass::StoreConditional, TimingClass::Amo);
  static constexpr std::uint32_t not_plain_ =
      memory_ |
      timing_set(TimingClass::Rocc, TimingClass::Fence, TimingClass::FenceI, TimingClass::Csr, TimingClass::System);

  static unsigned index(const Instruction& instruction) { return static_cast<unsigned>(instruction.timing); }
  /// Nothing but registers and the pc.
  static bool is_plain(const Instruction& instruction) { return (not_plain_ >> index(instruction) & 1) == 0; }

  std::uint64_t in_order(const Instruction& instruction, std::uint64_t leaves) const;
  void retire_ordered(const Instruction& instruction, std::uint64_t leaves, const Executed& executed);

  /// A load or store that missed.
  struct Miss {
    Instruction instruction;
    MemoryAccess access;
  };

  void access_memory(const Instruction& instruction, std::uint64_t leaves, const MemoryAccess& access);
  bool nacked(const Instruction& instruction, std::uint64_t leaves, const MemoryAccess& access);
  void leave_again(const Instruction& instruction, std::uint64_t leaves);
  void accessed(const Instruction& instruction, std::uint64_t leaves, const MemoryAccess& access);
  void answer_data(Cycle s2);
  void answer_fetch(Cycle s2);

  CoreCaches& caches_;
  std::function<void()> answered_;
  RocketFrontEnd front_end_;
  RocketPipeline pipeline_;
  RocketStoreBuffer stores_;
  std::optional<Miss> miss_;
  std::uint64_t ordered_ = 0;                // when no access is under way any more
  std::uint64_t fenced_until_ = 0;           // loads, stores and RoCC instructions
  std::uint64_t tag_rewritten_ = never_yet;  // an access that leaves then is nacked
  std::uint64_t replays_ = 0;
};

}  // namespace castor::host
