#include "castor/host/l1_instruction_cache.h"

#include <algorithm>

#include "castor/common/bits.h"
#include "castor/sim/levels.h"

namespace castor::host {

namespace {
constexpr unsigned s2_after_s0 = 2;
constexpr unsigned refetch = 2;  // from one s2 of a fetch that misses to the next
}  // namespace

L1InstructionCache::L1InstructionCache(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                                       const config::L1Params& params, const config::BusParams& bus)
    : ClockedModule(name, domain, sim::level::l1_caches),
      socket("socket"),
      log2_block_(log2_ceil(params.block_bytes().count())),
      block_bytes_(params.block_bytes().count()),
      block_beats_(bus.block_beats()),
      ways_(params.ways),
      set_mask_(params.sets() - 1),
      lines_(params.sets() * params.ways) {
  socket.bind(*this);
}

L1InstructionCache::Outcome L1InstructionCache::fetch(Cycle at, PhysAddr address) {
  ++stats.fetches;
  const std::uint64_t line = line_of(address);
  if (waiting_ && waiting_->line == line) return Outcome::Waits;
  waiting_.reset();
  if (way_of(line) != none && at >= enters_from_) return Outcome::Hit;
  waiting_ = Waiting{line, at + s2_after_s0};
  wake(waiting_->s2);
  return Outcome::Waits;
}

void L1InstructionCache::invalidate() {
  ++stats.invalidations;
  for (Line& line : lines_) line.valid = false;
  invalidated_ = true;
}

Cycle L1InstructionCache::step(Cycle now) {
  if (!waiting_) return Cycle::never();
  if (now < waiting_->s2) return waiting_->s2;
  if (!refilling_ && now >= enters_from_ + s2_after_s0) {
    if (way_of(waiting_->line) != none) {
      waiting_.reset();
      answer_(now);
      return waiting_ ? waiting_->s2 : Cycle::never();
    }
    request(now, waiting_->line);
  }
  waiting_->s2 = now + refetch;
  return waiting_->s2;
}

void L1InstructionCache::request(Cycle now, std::uint64_t line) {
  ++stats.misses;
  refilling_ = true;
  invalidated_ = false;
  refill_line_ = line;
  requested_ = now;
  victims_.step();
  tlm::tlm_generic_payload& payload = pool_.take();
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(line << log2_block_);
  payload.set_data_ptr(nullptr);
  payload.set_data_length(block_bytes_);
  payload.set_streaming_width(block_bytes_);
  sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  tilelink.log2_size = static_cast<std::uint16_t>(log2_block_);
  tilelink.response_beats = static_cast<std::uint16_t>(block_beats_);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  socket->nb_transport_fw(payload, phase, delay);  // never refused: one refill at a time
}

tlm::tlm_sync_enum L1InstructionCache::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                       sc_core::sc_time&) {
  if (phase == tlm::END_REQ) return tlm::TLM_ACCEPTED;
  const sim::TileLinkExtension& tilelink = sim::tilelink(payload);
  const bool last = tilelink.beats_delivered + 1 >= tilelink.response_beats;
  refill_beat(domain().now(), last);
  phase = tlm::END_RESP;
  if (!last) return tlm::TLM_UPDATED;
  payload.release();
  return tlm::TLM_COMPLETED;
}

// The victim stays invalid from the first beat until the last.
void L1InstructionCache::refill_beat(Cycle now, bool last) {
  Line& line = set_of(refill_line_)[victims_.value() & (ways_ - 1)];
  line = {refill_line_, last && !invalidated_};
  if (!last) return;
  refilling_ = false;
  enters_from_ = now + 1;
  stats.refill_cycles += now - requested_;
}

unsigned L1InstructionCache::way_of(std::uint64_t line) const {
  const Line* set = set_of(line);
  for (unsigned way = 0; way < ways_; ++way)
    if (set[way].valid && set[way].number == line) return way;
  return none;
}

std::string L1InstructionCache::waiting_for() const { return refilling_ ? "the L2 to answer a fetch" : ""; }

}  // namespace castor::host
