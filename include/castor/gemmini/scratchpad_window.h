// The scratchpad as a TileLink target: where the rows of STORE_SPAD land. RTL twin: the memory outside the accelerator
// behind spad_writer (Controller.scala, use_shared_ext_mem and use_tl_ext_mem), which the generator leaves to the SoC.
//
// Timing contract (chosen, the RTL names no such memory): a Put whose last A beat leaves in t is written from t+1 on,
// one row of one Put a cycle, when the array and the mvins leave its bank's write port free; it is acknowledged in the
// cycle after its last row. Puts are written in order. Byte enables are lane masks. Addresses: tl_ext_mem_base + row *
// row bytes, banks one after the other.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <string>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/local_memory.h"
#include "castor/sim/module.h"
#include "castor/sim/queue.h"

namespace castor::gemmini {

class ScratchpadWindow : public sim::ClockedModule {
 public:
  tlm_utils::simple_target_socket<ScratchpadWindow> socket;

  struct Stats : sim::StatGroup {
    sim::Counter puts{this, "puts", "requests", "Puts taken"};
    sim::Counter rows{this, "rows", "rows", "scratchpad rows written"};
    sim::Counter cycles_blocked{this, "cycles_blocked", "cycles", "a row waits for its bank"};
  };

  ScratchpadWindow(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
                   LocalMemory& memory);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  struct Put {
    tlm::tlm_generic_payload* payload = nullptr;
    std::uint32_t row = 0;  // the next to be written
    std::uint32_t last_row = 0;
  };
  using Payloads = sim::Queue<tlm::tlm_generic_payload*>;

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  Put decode(tlm::tlm_generic_payload& payload) const;
  bool write_row(Cycle now, Put& put);
  std::uint64_t lanes_of(const Put& put) const;
  RowBytes bytes_of(const Put& put) const;
  /// Sends `phase` to the initiator for every payload that is due.
  void tell(Cycle now, Payloads& due, tlm::tlm_phase_enum phase);

  LocalMemory& memory_;
  PhysAddr base_;
  std::uint64_t size_;
  unsigned row_bytes_, element_bytes_;
  sim::Queue<Put> puts_;            // seen when the last A beat has arrived
  Payloads ending_, acknowledged_;  // seen in the cycle of END_REQ, of BEGIN_RESP
  Stats stats_;
};

}  // namespace castor::gemmini
