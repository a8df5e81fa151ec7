// What an access does to a line of a data cache.
#pragma once

#include <cstdint>

namespace castor::host {

/// A load; a load that announces a write (lr); a store, sc or amo.
enum class MemoryOp : std::uint8_t { Load, Reserve, Store };

}  // namespace castor::host
