// A BOOM tile's first-level caches and their TLBs as its core sees them.
//
// An access that finds no page waits for it beside others, and enters the data cache when the page is there (the RTL's
// load-store unit tries again from its queues). The walker's loads enter the cycle after they are asked for (lsu.scala,
// hella interface). Instructions from devices (the boot ROM) are there at once.
#pragma once

#include <tlm>
#include <vector>

#include "castor/config/soc_config.h"
#include "castor/host/core_tlb.h"
#include "castor/host/nonblocking_data_cache.h"
#include "castor/host/table_reader.h"
#include "castor/host/translated_fetch.h"
#include "castor/host/window_caches.h"
#include "castor/sim/module.h"

namespace castor::host {

class BoomCaches : public sim::Module, public WindowCaches, private TableReader {
 public:
  BoomCaches(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config);

  bool access(Cycle s0, VirtAddr vaddr, PhysAddr address, MemoryOp access, Number number) override;
  std::uint64_t hit_latency() const override { return data_.hit_latency(); }
  bool fetch(Cycle s0, VirtAddr vaddr, PhysAddr address) override { return instructions_.fetch(s0, vaddr, address); }
  void invalidate_instructions() override { instructions_.invalidate(); }
  bool reserved(Cycle s0) const override { return data_.reserved(s0); }
  void when_answered(DataAnswer data, FetchAnswer instructions) override;

  CoreTlb& data_tlb() { return tlb_; }
  CoreTlb& instruction_tlb() { return instructions_.tlb(); }
  /// For the page-table walker.
  TableReader& table_reader() { return *this; }
  /// To a port made with SystemBus::add_client.
  tlm::tlm_initiator_socket<>& data_socket() { return data_.socket; }
  /// To a port made with SystemBus::add_core.
  tlm::tlm_initiator_socket<>& instruction_socket() { return instructions_.socket(); }

 private:
  static constexpr Number walker = ~Number{0};  // whose load it is
  struct Access {
    Cycle s0;
    VirtAddr vaddr;
    PhysAddr address;
    MemoryOp access;
    Number number;
  };
  std::optional<Cycle> load_entry(Cycle s0, PhysAddr entry) override;
  void when_entry_loaded(std::function<void(Cycle)> answer) override { entry_loaded_ = std::move(answer); }
  void answered(Number number, Cycle cycle);
  void page_is_there(Cycle from);

  NonblockingDataCache data_;
  CoreTlb tlb_;
  TranslatedFetch instructions_;
  std::vector<Access> wait_for_page_;
  DataAnswer answer_;
  std::function<void(Cycle)> entry_loaded_;
};

}  // namespace castor::host
