#include "castor/host/csr_file.h"

#include <array>

#include "castor/common/bits.h"

namespace castor::host {

namespace {

// Fields of mstatus.
constexpr std::uint64_t sie = 1ULL << 1, mie = 1ULL << 3, spie = 1ULL << 5, mpie = 1ULL << 7, spp = 1ULL << 8,
                        mpp = 3ULL << 11, fs = 3ULL << 13, xs = 3ULL << 15, mprv = 1ULL << 17, sum = 1ULL << 18,
                        mxr = 1ULL << 19, tvm = 1ULL << 20, tw = 1ULL << 21, tsr = 1ULL << 22, uxl_64 = 2ULL << 32,
                        sxl_64 = 2ULL << 34, sd = 1ULL << 63;
constexpr unsigned mpp_low = 11;
constexpr std::uint64_t mstatus_writable = sie | mie | spie | mpie | spp | mpp | fs | mprv | sum | mxr | tvm | tw | tsr;
constexpr std::uint64_t sstatus_writable = sie | spie | spp | fs | sum | mxr;
constexpr std::uint64_t sstatus_readable = sstatus_writable | xs | 3ULL << 32 | sd;

constexpr std::uint64_t letter(char extension) { return 1ULL << (extension - 'A'); }
constexpr std::uint64_t xlen_64 = 2ULL << 62;
constexpr std::uint64_t misa_writable = letter('M') | letter('A') | letter('F') | letter('D') | letter('C');

constexpr std::uint64_t delegable_exceptions =
    mask_of(Exception::MisalignedFetch) | mask_of(Exception::IllegalInstruction) | mask_of(Exception::Breakpoint) |
    mask_of(Exception::MisalignedLoad) | mask_of(Exception::MisalignedStore) | mask_of(Exception::UserEcall) |
    mask_of(Exception::FetchPageFault) | mask_of(Exception::LoadPageFault) | mask_of(Exception::StorePageFault);
constexpr std::uint64_t supervisor_interrupts = mask_of(Interrupt::SupervisorSoftware) |
                                                mask_of(Interrupt::SupervisorTimer) |
                                                mask_of(Interrupt::SupervisorExternal);
constexpr std::uint64_t machine_interrupts =
    mask_of(Interrupt::MachineSoftware) | mask_of(Interrupt::MachineTimer) | mask_of(Interrupt::MachineExternal);
/// Highest priority first.
constexpr Interrupt interrupt_order[] = {
    Interrupt::Rocc,           Interrupt::MachineExternal,    Interrupt::MachineSoftware,
    Interrupt::MachineTimer,   Interrupt::SupervisorExternal, Interrupt::SupervisorSoftware,
    Interrupt::SupervisorTimer};

constexpr std::uint64_t interrupt_bit = 1ULL << 63;
constexpr std::uint64_t cause_writable = interrupt_bit | 0x1f;
constexpr std::uint64_t counters_present = 7;  // cycle, time, instret
constexpr std::uint64_t fence_of_io_implies_memory = 1;
constexpr std::uint64_t vectored = 1;

/// A vectored table is aligned to its 64 entries.
std::uint64_t readable_vector(std::uint64_t vector) {
  return vector & ~(vector & vectored ? std::uint64_t{0xfe} : std::uint64_t{2});
}

std::uint64_t replace(std::uint64_t old, std::uint64_t value, std::uint64_t writable) {
  return (old & ~writable) | (value & writable);
}

constexpr unsigned cycle = 0xc00, hpmcounter31 = 0xc1f;

}  // namespace

/// One row for each register or range of registers: how it is read, and what a write does.
struct CsrTable {
  using Value = std::uint64_t;
  using Read = Value (*)(const CsrFile&, unsigned number);
  using Write = void (*)(CsrFile&, unsigned number, Value);
  struct Row {
    unsigned first, last;
    Read read;
    Write write;
  };

  static Value zero(const CsrFile&, unsigned) { return 0; }
  static void ignore(CsrFile&, unsigned, Value) {}

  template <Value CsrFile::*field>
  static Value get(const CsrFile& c, unsigned) {
    return c.*field;
  }
  template <Value CsrFile::*field, Value writable = ~Value{0}>
  static void set(CsrFile& c, unsigned, Value value) {
    c.*field = replace(c.*field, value, writable);
  }

  static const Row rows[];

  /// nullptr: there is no such register.
  static const Row* find(unsigned number);
};

// clang-format off
const CsrTable::Row CsrTable::rows[] = {
  // fflags, frm, fcsr
  {0x001, 0x001, [](const CsrFile& c, unsigned) -> Value { return c.float_unit_.flags; },
                 [](CsrFile& c, unsigned, Value v) { c.float_unit_.flags = v & 0x1f; }},
  {0x002, 0x002, get<&CsrFile::frm_>, set<&CsrFile::frm_, 7>},
  {0x003, 0x003, [](const CsrFile& c, unsigned) { return c.frm_ << 5 | c.float_unit_.flags; },
                 [](CsrFile& c, unsigned, Value v) { c.float_unit_.flags = v & 0x1f; c.frm_ = v >> 5 & 7; }},

  // cycle, time, instret, hpmcounter3 to 31
  {0xc00, 0xc00, [](const CsrFile& c, unsigned) { return c.mcycle_.read(c.cycles()); }, ignore},
  {0xc01, 0xc01, [](const CsrFile& c, unsigned) { return c.time(); }, ignore},
  {0xc02, 0xc02, [](const CsrFile& c, unsigned) { return c.minstret_.read(c.retired_); }, ignore},
  {0xc03, 0xc1f, zero, ignore},

  // sstatus, sie, stvec, scounteren, senvcfg, sscratch, sepc, scause, stval, sip, satp
  {0x100, 0x100, [](const CsrFile& c, unsigned) { return c.mstatus() & sstatus_readable; },
                 [](CsrFile& c, unsigned, Value v) { c.set_mstatus(v, sstatus_writable); }},
  {0x104, 0x104, [](const CsrFile& c, unsigned) { return c.mie_ & c.mideleg_; },
                 [](CsrFile& c, unsigned, Value v) { c.mie_ = replace(c.mie_, v, c.mideleg_); }},
  {0x105, 0x105, [](const CsrFile& c, unsigned) { return readable_vector(c.stvec_); }, set<&CsrFile::stvec_>},
  {0x106, 0x106, get<&CsrFile::scounteren_>, set<&CsrFile::scounteren_, counters_present>},
  {0x10a, 0x10a, get<&CsrFile::senvcfg_>, set<&CsrFile::senvcfg_, fence_of_io_implies_memory>},
  {0x140, 0x140, get<&CsrFile::sscratch_>, set<&CsrFile::sscratch_>},
  {0x141, 0x141, [](const CsrFile& c, unsigned) { return c.readable_epc(c.sepc_); }, set<&CsrFile::sepc_, ~1ULL>},
  {0x142, 0x142, get<&CsrFile::scause_>, set<&CsrFile::scause_, cause_writable>},
  {0x143, 0x143, get<&CsrFile::stval_>, set<&CsrFile::stval_>},
  {0x144, 0x144, [](const CsrFile& c, unsigned) { return c.mip() & c.mideleg_; },
                 [](CsrFile& c, unsigned, Value v) { c.set_sip(v); }},
  {csr::satp, csr::satp, get<&CsrFile::satp_>, [](CsrFile& c, unsigned, Value v) { c.set_satp(v); }},

  // mvendorid, marchid (1: Rocket), mimpid, mhartid, mconfigptr
  {0xf11, 0xf11, zero, ignore},
  {0xf12, 0xf12, [](const CsrFile&, unsigned) -> Value { return 1; }, ignore},
  {0xf13, 0xf13, zero, ignore},
  {0xf14, 0xf14, [](const CsrFile& c, unsigned) -> Value { return c.hart_id_; }, ignore},
  {0xf15, 0xf15, zero, ignore},

  // mstatus, misa, medeleg, mideleg, mie, mtvec, mcounteren, menvcfg
  {0x300, 0x300, [](const CsrFile& c, unsigned) { return c.mstatus(); },
                 [](CsrFile& c, unsigned, Value v) { c.set_mstatus(v, mstatus_writable); }},
  {csr::misa, csr::misa, get<&CsrFile::misa_>, [](CsrFile& c, unsigned, Value v) { c.set_misa(v); }},
  {0x302, 0x302, get<&CsrFile::medeleg_>, set<&CsrFile::medeleg_, delegable_exceptions>},
  {0x303, 0x303, get<&CsrFile::mideleg_>,
                 [](CsrFile& c, unsigned, Value v) { c.mideleg_ = v & c.delegable_interrupts(); }},
  {0x304, 0x304, get<&CsrFile::mie_>,
                 [](CsrFile& c, unsigned, Value v) { c.mie_ = v & (c.delegable_interrupts() | machine_interrupts); }},
  {0x305, 0x305, [](const CsrFile& c, unsigned) { return readable_vector(c.mtvec_); }, set<&CsrFile::mtvec_>},
  {0x306, 0x306, get<&CsrFile::mcounteren_>, set<&CsrFile::mcounteren_, counters_present>},
  {0x30a, 0x30a, get<&CsrFile::menvcfg_>, set<&CsrFile::menvcfg_, fence_of_io_implies_memory>},

  // mcountinhibit, mhpmevent3 to 31, mscratch, mepc, mcause, mtval, mip
  {0x320, 0x320, [](const CsrFile& c, unsigned) { return c.inhibit(); },
                 [](CsrFile& c, unsigned, Value v) { c.set_inhibit(v); }},
  {0x323, 0x33f, zero, ignore},
  {0x340, 0x340, get<&CsrFile::mscratch_>, [](CsrFile& f, unsigned, std::uint64_t value) { f.write_scratch(value); }},
  {0x341, 0x341, [](const CsrFile& c, unsigned) { return c.readable_epc(c.mepc_); }, set<&CsrFile::mepc_, ~1ULL>},
  {0x342, 0x342, get<&CsrFile::mcause_>, set<&CsrFile::mcause_, cause_writable>},
  {0x343, 0x343, get<&CsrFile::mtval_>, set<&CsrFile::mtval_>},
  {csr::mip, csr::mip, [](const CsrFile& c, unsigned) { return c.mip(); },
                       set<&CsrFile::software_interrupts_, supervisor_interrupts>},

  // pmpcfg0 and 2, pmpaddr0 to 15
  {0x3a0, 0x3a0, [](const CsrFile& c, unsigned) { return c.pmp_configs(); },
                 [](CsrFile& c, unsigned, Value v) { c.set_pmp_configs(v); }},
  {0x3a2, 0x3a2, zero, ignore},
  {0x3b0, 0x3b7, [](const CsrFile& c, unsigned number) { return c.pmp_.address(number & 7); },
                 [](CsrFile& c, unsigned number, Value v) { c.set_pmp_address(number & 7, v); }},
  {0x3b8, 0x3bf, zero, ignore},

  // tselect, tdata1 to 3: no triggers
  {0x7a0, 0x7a3, zero, ignore},

  // mcycle, minstret, mhpmcounter3 to 31
  {0xb00, 0xb00, [](const CsrFile& c, unsigned) { return c.mcycle_.read(c.cycles()); },
                 [](CsrFile& c, unsigned, Value v) { c.mcycle_.write(v, c.cycles()); }},
  {0xb02, 0xb02, [](const CsrFile& c, unsigned) { return c.minstret_.read(c.retired_); },
                 [](CsrFile& c, unsigned, Value v) { c.minstret_.write(v, c.retired_); }},
  {0xb03, 0xb1f, zero, ignore},
};
// clang-format on

const CsrTable::Row* CsrTable::find(unsigned number) {
  static const auto index = [] {
    std::array<const Row*, 4096> index{};
    for (const Row& row : rows)
      for (unsigned covered = row.first; covered <= row.last; ++covered) index[covered] = &row;
    return index;
  }();
  return index[number & 0xfff];
}

CsrFile::CsrFile(std::uint64_t hart_id, bool has_rocc, FloatUnit& float_unit, HartClock* clock,
                 const std::uint64_t& retired)
    : hart_id_(hart_id), has_rocc_(has_rocc), float_unit_(float_unit), clock_(clock), retired_(retired) {
  misa_ = xlen_64 | misa_writable | letter('I') | letter('S') | letter('U') | (has_rocc ? letter('X') : 0);
  mstatus_ = mpp;
}

// --- access
// -----------------------------------------------------------------------------------------------------------

bool CsrFile::counter_allowed(unsigned number) const {
  const unsigned counter = number - cycle;
  if (privilege_ == Privilege::Machine) return true;
  return bit(mcounteren_, counter) && (privilege_ == Privilege::Supervisor || bit(scounteren_, counter));
}

bool CsrFile::allows(unsigned number, bool will_write) const {
  const auto needed = static_cast<Privilege>(bits(number, 9, 8));
  const bool read_only = bits(number, 11, 10) == 3;
  if (CsrTable::find(number) == nullptr || privilege_ < needed || (read_only && will_write)) return false;
  if (number == csr::satp) return may_fence_translation();
  if (number >= cycle && number <= hpmcounter31) return counter_allowed(number);
  return number > csr::fcsr || float_enabled();
}

std::uint64_t CsrFile::read(unsigned number) const { return CsrTable::find(number)->read(*this, number); }

std::uint64_t CsrFile::base_of_change(unsigned number) const {
  return number == csr::mip ? software_interrupts_ : read(number);
}

void CsrFile::write(unsigned number, std::uint64_t value) { CsrTable::find(number)->write(*this, number, value); }

// --- fields
// -----------------------------------------------------------------------------------------------------------

std::uint64_t CsrFile::mstatus() const {
  const std::uint64_t value = mstatus_ | uxl_64 | sxl_64 | (has_rocc_ ? xs : 0);
  return has_rocc_ || (mstatus_ & fs) ? value | sd : value;
}

void CsrFile::set_mstatus(std::uint64_t value, std::uint64_t writable) {
  const std::uint64_t old = mstatus_;
  mstatus_ = replace(mstatus_, value, writable);
  if (bits(mstatus_, mpp_low + 1, mpp_low) == 2) mstatus_ &= ~mpp;  // there is no mode 2
  if (mstatus_ & fs) mstatus_ |= fs;
  if ((old ^ mstatus_) & (sum | mxr)) ++translation_version_;
}

void CsrFile::set_misa(std::uint64_t value) {
  if (!(value & letter('F'))) value &= ~letter('D');
  misa_ = replace(misa_, value, misa_writable);
}

void CsrFile::set_satp(std::uint64_t value) {
  constexpr std::uint64_t bare = 0, sv39 = 8, page_number = (1ULL << 44) - 1;
  const std::uint64_t mode = value >> 60;
  if (mode != bare && mode != sv39) return;
  satp_ = mode << 60 | (value & page_number);
  ++translation_version_;
}

void CsrFile::set_sip(std::uint64_t value) {
  const std::uint64_t writable = mideleg_ & mask_of(Interrupt::SupervisorSoftware);
  software_interrupts_ = replace(software_interrupts_, value, writable);
}

std::uint64_t CsrFile::delegable_interrupts() const {
  return supervisor_interrupts | (has_rocc_ ? mask_of(Interrupt::Rocc) : 0);
}

void CsrFile::Counter::inhibit(bool stop, std::uint64_t events) {
  if (stop == inhibited) return;
  if (stop)
    held = events + offset;
  else
    offset = held - events;
  inhibited = stop;
}

std::uint64_t CsrFile::inhibit() const { return mcycle_.inhibited | std::uint64_t{minstret_.inhibited} << 2; }

void CsrFile::set_inhibit(std::uint64_t value) {
  mcycle_.inhibit(bit(value, 0), cycles());
  minstret_.inhibit(bit(value, 2), retired_);
}

std::uint64_t CsrFile::pmp_configs() const {
  std::uint64_t value = 0;
  for (unsigned region = 0; region < Pmp::regions; ++region)
    value |= std::uint64_t{pmp_.config(region)} << (8 * region);
  return value;
}

void CsrFile::set_pmp_configs(std::uint64_t value) {
  for (unsigned region = 0; region < Pmp::regions; ++region)
    pmp_.set_config(region, static_cast<std::uint8_t>(value >> (8 * region)));
  ++translation_version_;
}

void CsrFile::set_pmp_address(unsigned region, std::uint64_t value) {
  pmp_.set_address(region, value);
  ++translation_version_;
}

Privilege CsrFile::data_privilege() const {
  return mstatus_ & mprv ? static_cast<Privilege>(bits(mstatus_, mpp_low + 1, mpp_low)) : privilege_;
}

TranslationStatus CsrFile::translation_status() const { return {(mstatus_ & sum) != 0, (mstatus_ & mxr) != 0}; }

// --- interrupts and traps
// ---------------------------------------------------------------------------------------------

void CsrFile::set_line(Interrupt interrupt, bool level) {
  lines_ = level ? lines_ | mask_of(interrupt) : lines_ & ~mask_of(interrupt);
}

bool CsrFile::pending_interrupt(Interrupt& interrupt) const {
  const std::uint64_t pending = mip() & mie_;
  const bool machine_enabled = privilege_ < Privilege::Machine || (mstatus_ & mie);
  const bool supervisor_enabled =
      privilege_ < Privilege::Supervisor || (privilege_ == Privilege::Supervisor && (mstatus_ & sie));
  std::uint64_t candidates = machine_enabled ? pending & ~mideleg_ : 0;
  if (candidates == 0 && supervisor_enabled) candidates = pending & mideleg_;
  for (const Interrupt candidate : interrupt_order)
    if (candidates & mask_of(candidate)) return interrupt = candidate, true;
  return false;
}

bool CsrFile::delegated(const Trap& trap) const {
  return privilege_ != Privilege::Machine && bit(trap.is_interrupt() ? mideleg_ : medeleg_, trap.cause & 63);
}

std::uint64_t CsrFile::enter_trap(Trap& trap) {
  trap.from = privilege_;
  const bool to_supervisor = delegated(trap);
  trap.to = to_supervisor ? Privilege::Supervisor : Privilege::Machine;
  (to_supervisor ? sepc_ : mepc_) = trap.pc;
  (to_supervisor ? scause_ : mcause_) = trap.cause;
  (to_supervisor ? stval_ : mtval_) = trap.value;
  if (to_supervisor) {
    const bool from_supervisor = privilege_ == Privilege::Supervisor;
    mstatus_ = replace(mstatus_, (mstatus_ & sie ? spie : 0) | (from_supervisor ? spp : 0), sie | spie | spp);
  } else {
    const auto from = static_cast<std::uint64_t>(privilege_) << mpp_low;
    mstatus_ = replace(mstatus_, (mstatus_ & mie ? mpie : 0) | from, mie | mpie | mpp);
  }
  privilege_ = trap.to;
  const std::uint64_t vector = readable_vector(to_supervisor ? stvec_ : mtvec_);
  const std::uint64_t base = vector & ~3ULL;
  return vector & vectored && trap.is_interrupt() ? base + 4 * (trap.cause & 63) : base;
}

std::uint64_t CsrFile::return_from_machine() {
  privilege_ = static_cast<Privilege>(bits(mstatus_, mpp_low + 1, mpp_low));
  const std::uint64_t kept = privilege_ == Privilege::Machine ? 0 : mprv;
  mstatus_ = replace(mstatus_, (mstatus_ & mpie ? mie : 0) | mpie, mie | mpie | mpp | kept);
  return readable_epc(mepc_);
}

std::uint64_t CsrFile::return_from_supervisor() {
  privilege_ = mstatus_ & spp ? Privilege::Supervisor : Privilege::User;
  mstatus_ = replace(mstatus_, (mstatus_ & spie ? sie : 0) | spie, sie | spie | spp | mprv);
  return readable_epc(sepc_);
}

bool CsrFile::may_return_from_supervisor() const {
  return privilege_ == Privilege::Machine || (privilege_ == Privilege::Supervisor && !(mstatus_ & tsr));
}

bool CsrFile::may_wait() const { return privilege_ == Privilege::Machine || !(mstatus_ & tw); }

bool CsrFile::may_fence_translation() const {
  return privilege_ == Privilege::Machine || (privilege_ == Privilege::Supervisor && !(mstatus_ & tvm));
}

}  // namespace castor::host
