// Where the time went: one row for each layer of a core's stream, from its marker to the next. Cycles, utilization and
// miss rates are the core's; the DRAM's bytes are those of all cores in that time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "castor/host/command_stream_host.h"
#include "castor/soc/soc.h"

namespace castor::soc {

struct LayerRow {
  isa::LayerBegin layer;
  Cycle start;
  std::uint64_t cycles = 0;
  std::uint64_t host_cycles = 0;  ///< in host work and host operators
  double utilization = 0;         ///< multiply-accumulates of the layer per cycle, of the array's peak
  std::uint64_t dram_read_bytes = 0;
  std::uint64_t dram_write_bytes = 0;
  double l2_miss_rate = 0;   ///< of the requests that the L2 looked up
  double tlb_miss_rate = 0;  ///< of DMA packets: neither in a filter register nor in the accelerator's TLB
};

class LayerAccounting : public host::StreamObserver {
 public:
  explicit LayerAccounting(Soc& soc, std::size_t core = 0);

  /// Layers that have ended; after an interrupted run call close() first.
  const std::vector<LayerRow>& rows() const { return rows_; }
  /// Ends the layer under way at `now`.
  void close(Cycle now);
  /// Of the layer under way.
  const std::string& current() const { return row_.layer.name; }

  void layer_began(Cycle now, const isa::LayerBegin& layer) override;
  void host_work(Cycle begin, std::uint64_t cycles) override;
  void host_operator(Cycle begin, const isa::HostOp& op) override;
  void stream_ended(Cycle now) override { close(now); }

 private:
  /// Counters of the machine at one moment.
  struct Snapshot {
    std::uint64_t dram_read = 0, dram_write = 0, l2_hits = 0, l2_misses = 0, tlb_hits = 0, tlb_misses = 0;
  };
  Snapshot look() const;

  Soc& soc_;
  std::size_t core_;
  std::vector<LayerRow> rows_;
  LayerRow row_;
  Snapshot before_;
  bool open_ = false;
};

}  // namespace castor::soc
