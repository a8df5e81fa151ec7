// The data cache of a Rocket tile: tags and timing of a blocking, write-back cache, coherent with the L2.
//
// RTL twin: DCache.scala (nMSHRs = 0), Metadata.scala; replays: RocketCore.scala, PTW.scala. Not modelled: the pending
// store buffer and its hazards, uncached accesses, ECC. The TLB is before it (core_tlb.h).
//
// The seam for a core's timing model and for the page-table walker: access(who, at, ...) with the cycle in which the
// request enters the cache (s0: the core's EX stage). The core may also ask from its WB stage, in s2.
//   Hit         its data is there in s2 = at + 2, as the pipeline has it. The caller may run ahead of the clock: `at`
//               may lie in the future, and accesses that hit may follow each other without the clock moving.
//   FirstWrite  a hit, the line's first store: it rewrites the tag in s2, so an access in s1 then (entered in at + 1)
//               is nacked and replayed. What that costs is the caller's business.
//   Waits       a miss, or the cache is busy: `answer` of that requestor is called once, in the cycle in which the
//               access is at last in s2 and hits. Until then that requestor makes no other access. The caller has to
//               stop running ahead here.
//
// Cycles, with t the s2 of the access that misses (t = at + 2 if nothing is in its way):
//   Acquire in t, if the victim is clean (it is dropped without a word) or there is none.
//   A dirty victim first: the beats of its Release in t+3 to t+6, the cache is ready again in t+8, and the access,
//   which was nacked, comes back; then the way is free. A second dirty victim waits for the ReleaseAck of the first; so
//   does an Acquire of the line released.
//   GrantAck with the first D beat; with the last one, in g, the line is there: the access enters again in g+1.
//   A nacked access comes back (is in s0) after t+4 if it is the core's (replay from write-back: refetch and three
//   stages), two cycles after the cache is ready again, one after the last beat of a refill; the walker's after t+1 as
//   soon as the cache is ready. The walker goes first.
//   A probe of line X is taken in b if nothing is in s1 or s2 (the cache accepts no access while one is offered), no
//   other probe, write-back or grant is in progress, no ReleaseAck of X is due, the last beat of a grant is at least
//   eight cycles back, and no reservation is fresh. Its answer: without data in b+2, the cache ready in b+4 (nothing
//   held: b+3); with data in b+5 to b+8, ready in b+10.
// Victims are pseudo-random: an LFSR that steps with every refill.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <tlm>
#include <vector>

#include "castor/common/types.h"
#include "castor/config/bus_params.h"
#include "castor/config/host_params.h"
#include "castor/host/client_tags.h"
#include "castor/host/memory_op.h"
#include "castor/host/reservation.h"
#include "castor/host/table_reader.h"
#include "castor/sim/module.h"
#include "castor/sim/tilelink.h"

namespace castor::host {

class L1DataCache : public sim::ClockedModule, public TableReader, public tlm::tlm_bw_transport_if<> {
 public:
  /// In order of priority.
  enum class Requestor : std::uint8_t { Walker, Core, count_ };
  enum class Outcome : std::uint8_t { Hit, FirstWrite, Waits };

  struct Stats : sim::StatGroup {
    sim::Counter loads{this, "loads", "accesses", "loads of the core that hit or missed, replays not counted"};
    sim::Counter stores{this, "stores", "accesses", "its stores, reservations and atomics"};
    sim::Counter walker_loads{this, "walker_loads", "accesses", "loads of the page-table walker"};
    sim::Counter misses{this, "misses", "accesses", "accesses that asked the L2 for a line or a permission"};
    sim::Counter upgrades{this, "upgrades", "accesses", "of them, those that held the line and lacked the permission"};
    sim::Counter write_backs{this, "write_backs", "lines", "dirty victims released"};
    sim::Counter dropped{this, "dropped", "lines", "clean victims"};
    sim::Counter probes{this, "probes", "messages", "probes answered"};
    sim::Counter probe_hits{this, "probe_hits", "messages", "of them, those that found their line"};
    sim::Counter probe_write_backs{this, "probe_write_backs", "lines", "of them, those that took dirty data away"};
    sim::Counter nacks{this, "nacks", "accesses", "turned away: a dirty victim, a busy cache"};
    sim::Counter grant_cycles{this, "grant_cycles", "cycles", "between an Acquire and the last beat of its Grant"};
  } stats;

  L1DataCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::L1Params& params,
              const config::BusParams& bus);

  /// To a port made with SystemBus::add_client.
  tlm::tlm_initiator_socket<> socket;

  Outcome access(Requestor who, Cycle at, PhysAddr address, MemoryOp access);
  /// Whom to tell when an access that waited has hit: the cycle is its s2.
  void set_answer(Requestor who, std::function<void(Cycle)> answer) { answers_[index(who)] = std::move(answer); }
  /// The walker's accesses, by the names of its seam.
  std::optional<Cycle> load_entry(Cycle s0, PhysAddr entry) override;
  void when_entry_loaded(std::function<void(Cycle)> answer) override {
    set_answer(Requestor::Walker, std::move(answer));
  }
  /// Whether an sc in this s2 still finds the reservation of the lr before it.
  bool reserved(Cycle s2) const { return reservation_.fresh(s2); }
  /// Nothing is under way that a fence would wait for.
  bool ordered() const { return !granting_ && !waiting(Requestor::Core) && !waiting(Requestor::Walker); }
  /// For tests, warm starts and coherence checks: untimed.
  const ClientTags& tags() const { return tags_; }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  using Line = ClientTags::Line;
  /// An access that waits: before s0, on its way through s0, s1, s2, or back to s0.
  struct Pending {
    PhysAddr address{};
    MemoryOp access = MemoryOp::Load;
    Cycle earliest{};                // s0
    std::optional<Cycle> entered{};  // s0, while it is in s1 or s2
    bool nacked = false;             // once at least
    bool killed = false;             // in s1
  };
  enum class Release : std::uint8_t {
    Ready,
    VoluntaryWriteback,
    VoluntaryWriteMeta,
    ProbeRepDirty,
    ProbeRepClean,
    ProbeRepMiss,
    ProbeWriteMeta
  };

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  // s0 to s2
  static std::size_t index(Requestor who) { return static_cast<std::size_t>(who); }
  bool waiting(Requestor who) const { return pending_[index(who)].has_value(); }
  bool busy(Cycle at) const;
  Outcome hit(Line& line, Cycle s2, MemoryOp access);
  void count(Requestor who, MemoryOp access);
  void step_s2(Cycle now, Requestor who);
  void step_s0(Cycle now);
  void step_late(Cycle s2, Requestor who, bool was_busy);
  bool tries(Cycle now, Requestor who) const;
  bool accepts(Cycle now) const;
  bool is_in(Cycle s0) const;
  void nack(Cycle s2, Requestor who);
  void nack_s1(Cycle now);
  void miss(Cycle now, const Pending& pending);
  Cycle next_step(Cycle now) const;

  // Channels A, D, E
  void acquire(Cycle now, sim::Grow grow);
  tlm::tlm_sync_enum take_grant(Cycle now, tlm::tlm_generic_payload& payload);
  void refill(Cycle now, sim::Cap cap);
  tlm::tlm_sync_enum take_response(Cycle now, tlm::tlm_generic_payload& payload);

  // Channels B, C
  bool takes_probe(Cycle now, PhysAddr line);
  bool probe_in_order(Cycle now, PhysAddr line) const;
  bool pipeline_is_empty(Cycle now) const;
  tlm::tlm_sync_enum offer_probe(Cycle now, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase);
  void step_probe(Cycle now);
  void step_release(Cycle now);
  void step_data_message(Cycle now);
  void answer_probe(bool data);
  void send_release();
  void send(tlm::tlm_generic_payload& payload);
  void go(Cycle now, Release next);
  bool awaits_release_ack(PhysAddr line) const;

  ClientTags tags_;
  sim::TransactionPool pool_;
  std::array<std::function<void(Cycle)>, 2> answers_;
  std::array<std::optional<Pending>, 2> pending_;
  std::array<Cycle, 2> ready_for_{};  // s0 of a replay: when the cache is ready again, as the requestor sees it

  // The one miss.
  bool granting_ = false;     // between the Acquire and the last beat of its Grant
  bool granted_any_ = false;  // its first beat has come
  Cycle acquired_{};
  Pending missed_;
  Line* refill_line_ = nullptr;

  // The one write-back or probe.
  Release release_ = Release::Ready;
  Cycle release_since_{};
  bool sent_ = false;     // the message of this state has begun
  bool sending_ = false;  // between BEGIN_REQ and END_REQ on channel C
  bool release_ack_due_ = false;
  PhysAddr released_{};
  tlm::tlm_generic_payload* probe_ = nullptr;
  sim::Shrink probe_report_ = sim::Shrink::NtoN;
  std::optional<Cycle> probe_s2_;
  Cycle probe_offered_ = Cycle::never();      // last offered
  std::optional<Cycle> probe_offered_since_;  // while it is not taken
  Cycle s1_nacked_ = Cycle::never();          // whatever is in s1 then
  std::optional<Cycle> last_access_;          // s0 of the latest that hit at once
  Cycle probes_blocked_until_{};              // after a grant
  Reservation reservation_{Reservation::back_off};
};

}  // namespace castor::host
