// Privilege modes, and the causes of traps (The RISC-V Instruction Set Manual, Volume II: Privileged Architecture).
#pragma once

#include <cstdint>

namespace castor::host {

enum class Privilege : std::uint8_t { User = 0, Supervisor = 1, Machine = 3 };

/// Codes of mcause without its interrupt bit.
enum class Exception : std::uint8_t {
  MisalignedFetch = 0,
  FetchAccess = 1,
  IllegalInstruction = 2,
  Breakpoint = 3,
  MisalignedLoad = 4,
  LoadAccess = 5,
  MisalignedStore = 6,
  StoreAccess = 7,
  UserEcall = 8,
  SupervisorEcall = 9,
  MachineEcall = 11,
  FetchPageFault = 12,
  LoadPageFault = 13,
  StorePageFault = 15,
};

/// Bits of mip and mie, and codes of mcause with its interrupt bit.
enum class Interrupt : std::uint8_t {
  SupervisorSoftware = 1,
  MachineSoftware = 3,
  SupervisorTimer = 5,
  MachineTimer = 7,
  SupervisorExternal = 9,
  MachineExternal = 11,
  Rocc = 13,  ///< the accelerator's interrupt line (rocket-chip's own)
};

constexpr std::uint64_t mask_of(Interrupt interrupt) { return 1ULL << static_cast<unsigned>(interrupt); }
constexpr std::uint64_t mask_of(Exception exception) { return 1ULL << static_cast<unsigned>(exception); }

/// Thrown by whatever an instruction cannot complete; the hart turns it into a trap. Nothing has been written then.
struct ExceptionRaised {
  Exception exception;
  std::uint64_t value = 0;  ///< for mtval or stval
};

/// A trap that was taken, for drivers that tell the user about it.
struct Trap {
  std::uint64_t cause = 0;  ///< as mcause
  std::uint64_t value = 0;  ///< as mtval
  std::uint64_t pc = 0;     ///< as mepc
  Privilege from = Privilege::Machine;
  Privilege to = Privilege::Machine;
  bool is_interrupt() const { return cause >> 63; }
  bool is_call() const {
    return cause >= static_cast<std::uint64_t>(Exception::UserEcall) &&
           cause <= static_cast<std::uint64_t>(Exception::MachineEcall);
  }
};

/// "illegal instruction", "load page fault", ...
const char* name_of(Exception exception);

}  // namespace castor::host
