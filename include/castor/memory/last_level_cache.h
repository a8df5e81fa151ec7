// The last-level cache that FASED puts between the SoC and its DRAM model: tags and timing only, the bytes lie in the
// backing store. Write-back; a write that misses fetches its block as a read does.
//
// Timing contract (inferred from FASED's structure, not measured; b: beats of a request on the memory bus)
//   A request accepted in t waits in a queue as deep as the DRAM's; its head is looked up from t+1 on, one a cycle, in
//   order. All data pass the one port of the data store, a beat a cycle: b cycles for a request or half a refill, a
//   block's worth for a victim that is written back.
//   Hit: first beat of a read in t + hit_latency, or when the store is free; a write is acknowledged with its last
//   beat. Miss: takes an MSHR and a way (an empty one, else a pseudo-random one). From the cycle after, a request a
//   cycle goes to the DRAM: the dirty victim's writes, then the block's reads. When the last beat of the last has come
//   in r, those who wait for the block are served as hits, the first from r + hit_latency. Another miss of a block
//   under way joins its MSHR. A miss that finds no MSHR, or no way that is not being filled, holds back everything
//   behind it. END_REQ waits for a free queue entry.
// Target of the memory bus, initiator of the DRAM. RTL twin: FASED's LLCModel.
#pragma once

#include <deque>
#include <string>
#include <tlm>
#include <vector>

#include "castor/common/lfsr.h"
#include "castor/config/dram_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/memory/memory_target.h"
#include "castor/sim/tilelink.h"

namespace castor::memory {

class LastLevelCache : public MemoryTargetModule, private tlm::tlm_bw_transport_if<> {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter hits{this, "hits", "requests", "that found their block"};
    sim::Counter misses{this, "misses", "requests", "that fetched their block"};
    sim::Counter joined{this, "joined", "requests", "that waited for a block under way"};
    sim::Counter evictions{this, "evictions", "blocks", "replaced"};
    sim::Counter write_backs{this, "write_backs", "blocks", "of them dirty, written to the DRAM"};
    sim::Counter cycles_blocked{this, "cycles_blocked", "cycles", "a miss waits for an MSHR or a way"};
    sim::Counter queue_full{this, "queue_full", "requests", "that had to wait for a queue entry"};
  } stats;

  /// `request`: what the memory bus asks for at a time, a block of the L2.
  LastLevelCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::DramParams& params,
                 const config::MemoryBusParams& bus, Bytes request);

  tlm::tlm_initiator_socket<> dram;

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  struct Line {
    bool valid = false;
    bool dirty = false;
    bool filling = false;
    std::uint64_t block = 0;
  };
  struct Mshr {
    bool busy = false;
    Line* line = nullptr;
    unsigned reads_due = 0;  // by the DRAM
    Cycle last_beat{};       // of those that have come
    std::vector<tlm::tlm_generic_payload*> waiting;
  };
  struct DramRequest {
    std::uint64_t address = 0;
    bool write = false;
    std::uint16_t mshr = 0;
  };

  bool accept(Cycle now, tlm::tlm_generic_payload& payload) override;
  void refused() override;
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  bool look_up(Cycle now);
  bool start_miss(Cycle now, tlm::tlm_generic_payload& payload, std::uint64_t block);
  void serve(Cycle now, tlm::tlm_generic_payload& payload, Line& line);
  void fill(Cycle now);
  void evict(Cycle now, Line& victim);
  bool send(Cycle now);
  void refill_came(Cycle now, std::size_t mshr);
  Cycle next_event(Cycle now) const;

  Line* find(std::uint64_t block);
  Line* victim_of(std::uint64_t block);
  Mshr* mshr_of(const Line& line);
  Mshr* free_mshr();
  Cycle occupy_store(Cycle from, unsigned beats);

  const config::LlcParams& params_;
  unsigned request_bytes_, beats_, requests_a_block_;
  std::vector<Line> lines_;  // of a set side by side
  std::vector<Mshr> mshrs_;
  Lfsr16 lfsr_;
  Cycle store_free_{};
  Answers requests_, answers_;
  std::deque<DramRequest> to_dram_;
  bool sending_ = false;  // between BEGIN_REQ and END_REQ
  Cycle send_from_{};     // the next BEGIN_REQ
  sim::TransactionPool pool_;
};

}  // namespace castor::memory
