#include "castor/memory/banked_store.h"

#include <algorithm>

#include "castor/common/error.h"

namespace castor::memory {

BankedStore::BankedStore(const config::L2Params& l2, const config::BusParams& bus,
                         const config::MemoryBusParams& memory_bus) {
  const unsigned word = l2.write_bytes().count();
  const unsigned inner = bus.beat_bytes();
  const unsigned outer = memory_bus.beat_bytes().count();
  const unsigned block = l2.block_bytes().count();
  if (word > inner || word > outer)
    throw UserError("l2.write_bytes must not exceed a beat of the system bus or of the memory bus");
  inner_words_ = inner / word;
  outer_words_ = outer / word;
  inner_beats_ = std::max(1u, block / inner);
  outer_beats_ = std::max(1u, block / outer);
  srams_ = l2.port_factor * std::max(inner, outer) / word;
  if (srams_ > 64 || (srams_ & (srams_ - 1)) != 0)
    throw UserError("l2.port_factor * widest beat / l2.write_bytes must be a power of two of at most 64");
  outer_mask_ = (std::uint64_t{1} << outer_words_) - 1;
}

}  // namespace castor::memory
