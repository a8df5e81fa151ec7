#include "castor/soc/layer_accounting.h"

#include "castor/soc/statistics.h"

namespace castor::soc {
namespace {

double share(std::uint64_t part, std::uint64_t rest) {
  return part + rest == 0 ? 0 : static_cast<double>(part) / static_cast<double>(part + rest);
}

}  // namespace

LayerAccounting::LayerAccounting(Soc& soc, std::size_t core) : soc_(soc), core_(core) {}

LayerAccounting::Snapshot LayerAccounting::look() const {
  Snapshot seen;
  const memory::MemoryBus::Stats& bus = soc_.memory().memory_bus().stats;
  seen.dram_read = bus.bytes_read.value();
  seen.dram_write = bus.bytes_written.value();
  for (const unsigned port : soc_.tile(core_).bus_ports) {
    const memory::L2Lookups lookups = soc_.memory().bus().lookups(port);
    seen.l2_hits += lookups.hits, seen.l2_misses += lookups.misses;
  }
  const auto& tlb = soc_.tile(core_).accelerator->dma().tlb.stats();
  seen.tlb_misses = tlb.private_misses.value();
  seen.tlb_hits = tlb.packets.value() - seen.tlb_misses;
  return seen;
}

void LayerAccounting::layer_began(Cycle now, const isa::LayerBegin& layer) {
  close(now);
  row_ = {};
  row_.layer = layer;
  row_.start = now;
  before_ = look();
  open_ = true;
}

void LayerAccounting::host_work(Cycle, std::uint64_t cycles) { row_.host_cycles += cycles; }

void LayerAccounting::host_operator(Cycle, const isa::HostOp& op) { row_.host_cycles += op.cycles.count(); }

void LayerAccounting::close(Cycle now) {
  if (!open_) return;
  open_ = false;
  const Snapshot after = look();
  row_.cycles = now - row_.start;
  row_.dram_read_bytes = after.dram_read - before_.dram_read;
  row_.dram_write_bytes = after.dram_write - before_.dram_write;
  row_.l2_miss_rate = share(after.l2_misses - before_.l2_misses, after.l2_hits - before_.l2_hits);
  row_.tlb_miss_rate = share(after.tlb_misses - before_.tlb_misses, after.tlb_hits - before_.tlb_hits);
  const double peak = static_cast<double>(row_.cycles * soc_.config().core(core_).gemmini.peak_macs_per_cycle());
  row_.utilization = peak == 0 ? 0 : static_cast<double>(row_.layer.macs) / peak;
  rows_.push_back(row_);
}

}  // namespace castor::soc
