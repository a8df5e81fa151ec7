// How long a multiplication or a division takes: the iterative unit of a Rocket core, one operation at a time.
//
// RTL twin: Multiplier.scala (MulDiv with mulUnroll = 8, divUnroll = 1, mulEarlyOut, divEarlyOut: WithNBigCores).
//   Multiply: 8 bits of rs1 an iteration (the lower 64 or 32 bits of it); it ends when all that is left of rs1 is 0,
//   but
//     not in the first iteration, and never early for the upper half of the product.
//   Divide: a bit an iteration, the leading zeros of the quotient skipped in the first; a cycle before to negate
//     negative operands and a cycle after to negate the result. A quotient without bits is not noticed: 65 iterations.
// Everything is counted from the cycle after the request (which is made in EX) to the first cycle of the response.
#pragma once

#include <cstdint>

#include "castor/host/instruction.h"

namespace castor::host {

unsigned multiply_cycles(const Instruction& instruction, std::uint64_t rs1);
unsigned divide_cycles(const Instruction& instruction, std::uint64_t rs1, std::uint64_t rs2);

}  // namespace castor::host
