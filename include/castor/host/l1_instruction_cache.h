// The instruction cache of a Rocket tile: tags and timing; not kept coherent (fence.i empties it).
//
// RTL twin: ICache.scala (latency 2, no prefetch), Frontend.scala's replay of a fetch that missed. Not modelled: the
// tightly integrated memory, ECC, and the fetches that lose their cycle to a refill beat and would have hit.
//
// The seam for a core's timing model: fetch(at, ...) with the cycle in which the fetch enters the cache (s0).
//   Hit    the packet is there in s2 = at + 2. The caller may run ahead of the clock.
//   Waits  `answer` is called once, in the cycle in which the fetch is in s2 and hits. A fetch of another line takes
//          the place of the one that waits (the core was redirected); the refill goes on.
//
// Cycles, with t the s2 of the fetch that misses: one Get of the block in t, unless a refill is under way. The front
// end fetches again every other cycle (s0 in t, t+2, ...); with the last beat of the refill in g the line is there for
// the first s0 after g, and so may the next miss ask. Victims are pseudo-random: an LFSR that steps with every Get.
#pragma once

#include <functional>
#include <optional>
#include <tlm>
#include <vector>

#include "castor/common/lfsr.h"
#include "castor/common/types.h"
#include "castor/config/bus_params.h"
#include "castor/config/host_params.h"
#include "castor/sim/module.h"
#include "castor/sim/tilelink.h"

namespace castor::host {

class L1InstructionCache : public sim::ClockedModule, public tlm::tlm_bw_transport_if<> {
 public:
  enum class Outcome : std::uint8_t { Hit, Waits };

  struct Stats : sim::StatGroup {
    sim::Counter fetches{this, "fetches", "fetches", "replays not counted"};
    sim::Counter misses{this, "misses", "lines", "lines asked of the L2"};
    sim::Counter invalidations{this, "invalidations", "count", "times that everything was given up (fence.i)"};
    sim::Counter refill_cycles{this, "refill_cycles", "cycles", "between a Get and its last beat"};
  } stats;

  L1InstructionCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::L1Params& params,
                     const config::BusParams& bus);

  /// To a port made with SystemBus::add_core.
  tlm::tlm_initiator_socket<> socket;

  Outcome fetch(Cycle at, PhysAddr address);
  /// Whom to tell when a fetch that waited has hit: the cycle is its s2.
  void set_answer(std::function<void(Cycle)> answer) { answer_ = std::move(answer); }
  /// Every line, and the one that is on its way.
  void invalidate();
  bool holds(PhysAddr address) const { return way_of(line_of(address)) != none; }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  static constexpr unsigned none = ~0u;
  struct Line {
    std::uint64_t number = 0;  // of the block: tag and set
    bool valid = false;
  };
  struct Waiting {
    std::uint64_t line = 0;
    Cycle s2{};
  };

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
  std::uint64_t line_of(PhysAddr address) const { return address.value() >> log2_block_; }
  Line* set_of(std::uint64_t line) { return &lines_[(line & set_mask_) * ways_]; }
  const Line* set_of(std::uint64_t line) const { return &lines_[(line & set_mask_) * ways_]; }
  unsigned way_of(std::uint64_t line) const;
  void request(Cycle now, std::uint64_t line);
  void refill_beat(Cycle now, bool last);

  unsigned log2_block_, block_bytes_, block_beats_, ways_;
  std::uint64_t set_mask_;
  std::vector<Line> lines_;
  Lfsr16 victims_;
  sim::TransactionPool pool_;
  std::function<void(Cycle)> answer_;
  std::optional<Waiting> waiting_;
  bool refilling_ = false;
  bool invalidated_ = false;  // since the refill began
  std::uint64_t refill_line_ = 0;
  Cycle requested_{};
  Cycle enters_from_{};  // the first s0 that finds the last refill
};

}  // namespace castor::host
