// The RoCC port: where a host and an accelerator meet (rocket-chip LazyRoCC.scala).
#pragma once

#include <cstdint>
#include <string>

#include "castor/common/types.h"
#include "castor/isa/command.h"
#include "castor/sim/clock_domain.h"
#include "castor/sim/translation.h"

namespace castor::sim {

/// One custom instruction as it leaves the core's write-back stage.
struct RoccCommand {
  isa::Command command;
  bool wants_response = false;  // xd
  std::uint8_t rd = 0;
  TranslationStatus status{};  // mstatus, as the core sends it along
};

struct RoccResponse {
  std::uint8_t rd = 0;
  std::uint64_t value = 0;
};

/// The accelerator's side of the port. The host steps at a later level than the accelerator, so busy() and can_accept()
/// show the state of the current cycle.
class RoccPort {
 public:
  virtual ~RoccPort() = default;
  /// Whether a command handed over in cycle `now` is accepted.
  virtual bool can_accept(Cycle now) const = 0;
  virtual void send(Cycle now, const RoccCommand& command) = 0;
  /// io.busy: something is queued, unrolled, reserved or in flight (timing.md section 1).
  virtual bool busy(Cycle now) const = 0;
  /// A translation fault waits for `flush`.
  virtual bool interrupt() const = 0;
  /// What it was, as a sentence's beginning; empty without a fault.
  virtual std::string fault() const { return {}; }
  /// The block to wake when room appears, when busy falls, and when a response arrives.
  virtual void attach_host(Clocked& host) = 0;
  /// Takes a response if one is visible in cycle `now`.
  virtual bool take_response(Cycle now, RoccResponse& response) = 0;
};

}  // namespace castor::sim
