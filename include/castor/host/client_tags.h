// The tags of a core's data cache: which lines it holds, what it may do with them, and which one makes room.
//
// RTL twin: the metadata arrays of DCache.scala and of BOOM's lsu/dcache.scala.
// Victims are pseudo-random whether or not a way is free: an LFSR that the cache steps.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "castor/common/lfsr.h"
#include "castor/common/types.h"
#include "castor/config/bus_params.h"
#include "castor/config/host_params.h"
#include "castor/host/client_messages.h"
#include "castor/host/client_state.h"

namespace castor::host {

class ClientTags {
 public:
  struct Line {
    std::uint64_t tag = 0;  // with the set, to be whole
    ClientState state = ClientState::Nothing;
  };

  ClientTags(const config::L1Params& params, const config::BusParams& bus);

  /// Nothing if no way holds it.
  Line* find(PhysAddr address);
  const Line* find(PhysAddr address) const { return const_cast<ClientTags*>(this)->find(address); }
  ClientState state_of(PhysAddr address) const;
  void each_line(const std::function<void(PhysAddr, ClientState)>& visit) const;

  /// The way that a line with this address would take now.
  Line& victim(PhysAddr address) { return set(address)[victims_.value() & (ways_ - 1)]; }
  void step_victims() { victims_.step(); }

  std::uint64_t set_of(PhysAddr address) const { return tag_of(address) & set_mask_; }
  std::uint64_t tag_of(PhysAddr address) const { return address.value() >> log2_block_; }
  PhysAddr line_of(PhysAddr address) const { return PhysAddr{tag_of(address) << log2_block_}; }
  PhysAddr address_of(const Line& line) const { return PhysAddr{line.tag << log2_block_}; }
  unsigned log2_block() const { return log2_block_; }
  /// As messages carry it.
  const ClientBlock& block() const { return block_; }

 private:
  Line* set(PhysAddr address) { return &lines_[set_of(address) * ways_]; }

  ClientBlock block_;
  unsigned log2_block_, ways_;
  std::uint64_t set_mask_;
  std::vector<Line> lines_;
  Lfsr16 victims_;
};

}  // namespace castor::host
