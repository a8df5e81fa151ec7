// What is behind a front end: the instruction cache and its TLB. Instructions from devices (the boot ROM) are there at
// once.
//
// A fetch that finds no page (s1) comes again every other cycle until it does, then enters the cache.
// RTL twin: Frontend.scala, s2_replay.
#pragma once

#include <functional>
#include <optional>

#include "castor/config/soc_config.h"
#include "castor/host/core_tlb.h"
#include "castor/host/l1_instruction_cache.h"

namespace castor::host {

class TranslatedFetch {
 public:
  /// Its modules are those of the module that holds it.
  TranslatedFetch(sim::ClockDomain& domain, const config::SocConfig& config);

  /// True: there in s0 + 2. False: `answer` tells its s2; a new fetch takes its place.
  bool fetch(Cycle s0, VirtAddr vaddr, PhysAddr address);
  bool holds(PhysAddr address) const { return device(address) || cache_.holds(address); }
  void invalidate() { cache_.invalidate(); }
  void set_answer(std::function<void(Cycle)> answer);

  CoreTlb& tlb() { return tlb_; }
  tlm::tlm_initiator_socket<>& socket() { return cache_.socket; }

 private:
  struct Fetch {
    Cycle s0;
    VirtAddr vaddr;
    PhysAddr address;
  };
  bool device(PhysAddr address) const { return address < memory_ || address - memory_ >= memory_bytes_.count(); }
  bool enter_cache(Cycle s0, PhysAddr address);
  void page_is_there(Cycle from);

  sim::ClockDomain& domain_;
  PhysAddr memory_;
  Bytes memory_bytes_;
  L1InstructionCache cache_;
  CoreTlb tlb_;
  std::optional<Fetch> waits_for_page_;
  std::function<void(Cycle)> answer_;
};

}  // namespace castor::host
