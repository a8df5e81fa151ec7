#include "castor/memory/dram_ideal.h"

#include <algorithm>

namespace castor::memory {

DramIdeal::DramIdeal(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::DramParams& params,
                     const config::MemoryBusParams& bus)
    : MemoryTargetModule(name, domain, sim::level::dram),
      params_(params),
      beat_bytes_(bus.beat_bytes().count()),
      limit_(params.in_order ? most_answers : params.max_in_flight),
      reads_(limit_, sim::QueueMode::Flow),
      writes_(limit_, sim::QueueMode::Flow) {
  reads_.connect_consumer(*this);
  writes_.connect_consumer(*this);
}

bool DramIdeal::accept(Cycle now, tlm::tlm_generic_payload& payload) {
  if ((payload.is_write() ? writes_ : reads_).size() >= limit_) return false;
  payload.is_write() ? begin_write(now, payload) : begin_read(now, payload);
  return true;
}

void DramIdeal::begin_read(Cycle now, tlm::tlm_generic_payload& payload) {
  const Cycle first = std::max(now + 1 + params_.latency(), data_free_);
  const unsigned beats = std::max(1u, payload.get_data_length() / beat_bytes_);
  data_free_ = first + beats;
  reads_.push(first, &payload);
  ++stats.reads;
  stats.read_cycles += beats;
}

void DramIdeal::begin_write(Cycle now, tlm::tlm_generic_payload& payload) {
  const unsigned beats = std::max(1u, payload.get_data_length() / beat_bytes_);
  writes_.push(now + beats + 1 + params_.write_latency(), &payload);
  ++stats.writes;
}

Cycle DramIdeal::step(Cycle now) {
  answer(now, reads_);
  answer(now, writes_);
  accept_refused(now);
  return std::min(reads_.head_visible(), writes_.head_visible());
}

std::string DramIdeal::waiting_for() const {
  return reads_.empty() && writes_.empty() ? std::string{} : "a request's latency to pass";
}

}  // namespace castor::memory
