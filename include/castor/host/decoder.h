// From instruction words to decoded instructions, through the instruction table.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "castor/host/instruction.h"

namespace castor::host {

class Decoder {
 public:
  Decoder();

  /// `word`: the 16 bits of a compressed instruction or the 32 of another. `misa`: which extensions are on; what
  /// belongs to others, and every compressed instruction without C, is illegal.
  Instruction decode(std::uint32_t word, std::uint64_t misa) const;

 private:
  const Operation& find(std::uint32_t word, std::uint64_t misa) const;

  /// Rows by bits [6:2] of the word, which none leaves open.
  std::array<std::vector<const Operation*>, 32> by_opcode_;
};

}  // namespace castor::host
