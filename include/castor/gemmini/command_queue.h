// What travels through the command front end: a command, who made it, and where its answer goes.
#pragma once

#include <cstdint>

#include "castor/isa/command.h"
#include "castor/sim/queue.h"

namespace castor::gemmini {

/// Who put a command into the stream of plain commands (GemminiCmd.from_matmul_fsm, from_conv_fsm).
enum class CommandSource : std::uint8_t { Host, LoopMatmul, LoopConv };

struct QueuedCommand {
  isa::Command command;
  CommandSource source = CommandSource::Host;
  std::uint8_t rd = 0;          // destination register of the answer
  bool wants_response = false;  // xd
};

using CommandQueue = sim::Queue<QueuedCommand>;

}  // namespace castor::gemmini
