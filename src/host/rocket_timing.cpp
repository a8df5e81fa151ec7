#include "castor/host/rocket_timing.h"

#include <algorithm>
#include <utility>

#include "castor/common/bits.h"

namespace castor::host {
namespace {

bool is_atomic(const Instruction& instruction) {
  const TimingClass timing = instruction.timing;
  return timing == TimingClass::LoadReserved || timing == TimingClass::StoreConditional || timing == TimingClass::Amo;
}
bool reads_memory(const Instruction& instruction) {
  return instruction.timing == TimingClass::Load || is_atomic(instruction);
}

/// Waits itself until no access is under way.
bool waits_for_order(const Instruction& instruction) {
  return instruction.timing == TimingClass::FenceI || (is_atomic(instruction) && instruction.releases());
}
/// Makes those after it wait.
bool orders_those_after(const Instruction& instruction) {
  return instruction.timing == TimingClass::Fence || (is_atomic(instruction) && instruction.acquires());
}

CoreCaches::Use use_of(const Instruction& instruction) {
  if (instruction.timing == TimingClass::Load) return CoreCaches::Use::Load;
  return instruction.timing == TimingClass::LoadReserved ? CoreCaches::Use::Reserve : CoreCaches::Use::Store;
}

/// CSR.scala, write_flush: not those of a trap handler's registers.
bool flushes_on_write(std::uint32_t word) {
  constexpr unsigned machine = 0x300, first = 0x340, last = 0x343;  // mscratch to mtval
  const unsigned number = static_cast<unsigned>(bits(word, 31, 20)) | machine;
  return number < first || number > last;
}
bool writes_csr(std::uint32_t word) {
  const bool only_reads = bit(word, 13) && bits(word, 19, 15) == 0;  // set and clear without a source
  return !only_reads;
}
bool flushes(const Instruction& instruction) {
  switch (instruction.timing) {
    case TimingClass::Csr:
      return writes_csr(instruction.bits) && flushes_on_write(instruction.bits);
    case TimingClass::FenceI:
    case TimingClass::System:
      return true;
    default:
      return false;
  }
}

}  // namespace

RocketTiming::RocketTiming(const config::HostParams& params, CoreCaches& caches, std::function<void()> answered)
    : caches_(caches),
      answered_(std::move(answered)),
      front_end_(caches),
      stores_(params.l1d.sets() * params.l1d.block_bytes().count()) {
  caches.when_answered([this](Cycle s2) { answer_data(s2); }, [this](Cycle s2) { answer_fetch(s2); });
}

std::uint64_t RocketTiming::in_order(const Instruction& instruction, std::uint64_t leaves) const {
  if (accesses_memory(instruction) || instruction.timing == TimingClass::Rocc) leaves = std::max(leaves, fenced_until_);
  return waits_for_order(instruction) ? std::max(leaves, ordered_) : leaves;
}

void RocketTiming::retire_ordered(const Instruction& instruction, std::uint64_t leaves, const Executed& executed) {
  if (executed.cached) access_memory(instruction, leaves, executed.access);
  if (orders_those_after(instruction)) fenced_until_ = ordered_;
  if (instruction.timing == TimingClass::FenceI) caches_.invalidate_instructions();
  if (flushes(instruction)) trap(leaves);
}

void RocketTiming::access_memory(const Instruction& instruction, std::uint64_t leaves, const MemoryAccess& access) {
  for (; nacked(instruction, leaves, access); ++replays_) leave_again(instruction, leaves += RocketPipeline::replay);
  const Cycle s0{leaves + RocketPipeline::to_ex};
  switch (caches_.access(s0, access.vaddr, access.address, use_of(instruction))) {
    case CoreCaches::Outcome::Waits:
      miss_ = Miss{instruction, access};
      return leave_again(instruction, leaves + RocketPipeline::replay);
    case CoreCaches::Outcome::FirstWrite:
      tag_rewritten_ = leaves + 1;
      break;
    case CoreCaches::Outcome::Hit:
      break;
  }
  accessed(instruction, leaves, access);
}

bool RocketTiming::nacked(const Instruction& instruction, std::uint64_t leaves, const MemoryAccess& access) {
  const bool too_early =
      reads_memory(instruction) && stores_.load(leaves + RocketPipeline::to_ex, access.address, access.bytes);
  return too_early || leaves == tag_rewritten_;
}

void RocketTiming::leave_again(const Instruction& instruction, std::uint64_t leaves) {
  front_end_.restart(leaves);
  pipeline_.leave_again(instruction, leaves);
}

/// It has hit.
void RocketTiming::accessed(const Instruction& instruction, std::uint64_t leaves, const MemoryAccess& access) {
  const std::uint64_t s2 = leaves + RocketPipeline::to_wb;
  if (use_of(instruction) == CoreCaches::Use::Store) stores_.store(s2, access.address, access.bytes);
  ordered_ = s2 + 1;
}

void RocketTiming::answer_data(Cycle s2) {
  const Miss miss = *miss_;
  miss_.reset();
  const std::uint64_t leaves = s2.count() - RocketPipeline::to_wb;
  pipeline_.leave_again(miss.instruction, leaves);
  accessed(miss.instruction, leaves, miss.access);
  if (orders_those_after(miss.instruction)) fenced_until_ = ordered_;
  answered_();
}

void RocketTiming::answer_fetch(Cycle s2) {
  if (!front_end_.waits()) return;
  front_end_.answer(s2.count());
  answered_();
}

void RocketTiming::trap(std::uint64_t leaves) {
  pipeline_.hold(leaves);
  front_end_.restart(leaves + RocketPipeline::replay);
}

/// It travels from decode to WB in place of the next instruction.
void RocketTiming::interrupt() { trap(pipeline_.last() + 1); }

void RocketTiming::wake(Cycle now) { trap(now.count()); }

void RocketTiming::replay(const Instruction& instruction, std::uint64_t pc, PhysAddr address, std::uint64_t leaves) {
  ++replays_;
  trap(leaves);
  front_end_.fetch(pc, address, instruction.length);
}

}  // namespace castor::host
