// The control and status registers: their fields, who may touch them, traps in and out of them.
// RTL twin: CSR.scala of rocket-chip. What the manual leaves open is as there: FS is off or dirty, XS is always dirty
// with an accelerator and off without, M, A, F, D and C of misa can be switched off, satp has no address space numbers,
// performance counters are zero. In addition to it there is `time`. Untimed.
#pragma once

#include <cstdint>

#include "castor/host/float_unit.h"
#include "castor/host/hart_ports.h"
#include "castor/host/page_table_walk.h"
#include "castor/host/pmp.h"
#include "castor/host/trap.h"

namespace castor::host {

/// The numbers of those that the hart itself looks at.
namespace csr {
constexpr unsigned fcsr = 0x003, satp = 0x180, misa = 0x301, mip = 0x344;
}

class CsrFile {
 public:
  /// `clock`: what cycle and time count; nullptr: a cycle an instruction. `retired`: instructions since reset.
  CsrFile(std::uint64_t hart_id, bool has_rocc, FloatUnit& float_unit, HartClock* clock, const std::uint64_t& retired);

  /// Whether there is such a register and an instruction may access it now. Only then:
  bool allows(unsigned number, bool will_write) const;
  std::uint64_t read(unsigned number) const;
  /// What setting and clearing bits starts from: of mip not the lines from outside.
  std::uint64_t base_of_change(unsigned number) const;
  void write(unsigned number, std::uint64_t value);

  // What the rest of the hart looks at.
  Privilege privilege() const { return privilege_; }
  /// Of loads and stores: MPP's if MPRV is set.
  Privilege data_privilege() const;
  std::uint64_t mstatus() const;
  std::uint64_t misa() const { return misa_; }
  bool float_enabled() const { return (mstatus_ & 3ULL << 13) != 0 && (misa_ & 1 << ('F' - 'A')) != 0; }
  Rounding dynamic_rounding() const { return static_cast<Rounding>(frm_); }
  bool translates() const { return satp_ >> 63; }
  bool translates_data() const { return translates() && data_privilege() != Privilege::Machine; }
  bool translates_fetches() const { return translates() && privilege_ != Privilege::Machine; }
  PhysAddr page_table() const { return PhysAddr{(satp_ & ((1ULL << 44) - 1)) << 12}; }
  TranslationStatus translation_status() const;
  const Pmp& pmp() const { return pmp_; }
  /// Steps whenever an address may be translated or protected in another way than before.
  std::uint64_t translation_version() const { return translation_version_; }
  /// Bits that an instruction's address must not have: 2 without the C extension.
  std::uint64_t misaligned_fetch_bits() const { return misa_ & 1 << ('C' - 'A') ? 0 : 2; }

  void set_line(Interrupt interrupt, bool level);
  std::uint64_t interrupts_enabled() const { return mie_; }
  std::uint64_t mip() const { return software_interrupts_ | lines_; }
  /// Something that mie lets through is pending, enabled or not: what wfi waits for.
  bool wakes() const { return mip() & mie_; }
  /// The interrupt to take now; false: none.
  bool pending_interrupt(Interrupt& interrupt) const;

  /// Takes a trap at `pc`; returns where it leads.
  std::uint64_t enter_trap(Trap& trap);
  std::uint64_t return_from_machine();
  std::uint64_t return_from_supervisor();
  // Whether the current privilege may execute them.
  bool may_return_from_supervisor() const;
  bool may_wait() const;
  bool may_fence_translation() const;

 private:
  friend struct CsrTable;

  /// A counter that can be written and held.
  struct Counter {
    std::uint64_t offset = 0;
    std::uint64_t held = 0;
    bool inhibited = false;
    std::uint64_t read(std::uint64_t events) const { return inhibited ? held : events + offset; }
    /// The next instruction reads `value`.
    void write(std::uint64_t value, std::uint64_t events) { held = value, offset = value - (events + 1); }
    void inhibit(bool stop, std::uint64_t events);
  };

  std::uint64_t cycles() const { return clock_ != nullptr ? clock_->cycle() : retired_; }
  void write_scratch(std::uint64_t value) {
    mscratch_ = value;
    if (clock_ != nullptr) clock_->mark(value);
  }
  std::uint64_t time() const { return clock_ != nullptr ? clock_->time() : retired_; }
  bool counter_allowed(unsigned number) const;
  void set_mstatus(std::uint64_t value, std::uint64_t writable);
  void set_misa(std::uint64_t value);
  void set_satp(std::uint64_t value);
  void set_sip(std::uint64_t value);
  std::uint64_t inhibit() const;
  void set_inhibit(std::uint64_t value);
  std::uint64_t delegable_interrupts() const;
  std::uint64_t pmp_configs() const;
  void set_pmp_configs(std::uint64_t value);
  void set_pmp_address(unsigned region, std::uint64_t value);
  std::uint64_t readable_epc(std::uint64_t epc) const { return epc & ~misaligned_fetch_bits(); }
  bool delegated(const Trap& trap) const;

  const std::uint64_t hart_id_;
  const bool has_rocc_;
  FloatUnit& float_unit_;
  HartClock* clock_;
  const std::uint64_t& retired_;

  Privilege privilege_ = Privilege::Machine;
  std::uint64_t mstatus_ = 0, misa_ = 0, satp_ = 0;
  std::uint64_t medeleg_ = 0, mideleg_ = 0, mie_ = 0, software_interrupts_ = 0, lines_ = 0;
  std::uint64_t mtvec_ = 0, mscratch_ = 0, mepc_ = 0, mcause_ = 0, mtval_ = 0;
  std::uint64_t stvec_ = 0, sscratch_ = 0, sepc_ = 0, scause_ = 0, stval_ = 0;
  std::uint64_t mcounteren_ = 0, scounteren_ = 0, menvcfg_ = 0, senvcfg_ = 0;
  std::uint64_t frm_ = 0;
  Counter mcycle_, minstret_;
  Pmp pmp_;
  std::uint64_t translation_version_ = 0;
};

}  // namespace castor::host
