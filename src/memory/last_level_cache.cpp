#include "castor/memory/last_level_cache.h"

#include <algorithm>
#include <utility>

#include "castor/common/error.h"
#include "castor/sim/levels.h"

namespace castor::memory {

LastLevelCache::LastLevelCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                               const config::DramParams& params, const config::MemoryBusParams& bus, Bytes request)
    : MemoryTargetModule(name, domain, sim::level::last_level_cache),
      dram("dram"),
      params_(params.llc),
      request_bytes_(static_cast<unsigned>(request.count())),
      beats_(static_cast<unsigned>(request.count() / bus.beat_bytes().count())),
      requests_a_block_(static_cast<unsigned>(params.llc.block_bytes().count() / request.count())),
      lines_(std::size_t{params.llc.sets} * params.llc.ways),
      mshrs_(params.llc.mshrs),
      requests_(params.ddr3.transaction_queue),
      answers_(most_answers, sim::QueueMode::Flow) {
  dram.bind(*this);
  requests_.connect_consumer(*this);
  answers_.connect_consumer(*this);
}

bool LastLevelCache::accept(Cycle now, tlm::tlm_generic_payload& payload) {
  if (!requests_.can_push(now)) return false;
  requests_.push(now, &payload);
  return true;
}

void LastLevelCache::refused() {
  ++stats.queue_full;
  wake(domain().now() + 1);
}

Cycle LastLevelCache::step(Cycle now) {
  fill(now);
  const bool sent = send(now);
  const bool looked_up = requests_.can_pop(now) && look_up(now);
  answer(now, answers_);
  accept_refused(now);
  return sent || looked_up ? now + 1 : next_event(now);
}

Cycle LastLevelCache::next_event(Cycle now) const {
  Cycle next = answers_.head_visible();
  if (!requests_.empty() || has_refused() || (!to_dram_.empty() && !sending_)) next = now + 1;
  for (const Mshr& mshr : mshrs_)
    if (mshr.busy && mshr.reads_due == 0) next = std::min(next, mshr.last_beat + 1);
  return next == Cycle::never() ? next : std::max(next, now + 1);
}

// The head of the queue: false if it has to stay there.
bool LastLevelCache::look_up(Cycle now) {
  tlm::tlm_generic_payload& payload = *requests_.front();
  const std::uint64_t block = payload.get_address() / params_.block_bytes().count();
  Line* line = find(block);
  if (line == nullptr) {
    if (!start_miss(now, payload, block)) return ++stats.cycles_blocked, false;
  } else if (line->filling) {
    mshr_of(*line)->waiting.push_back(&payload);
    ++stats.joined;
  } else {
    serve(now, payload, *line);
    ++stats.hits;
  }
  requests_.drop(now);
  return true;
}

// Its lookup was the cycle before the first of the hit latency that remains.
void LastLevelCache::serve(Cycle now, tlm::tlm_generic_payload& payload, Line& line) {
  const Cycle first = occupy_store(now + (params_.hit_latency - 1), beats_);
  line.dirty |= payload.is_write();
  answers_.push(payload.is_write() ? first + (beats_ - 1) : first, &payload);
}

Cycle LastLevelCache::occupy_store(Cycle from, unsigned beats) {
  const Cycle first = std::max(from, store_free_);
  store_free_ = first + beats;
  return first;
}

bool LastLevelCache::start_miss(Cycle now, tlm::tlm_generic_payload& payload, std::uint64_t block) {
  Mshr* mshr = free_mshr();
  Line* line = mshr == nullptr ? nullptr : victim_of(block);
  if (line == nullptr) return false;
  if (line->valid) evict(now, *line);
  *line = {true, false, true, block};
  *mshr = {true, line, requests_a_block_, {}, {&payload}};
  for (unsigned i = 0; i < requests_a_block_; ++i)
    to_dram_.push_back({block * params_.block_bytes().count() + std::uint64_t{i} * request_bytes_, false,
                        static_cast<std::uint16_t>(mshr - mshrs_.data())});
  ++stats.misses;
  return true;
}

void LastLevelCache::evict(Cycle now, Line& victim) {
  ++stats.evictions;
  if (!victim.dirty) return;
  ++stats.write_backs;
  occupy_store(now, beats_ * requests_a_block_);
  for (unsigned i = 0; i < requests_a_block_; ++i)
    to_dram_.push_back({victim.block * params_.block_bytes().count() + std::uint64_t{i} * request_bytes_, true, 0});
}

// One request a cycle to the DRAM.
bool LastLevelCache::send(Cycle now) {
  if (to_dram_.empty() || sending_ || send_from_ > now) return false;
  const DramRequest request = to_dram_.front();
  to_dram_.pop_front();
  tlm::tlm_generic_payload& payload = pool_.take();
  payload.set_command(request.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(request.address);
  payload.set_data_ptr(nullptr);
  payload.set_data_length(request_bytes_);
  payload.set_streaming_width(request_bytes_);
  sim::tilelink(payload).source = request.mshr;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  send_from_ = now + 1;
  sending_ = dram->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED;
  return true;
}

tlm::tlm_sync_enum LastLevelCache::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                   sc_core::sc_time&) {
  const Cycle now = domain().now();
  if (phase == tlm::END_REQ) {
    sending_ = false;
    send_from_ = now + 1;
    wake(now + 1);
    return tlm::TLM_ACCEPTED;
  }
  CASTOR_ASSERT(phase == tlm::BEGIN_RESP);
  if (payload.is_read()) refill_came(now, sim::tilelink(payload).source);
  payload.release();
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

void LastLevelCache::refill_came(Cycle now, std::size_t index) {
  Mshr& mshr = mshrs_[index];
  mshr.last_beat = occupy_store(now, beats_) + (beats_ - 1);
  if (--mshr.reads_due == 0) wake(mshr.last_beat + 1);
}

// Blocks whose last beat came in the cycle before.
void LastLevelCache::fill(Cycle now) {
  for (Mshr& mshr : mshrs_) {
    if (!mshr.busy || mshr.reads_due != 0 || mshr.last_beat >= now) continue;
    mshr.busy = mshr.line->filling = false;
    for (tlm::tlm_generic_payload* payload : mshr.waiting) serve(now, *payload, *mshr.line);
    mshr.waiting.clear();
  }
}

LastLevelCache::Line* LastLevelCache::find(std::uint64_t block) {
  Line* const set = &lines_[block % params_.sets * params_.ways];
  for (unsigned way = 0; way < params_.ways; ++way)
    if (set[way].valid && set[way].block == block) return &set[way];
  return nullptr;
}

// An empty way; else a pseudo-random one that is not being filled. The LFSR steps with each choice.
LastLevelCache::Line* LastLevelCache::victim_of(std::uint64_t block) {
  Line* const set = &lines_[block % params_.sets * params_.ways];
  for (unsigned way = 0; way < params_.ways; ++way)
    if (!set[way].valid) return &set[way];
  lfsr_.step();
  for (unsigned i = 0; i < params_.ways; ++i) {
    Line& line = set[(lfsr_.value() + i) % params_.ways];
    if (!line.filling) return &line;
  }
  return nullptr;
}

LastLevelCache::Mshr* LastLevelCache::mshr_of(const Line& line) {
  const auto found =
      std::find_if(mshrs_.begin(), mshrs_.end(), [&](const Mshr& mshr) { return mshr.busy && mshr.line == &line; });
  CASTOR_ASSERT(found != mshrs_.end());
  return &*found;
}

LastLevelCache::Mshr* LastLevelCache::free_mshr() {
  const auto found = std::find_if(mshrs_.begin(), mshrs_.end(), [](const Mshr& mshr) { return !mshr.busy; });
  return found == mshrs_.end() ? nullptr : &*found;
}

std::string LastLevelCache::waiting_for() const {
  const bool missing = std::any_of(mshrs_.begin(), mshrs_.end(), [](const Mshr& mshr) { return mshr.busy; });
  if (missing) return "blocks from the DRAM";
  return answers_.empty() ? std::string{} : "its hit latency to pass";
}

}  // namespace castor::memory
