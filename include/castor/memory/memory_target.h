// What stands behind a memory port: the protocol of a TLM-2.0 AT target, one request refused at a time. Timing only:
// the bytes lie in the BackingStore, so a blocking transport is answered with an error.
#pragma once

#include <tlm>

#include "castor/sim/module.h"
#include "castor/sim/queue.h"

namespace castor::memory {

class MemoryTargetModule : public sim::ClockedModule, private tlm::tlm_fw_transport_if<> {
 public:
  tlm::tlm_target_socket<> socket;

 protected:
  /// Visible in the cycle of its BEGIN_RESP.
  using Answers = sim::Queue<tlm::tlm_generic_payload*>;
  static constexpr std::size_t most_answers = 1024;  // more than any memory bus has in flight

  MemoryTargetModule(const sc_core::sc_module_name& name, sim::ClockDomain& domain, sim::Level level);

  /// Takes a request, if there is room; else it tries again with accept_refused().
  virtual bool accept(Cycle now, tlm::tlm_generic_payload& payload) = 0;
  /// One has been refused, for the first time.
  virtual void refused() {}
  bool has_refused() const { return refused_ != nullptr; }
  void accept_refused(Cycle now);
  void answer(Cycle now, Answers& answers);

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned int transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  tlm::tlm_generic_payload* refused_ = nullptr;  // waits for its END_REQ
};

}  // namespace castor::memory
