// The data cache of a BOOM tile: tags and timing of a write-back cache with several misses under way, coherent with
// the L2.
//
// RTL twin: BOOM's lsu/dcache.scala and lsu/mshrs.scala (BoomMSHR, BoomWritebackUnit, BoomProbeUnit). Not modelled:
// bank and line-buffer conflicts, the prefetcher; an access that finds no MSHR waits here (the RTL: it is nacked and
// the load-store unit tries again).
//
// access(at, ...): the cycle in which it enters the cache (s0); it may lie ahead of the clock.
//   true   it hits: its data is there in at + hit_latency.
//   false  the answer tells the cycle in which its data is there.
// Cycles of a miss, with t = at + hit_latency:
//   One MSHR is taken a cycle, in t if one is free, no other works on the same set and no ReleaseAck of that set is
//   due (until then its lines are not accessed at all); else when that is so. Acquire in t+1 or when channel A is free.
//   An access to a line on its way joins its MSHR unless it needs more than was asked for, or the Grant has come. With
//   g the last beat of the Grant: the loads have their data in g+1, g+2, ...; behind them three cycles for the victim's
//   tag, if it is dirty two more and its copy into the write-back unit (beats + 2), a cycle for each beat of the line;
//   then the stores follow, a cycle each, two to the array. The line is there, and the GrantAck leaves, in the cycle
//   after the tag is written; the MSHR is free two cycles later. A Grant without data goes to the stores at once. One
//   write-back unit: it sends the beats of the Release two cycles after it has copied the line, and takes the next line
//   after the ReleaseAck. A Grant whose victim has to wait for it is acknowledged meanwhile, unlike in BOOM: channel E
//   must not wait for channel C. A probe is taken in b if no probe is at work, no write-back of its set (nor, if it
//   finds its line dirty, any), no MSHR of its set is between Grant and the line's arrival, and no reservation is
//   fresh; its answer without data leaves in b+6, with data in b+13; the next one from b+9, or four cycles after the
//   last beat, on.
// Victims are pseudo-random: an LFSR that steps with every miss.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tlm>
#include <vector>

#include "castor/config/bus_params.h"
#include "castor/config/host_params.h"
#include "castor/host/client_tags.h"
#include "castor/host/memory_op.h"
#include "castor/host/reservation.h"
#include "castor/sim/module.h"
#include "castor/sim/tilelink.h"

namespace castor::host {

class NonblockingDataCache : public sim::ClockedModule, public tlm::tlm_bw_transport_if<> {
 public:
  using Number = std::uint64_t;
  using Answer = std::function<void(Number, Cycle)>;

  struct Stats : sim::StatGroup {
    sim::Counter loads{this, "loads", "accesses", "loads that hit or missed"};
    sim::Counter stores{this, "stores", "accesses", "stores, reservations and atomics"};
    sim::Counter misses{this, "misses", "lines", "lines or permissions asked of the L2"};
    sim::Counter secondary{this, "secondary", "accesses", "accesses to a line on its way"};
    sim::Counter upgrades{this, "upgrades", "lines",
                          "of the misses, those that held the line and lacked the permission"};
    sim::Counter refused{this, "refused", "accesses", "accesses that had to wait: no MSHR, or their set at work"};
    sim::Counter write_backs{this, "write_backs", "lines", "dirty victims released"};
    sim::Counter dropped{this, "dropped", "lines", "clean victims"};
    sim::Counter probes{this, "probes", "messages", "probes answered"};
    sim::Counter probe_hits{this, "probe_hits", "messages", "of them, those that found their line"};
    sim::Counter probe_write_backs{this, "probe_write_backs", "lines", "of them, those that took dirty data away"};
    sim::Counter miss_cycles{this, "miss_cycles", "cycles", "that MSHRs were taken, summed over them"};
  } stats;

  NonblockingDataCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::L1Params& params,
                       const config::BusParams& bus);

  /// To a port made with SystemBus::add_client.
  tlm::tlm_initiator_socket<> socket;

  bool access(Cycle at, PhysAddr address, MemoryOp access, Number number);
  void set_answer(Answer answer) { answer_ = std::move(answer); }
  /// Whether an sc that enters then finds the reservation of the lr before it.
  bool reserved(Cycle at) const { return reservation_.fresh(at + hit_latency_); }
  std::uint64_t hit_latency() const { return hit_latency_; }
  /// For tests, warm starts and coherence checks: untimed.
  const ClientTags& tags() const { return tags_; }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  using Line = ClientTags::Line;
  struct Access {
    PhysAddr address;
    MemoryOp access;
    Number number;
    Cycle from;            // looked at from then on
    bool refused = false;  // once at least
  };
  /// An access that is told in `at`.
  struct Told {
    Cycle at;
    Number number;
  };
  struct Mshr {
    enum class State { Free, Acquire, Grant, WriteBack, Commit } state = State::Free;
    PhysAddr line{};
    MemoryOp asked = MemoryOp::Load;
    sim::Grow grow = sim::Grow::NtoB;
    Line* way = nullptr;
    std::vector<Access> accesses;
    tlm::tlm_generic_payload* grant = nullptr;
    Cycle since{};              // taken
    Cycle ready{};              // the Acquire may leave, the victim be looked at
    Cycle there{}, free{};      // the line, the MSHR
    bool there_told = false;    // GrantAck
    bool acknowledged = false;  // the Grant
  };
  enum class Probing { Nothing, Looking, Answering, Recovering };

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  bool hit(Line& line, Cycle at, MemoryOp access);
  void step_answers(Cycle now);
  void step_accesses(Cycle now);
  bool place(Cycle now, Access& access);
  bool refuse(Access& access);
  Mshr* mshr_of_set(PhysAddr address);
  bool joins(Mshr& mshr, const Access& access) const;
  bool take_mshr(Cycle now, const Access& access);
  void step_mshr(Cycle now, Mshr& mshr);
  void acquire(Cycle now, Mshr& mshr);
  void grant(Cycle now, Mshr& mshr, sim::Cap cap, bool data);
  void look_at_victim(Cycle now, Mshr& mshr);
  void commit(Cycle begin, Mshr& mshr);
  bool acknowledge(Cycle now, Mshr& mshr);
  void finish(Cycle now, Mshr& mshr);
  tlm::tlm_sync_enum take_response(Cycle now, tlm::tlm_generic_payload& payload);

  tlm::tlm_sync_enum offer_probe(Cycle now, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase);
  bool write_back_blocks(PhysAddr line) const;
  bool takes_probe(Cycle now, PhysAddr line) const;
  void step_probe(Cycle now);
  void look_for_probed_line(Cycle now);
  void step_write_back(Cycle now);
  void send(tlm::tlm_generic_payload& payload);
  bool may_send(Cycle now) const { return !channel_c_busy_ && now >= channel_c_from_; }
  Cycle next_step(Cycle now) const;

  ClientTags tags_;
  std::uint64_t hit_latency_;
  sim::TransactionPool pool_;
  Answer answer_;
  std::vector<Access> waiting_;  // in the order of the core's calls
  std::vector<Told> told_;
  std::vector<Mshr> mshrs_;
  Cycle mshr_taken_ = Cycle::never();  // last
  Cycle acquired_ = Cycle::never();    // last message on channel A, a cycle each
  Cycle granted_ = Cycle::never();     // last GrantAck, a cycle each
  bool channel_a_busy_ = false;
  bool channel_c_busy_ = false;
  Cycle channel_c_from_{};  // a message in the cycle after the last one has gone

  // The write-back unit.
  bool write_back_ = false;  // from the copy of a victim to its ReleaseAck
  bool release_sent_ = false;
  PhysAddr released_{};
  Cycle release_at_{};

  // The probe unit.
  Probing probing_ = Probing::Nothing;
  tlm::tlm_generic_payload* probe_ = nullptr;
  Cycle probe_next_{};  // when its next state begins
  bool probe_data_ = false;
  Reservation reservation_{0};
};

}  // namespace castor::host
