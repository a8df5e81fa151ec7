// From the L2 banks to the memory ports: a cork behind each bank, a crossbar, and the memory channels.
//
// RTL twin: CacheCork.scala, MemoryBus.scala (crossbar), ToAXI4.scala. Combinational by default: a request leaves the
// L2's outer buffer and reaches memory in the same cycle, memory's beat enters the L2's outer buffer in the cycle in
// which it appears. Each channel takes one beat a cycle and gives one a cycle, each bank likewise; banks that want one
// channel, and channels that answer one bank, take turns by whole messages. A bank's instant answers go when no channel
// has a beat for it.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "castor/memory/arbiter.h"
#include "castor/memory/memory_channel.h"
#include "castor/sim/levels.h"

namespace castor::memory {

class MemoryBus : public sim::ClockedModule {
 public:
  using Target = MemoryTarget;
  using Stats = MemoryBusStats;
  Stats stats;

  MemoryBus(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::MemoryBusParams& params,
            const config::L2Params& l2, BackingStore& store, sim::Probes& probes,
            const std::vector<L2OuterPort*>& banks, Target target = Target::InDomain);

  tlm::tlm_initiator_socket<>& socket(unsigned channel = 0) { return channels_.at(channel).socket; }

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats; }

 private:
  bool must_meet_kernel(Cycle now);
  bool must_step(Cycle now) const;
  Cycle next_arrival(Cycle now) const;
  bool return_responses(Cycle now);
  bool return_to(Cycle now, unsigned bank);
  bool pick_beat(Cycle now, unsigned channel, MemoryBeat& beat) const;
  bool offers(Cycle now, unsigned bank, unsigned channel, MemoryBeat& beat) const;
  bool take_beat(Cycle now, unsigned channel);

  Target target_;
  MemoryInterleave interleave_;
  std::vector<CacheCork> corks_;
  std::deque<MemoryChannel> channels_;
  std::vector<RoundRobinArbiter> banks_of_channel_, channels_of_bank_;
  std::vector<std::optional<unsigned>> answers_;  // the bank that each channel has a beat for in this cycle
};

}  // namespace castor::memory
