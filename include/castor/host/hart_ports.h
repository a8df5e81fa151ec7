// What a hart is connected to. Its driver (plain execution, or a core's timing) implements these.
#pragma once

#include <cstdint>

#include "castor/common/types.h"
#include "castor/host/trap.h"

namespace castor::host {

/// Physical memory as a hart sees it.
class HartMemory {
 public:
  virtual ~HartMemory() = default;
  /// The bytes of an aligned page of 4 KiB if it is plain memory, which has no side effects; nullptr: use read() and
  /// write(). The answer for a page never changes.
  virtual std::uint8_t* plain_page(PhysAddr page) = 0;
  /// An aligned access of 1, 2, 4 or 8 bytes to something else; false: access fault.
  virtual bool read(PhysAddr address, unsigned bytes, std::uint64_t& value) = 0;
  virtual bool write(PhysAddr address, unsigned bytes, std::uint64_t value) = 0;
};

/// What the counters count.
class HartClock {
 public:
  virtual ~HartClock() = default;
  /// Cycles since reset, in the cycle in which the instruction that asks reads them.
  virtual std::uint64_t cycle() = 0;
  /// mtime of the CLINT.
  virtual std::uint64_t time() = 0;
  /// mscratch is written: programs mark places in a trace with it.
  virtual void mark(std::uint64_t /*value*/) {}
};

/// A custom instruction with its operands (rocket-chip LazyRoCC.scala: RoCCCommand).
struct RoccInstruction {
  std::uint8_t opcode = 3;  ///< custom-0 to custom-3
  std::uint8_t funct7 = 0;
  std::uint8_t rd = 0;
  bool xd = false;        ///< a response for rd will come
  std::uint64_t rs1 = 0;  ///< the values; 0 where xs1 or xs2 is not set
  std::uint64_t rs2 = 0;
  std::uint64_t mstatus = 0;
  Privilege privilege = Privilege::Machine;  ///< of its memory accesses
};

/// Where custom instructions go. The driver looks at the instruction that is next (Hart::fetch) and lets it execute
/// only once it can go.
class RoccIssue {
 public:
  virtual ~RoccIssue() = default;
  /// Whether an accelerator listens to this opcode; what none listens to is illegal.
  virtual bool serves(unsigned opcode) const = 0;
  /// A response (xd) is delivered through Hart::write_register, now or later.
  virtual void issue(const RoccInstruction& instruction) = 0;
};

}  // namespace castor::host
