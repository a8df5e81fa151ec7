#include "castor/gemmini/gemmini.h"

#include <sstream>

#include "castor/sim/levels.h"

namespace castor::gemmini {
namespace {

bool touches_memory(const isa::Command& command) {
  return command.is_mvin() || command.function() == isa::Funct::Mvout || command.is_loop_ws() || command.is_loop_conv();
}

}  // namespace

Gemmini::Gemmini(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
                 const config::TlbParams& tlb, const Options& options, sim::Probes& probes)
    : ClockedModule(name, domain, sim::level::accelerator),
      arithmetic_(Arithmetic::make(params.element_types())),
      memory_("local_memory", params, *arithmetic_, options.values, probes),
      counters_("counters", params),
      execute_("execute_controller", domain, params, memory_, probes),
      dma_("dma", domain, params, tlb, memory_, probes),
      reservation_station_(
          "reservation_station", domain, params, probes,
          {dma_.load_controller.commands(), execute_.commands(), dma_.store_controller.commands()},
          {dma_.load_controller.completions(), execute_.completions(), dma_.store_controller.completions()},
          counters_.events()),
      front_end_("front_end", domain, params, probes, reservation_station_, counters_) {
  dma_.load_controller.completions().connect(reservation_station_, dma_.load_controller);
  dma_.store_controller.completions().connect(reservation_station_, dma_.store_controller);
  execute_.completions().connect(reservation_station_, execute_);
  execute_.report_to(counters_.events());
  dma_.report_to(counters_.events());
  front_end_.on_flush([this](Cycle now, bool skip) {
    dma_.tlb.flush(now, skip ? FaultedAccess::IsSkipped : FaultedAccess::TriesAgain);
  });
}

void Gemmini::send(Cycle now, const sim::RoccCommand& command) {
  if (touches_memory(command.command)) dma_.tlb.set_status(command.status);
  front_end_.send(now, command);
  if (!was_busy_) wake(now + 1);
}

bool Gemmini::busy(Cycle now) const { return front_end_.busy(now) || reservation_station_.busy(now) || dma_.busy(now); }

void Gemmini::attach_host(sim::Clocked& host) {
  host_ = &host;
  front_end_.raw_cmd_q().connect_producer(host);
  counters_.responses().connect_consumer(host);
}

bool Gemmini::take_response(Cycle now, sim::RoccResponse& response) {
  if (!counters_.responses().can_pop(now)) return false;
  response = counters_.responses().pop(now);
  return true;
}

std::string Gemmini::fault() const {
  if (!dma_.tlb.fault()) return {};
  const TranslationFault& fault = *dma_.tlb.fault();
  std::ostringstream text;
  text << "the accelerator " << (fault.access == DmaAccess::Write ? "writes" : "reads") << " virtual address 0x"
       << std::hex << fault.vaddr.value() << ": " << sim::name_of(fault.reason);
  return text.str();
}

Cycle Gemmini::step(Cycle now) {
  const bool is_busy = busy(now);
  if (is_busy && !was_busy_) busy_since_ = now;
  if (!is_busy && was_busy_) {
    stats_.busy += now - busy_since_;
    if (host_ != nullptr) host_->wake(now);
  }
  was_busy_ = is_busy;
  return is_busy ? sim::ClockDomain::with_others() : Cycle::never();
}

}  // namespace castor::gemmini
