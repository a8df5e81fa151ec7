#include "castor/host/rocc_router.h"

namespace castor::host {

RoccRouter::RoccRouter(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::IssueParams& params,
                       sim::RoccPort& accelerator)
    : ClockedModule(name, domain, sim::level::rocc_router),
      accelerator_(accelerator),
      queue_(params.rocc_queue_depth()) {
  queue_.connect_consumer(*this);
  accelerator_.attach_host(*this);
}

Cycle RoccRouter::step(Cycle now) {
  if (host_ != nullptr) host_->wake(now);  // room, busy or a response may have changed; the host's level is to come
  if (!queue_.can_pop(now)) return queue_.head_visible();
  if (!accelerator_.can_accept(now)) return Cycle::never();  // woken when there is room
  accelerator_.send(now, queue_.pop(now));
  ++stats_.commands;
  return queue_.empty() ? Cycle::never() : now + 1;
}

std::string RoccRouter::waiting_for() const {
  return queue_.empty() ? "" : "room in the accelerator for " + isa::mnemonic(queue_.front().command);
}

void RoccRouter::attach_host(sim::Clocked& host) {
  host_ = &host;
  queue_.connect_producer(host);
}

bool RoccRouter::take_response(Cycle now, sim::RoccResponse& response) {
  return accelerator_.take_response(now, response);
}

}  // namespace castor::host
