// One bank of the shared L2: scheduler, MSHRs, directory and data store ports.
//
// RTL twin: InclusiveCache.scala, Scheduler.scala, SinkA.scala, SinkD.scala, SinkE.scala, SourceA.scala (sifive
// inclusive cache).
//
// Timing of a request accepted in t0: directory result t1, scheduled t2, first D beat t4 (a hit). One request is
// accepted a cycle if an MSHR is free and none works on its set; else it joins that MSHR's secondary requests, or takes
// the MSHR over in the cycle in which it ends. One MSHR is scheduled a cycle, round robin, when everything it wants can
// be had at once. A miss acquires in t2 (leaves the outer buffer in t3), or in t3 if a victim must go in t2; the first
// refill beat lets SourceD start. A full-block PutFull acquires permission without data.
// A request at the head that finds no MSHR, put-buffer or secondary entry blocks those behind it.
//
// L1s that cache (channels B, C, E): a Release goes before any request of channel A. Two MSHRs are reserved, so that it
// always finds one: where the MSHR of its set waits for clients or memory the Release is served by the last MSHR, and
// the other stands still meanwhile; else it joins that MSHR's secondary requests, before those of channel A. An MSHR
// that has granted is held until the GrantAck.
//
// Tags and timing only: bytes live in the BackingStore and move in SourceD.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "castor/config/bus_params.h"
#include "castor/config/l2_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/memory/backing_store.h"
#include "castor/memory/banked_store.h"
#include "castor/memory/directory.h"
#include "castor/memory/l2_outer.h"
#include "castor/memory/mshr.h"
#include "castor/memory/put_buffer.h"
#include "castor/memory/secondary_requests.h"
#include "castor/memory/sink_c.h"
#include "castor/memory/source_b.h"
#include "castor/memory/source_c.h"
#include "castor/memory/source_d.h"
#include "castor/memory/system_bus.h"
#include "castor/sim/levels.h"
#include "castor/sim/module.h"

namespace castor::memory {

class InclusiveCache : public sim::ClockedModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter hits{this, "hits", "requests", "requests that found their line"};
    sim::Counter misses{this, "misses", "requests", "requests that did not"};
    sim::Counter secondary{this, "secondary", "requests", "requests that waited behind one of the same set"};
    sim::Counter clean_evictions{this, "clean_evictions", "lines", "victims given up without data"};
    sim::Counter dirty_evictions{this, "dirty_evictions", "lines", "victims written back"};
    sim::Counter fetches{this, "fetches", "lines", "lines asked of memory"};
    sim::Counter permissions{this, "permissions", "lines", "lines taken without data for a whole-line write"};
    sim::Counter bytes_read{this, "bytes_read", "bytes", "requested by Gets"};
    sim::Counter bytes_written{this, "bytes_written", "bytes", "requested by Puts"};
    sim::Counter acquires{this, "acquires", "requests", "lines or permissions asked for by L1s"};
    sim::Counter releases{this, "releases", "requests", "lines given up by L1s of themselves"};
    sim::Counter nested_releases{this, "nested_releases", "requests",
                                 "releases that passed a request of their set which waited for others"};
    sim::Counter evicting_probes{this, "evicting_probes", "lines", "victims that L1s had to give up first"};
    sim::Counter permission_probes{this, "permission_probes", "lines", "lines asked back from the L1s that held them"};
    sim::Counter probe_data{this, "probe_data", "lines", "probes answered with data"};
    sim::Counter mshr_cycles{this, "mshr_cycles", "cycles", "sum over MSHRs of the cycles each was occupied"};
    sim::Counter blocked_requests{this, "blocked_requests", "cycles",
                                  "a request stood at the port and could not enter"};
  } stats;

  InclusiveCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::L2Params& params,
                 const config::BusParams& bus, const config::MemoryBusParams& memory_bus, BankPort& port,
                 BackingStore& store, unsigned bank = 0);

  L2OuterPort& outer() { return outer_; }
  Directory& directory() { return directory_; }
  /// Where a line lives: for tests and warm starts.
  std::uint32_t set_of(PhysAddr address) const { return (address.value() >> set_shift_) & set_mask_; }
  std::uint32_t tag_of(PhysAddr address) const { return address.value() >> tag_shift_; }
  PhysAddr address_of(std::uint32_t set, std::uint32_t tag) const;

  /// Whether a request of this line's set is under way.
  bool works_on(PhysAddr address) const { return mshrs_of_set(set_of(address)) != 0; }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  static constexpr int none = -1;

  /// Where an arriving request finds its place in this cycle.
  enum class Seat { Refused, FreeMshr, EndingMshr, Secondary, Nested };
  /// The MSHR scheduled in this cycle, and what it leaves to be done.
  struct Turn {
    int mshr = none;
    bool ends = false;        // its request is complete
    bool pops = false;        // a secondary request follows ...
    unsigned queue = 0;       // ... of this queue
    bool looks_up = false;    // which needs the directory
    bool taken_over = false;  // the arriving request follows instead
  };

  Turn select(Cycle now);
  void schedule(Cycle now, int mshr);
  void schedule_outer(Cycle now, const Mshr& mshr, std::uint16_t id);
  void schedule_directory_write(const Mshr& mshr, std::uint16_t id);
  void schedule_response(const Mshr& mshr, std::uint16_t id);
  void take_request(Cycle now, Turn& turn);
  bool accept(Cycle now, const RequestBeat& beat, Turn& turn);
  Seat find_seat(std::uint32_t set, const Turn& turn) const;
  Seat find_release_seat(std::uint32_t set, const Turn& turn) const;
  void sit(const L2Request& request, Seat seat, Turn& turn);
  void occupy(int mshr, const L2Request& request);
  unsigned queue_of(const L2Request& request) const;
  std::uint32_t stalled_mshrs() const;
  void serve_clients(Cycle now);
  void take_release(Cycle now, Turn& turn);
  void take_probe_ack(Cycle now);
  void take_grant_ack(Cycle now);
  void schedule_probe(const Mshr& mshr);
  void forward_nested_data(std::uint32_t set, const DirectoryEntry& entry);
  void end_turn(const Turn& turn);
  void follow(int mshr, const L2Request& request);
  void look_up(int mshr, const L2Request& request);
  void plan();
  void sink_refill(Cycle now);
  void receive(const OuterResponse& response);
  void refresh(int mshr);
  /// One bit an MSHR that works on the set.
  std::uint32_t mshrs_of_set(std::uint32_t set) const;
  int release_target(std::uint32_t matches) const;
  L2Request form_request(const RequestBeat& beat) const;
  void buffer(Cycle now, const RequestBeat& beat);
  void account(Cycle now);

  BankPort& port_;
  unsigned set_shift_, tag_shift_, log2_block_, beat_bytes_, bank_;
  std::uint32_t set_mask_;
  Cycle ready_at_;  // the directory has been wiped

  L2OuterPort outer_;
  Directory directory_;
  BankedStore store_;
  PutBuffer puts_;
  SecondaryRequests secondary_;  // a queue for each MSHR's requests of channel A, then those of channel C
  SourceB source_b_;
  SinkC sink_c_;
  SourceD source_d_;
  SourceC source_c_;

  std::vector<Mshr> mshrs_;
  std::vector<std::uint32_t> sets_;         // of the MSHRs, for the search
  std::uint32_t all_mshrs_, common_mshrs_;  // the common ones serve channel A too
  unsigned nested_mshr_;                    // the last: for a Release that passes another request of its set
  // One bit an MSHR, by the registers' state at the beginning of a cycle.
  std::uint32_t occupied_ = 0;
  std::uint32_t wants_acquire_ = 0, wants_release_ = 0, wants_response_ = 0, wants_directory_ = 0, wants_probe_ = 0,
                wants_ = 0;
  std::uint32_t after_last_ = 0;  // whose turn it is

  struct Lookup {
    int mshr = none;
    DirectoryResult line;
  };
  Lookup lookup_;          // its result comes in this cycle
  Lookup started_lookup_;  // in this cycle
  std::uint16_t put_list_ = 0;
  std::uint16_t refill_beat_ = 0;
  std::uint16_t refill_mshr_ = 0;
  unsigned busy_mshrs_ = 0;
  bool active_ = false;
  bool refused_ = false;   // the request at the port found no place ...
  bool room_ = false;      // ... and there may be one since the last cycle
  bool released_ = false;  // a Release wanted the turn in this cycle
  bool responds_ = false;  // SourceD starts in this cycle
  L2Request response_;
  std::uint8_t response_way_ = 0;
  std::uint16_t response_mshr_ = 0;
  Cycle accounted_{};
};

}  // namespace castor::memory
