// What a page-table walker reads entries through: a tile's data cache.
#pragma once

#include <functional>
#include <optional>

#include "castor/common/types.h"

namespace castor::host {

class TableReader {
 public:
  virtual ~TableReader() = default;
  /// A load of the walker that enters the cache in `s0`. The cycle in which its data comes out if it hits; nothing: the
  /// answer tells it. One at a time.
  virtual std::optional<Cycle> load_entry(Cycle s0, PhysAddr entry) = 0;
  virtual void when_entry_loaded(std::function<void(Cycle)> answer) = 0;
};

}  // namespace castor::host
