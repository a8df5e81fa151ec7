#include "castor/memory/dram_ddr3.h"

#include <algorithm>
#include <cmath>

#include "castor/common/bits.h"
#include "castor/common/error.h"

namespace castor::memory {

namespace {

unsigned scaled(unsigned cycles, double ratio) { return static_cast<unsigned>(std::ceil(cycles * ratio - 1e-9)); }

std::vector<DramRule> scaled_rules(const config::Ddr3Params& params, double ratio) {
  std::vector<DramRule> rules = ddr3_rules(params);
  for (DramRule& rule : rules) rule.cycles = scaled(rule.cycles, ratio);
  return rules;
}

}  // namespace

DramDdr3::DramDdr3(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::DramParams& params,
                   const config::MemoryBusParams& bus, double domain_ghz)
    : MemoryTargetModule(name, domain, sim::level::dram),
      params_(params.ddr3),
      banks_per_rank_(params.ddr3.banks),
      beat_bytes_(bus.beat_bytes()),
      read_latency_(scaled(params_.t_al + params_.t_cas + params_.backend_latency, domain_ghz / params_.clock_ghz)),
      backend_latency_(std::max(1u, scaled(params_.backend_latency, domain_ghz / params_.clock_ghz))),
      refresh_interval_(scaled(params_.t_refi, domain_ghz / params_.clock_ghz)),
      refresh_cycles_(scaled(params_.t_rp + params_.t_rfc, domain_ghz / params_.clock_ghz)),
      timing_(scaled_rules(params_, domain_ghz / params_.clock_ghz), params_.ranks, params_.banks),
      banks_(std::size_t{params_.ranks} * params_.banks),
      transactions_(params_.transaction_queue),
      reads_(most_answers, sim::QueueMode::Flow),
      writes_(most_answers, sim::QueueMode::Flow) {
  window_.reserve(params_.scheduler_window);
  for (unsigned rank = 0; rank < params_.ranks; ++rank)
    refresh_due_.push_back(refresh_interval_ == 0 ? Cycle::never() : Cycle{refresh_interval_});
  transactions_.connect_consumer(*this);
  reads_.connect_consumer(*this);
  writes_.connect_consumer(*this);
}

bool DramDdr3::accept(Cycle now, tlm::tlm_generic_payload& payload) {
  if (!transactions_.can_push(now)) return false;
  transactions_.push(now, decode(payload));
  return true;
}

void DramDdr3::refused() {
  ++stats.queue_full;
  wake(domain().now() + 1);
}

DramDdr3::Request DramDdr3::decode(tlm::tlm_generic_payload& payload) const {
  const std::uint64_t address = payload.get_address();
  Request request;
  request.payload = &payload;
  request.place.rank = address >> params_.rank_bit & (params_.ranks - 1);
  request.place.bank = address >> params_.bank_bit & (params_.banks - 1);
  request.row = address >> params_.row_bit;
  return request;
}

Cycle DramDdr3::step(Cycle now) {
  answer(now, reads_);
  answer(now, writes_);
  fill_window(now);
  const bool given = give_command(now);
  Cycle next = std::min(reads_.head_visible(), writes_.head_visible());
  if (given) return now + 1;
  next = std::min(next, next_chance(now));
  return std::max(next, now + 1);
}

void DramDdr3::fill_window(Cycle now) {
  if (window_.empty() && transactions_.can_pop(now)) catch_up(now);
  while (window_.size() < params_.scheduler_window && transactions_.can_pop(now)) {
    Request request = transactions_.pop(now);
    const Bank& target = bank(request.place);
    const bool hit = target.open && target.row == request.row;
    ++(hit ? stats.row_hits : target.open ? stats.row_conflicts : stats.row_misses);
    window_.push_back(request);
  }
  accept_refused(now);
}

// An idle memory sleeps through its refreshes; when a request comes, those that are over have closed their ranks' rows.
void DramDdr3::catch_up(Cycle now) {
  for (unsigned rank = 0; rank < refresh_due_.size(); ++rank) {
    if (refresh_due_[rank] == Cycle::never() || refresh_due_[rank] + refresh_cycles_ > now) continue;
    const std::uint64_t missed = (now - refresh_due_[rank] - refresh_cycles_) / refresh_interval_ + 1;
    refresh_due_[rank] += missed * refresh_interval_;
    stats.refreshes += missed;
    for (unsigned b = 0; b < banks_per_rank_; ++b) bank({rank, b}).open = false;
  }
}

// At most one command a cycle.
bool DramDdr3::give_command(Cycle now) {
  return refresh(now) || give_column(now) || give_row(now) || (!params_.open_page && close_unwanted(now));
}

bool DramDdr3::refresh(Cycle now) {
  for (unsigned rank = 0; rank < refresh_due_.size(); ++rank)
    if (refresh_due_[rank] <= now && refresh_rank(now, rank)) return true;
  return false;
}

// Closes the rank's banks one by one, then refreshes. True if a command was given.
bool DramDdr3::refresh_rank(Cycle now, unsigned rank) {
  bool closed = true;
  for (unsigned b = 0; b < banks_per_rank_; ++b) {
    const DramPlace place{rank, b};
    if (!bank(place).open) continue;
    closed = false;
    if (!timing_.allows(now, DramCommand::Precharge, place)) continue;
    close(now, place);
    return true;
  }
  if (!closed || !timing_.allows(now, DramCommand::Refresh, {rank, 0})) return false;
  timing_.issue(now, DramCommand::Refresh, {rank, 0});
  refresh_due_[rank] += refresh_interval_;
  ++stats.refreshes;
  return true;
}

bool DramDdr3::give_column(Cycle now) {
  for (std::size_t i = 0; i < window_.size(); ++i) {
    const Request& request = window_[i];
    const Bank& target = bank(request.place);
    if (!target.open || target.row != request.row || refresh_due_[request.place.rank] <= now) continue;
    const DramCommand command = request.payload->is_read() ? DramCommand::Read : DramCommand::Write;
    if (!timing_.allows(now, command, request.place)) continue;
    column(now, i);
    return true;
  }
  return false;
}

void DramDdr3::column(Cycle now, std::size_t index) {
  const Request request = window_[index];
  window_.erase(window_.begin() + static_cast<std::ptrdiff_t>(index));
  if (request.payload->is_write()) {
    timing_.issue(now, DramCommand::Write, request.place);
    writes_.push(now + backend_latency_, request.payload);
    ++stats.writes;
    return;
  }
  timing_.issue(now, DramCommand::Read, request.place);
  const Cycle first = std::max(now + read_latency_, port_free_);
  port_free_ = first + Bytes{request.payload->get_data_length()} / beat_bytes_;
  reads_.push(first, request.payload);
  ++stats.reads;
}

bool DramDdr3::give_row(Cycle now) {
  for (std::size_t i = 0; i < window_.size(); ++i) {
    Request& request = window_[i];
    if (refresh_due_[request.place.rank] <= now) continue;
    const auto older = [&](const Request& other) {
      return &other < &request && other.place.rank == request.place.rank && other.place.bank == request.place.bank;
    };
    if (std::any_of(window_.begin(), window_.end(), older)) continue;  // the bank serves its oldest request
    if (open_row(now, request)) return true;
  }
  return false;
}

bool DramDdr3::open_row(Cycle now, Request& request) {
  Bank& target = bank(request.place);
  if (target.open && target.row == request.row) return false;
  const DramCommand command = target.open ? DramCommand::Precharge : DramCommand::Activate;
  if (!timing_.allows(now, command, request.place)) return false;
  if (target.open) {
    close(now, request.place);
    return true;
  }
  timing_.issue(now, DramCommand::Activate, request.place);
  target = {true, request.row};
  ++stats.activates;
  return true;
}

void DramDdr3::close(Cycle now, DramPlace place) {
  timing_.issue(now, DramCommand::Precharge, place);
  bank(place).open = false;
  ++stats.precharges;
}

bool DramDdr3::close_unwanted(Cycle now) {
  for (unsigned rank = 0; rank < params_.ranks; ++rank)
    for (unsigned b = 0; b < banks_per_rank_; ++b) {
      const DramPlace place{rank, b};
      if (!bank(place).open || wanted(place) || !timing_.allows(now, DramCommand::Precharge, place)) continue;
      close(now, place);
      return true;
    }
  return false;
}

bool DramDdr3::wanted(DramPlace place) const {
  const Bank& target = banks_[place.rank * banks_per_rank_ + place.bank];
  return std::any_of(window_.begin(), window_.end(), [&](const Request& request) {
    return request.place.rank == place.rank && request.place.bank == place.bank && request.row == target.row;
  });
}

// When a rule that holds everything back next lets go; requests that arrive wake by themselves.
Cycle DramDdr3::next_chance(Cycle now) const {
  Cycle next = Cycle::never();
  for (const Request& request : window_) {
    for (const DramCommand command : {DramCommand::Activate, DramCommand::Precharge,
                                      request.payload->is_read() ? DramCommand::Read : DramCommand::Write}) {
      const Cycle at = timing_.earliest(command, request.place);
      if (at > now) next = std::min(next, at);
    }
  }
  const bool refreshing =
      std::any_of(refresh_due_.begin(), refresh_due_.end(), [now](Cycle due) { return due <= now; });
  const bool closing =
      !params_.open_page && std::any_of(banks_.begin(), banks_.end(), [](const Bank& b) { return b.open; });
  if (refreshing || closing || has_refused()) return now + 1;
  if (!window_.empty()) next = std::min(next, *std::min_element(refresh_due_.begin(), refresh_due_.end()));
  return next;
}

std::string DramDdr3::waiting_for() const {
  return window_.empty() && transactions_.empty() ? std::string{} : "a timing rule to let a command go";
}

}  // namespace castor::memory
