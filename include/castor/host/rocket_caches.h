// A Rocket tile's first-level caches and their TLBs as its core sees them.
//
// A load or store that finds no page (s1) is nacked: it comes again 5 cycles later, or two after the walker's answer.
// Instructions from devices (the boot ROM) are there at once. RTL twin: DCache.scala, Frontend.scala.
#pragma once

#include <algorithm>
#include <optional>
#include <tlm>

#include "castor/config/soc_config.h"
#include "castor/host/core_caches.h"
#include "castor/host/core_tlb.h"
#include "castor/host/l1_data_cache.h"
#include "castor/host/translated_fetch.h"
#include "castor/sim/module.h"

namespace castor::host {

class RocketCaches : public sim::Module, public CoreCaches {
 public:
  RocketCaches(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config);

  Outcome access(Cycle s0, VirtAddr vaddr, PhysAddr address, Use use) override;
  bool holds_instructions(PhysAddr address) const override { return instructions_.holds(address); }
  bool fetch(Cycle s0, VirtAddr vaddr, PhysAddr address) override { return instructions_.fetch(s0, vaddr, address); }
  void invalidate_instructions() override { instructions_.invalidate(); }
  bool reserved(Cycle s2) const override { return data_.reserved(std::max(s2, domain_.now())); }
  void when_answered(Answer data, Answer instructions) override;

  CoreTlb& data_tlb() { return tlb_; }
  CoreTlb& instruction_tlb() { return instructions_.tlb(); }
  /// For the page-table walker.
  TableReader& table_reader() { return data_; }
  /// To a port made with SystemBus::add_client.
  tlm::tlm_initiator_socket<>& data_socket() { return data_.socket; }
  /// To a port made with SystemBus::add_core.
  tlm::tlm_initiator_socket<>& instruction_socket() { return instructions_.socket(); }

 private:
  struct Access {
    Cycle s0;
    VirtAddr vaddr;
    PhysAddr address;
    Use use;
  };
  void page_is_there(Cycle from);

  sim::ClockDomain& domain_;
  L1DataCache data_;
  CoreTlb tlb_;
  TranslatedFetch instructions_;
  std::optional<Access> waits_for_page_;
  Answer answer_;
};

}  // namespace castor::host
