// The two DMA paths of the accelerator, wired: mvins from their issue to the banks, mvouts from the banks to memory.
// RTL twin: Scratchpad.scala without its banks, LoadController, StoreController, FrontendTLB.
//
//   load_controller -> stream_reader -> (bus) -> beat merger -> load_writer -> banks
//   store_controller -> store_reader -> banks -> accumulator_scale -> stream_writer -> (bus)
//                                                                  -> scratchpad_writer -> scratchpad_window -> banks
// The last line: STORE_SPAD, where the scratchpad lies in the TileLink address space.
#pragma once

#include <memory>

#include "castor/config/gemmini_params.h"
#include "castor/config/tlb_params.h"
#include "castor/gemmini/accumulator_scale.h"
#include "castor/gemmini/frontend_tlb.h"
#include "castor/gemmini/load_controller.h"
#include "castor/gemmini/load_writer.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/scratchpad_window.h"
#include "castor/gemmini/store_controller.h"
#include "castor/gemmini/store_reader.h"
#include "castor/gemmini/stream_reader.h"
#include "castor/gemmini/stream_writer.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

class Dma : public sim::Module {
 public:
  Dma(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
      const config::TlbParams& tlb_params, LocalMemory& memory, sim::Probes& probes);

  /// The scratchpad's busy (Scratchpad.scala): requests outstanding, mvout rows in the queues.
  bool busy(Cycle now) const;
  void report_to(EventCounts& events);

  FrontendTlb tlb;
  LoadController load_controller;
  StreamReader stream_reader;
  LoadWriter load_writer;
  StoreController store_controller;
  AccumulatorScale accumulator_scale;
  StoreReader store_reader;
  StreamWriter stream_writer;
  std::unique_ptr<StreamWriter> scratchpad_writer;
  std::unique_ptr<ScratchpadWindow> scratchpad_window;
};

}  // namespace castor::gemmini
