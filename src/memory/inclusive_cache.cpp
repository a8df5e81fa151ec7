#include "castor/memory/inclusive_cache.h"

#include <algorithm>
#include <cstring>

#include "castor/common/bits.h"
#include "castor/common/error.h"

namespace castor::memory {

namespace {

std::uint32_t bit_mask(unsigned count) { return count >= 32 ? ~0u : (1u << count) - 1; }

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
      secondary_(params.mshrs, params.secondary_requests),
      source_d_(bus, store_, puts_, store, port),
      source_c_(store_, outer_, params.block_bytes() / memory_bus.beat_bytes()),
      mshrs_(params.mshrs),
      sets_(params.mshrs),
      all_mshrs_(bit_mask(params.mshrs)) {
  if (params.mshrs > 32) throw UserError("l2.mshrs: at most 32 are modelled");
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
  started_lookup_.mshr = none;
  responds_ = false;
  Turn turn = select(now);
  active_ = turn.mshr != none || lookup_.mshr != none;
  if (turn.mshr != none) schedule(now, turn.mshr);
  if (lookup_.mshr != none) plan();
  take_request(now, turn);
  if (turn.mshr != none) end_turn(turn);
  const unsigned waiting_beats = puts_.beats();
  if (!source_c_.idle()) source_c_.step(now, source_d_);
  if (refill_beat_ != 0 || !outer_.responses.empty()) sink_refill(now);
  if (responds_) source_d_.start(response_, response_way_);
  source_d_.step(now);
  room_ = turn.ends || puts_.beats() < waiting_beats;
  port_.end_cycle(now, source_d_.next_response());
  active_ |= directory_.settle(started_lookup_.mshr != none);
  lookup_ = started_lookup_;
  active_ |= wants_ != 0 || lookup_.mshr != none || !source_d_.idle() || !port_.idle() || !source_c_.idle() ||
             !outer_.responses.empty();
  return active_ ? now + 1 : Cycle::never();
}

InclusiveCache::Turn InclusiveCache::select(Cycle now) {
  std::uint32_t ready = wants_;
  if (ready == 0) return {};
  if (!outer_.acquires.can_push(now)) ready &= ~wants_acquire_;
  if (!source_c_.ready(now)) ready &= ~wants_release_;
  if (!source_d_.ready()) ready &= ~wants_response_;
  if (!directory_.can_write()) ready &= ~wants_directory_;
  if (ready == 0) return {};
  const std::uint32_t in_turn = ready & after_last_;
  const int mshr = __builtin_ctz(in_turn != 0 ? in_turn : ready);
  after_last_ = ~((2u << mshr) - 1);
  Turn turn;
  turn.mshr = mshr;
  turn.ends = mshrs_[mshr].complete();
  turn.pops = turn.ends && secondary_.has(mshr);
  turn.looks_up = turn.pops && secondary_.front(mshr).tag != mshrs_[mshr].request().tag;
  return turn;
}

void InclusiveCache::schedule(Cycle now, int index) {
  const Mshr& mshr = mshrs_[index];
  const L2Request& request = mshr.request();
  const std::uint16_t id = static_cast<std::uint16_t>(index);
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
  if (mshr.wants_directory_write()) directory_.write(request.set, mshr.way(), mshr.directory_write());
  if (mshr.wants_response()) {
    responds_ = true;
    response_ = request;
    response_way_ = mshr.way();
  }
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
    if (data && !puts_.has_free_list()) return false;
    L2Request request = form_request(beat);
    const Seat seat = find_seat(request.set, turn);
    if (seat == Seat::Refused) return false;
    if (data) request.put = put_list_ = puts_.open_list();
    (data ? stats.bytes_written : stats.bytes_read) += beat.payload->get_data_length();
    sit(request, seat, turn);
  }
  if (data) buffer(now, beat);
  return true;
}

InclusiveCache::Seat InclusiveCache::find_seat(std::uint32_t set, const Turn& turn) const {
  const int match = mshr_of_set(set);
  if (match == none) return !turn.looks_up && (~occupied_ & all_mshrs_) != 0 ? Seat::FreeMshr : Seat::Refused;
  if (match == turn.mshr && turn.ends && !turn.pops) return Seat::EndingMshr;
  return secondary_.has_room() ? Seat::Secondary : Seat::Refused;
}

void InclusiveCache::sit(const L2Request& request, Seat seat, Turn& turn) {
  if (seat == Seat::FreeMshr) {
    const int free = __builtin_ctz(~occupied_ & all_mshrs_);
    sets_[free] = request.set;
    occupied_ |= 1u << free;
    ++busy_mshrs_;
    mshrs_[free].allocate(request);
    look_up(free, request);
    return;
  }
  ++stats.secondary;
  if (seat == Seat::Secondary) return secondary_.push(mshr_of_set(request.set), request);
  turn.taken_over = true;
  mshrs_[turn.mshr].schedule();
  follow(turn.mshr, request);
}

// What becomes of the scheduled MSHR.
void InclusiveCache::end_turn(const Turn& turn) {
  Mshr& mshr = mshrs_[turn.mshr];
  if (!turn.taken_over) {
    mshr.schedule();
    if (turn.pops) {
      follow(turn.mshr, secondary_.pop(turn.mshr));
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
  ++stats.hits;
}

void InclusiveCache::look_up(int mshr, const L2Request& request) {
  started_lookup_ = {mshr, directory_.read(request.set, request.tag)};
}

void InclusiveCache::plan() {
  Mshr& mshr = mshrs_[lookup_.mshr];
  mshr.plan(lookup_.line);
  mshr.request().tilelink->l2_hit = lookup_.line.hit;
  ++(lookup_.line.hit ? stats.hits : stats.misses);
  refresh(lookup_.mshr);
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
  const std::uint32_t any = wants_acquire_ | wants_release_ | wants_response_ | wants_directory_;
  set(wants_, (any & bit) != 0 || (live && mshr.wants_grant_ack()));
}

int InclusiveCache::mshr_of_set(std::uint32_t set) const {
  for (std::uint32_t left = occupied_; left != 0; left &= left - 1) {
    const int mshr = __builtin_ctz(left);
    if (sets_[mshr] == set) return mshr;
  }
  return none;
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
  request.opcode = beat.payload->is_read()   ? Opcode::Get
                   : beat.tilelink->full_put ? Opcode::PutFull
                                             : Opcode::PutPartial;
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
