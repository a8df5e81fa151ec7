#include "castor/gemmini/dma.h"

namespace castor::gemmini {

Dma::Dma(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
         const config::TlbParams& tlb_params, LocalMemory& memory, sim::Probes& probes)
    : Module(name),
      tlb("tlb", params, tlb_params),
      load_controller("load_controller", domain, params),
      stream_reader("stream_reader", domain, params, load_controller.rows(), tlb, memory.values(), probes),
      load_writer("load_writer", domain, params, memory, stream_reader.merger(), load_controller),
      store_controller("store_controller", domain, params),
      accumulator_scale("accumulator_scale", domain, params, memory),
      store_reader("store_reader", domain, memory, store_controller, accumulator_scale.norm_q()),
      stream_writer("stream_writer", domain, params, memory, accumulator_scale, tlb, FrontendTlb::Writer, probes) {
  if (!params.stores_to_scratchpad()) return;
  scratchpad_writer = std::make_unique<StreamWriter>("scratchpad_writer", domain, params, memory, accumulator_scale,
                                                     tlb, FrontendTlb::ScratchpadWriter, probes);
  scratchpad_window = std::make_unique<ScratchpadWindow>("scratchpad_window", domain, params, memory);
  stream_writer.connect(*scratchpad_writer);
  scratchpad_writer->socket.bind(scratchpad_window->socket);
}

bool Dma::busy(Cycle now) const {
  return stream_reader.busy(now) || stream_writer.busy(now) || accumulator_scale.busy() ||
         !store_controller.rows().empty() || (scratchpad_writer != nullptr && scratchpad_writer->busy(now));
}

void Dma::report_to(EventCounts& events) {
  tlb.report_to(events);
  load_controller.report_to(events);
  store_controller.report_to(events);
  stream_reader.report_to(events);
  stream_writer.report_to(events);
}

}  // namespace castor::gemmini
