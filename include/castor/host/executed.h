// What a hart did with an instruction, as core timing needs to know it.
#pragma once

#include <cstdint>

#include "castor/host/address_space.h"

namespace castor::host {

struct Executed {
  std::uint64_t pc;
  std::uint64_t next;
  std::uint64_t rs1, rs2;  ///< before
  MemoryAccess access;     ///< of a load or store ...
  bool cached = false;     ///< ... to memory
};

}  // namespace castor::host
