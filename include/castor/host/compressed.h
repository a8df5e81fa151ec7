// The C extension: each 16-bit instruction is short for a 32-bit one.
#pragma once

#include <cstdint>

namespace castor::host {

constexpr bool is_compressed(std::uint32_t word) { return (word & 3) != 3; }

/// The 32-bit instruction that a compressed one of RV64IMAFDC stands for; 0, which is illegal, for a reserved one.
std::uint32_t expand_compressed(std::uint16_t word);

}  // namespace castor::host
