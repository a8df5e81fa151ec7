#include "castor/memory/inclusive_cache.h"

#include <algorithm>
#include <cstring>

#include "castor/common/bits.h"
#include "castor/common/error.h"

namespace castor::memory {

namespace {

std::uint32_t bit_mask(unsigned count) { return count >= 32 ? ~0u : (1u << count) - 1; }

Opcode cached_opcode(sim::Message message) {
  switch (message) {
    case sim::Message::AcquireBlock:
      return Opcode::AcquireBlock;
    case sim::Message::AcquirePerm:
      return Opcode::AcquirePerm;
    case sim::Message::ReleaseData:
      return Opcode::ReleaseData;
    default:
      return Opcode::Release;
  }
}

Opcode opcode_of(const BusBeat& beat) {
  if (beat.tilelink->message != sim::Message::Access) return cached_opcode(beat.tilelink->message);
  if (beat.payload->is_read()) return Opcode::Get;
  return beat.tilelink->full_put ? Opcode::PutFull : Opcode::PutPartial;
}

}  // namespace

InclusiveCache::InclusiveCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                               const config::L2Params& params, const config::BusParams& bus,
                               const config::MemoryBusParams& memory_bus, BankPort& port, BackingStore& store,
                               unsigned bank)
    : ClockedModule(name, domain, sim::level::l2),
      port_(port),
      set_shift_(log2_ceil(params.block_bytes().count()) + log2_ceil(params.banks)),
      tag_shift_(set_shift_ + log2_ceil(params.sets())),
      log2_block_(log2_ceil(params.block_bytes().count())),
      beat_bytes_(bus.beat_bytes()),
      bank_(bank),
      set_mask_(params.sets() - 1),
      ready_at_(params.warm_reset ? 0 : params.sets() + 1),
      outer_(std::max(1u, params.outer_buffer()), params.block_bytes() / memory_bus.beat_bytes()),
      directory_(params),
      store_(params, bus, memory_bus),
      puts_(params.put_lists, params.put_beats),
      secondary_(2 * (params.mshrs + params.reserved_mshrs), params.secondary_requests),
      source_b_(port, params.block_bytes().count()),
      sink_c_(port, store_, params.release_lists, bus.block_beats()),
      source_d_(bus, store_, puts_, sink_c_.releases(), store, port),
      source_c_(store_, outer_, params.block_bytes() / memory_bus.beat_bytes()),
      mshrs_(params.mshrs + params.reserved_mshrs),
      sets_(mshrs_.size()),
      all_mshrs_(bit_mask(mshrs_.size())),
      common_mshrs_(bit_mask(params.mshrs)),
      nested_mshr_(mshrs_.size() - 1) {
  port.attach(*this);
  outer_.responses.connect_consumer(*this);
}

PhysAddr InclusiveCache::address_of(std::uint32_t set, std::uint32_t tag) const {
  const std::uint64_t bank = std::uint64_t{bank_} << log2_block_;
  return PhysAddr{std::uint64_t{tag} << tag_shift_ | std::uint64_t{set} << set_shift_ | bank};
}

// One cycle: schedule an MSHR by the state of the registers, then let a request in, then move the data pipelines.
Cycle InclusiveCache::step(Cycle now) {
  if (now < ready_at_) return ready_at_;
  account(now);
  store_.begin_cycle();
  port_.begin_cycle(now);
  const bool clients = port_.has_clients();
  started_lookup_.mshr = none;
  responds_ = released_ = false;
  if (clients) sink_c_.claim();
  Turn turn = select(now);
  active_ = turn.mshr != none || lookup_.mshr != none;
  if (turn.mshr != none) schedule(now, turn.mshr);
  if (lookup_.mshr != none) plan();
  if (clients) take_release(now, turn);
  take_request(now, turn);
  if (turn.mshr != none) end_turn(turn);
  if (clients) serve_clients(now);
  const unsigned waiting_beats = puts_.beats();
  if (!source_c_.idle()) source_c_.step(now, source_d_);
  if (refill_beat_ != 0 || !outer_.responses.empty()) sink_refill(now);
  if (responds_) source_d_.start(response_, response_way_, response_mshr_);
  source_d_.step(now);
  room_ = turn.ends || released_ || puts_.beats() < waiting_beats;
  port_.end_cycle(now, source_d_.next_response());
  active_ |= directory_.settle(started_lookup_.mshr != none);
  lookup_ = started_lookup_;
  active_ |= wants_ != 0 || lookup_.mshr != none || !source_d_.idle() || !port_.idle() || !source_c_.idle() ||
             !outer_.responses.empty();
  return active_ ? now + 1 : port_.next_request(now);
}

InclusiveCache::Turn InclusiveCache::select(Cycle now) {
  std::uint32_t ready = wants_;
  if (ready == 0) return {};
  if (!outer_.acquires.can_push(now)) ready &= ~wants_acquire_;
  if (!source_c_.ready(now)) ready &= ~wants_release_;
  if (!source_d_.ready()) ready &= ~wants_response_;
  if (!directory_.can_write()) ready &= ~wants_directory_;
  if (!source_b_.ready()) ready &= ~wants_probe_;
  if ((occupied_ & ~common_mshrs_) != 0) ready &= ~stalled_mshrs();
  if (ready == 0) return {};
  const std::uint32_t in_turn = ready & after_last_;
  const int mshr = __builtin_ctz(in_turn != 0 ? in_turn : ready);
  after_last_ = ~((2u << mshr) - 1);
  Turn turn;
  turn.mshr = mshr;
  turn.ends = mshrs_[mshr].complete();
  if (!turn.ends) return turn;
  const unsigned released = mshrs_.size() + mshr;
  turn.queue = secondary_.has(released) ? released : mshr;
  turn.pops = secondary_.has(turn.queue);
  turn.looks_up = turn.pops && secondary_.front(turn.queue).tag != mshrs_[mshr].request().tag;
  return turn;
}

// While a reserved MSHR works on a set, the others of that set stand still; the last goes before all.
std::uint32_t InclusiveCache::stalled_mshrs() const {
  std::uint32_t stalled = 0;
  for (std::uint32_t left = occupied_ & ~common_mshrs_; left != 0; left &= left - 1) {
    const unsigned reserved = static_cast<unsigned>(__builtin_ctz(left));
    stalled |= mshrs_of_set(sets_[reserved]) & bit_mask(reserved);
  }
  return stalled;
}

void InclusiveCache::schedule(Cycle now, int index) {
  const Mshr& mshr = mshrs_[index];
  const std::uint16_t id = static_cast<std::uint16_t>(index);
  schedule_outer(now, mshr, id);
  if (mshr.wants_probe()) schedule_probe(mshr);
  if (mshr.wants_directory_write()) schedule_directory_write(mshr, id);
  if (mshr.wants_response()) schedule_response(mshr, id);
}

/// To memory: the line or the right to write it, the victim, the end of a grant.
void InclusiveCache::schedule_outer(Cycle now, const Mshr& mshr, std::uint16_t id) {
  const L2Request& request = mshr.request();
  if (mshr.wants_acquire()) {
    const bool with_data = !mshr.acquires_without_data(log2_block_);
    outer_.acquires.push(now, {address_of(request.set, request.tag), id, with_data});
    ++(with_data ? stats.fetches : stats.permissions);
  }
  if (mshr.wants_release()) {
    const DirectoryEntry& victim = mshr.line().entry;
    source_c_.start({address_of(request.set, victim.tag), request.set, id, mshr.way(), victim.dirty});
    ++(victim.dirty ? stats.dirty_evictions : stats.clean_evictions);
  }
  if (mshr.wants_grant_ack()) outer_.grant_acks.push(now, id);
}

void InclusiveCache::schedule_directory_write(const Mshr& mshr, std::uint16_t id) {
  const DirectoryEntry entry = mshr.directory_write();
  directory_.write(mshr.request().set, mshr.way(), entry);
  if (id == nested_mshr_) forward_nested_data(mshr.request().set, entry);
}

void InclusiveCache::schedule_response(const Mshr& mshr, std::uint16_t id) {
  responds_ = true;
  response_ = is_acquire(mshr.request().opcode) ? mshr.response() : mshr.request();
  response_way_ = mshr.way();
  response_mshr_ = id;
}

void InclusiveCache::schedule_probe(const Mshr& mshr) {
  const std::uint32_t tag = mshr.probed_tag();
  source_b_.start(address_of(mshr.request().set, tag), mshr.probe_cap(), mshr.probed_clients());
  ++(mshr.line().hit ? stats.permission_probes : stats.evicting_probes);
}

// The MSHR that the Release has passed may hold what the directory said before.
void InclusiveCache::forward_nested_data(std::uint32_t set, const DirectoryEntry& entry) {
  if (!entry.dirty) return;
  for (std::uint32_t left = mshrs_of_set(set) & ~(1u << nested_mshr_); left != 0; left &= left - 1)
    mshrs_[__builtin_ctz(left)].take_nested_data(entry.tag);
}

void InclusiveCache::take_request(Cycle now, Turn& turn) {
  if (refused_ && !turn.ends && !room_) {  // nothing has changed since
    ++stats.blocked_requests;
    return;
  }
  const RequestBeat* offered = port_.offered(now);
  if (offered == nullptr) return;
  if (!accept(now, *offered, turn)) {
    port_.decline(now);
    refused_ = true;
    ++stats.blocked_requests;
    return;
  }
  port_.accept(now);
  refused_ = false;
  active_ = true;
}

bool InclusiveCache::accept(Cycle now, const RequestBeat& beat, Turn& turn) {
  const bool data = beat.payload->is_write();
  if (data && !puts_.has_free_beat()) return false;
  if (beat.beat == 0) {
    if (released_ || (data && !puts_.has_free_list())) return false;
    L2Request request = form_request(beat);
    const Seat seat = find_seat(request.set, turn);
    if (seat == Seat::Refused) return false;
    if (data) request.put = put_list_ = puts_.open_list();
    if (is_acquire(request.opcode))
      ++stats.acquires;
    else
      (data ? stats.bytes_written : stats.bytes_read) += beat.payload->get_data_length();
    sit(request, seat, turn);
  }
  if (data) buffer(now, beat);
  return true;
}

InclusiveCache::Seat InclusiveCache::find_seat(std::uint32_t set, const Turn& turn) const {
  const std::uint32_t matches = mshrs_of_set(set);
  if (matches == 0) return !turn.looks_up && (~occupied_ & common_mshrs_) != 0 ? Seat::FreeMshr : Seat::Refused;
  if ((matches & common_mshrs_) == 0) return Seat::Refused;  // a reserved MSHR keeps no requests of channel A
  const int match = __builtin_ctz(matches);
  if (match == turn.mshr && turn.ends && !turn.pops) return Seat::EndingMshr;
  return secondary_.has_room() ? Seat::Secondary : Seat::Refused;
}

InclusiveCache::Seat InclusiveCache::find_release_seat(std::uint32_t set, const Turn& turn) const {
  const std::uint32_t matches = mshrs_of_set(set);
  if (matches == 0) return !turn.looks_up && (~occupied_ & all_mshrs_) != 0 ? Seat::FreeMshr : Seat::Refused;
  bool nests = false, blocks = false;
  for (std::uint32_t left = matches; left != 0; left &= left - 1) {
    nests |= mshrs_[__builtin_ctz(left)].nests_releases();
    blocks |= mshrs_[__builtin_ctz(left)].blocks_releases();
  }
  const bool nested_mshr_free = (occupied_ >> nested_mshr_ & 1) == 0;
  if (nests) return nested_mshr_free && !turn.looks_up ? Seat::Nested : Seat::Refused;
  if (blocks) return Seat::Refused;
  const int target = release_target(matches);
  const bool first_of_channel_c = !secondary_.has(mshrs_.size() + target);
  if (target == turn.mshr && turn.ends && first_of_channel_c) return Seat::EndingMshr;
  return secondary_.has_room() ? Seat::Secondary : Seat::Refused;
}

/// The one that a Release waits behind: the reserved ones go first.
int InclusiveCache::release_target(std::uint32_t matches) const {
  const std::uint32_t reserved = matches & ~common_mshrs_;
  return reserved != 0 ? 31 - __builtin_clz(reserved) : __builtin_ctz(matches);
}

void InclusiveCache::sit(const L2Request& request, Seat seat, Turn& turn) {
  if (seat == Seat::Nested) ++stats.nested_releases;
  if (seat == Seat::Nested) return occupy(nested_mshr_, request);
  if (seat == Seat::FreeMshr) return occupy(__builtin_ctz(~occupied_ & all_mshrs_), request);
  ++stats.secondary;
  if (seat == Seat::Secondary) return secondary_.push(queue_of(request), request);
  turn.taken_over = true;
  mshrs_[turn.mshr].schedule();
  follow(turn.mshr, request);
}

void InclusiveCache::occupy(int mshr, const L2Request& request) {
  sets_[mshr] = request.set;
  occupied_ |= 1u << mshr;
  ++busy_mshrs_;
  mshrs_[mshr].allocate(request);
  look_up(mshr, request);
}

unsigned InclusiveCache::queue_of(const L2Request& request) const {
  const std::uint32_t matches = mshrs_of_set(request.set);
  return is_release(request.opcode) ? mshrs_.size() + release_target(matches) : __builtin_ctz(matches);
}

// What becomes of the scheduled MSHR.
void InclusiveCache::end_turn(const Turn& turn) {
  Mshr& mshr = mshrs_[turn.mshr];
  if (!turn.taken_over) {
    mshr.schedule();
    if (turn.pops) {
      follow(turn.mshr, secondary_.pop(turn.queue));
    } else if (turn.ends) {
      occupied_ &= ~(1u << turn.mshr);
      --busy_mshrs_;
    }
  }
  refresh(turn.mshr);
}

void InclusiveCache::follow(int index, const L2Request& request) {
  Mshr& mshr = mshrs_[index];
  if (request.tag != mshr.request().tag) {
    mshr.allocate(request);
    return look_up(index, request);
  }
  mshr.repeat(request);
  request.tilelink->l2_hit = true;
  if (!is_release(request.opcode)) ++stats.hits;
}

void InclusiveCache::look_up(int mshr, const L2Request& request) {
  started_lookup_ = {mshr, directory_.read(request.set, request.tag)};
}

void InclusiveCache::plan() {
  Mshr& mshr = mshrs_[lookup_.mshr];
  mshr.plan(lookup_.line);
  mshr.request().tilelink->l2_hit = lookup_.line.hit;
  if (!is_release(mshr.request().opcode)) ++(lookup_.line.hit ? stats.hits : stats.misses);
  refresh(lookup_.mshr);
}

// SinkC: a Release has the turn before channel A, whether or not it finds a place.
void InclusiveCache::take_release(Cycle now, Turn& turn) {
  sink_c_.take_data(now);
  const BusBeat* beat = sink_c_.offered_request(now);
  if (beat == nullptr) return;
  released_ = true;
  L2Request request = form_request(*beat);
  const Seat seat = find_release_seat(request.set, turn);
  if (seat == Seat::Refused) return;
  request.put = sink_c_.accept_request(now);
  ++stats.releases;
  sit(request, seat, turn);
}

// By what stands in the registers: what the clients say in this cycle is scheduled in the next.
void InclusiveCache::serve_clients(Cycle now) {
  if (!source_b_.idle()) source_b_.step(now);
  take_probe_ack(now);
  take_grant_ack(now);
  active_ |= !source_b_.idle() || !sink_c_.idle();
}

void InclusiveCache::take_probe_ack(Cycle now) {
  const BusBeat* offered = sink_c_.offered_probe_ack(now);
  if (offered == nullptr) return;
  const PhysAddr address{offered->payload->get_address()};
  const std::uint32_t set = set_of(address);
  BusBeat beat;
  if (!sink_c_.take_probe_ack(now, set, beat)) return;
  const sim::TileLinkExtension& tilelink = *beat.tilelink;
  const bool data = tilelink.message == sim::Message::ProbeAckData;
  const Mshr::ProbeAnswer answer{tag_of(address), tilelink.client, sim::to_none(tilelink.shrink), data, beat.last};
  for (std::uint32_t left = mshrs_of_set(set); left != 0; left &= left - 1) {
    const int mshr = __builtin_ctz(left);
    mshrs_[mshr].receive_probe_ack(answer);
    refresh(mshr);
  }
  if (!beat.last) return;
  if (data) ++stats.probe_data;
  beat.payload->release();
}

void InclusiveCache::take_grant_ack(Cycle now) {
  const int mshr = port_.take_grant_ack(now);
  if (mshr == none) return;
  mshrs_[mshr].receive_client_grant_ack();
  refresh(mshr);
}

// SinkD: a beat of the outer D channel. Inside a burst the SRAM of the next beat stays claimed even while none is
// there.
void InclusiveCache::sink_refill(Cycle now) {
  const bool valid = outer_.responses.can_pop(now);
  const bool first = refill_beat_ == 0;
  if (!valid && first) return;
  if (valid) refill_mshr_ = outer_.responses.front().mshr;
  const std::uint32_t set = sets_[refill_mshr_];
  if (first && !source_d_.is_safe(set, mshrs_[refill_mshr_].way())) return;
  if (!store_.claim_outer(set, refill_beat_) || !valid) return;
  const OuterResponse response = outer_.responses.pop(now);
  refill_beat_ = response.last ? 0 : refill_beat_ + 1;
  if (first || response.last) receive(response);
}

void InclusiveCache::receive(const OuterResponse& response) {
  Mshr& mshr = mshrs_[response.mshr];
  if (response.kind == OuterResponse::Kind::ReleaseAck)
    mshr.receive_release_ack();
  else
    mshr.receive_grant(response.last, true);
  refresh(response.mshr);
}

void InclusiveCache::refresh(int index) {
  const Mshr& mshr = mshrs_[index];
  const std::uint32_t bit = 1u << index;
  const auto set = [bit](std::uint32_t& mask, bool wanted) { mask = wanted ? mask | bit : mask & ~bit; };
  const bool live = mshr.planned();
  set(wants_acquire_, live && mshr.wants_acquire());
  set(wants_release_, live && mshr.wants_release());
  set(wants_response_, live && mshr.wants_response());
  set(wants_directory_, live && mshr.wants_directory_write());
  set(wants_probe_, live && mshr.wants_probe());
  const std::uint32_t any = wants_acquire_ | wants_release_ | wants_response_ | wants_directory_ | wants_probe_;
  set(wants_, (any & bit) != 0 || (live && mshr.wants_grant_ack()));
}

std::uint32_t InclusiveCache::mshrs_of_set(std::uint32_t set) const {
  std::uint32_t matches = 0;
  for (std::uint32_t left = occupied_; left != 0; left &= left - 1) {
    const int mshr = __builtin_ctz(left);
    if (sets_[mshr] == set) matches |= 1u << mshr;
  }
  return matches;
}

L2Request InclusiveCache::form_request(const RequestBeat& beat) const {
  const PhysAddr address{beat.payload->get_address()};
  L2Request request;
  request.payload = beat.payload;
  request.tilelink = beat.tilelink;
  request.tag = tag_of(address);
  request.set = set_of(address);
  request.offset = address.value() & ((1u << log2_block_) - 1);
  request.log2_size = static_cast<std::uint8_t>(beat.tilelink->log2_size);
  request.opcode = opcode_of(beat);
  request.client = beat.tilelink->client;
  request.grow = beat.tilelink->grow;
  request.shrink = beat.tilelink->shrink;
  return request;
}

void InclusiveCache::buffer(Cycle now, const RequestBeat& source) {
  const tlm::tlm_generic_payload& payload = *source.payload;
  const std::size_t offset = std::size_t{source.beat} * beat_bytes_;
  PutBuffer::Beat& beat = puts_.push(now, put_list_);
  beat.address = PhysAddr{payload.get_address() + offset};
  beat.count = std::min<std::size_t>(beat_bytes_, payload.get_data_length() - offset);
  beat.has_bytes = payload.get_data_ptr() != nullptr;
  beat.mask = ~std::uint64_t{0};
  if (beat.has_bytes) std::memcpy(beat.bytes, payload.get_data_ptr() + offset, beat.count);
  const unsigned char* enables = payload.get_byte_enable_ptr();
  if (enables == nullptr) return;
  const unsigned lane = beat.address.value() & (beat_bytes_ - 1);
  beat.mask = 0;
  for (unsigned i = 0; i < beat.count; ++i) {
    const bool enabled = enables[(offset + i) % payload.get_byte_enable_length()] == TLM_BYTE_ENABLED;
    beat.mask |= static_cast<std::uint64_t>(enabled) << (lane + i);
  }
}

void InclusiveCache::account(Cycle now) {
  stats.mshr_cycles += busy_mshrs_ * (now - accounted_);
  accounted_ = now;
}

std::string InclusiveCache::waiting_for() const {
  if (busy_mshrs_ != 0) return std::to_string(busy_mshrs_) + " requests wait for memory";
  return {};
}

}  // namespace castor::memory
