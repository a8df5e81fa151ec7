#include "castor/host/nonblocking_data_cache.h"

#include <algorithm>
#include <utility>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::host {
namespace {

// mshrs.scala: states between the loads and the line
constexpr unsigned victim_tag = 3;   // s_meta_read, s_meta_resp_1, s_meta_resp_2
constexpr unsigned victim_asks = 2;  // s_meta_clear, s_wb_req
constexpr unsigned store_to_array = 2;
constexpr unsigned free_after_ack = 2;  // s_mem_finish_1, s_mem_finish_2
// dcache.scala
constexpr unsigned copied_after_last_read = 2;
constexpr unsigned release_after_copy = 2;  // s_lsu_release, s_active
constexpr unsigned probe_looks = 4;         // s_meta_read to s_mshr_resp
constexpr unsigned probe_answers = 2;       // s_lsu_release, s_release
constexpr unsigned probe_writes = 3;        // s_meta_write, s_meta_write_resp

}  // namespace

NonblockingDataCache::NonblockingDataCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                           const config::L1Params& params, const config::BusParams& bus)
    : ClockedModule(name, domain, sim::level::l1_caches),
      socket("socket"),
      tags_(params, bus),
      hit_latency_(params.hit_latency),
      mshrs_(params.mshrs) {
  CASTOR_ASSERT(!mshrs_.empty());
  socket.bind(*this);
}

// --- accesses
// ---------------------------------------------------------------------------------------------------------

bool NonblockingDataCache::access(Cycle at, PhysAddr address, MemoryOp access, Number number) {
  ++(access == MemoryOp::Load ? stats.loads : stats.stores);
  const Cycle data = at + hit_latency_;
  Line* line = tags_.find(address);
  if (line != nullptr && permits(line->state, access)) return hit(*line, data, access);
  waiting_.push_back({address, access, number, std::max(data, domain().now())});
  wake(std::max(data, domain().now() + 1));
  return false;
}

bool NonblockingDataCache::hit(Line& line, Cycle at, MemoryOp access) {
  access == MemoryOp::Reserve ? reservation_.reserve(at) : reservation_.access(at);
  line.state = accessed(line.state, access);
  return true;
}

Cycle NonblockingDataCache::step(Cycle now) {
  step_probe(now);
  step_write_back(now);
  for (Mshr& mshr : mshrs_) step_mshr(now, mshr);
  step_accesses(now);
  step_answers(now);
  return next_step(now);
}

void NonblockingDataCache::step_answers(Cycle now) {
  for (std::size_t i = 0; i < told_.size();) {
    if (told_[i].at > now) {
      ++i;
      continue;
    }
    const Number number = told_[i].number;
    told_.erase(told_.begin() + static_cast<std::ptrdiff_t>(i));
    answer_(number, now);
  }
}

/// The accesses that are due, in the order of the core's calls.
void NonblockingDataCache::step_accesses(Cycle now) {
  for (std::size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].from <= now && place(now, waiting_[i]))
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
}

/// False: it has to wait. The set of a line that is written back is left alone until that is acknowledged: a line that
/// came into it before could not be acknowledged, since its own victim waits for the write-back unit, and the L2 would
/// keep the Release behind it (dcache.scala: s2_nack_wb).
bool NonblockingDataCache::place(Cycle now, Access& access) {
  if (write_back_ && tags_.set_of(released_) == tags_.set_of(access.address)) return refuse(access);
  Line* line = tags_.find(access.address);
  if (line != nullptr && permits(line->state, access.access)) {
    told_.push_back({now, access.number});
    return hit(*line, now, access.access);
  }
  Mshr* mshr = mshr_of_set(access.address);
  if (mshr == nullptr ? take_mshr(now, access) : joins(*mshr, access)) {
    if (mshr == nullptr) return true;
    ++stats.secondary;
    mshr->accesses.push_back(access);
    return true;
  }
  return refuse(access);
}

bool NonblockingDataCache::refuse(Access& access) {
  if (!std::exchange(access.refused, true)) ++stats.refused;
  return false;
}

NonblockingDataCache::Mshr* NonblockingDataCache::mshr_of_set(PhysAddr address) {
  const auto found = std::find_if(mshrs_.begin(), mshrs_.end(), [&](const Mshr& mshr) {
    return mshr.state != Mshr::State::Free && tags_.set_of(mshr.line) == tags_.set_of(address);
  });
  return found == mshrs_.end() ? nullptr : &*found;
}

bool NonblockingDataCache::joins(Mshr& mshr, const Access& access) const {
  const bool on_its_way = mshr.state == Mshr::State::Acquire || mshr.state == Mshr::State::Grant;
  return on_its_way && mshr.line == tags_.line_of(access.address) &&
         (access.access == MemoryOp::Load || mshr.asked != MemoryOp::Load);
}

bool NonblockingDataCache::take_mshr(Cycle now, const Access& access) {
  const auto free =
      std::find_if(mshrs_.begin(), mshrs_.end(), [](const Mshr& mshr) { return mshr.state == Mshr::State::Free; });
  if (free == mshrs_.end() || mshr_taken_ == now) return false;
  mshr_taken_ = now;
  Line* held = tags_.find(access.address);
  Line& victim = tags_.victim(access.address);
  tags_.step_victims();
  free->state = Mshr::State::Acquire;
  free->line = tags_.line_of(access.address);
  free->asked = access.access;
  free->grow = grow(held == nullptr ? ClientState::Nothing : held->state, access.access);
  free->way = held == nullptr ? &victim : held;
  free->accesses.assign(1, access);
  free->since = now;
  free->ready = now + 1;
  free->there_told = free->acknowledged = false;
  ++stats.misses;
  if (free->grow == sim::Grow::BtoT) ++stats.upgrades;
  return true;
}

// --- misses
// -----------------------------------------------------------------------------------------------------------

void NonblockingDataCache::step_mshr(Cycle now, Mshr& mshr) {
  switch (mshr.state) {
    case Mshr::State::Acquire:
      if (mshr.ready <= now && !channel_a_busy_ && acquired_ != now) acquire(now, mshr);
      break;
    case Mshr::State::WriteBack:
      if (mshr.ready <= now) look_at_victim(now, mshr);
      break;
    case Mshr::State::Commit:
      if (mshr.there <= now && !mshr.there_told && acknowledge(now, mshr)) finish(now, mshr);
      if (mshr.there_told && mshr.free <= now) mshr.state = Mshr::State::Free;
      break;
    default:
      break;
  }
}

void NonblockingDataCache::acquire(Cycle now, Mshr& mshr) {
  acquired_ = now;
  mshr.state = Mshr::State::Grant;
  tlm::tlm_generic_payload& payload = acquire_message(pool_, mshr.line, tags_.block(), mshr.grow);
  sim::tilelink(payload).source = static_cast<std::uint16_t>(&mshr - mshrs_.data());
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  channel_a_busy_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
}

/// The last beat: the loads get their data from it.
void NonblockingDataCache::grant(Cycle now, Mshr& mshr, sim::Cap cap, bool data) {
  mshr.grant->acquire();
  MemoryOp most = MemoryOp::Load;
  Cycle at = now;
  for (const Access& access : mshr.accesses) {
    most = std::max(most, access.access);
    if (data && access.access == MemoryOp::Load) told_.push_back({at = at + 1, access.number});
  }
  mshr.asked = most;
  sim::tilelink(*mshr.grant).cap = cap;
  if (!data) return commit(now + 1, mshr);
  mshr.state = Mshr::State::WriteBack;
  mshr.ready = at + 1 + victim_tag;
}

/// A dirty victim waits for the write-back unit, and for a probe at work. The Grant's acknowledgement does not: channel
/// E must not wait for channel C, or caches whose Releases the L2 keeps behind each other's Grants would stand still.
/// (BOOM acknowledges after the commit; probes of the set wait for that here, too.)
void NonblockingDataCache::look_at_victim(Cycle now, Mshr& mshr) {
  Line& victim = *mshr.way;
  const bool same_line = victim.tag == tags_.tag_of(mshr.line);
  if (victim.state != ClientState::Dirty || same_line) {
    if (victim.state != ClientState::Nothing && !same_line) ++stats.dropped;
    victim.state = ClientState::Nothing;
    return commit(now + tags_.block().beats, mshr);
  }
  if (write_back_ || probing_ != Probing::Nothing) {
    acknowledge(now, mshr);
    return;
  }
  ++stats.write_backs;
  write_back_ = true;
  release_sent_ = false;
  released_ = tags_.address_of(victim);
  victim.state = ClientState::Nothing;
  const Cycle copied = now + (victim_asks + tags_.block().beats + copied_after_last_read);
  release_at_ = copied + release_after_copy;
  commit(copied + tags_.block().beats, mshr);
}

/// `begin`: the line is in the data array, its stores follow.
void NonblockingDataCache::commit(Cycle begin, Mshr& mshr) {
  mshr.state = Mshr::State::Commit;
  const bool data = sim::tilelink(*mshr.grant).response_beats > 1;
  Cycle at = begin;
  for (const Access& access : mshr.accesses)
    if (!data || access.access != MemoryOp::Load) told_.push_back({(at = at + 1) + store_to_array, access.number});
  mshr.there = at + 2;
}

/// One a cycle, once a Grant.
/// True if it is acknowledged, now or before; false while channel E has no room.
bool NonblockingDataCache::acknowledge(Cycle now, Mshr& mshr) {
  if (mshr.acknowledged) return true;
  if (granted_ == now) return false;
  tlm::tlm_phase phase = sim::GRANT_ACK;
  sc_core::sc_time delay;
  mshr.acknowledged = socket->nb_transport_fw(*mshr.grant, phase, delay) == tlm::TLM_UPDATED;
  if (mshr.acknowledged) granted_ = now;
  return mshr.acknowledged;
}

/// The Grant is acknowledged and the tag written.
void NonblockingDataCache::finish(Cycle now, Mshr& mshr) {
  mshr.there_told = true;
  mshr.free = now + free_after_ack;
  *mshr.way = {tags_.tag_of(mshr.line), granted(sim::tilelink(*mshr.grant).cap, mshr.asked)};
  if (mshr.asked == MemoryOp::Reserve) hit(*mshr.way, now, mshr.asked);
  std::exchange(mshr.grant, nullptr)->release();
  stats.miss_cycles += mshr.free - mshr.since;
}

// --- channels
// ---------------------------------------------------------------------------------------------------------

tlm::tlm_sync_enum NonblockingDataCache::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                         sc_core::sc_time&) {
  const Cycle now = domain().now();
  if (phase == sim::BEGIN_PROBE) return offer_probe(now, payload, phase);
  wake(now);
  if (phase == tlm::END_REQ) {
    const bool on_c = sim::on_channel_c(sim::tilelink(payload).message);
    (on_c ? channel_c_busy_ : channel_a_busy_) = false;
    if (on_c)
      channel_c_from_ = now + 1;
    else
      acquired_ = now;  // the next one in the next cycle
    return tlm::TLM_ACCEPTED;
  }
  phase = tlm::END_RESP;
  return take_response(now, payload);
}

tlm::tlm_sync_enum NonblockingDataCache::take_response(Cycle now, tlm::tlm_generic_payload& payload) {
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  const bool is_grant = tilelink.message == sim::Message::AcquireBlock;
  if (is_grant && tilelink.beats_delivered + 1 < tilelink.response_beats) return tlm::TLM_UPDATED;
  if (is_grant) {
    Mshr& mshr = mshrs_[tilelink.source];
    mshr.grant = &payload;
    grant(now, mshr, tilelink.cap, tilelink.response_beats > 1);
  } else {
    write_back_ = false;
  }
  payload.release();
  return tlm::TLM_COMPLETED;
}

void NonblockingDataCache::send(tlm::tlm_generic_payload& payload) {
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  channel_c_busy_ = socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
  channel_c_from_ = domain().now() + 1;
}

void NonblockingDataCache::step_write_back(Cycle now) {
  if (!write_back_ || release_sent_ || now < release_at_ || !may_send(now)) return;
  release_sent_ = true;
  send(release_message(pool_, released_, tags_.block()));
}

// --- probes
// -----------------------------------------------------------------------------------------------------------

tlm::tlm_sync_enum NonblockingDataCache::offer_probe(Cycle now, tlm::tlm_generic_payload& payload,
                                                     tlm::tlm_phase& phase) {
  if (!takes_probe(now, PhysAddr{payload.get_address()})) return tlm::TLM_ACCEPTED;
  probing_ = Probing::Looking;
  probe_ = &payload;
  probe_next_ = now + probe_looks;
  ++stats.probes;
  wake(probe_next_);
  phase = sim::END_PROBE;
  return tlm::TLM_UPDATED;
}

/// The write-back unit at work holds up a probe of its set, and one that needs the unit for its own answer.
bool NonblockingDataCache::write_back_blocks(PhysAddr line) const {
  if (!write_back_) return false;
  const Line* const probed = tags_.find(line);
  return tags_.set_of(released_) == tags_.set_of(line) || (probed != nullptr && probed->state == ClientState::Dirty);
}

bool NonblockingDataCache::takes_probe(Cycle now, PhysAddr line) const {
  return probing_ == Probing::Nothing && !write_back_blocks(line) && !reservation_.fresh(now) &&
         std::none_of(mshrs_.begin(), mshrs_.end(), [&](const Mshr& mshr) {
           const bool granted = mshr.state == Mshr::State::WriteBack || mshr.state == Mshr::State::Commit;
           return granted && tags_.set_of(mshr.line) == tags_.set_of(line);
         });
}

void NonblockingDataCache::step_probe(Cycle now) {
  if (probing_ == Probing::Nothing || now < probe_next_) return;
  switch (probing_) {
    case Probing::Looking:
      return look_for_probed_line(now);
    case Probing::Answering:
      if (!may_send(now)) return;
      send(*std::exchange(probe_, nullptr));
      probing_ = Probing::Recovering;
      probe_next_ = now + (probe_writes + (probe_data_ ? tags_.block().beats : 0));
      return;
    default:
      probing_ = Probing::Nothing;
  }
}

void NonblockingDataCache::look_for_probed_line(Cycle now) {
  Line* line = tags_.find(PhysAddr{probe_->get_address()});
  const ClientState state = line == nullptr ? ClientState::Nothing : line->state;
  sim::TileLinkExtension& tilelink = sim::tilelink(*probe_);
  probe_data_ = state == ClientState::Dirty;
  if (state != ClientState::Nothing) ++stats.probe_hits;
  if (probe_data_) ++stats.probe_write_backs;
  reservation_.drop(now);
  tilelink.shrink = shrink(state, tilelink.cap);
  if (line != nullptr) line->state = capped(state, tilelink.cap);
  tilelink.message = probe_data_ ? sim::Message::ProbeAckData : sim::Message::ProbeAck;
  tilelink.request_beats = static_cast<std::uint16_t>(probe_data_ ? tags_.block().beats : 1);
  probing_ = Probing::Answering;
  const unsigned copy =
      1 + tags_.block().beats + copied_after_last_read;  // s_writeback_req, the write-back unit's buffer
  probe_next_ = now + (probe_answers + (probe_data_ ? copy : 0));
}

// ---------------------------------------------------------------------------------------------------------------------

Cycle NonblockingDataCache::next_step(Cycle now) const {
  Cycle next = Cycle::never();
  const auto look = [&](Cycle at) { next = std::min(next, std::max(at, now + 1)); };
  for (const Told& told : told_) look(told.at);
  if (probing_ != Probing::Nothing) look(probe_next_);
  if (write_back_ && !release_sent_) look(release_at_);
  bool free = false;
  for (const Mshr& mshr : mshrs_) {
    free |= mshr.state == Mshr::State::Free;
    if (mshr.state == Mshr::State::Acquire && !channel_a_busy_) look(mshr.ready);
    if (mshr.state == Mshr::State::WriteBack) look(mshr.ready);
    if (mshr.state == Mshr::State::Commit) look(mshr.there_told ? mshr.free : mshr.there);
  }
  for (const Access& access : waiting_)
    if (free || access.from > now) look(access.from);
  return next;
}

std::string NonblockingDataCache::waiting_for() const {
  const bool granting =
      std::any_of(mshrs_.begin(), mshrs_.end(), [](const Mshr& mshr) { return mshr.state == Mshr::State::Grant; });
  if (granting) return "the L2 to grant a line";
  return waiting_.empty() ? "" : "room for a miss";
}

}  // namespace castor::host
