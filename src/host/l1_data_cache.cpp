#include "castor/host/l1_data_cache.h"

#include <algorithm>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::host {

namespace {

// DCache.scala
constexpr unsigned s2_after_s0 = 2;
constexpr unsigned write_back_read = 2;  // data array to channel C
constexpr unsigned probe_s2_after_b = 2;
constexpr unsigned probe_free_cycles = 8;  // blockProbeAfterGrantCycles
constexpr unsigned compared_bits = 21;     // of the address whose ReleaseAck is due: pgIdxBits + pgLevelBits
// RocketCore.scala, PTW.scala
constexpr unsigned core_replay = 4;  // write-back to the EX stage of the refetched instruction
constexpr unsigned core_resume = 2;  // dcache_blocked is a register, then decode
constexpr unsigned walker_replay = 1;

}  // namespace

L1DataCache::L1DataCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::L1Params& params,
                         const config::BusParams& bus)
    : ClockedModule(name, domain, sim::level::l1_caches), socket("socket"), tags_(params, bus) {
  socket.bind(*this);
}

L1DataCache::Outcome L1DataCache::access(Requestor who, Cycle at, PhysAddr address, MemoryOp access) {
  CASTOR_ASSERT(!waiting(who));
  count(who, access);
  Line* line = tags_.find(address);
  const bool was_busy = busy(at);
  if (line != nullptr && permits(line->state, access) && !was_busy) {
    last_access_ = at;
    return hit(*line, at + s2_after_s0, access);
  }
  pending_[index(who)] = Pending{address, access, at};
  const Cycle now = domain().now();
  if (at == now) step_s0(now);  // a caller whose level is above this one's
  if (at + s2_after_s0 == now) step_late(now, who, was_busy);
  wake(std::max(at, now + 1));
  return Outcome::Waits;
}

std::optional<Cycle> L1DataCache::load_entry(Cycle s0, PhysAddr entry) {
  if (access(Requestor::Walker, s0, entry, MemoryOp::Load) == Outcome::Waits) return std::nullopt;
  return s0 + s2_after_s0;
}

// Told in s2: what happened to it in s0 is made up for.
void L1DataCache::step_late(Cycle s2, Requestor who, bool was_busy) {
  if (was_busy) return nack(s2, who);
  Pending& pending = *pending_[index(who)];
  pending.entered = pending.earliest;
  step_s2(s2, who);
}

void L1DataCache::count(Requestor who, MemoryOp access) {
  if (who == Requestor::Walker)
    ++stats.walker_loads;
  else
    ++(access == MemoryOp::Load ? stats.loads : stats.stores);
}

bool L1DataCache::busy(Cycle at) const {
  if (granting_ || release_ != Release::Ready || release_since_ > at || probe_s2_) return true;
  if (probe_offered_since_ && *probe_offered_since_ <= at) return true;
  return waiting(Requestor::Core) || waiting(Requestor::Walker);
}

L1DataCache::Outcome L1DataCache::hit(Line& line, Cycle s2, MemoryOp access) {
  access == MemoryOp::Reserve ? reservation_.reserve(s2) : reservation_.access(s2);
  const ClientState before = line.state;
  line.state = accessed(before, access);
  return line.state == before ? Outcome::Hit : Outcome::FirstWrite;
}

// By the registers: who is in s2 and the probe decide before anybody enters s0.
Cycle L1DataCache::step(Cycle now) {
  step_probe(now);
  step_release(now);
  step_s2(now, Requestor::Walker);
  step_s2(now, Requestor::Core);
  step_s0(now);
  return next_step(now);
}

Cycle L1DataCache::next_step(Cycle now) const {
  if (probe_s2_ || release_ != Release::Ready) return now + 1;
  Cycle next = Cycle::never();
  for (const auto& pending : pending_) {
    if (!pending || (granting_ && pending->nacked)) continue;
    next = std::min(next, pending->entered ? now + 1 : std::max(pending->earliest, now + 1));
  }
  return next;
}

void L1DataCache::step_s2(Cycle now, Requestor who) {
  auto& pending = pending_[index(who)];
  if (!pending || !pending->entered || *pending->entered + s2_after_s0 != now) return;
  pending->entered.reset();
  if (pending->killed) return nack(now, who);
  Line* line = tags_.find(pending->address);
  if (line == nullptr || !permits(line->state, pending->access)) {
    reservation_.access(now);
    nack_s1(now);
    miss(now, *pending);
    return nack(now, who);
  }
  if (hit(*line, now, pending->access) == Outcome::FirstWrite) nack_s1(now);
  pending.reset();
  answers_[index(who)](now);
}

void L1DataCache::nack_s1(Cycle now) {
  s1_nacked_ = now;
  for (auto& pending : pending_)
    if (pending && pending->entered && *pending->entered + 1 == now) pending->killed = true;
}

void L1DataCache::nack(Cycle s2, Requestor who) {
  Pending& pending = *pending_[index(who)];
  ++stats.nacks;
  pending.nacked = true;
  pending.killed = false;
  pending.earliest = s2 + (who == Requestor::Core ? core_replay : walker_replay);
}

void L1DataCache::step_s0(Cycle now) {
  for (const Requestor who : {Requestor::Walker, Requestor::Core}) {
    if (!tries(now, who)) continue;
    Pending& pending = *pending_[index(who)];
    if (accepts(now))
      pending.entered = now;
    else if (who == Requestor::Core)
      nack(now + s2_after_s0, who);  // replayed from write-back, as if nacked there
  }
}

// The walker holds its request up; the core's stands in decode after a nack until the cache is ready.
bool L1DataCache::tries(Cycle now, Requestor who) const {
  const auto& pending = pending_[index(who)];
  if (!pending || pending->entered || now < pending->earliest) return false;
  if (!pending->nacked) return true;
  return !granting_ && release_ == Release::Ready && now >= ready_for_[index(who)];
}

bool L1DataCache::accepts(Cycle now) const {
  return !granting_ && release_ == Release::Ready && release_since_ <= now &&
         now >= ready_for_[index(Requestor::Walker)] && s1_nacked_ != now && probe_offered_ != now && !is_in(now);
}

bool L1DataCache::is_in(Cycle s0) const {
  return std::any_of(pending_.begin(), pending_.end(), [s0](const auto& one) { return one && one->entered == s0; });
}

// The way of a line that lacks the permission, or the victim's, is given up in any case.
void L1DataCache::miss(Cycle now, const Pending& pending) {
  Line* held = tags_.find(pending.address);
  Line& victim = held != nullptr ? *held : tags_.victim(pending.address);
  if (victim.state == ClientState::Dirty) {
    released_ = tags_.address_of(victim);
    victim.state = ClientState::Nothing;
    ++stats.write_backs;
    return go(now, Release::VoluntaryWriteback);
  }
  go(now, Release::VoluntaryWriteMeta);
  const sim::Grow asked = grow(
      victim.state == ClientState::Branch && held != nullptr ? victim.state : ClientState::Nothing, pending.access);
  if (held == nullptr && victim.state != ClientState::Nothing) ++stats.dropped;
  victim.state = ClientState::Nothing;
  if (awaits_release_ack(tags_.line_of(pending.address))) return;
  refill_line_ = &victim;
  missed_ = pending;
  acquire(now, asked);
}

void L1DataCache::acquire(Cycle now, sim::Grow grow) {
  granting_ = true;
  acquired_ = now;
  ++stats.misses;
  if (grow == sim::Grow::BtoT) ++stats.upgrades;
  tlm::tlm_generic_payload& payload = acquire_message(pool_, tags_.line_of(missed_.address), tags_.block(), grow);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  socket->nb_transport_fw(payload, phase, delay);  // never refused: the only message on channel A
}

tlm::tlm_sync_enum L1DataCache::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                sc_core::sc_time&) {
  const Cycle now = domain().now();
  if (phase == sim::BEGIN_PROBE) return offer_probe(now, payload, phase);
  if (phase == tlm::END_REQ) {
    if (sim::on_channel_c(sim::tilelink(payload).message)) sending_ = false;
    wake(now);
    return tlm::TLM_ACCEPTED;
  }
  phase = tlm::END_RESP;
  return take_response(now, payload);
}

tlm::tlm_sync_enum L1DataCache::take_response(Cycle now, tlm::tlm_generic_payload& payload) {
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  if (tilelink.message == sim::Message::AcquireBlock) return take_grant(now, payload);
  release_ack_due_ = false;
  payload.release();
  wake(now);
  return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum L1DataCache::take_grant(Cycle now, tlm::tlm_generic_payload& payload) {
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  if (tilelink.beats_delivered == 0) {
    granted_any_ = true;
    tlm::tlm_phase phase = sim::GRANT_ACK;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum taken = socket->nb_transport_fw(payload, phase, delay);
    CASTOR_ASSERT(taken == tlm::TLM_UPDATED);  // one Grant at a time
  }
  if (tilelink.beats_delivered + 1 < tilelink.response_beats) return tlm::TLM_UPDATED;
  refill(now, tilelink.cap);
  payload.release();
  return tlm::TLM_COMPLETED;
}

void L1DataCache::refill(Cycle now, sim::Cap cap) {
  *refill_line_ = {tags_.tag_of(missed_.address), granted(cap, missed_.access)};
  granting_ = granted_any_ = false;
  stats.grant_cycles += now - acquired_;
  tags_.step_victims();
  probes_blocked_until_ = now + probe_free_cycles;
  ready_for_.fill(now + 1);
  wake(now);
}

tlm::tlm_sync_enum L1DataCache::offer_probe(Cycle now, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase) {
  if (!takes_probe(now, PhysAddr{payload.get_address()})) return tlm::TLM_ACCEPTED;
  probe_offered_since_.reset();
  probe_ = &payload;
  probe_s2_ = now + probe_s2_after_b;
  ++stats.probes;
  wake(*probe_s2_);
  phase = sim::END_PROBE;
  return tlm::TLM_UPDATED;
}

bool L1DataCache::takes_probe(Cycle now, PhysAddr line) {
  if (now < probes_blocked_until_ || reservation_.fresh(now)) return false;  // the core is to make progress
  probe_offered_ = now;
  if (!probe_offered_since_) probe_offered_since_ = now;
  return probe_in_order(now, line) && pipeline_is_empty(now);
}

bool L1DataCache::probe_in_order(Cycle now, PhysAddr line) const {
  return !probe_s2_ && release_ == Release::Ready && release_since_ <= now && !granted_any_ &&
         !awaits_release_ack(line);
}

// Nothing in s1 or s2; accesses that would have entered since the probe is offered were not let in.
bool L1DataCache::pipeline_is_empty(Cycle now) const {
  if (is_in(Cycle{now.count() - 1}) || is_in(Cycle{now.count() - 2})) return false;
  if (!last_access_ || *last_access_ >= *probe_offered_since_) return true;
  return *last_access_ + s2_after_s0 < now;
}

void L1DataCache::step_probe(Cycle now) {
  if (probe_s2_ != now) return;
  probe_s2_.reset();
  Line* line = tags_.find(PhysAddr{probe_->get_address()});
  const ClientState state = line == nullptr ? ClientState::Nothing : line->state;
  const sim::Cap cap = sim::tilelink(*probe_).cap;
  probe_report_ = shrink(state, cap);
  if (line != nullptr) line->state = capped(state, cap);
  reservation_.drop(now);
  if (state != ClientState::Nothing) ++stats.probe_hits;
  if (state == ClientState::Dirty) {
    ++stats.probe_write_backs;
    nack_s1(now);
    return go(now, Release::ProbeRepDirty);
  }
  if (state != ClientState::Nothing || sending_) nack_s1(now);
  if (sending_) return go(now, state == ClientState::Nothing ? Release::ProbeRepMiss : Release::ProbeRepClean);
  answer_probe(false);
  if (state != ClientState::Nothing) go(now, Release::ProbeWriteMeta);
}

void L1DataCache::step_release(Cycle now) {
  if (release_ == Release::Ready || release_since_ > now) return;
  switch (release_) {
    case Release::VoluntaryWriteback:
    case Release::ProbeRepDirty:
      return step_data_message(now);
    case Release::ProbeRepClean:
    case Release::ProbeRepMiss:
      if (sending_) return;
      answer_probe(false);
      return go(now, release_ == Release::ProbeRepClean ? Release::ProbeWriteMeta : Release::Ready);
    default:
      return go(now, Release::Ready);
  }
}

// Channel C with data: the array is read two cycles before the first beat, which waits for an outstanding ReleaseAck.
void L1DataCache::step_data_message(Cycle now) {
  const bool voluntary = release_ == Release::VoluntaryWriteback;
  if (!sent_) {
    if (now < release_since_ + write_back_read || sending_ || release_ack_due_) return;
    sent_ = true;
    if (voluntary)
      send_release();
    else
      answer_probe(true);
  }
  if (!sending_) go(now, voluntary ? Release::VoluntaryWriteMeta : Release::ProbeWriteMeta);
}

void L1DataCache::send_release() {
  release_ack_due_ = true;
  send(release_message(pool_, released_, tags_.block()));
}

void L1DataCache::answer_probe(bool data) {
  sim::TileLinkExtension& tilelink = sim::tilelink(*probe_);
  tilelink.message = data ? sim::Message::ProbeAckData : sim::Message::ProbeAck;
  tilelink.shrink = probe_report_;
  tilelink.request_beats = data ? static_cast<std::uint16_t>(tags_.block().beats) : 1;
  send(*std::exchange(probe_, nullptr));
}

void L1DataCache::send(tlm::tlm_generic_payload& payload) {
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  sending_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
}

void L1DataCache::go(Cycle now, Release next) {
  release_ = next;
  release_since_ = now + 1;
  sent_ = false;
  if (next != Release::Ready) return;
  ready_for_[index(Requestor::Walker)] = now + 1;
  ready_for_[index(Requestor::Core)] = now + 1 + core_resume;
}

bool L1DataCache::awaits_release_ack(PhysAddr line) const {
  return release_ack_due_ && bits(line.value() ^ released_.value(), compared_bits - 1, tags_.log2_block()) == 0;
}

std::string L1DataCache::waiting_for() const {
  if (granting_) return "the L2 to grant a line";
  if (waiting(Requestor::Core) || waiting(Requestor::Walker)) return "its turn to access";
  return {};
}

}  // namespace castor::host
