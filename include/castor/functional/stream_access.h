// Which command of a stream touches an address: loops are expanded, strides followed, nothing is computed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "castor/common/types.h"
#include "castor/functional/oracle.h"
#include "castor/isa/stream.h"

namespace castor::functional {

struct StreamAccess {
  std::size_t item = 0;  ///< of the stream
  unsigned line = 0;     ///< of its text; 0: it was not read from one
  isa::Command command;  ///< that touches memory; of a loop, one of those that it is made of
};

/// The first of the items before `end` that reads (or writes) within `bytes` bytes from `address` on.
std::optional<StreamAccess> first_access(const isa::Stream& stream, std::size_t end, VirtAddr address,
                                         std::uint64_t bytes, bool write, const OracleParams& params);

}  // namespace castor::functional
