#include "castor/host/replayed_paging.h"

#include <algorithm>

#include "castor/sim/levels.h"

namespace castor::host {
namespace {

constexpr VirtAddr virtual_base{0x1'0000'0000};
constexpr PhysAddr physical_base{0x8800'0000};
constexpr PhysAddr kernel_base{0x8000'0000};
constexpr unsigned pages = 512;
constexpr unsigned log2_page = 12, log2_gigapage = 30;
constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t tables_at = 0x1'0000;  // from the start of memory, where no trace has data of the accelerator
constexpr std::uint64_t store_every = 4;       // cycles

bool in_virtual_range(std::uint64_t address) { return address >= virtual_base.value(); }

bool is_virtual(const isa::Command& command) {
  using isa::Funct;
  if (command.is_mvin()) return in_virtual_range(command.rs1);
  switch (command.function()) {
    case Funct::Mvout:
      return in_virtual_range(command.rs1);
    case Funct::LoopWsConfigAddrsAb:
    case Funct::LoopWsConfigAddrsDc:
    case Funct::LoopConvWsConfig5:
    case Funct::LoopConvWsConfig6:
      return in_virtual_range(command.rs1) || in_virtual_range(command.rs2);
    default:
      return false;
  }
}

}  // namespace

std::size_t first_translated(const std::vector<TraceSegment>& segments) {
  const auto found = std::find_if(segments.begin(), segments.end(), [](const TraceSegment& segment) {
    return std::any_of(segment.commands.begin(), segment.commands.end(),
                       [](const TraceSegment::Arrival& arrival) { return is_virtual(arrival.command); });
  });
  return static_cast<std::size_t>(found - segments.begin());
}

ReplayedPaging::ReplayedPaging(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                               const config::SocConfig& config, functional::Memory& memory, L1DataCache& cache)
    : ClockedModule(name, domain, sim::level::host),
      cache_(cache),
      block_bytes_(config.host.l1d.block_bytes().count()),
      tables_(memory, config.soc.dram_base() + tables_at) {
  map(VirtAddr{kernel_base.value()}, kernel_base, log2_gigapage);
  for (unsigned page = 0; page < pages; ++page)
    map(virtual_base + page * page_bytes, physical_base + page * page_bytes, log2_page);
  for (PhysAddr table = tables_.root(); table < tables_.end(); table = table + page_bytes) note_lines(memory, table);
  cache_.set_answer(L1DataCache::Requestor::Core, [this](Cycle s2) {
    waits_ = false;
    wake(s2 + 1);
  });
}

void ReplayedPaging::map(VirtAddr vaddr, PhysAddr paddr, unsigned log2) {
  tables_.map(vaddr, paddr, log2, kernel_page_flags);
}

// Lines of a table that hold an entry.
void ReplayedPaging::note_lines(const functional::Memory& memory, PhysAddr table) {
  for (std::uint64_t entry = 0; entry < page_bytes; entry += sizeof(std::uint64_t)) {
    const PhysAddr line{(table.value() + entry) / block_bytes_ * block_bytes_};
    if (memory.get<std::uint64_t>(table + entry) == 0) continue;
    if (lines_.empty() || lines_.back() != line) lines_.push_back(line);
  }
}

void ReplayedPaging::begin(Cycle now, std::function<void()> done) {
  done_ = std::move(done);
  begun_ = true;
  wake(now + 1);
}

Cycle ReplayedPaging::step(Cycle now) {
  if (!begun_ || waits_) return Cycle::never();
  if (next_ == lines_.size()) {
    begun_ = false;
    done_();
    return Cycle::never();
  }
  ++stats_.stores;
  waits_ = true;  // before the answer can come
  const auto outcome = cache_.access(L1DataCache::Requestor::Core, now, lines_[next_++], MemoryOp::Store);
  if (outcome == L1DataCache::Outcome::Waits) return Cycle::never();
  waits_ = false;
  return now + store_every;
}

}  // namespace castor::host
