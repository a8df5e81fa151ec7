// The ports of the L2's data store: who may use which SRAM in a cycle.
//
// RTL twin: BankedStore.scala. `port_factor` times the widest beat in SRAMs of `write_bytes`, one port each. In each
// cycle the users claim in the order of their priority: sinkC, sourceC (evict), sinkD (refill), sourceD write, sourceD
// read. A claim that is refused still keeps its SRAMs from those of lower priority.
#pragma once

#include <cstdint>

#include "castor/config/bus_params.h"
#include "castor/config/l2_params.h"
#include "castor/config/memory_bus_params.h"

namespace castor::memory {

class BankedStore {
 public:
  BankedStore(const config::L2Params& l2, const config::BusParams& bus, const config::MemoryBusParams& memory_bus);

  void begin_cycle() { taken_ = 0; }
  /// A beat of the outer side (memory bus width) / of the inner side, SRAM words `mask` of it. True if granted.
  bool claim_outer(std::uint32_t set, unsigned beat) { return claim(outer_mask_ << outer_place(set, beat)); }
  bool claim_inner(std::uint32_t set, unsigned beat, std::uint32_t mask) {
    return claim(static_cast<std::uint64_t>(mask) << inner_place(set, beat));
  }

  unsigned words_of_inner_beat() const { return inner_words_; }

 private:
  bool claim(std::uint64_t srams) {
    const bool granted = (taken_ & srams) == 0;
    taken_ |= srams;
    return granted;
  }
  unsigned outer_place(std::uint32_t set, unsigned beat) const {
    return ((set * outer_beats_ + beat) & (srams_ / outer_words_ - 1)) * outer_words_;
  }
  unsigned inner_place(std::uint32_t set, unsigned beat) const {
    return ((set * inner_beats_ + beat) & (srams_ / inner_words_ - 1)) * inner_words_;
  }

  unsigned inner_words_, outer_words_;
  unsigned inner_beats_, outer_beats_;
  unsigned srams_;
  std::uint64_t outer_mask_;
  std::uint64_t taken_ = 0;
};

}  // namespace castor::memory
