#include "castor/host/client_tags.h"

#include "castor/common/bits.h"

namespace castor::host {

ClientTags::ClientTags(const config::L1Params& params, const config::BusParams& bus)
    : block_{static_cast<unsigned>(params.block_bytes().count()), bus.block_beats()},
      log2_block_(log2_ceil(block_.bytes)),
      ways_(params.ways),
      set_mask_(params.sets() - 1),
      lines_(params.sets() * params.ways) {}

ClientTags::Line* ClientTags::find(PhysAddr address) {
  Line* const first = set(address);
  const std::uint64_t tag = tag_of(address);
  for (Line* line = first; line != first + ways_; ++line)
    if (line->tag == tag && line->state != ClientState::Nothing) return line;
  return nullptr;
}

ClientState ClientTags::state_of(PhysAddr address) const {
  const Line* line = find(address);
  return line == nullptr ? ClientState::Nothing : line->state;
}

void ClientTags::each_line(const std::function<void(PhysAddr, ClientState)>& visit) const {
  for (const Line& line : lines_)
    if (line.state != ClientState::Nothing) visit(address_of(line), line.state);
}

}  // namespace castor::host
