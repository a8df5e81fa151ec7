// A RISC-V hart: RV64IMAFDC, Zicsr, Zifencei, modes M, S and U, Sv39, PMP. What it computes, without time.
// RTL twin: what a Rocket core of rocket-chip computes.
//
// Two ways to drive it.
//   * run(): executes many instructions at a time at one a cycle (host.timing: functional).
//   * Core timing takes one instruction at a time:
//
//       const Instruction* next = hart.fetch();   // null: it sleeps, or took a trap (an interrupt, a fetch fault)
//       ... hart.pc(), hart.fetch_address(), next->timing, next->rd, next->rs1 ...: hazards, I-cache, may it go?
//       const Outcome outcome = hart.execute(*next);
//       ... hart.pc(): where it led; hart.access(): the physical address of a load, store or AMO ...
//
//     Between the two calls the driver decides when the instruction goes: a RoCC instruction when the port has room, a
//     fence when nothing is in flight, a CSR read when its cycle has come (HartClock::cycle tells the value). Branch:
//     taken if pc() is not the old one + length. A fetched instruction need not be executed: fetch() again gives it,
//     or an interrupt that has arrived.
//
// A trap is not an error: mepc, mcause and the rest tell the program, last_trap() tells the driver. The hart is lost()
// when the first instruction of a handler traps to that handler, for then nothing will ever be executed again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "castor/config/hart_params.h"
#include "castor/host/address_space.h"
#include "castor/host/csr_file.h"
#include "castor/host/decoded_code.h"
#include "castor/host/decoder.h"
#include "castor/host/float_unit.h"
#include "castor/host/hart_ports.h"
#include "castor/host/instruction.h"
#include "castor/host/trap.h"

namespace castor::host {

enum class Outcome : std::uint8_t {
  Retired,
  Trapped,  ///< an exception; pc() is at its handler
};

class Hart {
 public:
  /// What it is connected to. Without a clock it counts a cycle an instruction, without a RoCC port there is no
  /// accelerator.
  struct Ports {
    HartMemory& memory;
    HartClock* clock = nullptr;
    RoccIssue* rocc = nullptr;
  };

  Hart(std::uint64_t hart_id, const config::HartParams& params, Ports ports);
  Hart(const Hart&) = delete;
  Hart& operator=(const Hart&) = delete;

  // --- for drivers ---------------------------------------------------------------------------------------------------

  /// Where it goes on, awake.
  void set_pc(std::uint64_t pc);
  std::uint64_t pc() const { return pc_; }
  std::uint64_t read_register(Register number) const { return registers_[number]; }
  /// Also the response of an accelerator.
  void write_register(Register number, std::uint64_t value) { registers_[number == x(0) ? nowhere : number] = value; }
  const CsrFile& csrs() const { return csrs_; }
  /// Called by sfence.vma.
  void when_translations_fenced(std::function<void()> action) { fenced_ = std::move(action); }
  std::uint8_t float_flags() const { return float_unit_.flags; }

  /// An interrupt line. Software and timer lines come from the CLINT, external ones from the PLIC.
  void set_line(Interrupt interrupt, bool level);

  /// Executes up to `count` instructions (a trap counts as one); less if it falls asleep, is lost or is told to stop.
  std::uint64_t run(std::uint64_t count);

  const Instruction* fetch();
  Outcome execute(const Instruction& instruction);
  /// Of the instruction that fetch() gave.
  PhysAddr fetch_address() const { return fetch_address_ + pc_ % DecodedPage::bytes; }
  const MemoryAccess& access() const { return memory_.access(); }

  /// In wfi, and nothing is pending.
  bool asleep() const { return asleep_; }
  bool lost() const { return lost_; }
  /// Makes run() return after the current instruction. Any device may say so.
  void stop() { stopping_ = attention_ = true; }

  std::uint64_t retired() const { return retired_; }
  std::uint64_t traps() const { return traps_; }
  const Trap& last_trap() const { return last_trap_; }
  /// In the handler of an exception that is no call of the environment: it has not returned.
  bool handles_exception() const { return handles_exception_; }
  /// Another agent has written here: a reservation is lost.
  void written_by_other(PhysAddr address);
  /// Its data cache keeps reservations for a time only: it is over.
  void lose_reservation() { memory_.drop_reservation(); }

  // --- for the bodies of instructions
  // ----------------------------------------------------------------------------------

  std::uint64_t get(Register number) const { return registers_[number]; }
  void set(Register number, std::uint64_t value) { registers_[number] = value; }
  template <class Float>
  Float get_float(Register number) const;
  void set_float(Register number, std::uint32_t value) { registers_[number] = boxed | value; }
  void set_float(Register number, std::uint64_t value) { registers_[number] = value; }

  AddressSpace& memory() { return memory_; }
  /// The address of the following instruction, unless it jumps.
  std::uint64_t next_pc() const { return next_pc_; }
  /// Raises if the target is misaligned.
  void jump(std::uint64_t target);

  [[noreturn]] static void raise(Exception exception, std::uint64_t value = 0) {
    throw ExceptionRaised{exception, value};
  }
  [[noreturn]] static void illegal(const Instruction& instruction) {
    raise(Exception::IllegalInstruction, instruction.bits);
  }

  /// Raises if floating point is off.
  FloatUnit& float_unit(const Instruction& instruction) {
    if (!csrs_.float_enabled()) illegal(instruction);
    return float_unit_;
  }
  /// Of the instruction or of frm; raises if there is no such mode.
  Rounding rounding(const Instruction& instruction) const;

  enum class CsrChange : std::uint8_t { Write, Set, Clear };
  /// `writes`: false for a set or clear without a source register, which only reads.
  void access_csr(const Instruction& instruction, CsrChange change, std::uint64_t operand, bool writes);

  void environment_call();
  void return_from_machine(const Instruction& instruction);
  void return_from_supervisor(const Instruction& instruction);
  void wait_for_interrupt(const Instruction& instruction);
  void fence_instructions();
  void fence_translations(const Instruction& instruction);
  void issue_rocc(const Instruction& instruction);

 private:
  static constexpr std::uint64_t boxed = 0xffffffff00000000;
  static constexpr std::uint64_t no_page = ~0ULL;
  static constexpr std::size_t fetch_table_entries = 64;

  /// A page whose instructions may be executed without a look at tables.
  struct FetchEntry {
    std::uint64_t page = no_page;
    PhysAddr physical;
    DecodedPage* decoded = nullptr;
  };

  void write_csr(unsigned number, std::uint64_t value);
  void run_until(std::uint64_t end);
  const Instruction& fetch_instruction();
  const Instruction& decode_at(Instruction& slot);
  const Instruction& fetch_from_new_page();
  const Instruction& fetch_once(PhysAddr physical);
  void execute_instruction(const Instruction& instruction);
  std::uint64_t steps() const { return retired_ + traps_; }

  /// Takes a pending interrupt if there is one; wakes up.
  void attend();
  void take_trap(std::uint64_t cause, std::uint64_t value);
  void take_exception(const ExceptionRaised& raised);
  void return_to(std::uint64_t pc);
  /// The privilege, or what it may do, is another.
  void follow_csrs();
  void leave_page() { page_ = no_page; }
  void forget_fetch_translations();

  std::array<std::uint64_t, registers> registers_{};
  std::uint64_t pc_ = 0;
  std::uint64_t next_pc_ = 0;
  std::uint64_t retired_ = 0;
  std::uint64_t traps_ = 0;
  bool attention_ = false;  // look around before the next instruction
  bool stopping_ = false;
  bool asleep_ = false;
  bool lost_ = false;
  bool handles_exception_ = false;

  std::uint64_t page_ = no_page;  // of pc_, while decoded_ holds its instructions
  DecodedPage* decoded_ = nullptr;
  PhysAddr fetch_address_;                                                   // of the page
  Instruction once_;                                                         // what no page may hold
  std::array<std::array<FetchEntry, fetch_table_entries>, 4> fetch_tables_;  // by privilege

  Decoder decoder_;
  DecodedCode code_;
  FloatUnit float_unit_;
  RoccIssue* rocc_;
  CsrFile csrs_;
  AddressSpace memory_;
  std::uint64_t translation_version_ = 0;
  Trap last_trap_;
  std::function<void()> fenced_;
};

template <class Float>
Float Hart::get_float(Register number) const {
  const std::uint64_t value = registers_[number];
  if (sizeof(Float) == sizeof(value)) return static_cast<Float>(value);
  return (value & boxed) == boxed ? static_cast<Float>(value) : canonical_nan<Float>;
}

}  // namespace castor::host
