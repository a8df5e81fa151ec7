#include "castor/host/hart.h"

#include "castor/common/bits.h"
#include "castor/host/compressed.h"

namespace castor::host {

Hart::Hart(std::uint64_t hart_id, const config::HartParams& params, Ports ports)
    : rocc_(ports.rocc),
      csrs_(hart_id, ports.rocc != nullptr, float_unit_, ports.clock, retired_),
      memory_(csrs_, ports.memory, params.misaligned_access) {}

void Hart::set_pc(std::uint64_t pc) {
  pc_ = pc;
  asleep_ = false;
}

// --- fetch
// ------------------------------------------------------------------------------------------------------------

inline const Instruction& Hart::fetch_instruction() {
  if ((pc_ & ~(DecodedPage::bytes - 1)) != page_) return fetch_from_new_page();
  Instruction& slot = decoded_->at(pc_);
  return slot.body != nullptr ? slot : decode_at(slot);
}

const Instruction& Hart::fetch_from_new_page() {
  const std::uint64_t page = pc_ & ~(DecodedPage::bytes - 1);
  auto& table = fetch_tables_[static_cast<unsigned>(csrs_.privilege())];
  FetchEntry& entry = table[pc_ / DecodedPage::bytes % fetch_table_entries];
  if (entry.page != page) {
    const PhysAddr physical = memory_.fetch_address(pc_);
    const PhysAddr physical_page{physical.value() & ~(DecodedPage::bytes - 1)};
    if (memory_.plain_page(physical_page) == nullptr || !memory_.fetch_uniform(physical_page)) {
      leave_page();
      fetch_address_ = physical_page;
      return fetch_once(physical);
    }
    entry = {page, physical_page, &code_.page(physical_page)};
  }
  page_ = page;
  fetch_address_ = entry.physical;
  decoded_ = entry.decoded;
  return fetch_instruction();
}

/// A first visit. An instruction that reaches into the next page is not kept: that page may become another.
const Instruction& Hart::decode_at(Instruction& slot) {
  const PhysAddr physical = fetch_address();
  const std::uint16_t low = memory_.fetch_half(physical, pc_);
  const bool inside = is_compressed(low) || pc_ % DecodedPage::bytes + 4 <= DecodedPage::bytes;
  if (!inside) return fetch_once(physical);
  const std::uint32_t high = is_compressed(low) ? 0 : memory_.fetch_half(physical + 2, pc_);
  return slot = decoder_.decode(high << 16 | low, csrs_.misa());
}

const Instruction& Hart::fetch_once(PhysAddr physical) {
  std::uint32_t word = memory_.fetch_half(physical, pc_);
  if (!is_compressed(word)) {
    const std::uint64_t rest = pc_ + 2;
    word |= std::uint32_t{memory_.fetch_half(memory_.fetch_address(rest), rest)} << 16;
  }
  return once_ = decoder_.decode(word, csrs_.misa());
}

// --- execution
// --------------------------------------------------------------------------------------------------------

inline void Hart::execute_instruction(const Instruction& instruction) {
  next_pc_ = pc_ + instruction.length;
  instruction.body(*this, instruction);
  pc_ = next_pc_;
  ++retired_;
}

void Hart::run_until(std::uint64_t end) {
  while (steps() < end) {
    if (attention_) {
      attend();
      if (asleep_ || stopping_) return;
    }
    execute_instruction(fetch_instruction());
  }
}

std::uint64_t Hart::run(std::uint64_t count) {
  const std::uint64_t begin = steps();
  stopping_ = false;
  while (steps() - begin < count && !lost_) {
    try {
      run_until(begin + count);
      if (asleep_ || stopping_) break;
    } catch (const ExceptionRaised& raised) {
      take_exception(raised);
    }
  }
  return steps() - begin;
}

const Instruction* Hart::fetch() {
  const std::uint64_t before = traps_;
  if (attention_) attend();
  if (traps_ != before || asleep_) return nullptr;
  try {
    return &fetch_instruction();
  } catch (const ExceptionRaised& raised) {
    take_exception(raised);
    return nullptr;
  }
}

Outcome Hart::execute(const Instruction& instruction) {
  try {
    execute_instruction(instruction);
    return Outcome::Retired;
  } catch (const ExceptionRaised& raised) {
    take_exception(raised);
    return Outcome::Trapped;
  }
}

void Hart::jump(std::uint64_t target) {
  if (target & csrs_.misaligned_fetch_bits()) raise(Exception::MisalignedFetch, target);
  next_pc_ = target;
}

Rounding Hart::rounding(const Instruction& instruction) const {
  constexpr unsigned dynamic = 7;
  const auto mode =
      instruction.rounding == dynamic ? csrs_.dynamic_rounding() : static_cast<Rounding>(instruction.rounding);
  if (mode > Rounding::NearestMaxMagnitude) illegal(instruction);
  return mode;
}

// --- traps
// ------------------------------------------------------------------------------------------------------------

void Hart::set_line(Interrupt interrupt, bool level) {
  csrs_.set_line(interrupt, level);
  attention_ = true;
}

void Hart::attend() {
  if (csrs_.wakes()) asleep_ = false;
  Interrupt interrupt;
  attention_ = asleep_ || stopping_;
  if (!csrs_.pending_interrupt(interrupt)) return;
  take_trap(1ULL << 63 | static_cast<unsigned>(interrupt), 0);
}

void Hart::take_exception(const ExceptionRaised& raised) {
  take_trap(static_cast<std::uint64_t>(raised.exception), raised.value);
}

void Hart::take_trap(std::uint64_t cause, std::uint64_t value) {
  Trap trap{cause, value, pc_};
  const std::uint64_t handler = csrs_.enter_trap(trap);
  follow_csrs();
  memory_.drop_reservation();
  lost_ = handler == pc_ && trap.from == trap.to && !trap.is_interrupt();
  if (lost_) return;  // the trap to tell about is the one that led here
  last_trap_ = trap;
  if (!trap.is_interrupt()) handles_exception_ = !trap.is_call();
  pc_ = handler;
  ++traps_;
}

void Hart::written_by_other(PhysAddr address) {
  if (memory_.holds_reservation(address)) memory_.drop_reservation();
}

void Hart::follow_csrs() {
  attention_ = true;
  leave_page();
  memory_.follow_privilege();
  if (translation_version_ == csrs_.translation_version()) return;
  translation_version_ = csrs_.translation_version();
  memory_.forget_translations();
  forget_fetch_translations();
}

void Hart::forget_fetch_translations() {
  leave_page();
  for (auto& table : fetch_tables_) table.fill(FetchEntry{});
}

// --- system instructions
// ----------------------------------------------------------------------------------------------

namespace {
std::uint64_t changed(std::uint64_t value, Hart::CsrChange change, std::uint64_t operand) {
  switch (change) {
    case Hart::CsrChange::Write:
      return operand;
    case Hart::CsrChange::Set:
      return value | operand;
    case Hart::CsrChange::Clear:
      return value & ~operand;
  }
  return value;
}
}  // namespace

void Hart::access_csr(const Instruction& instruction, CsrChange change, std::uint64_t operand, bool writes) {
  const auto number = static_cast<unsigned>(instruction.immediate);
  if (!csrs_.allows(number, writes)) illegal(instruction);
  const std::uint64_t old = csrs_.read(number), base = csrs_.base_of_change(number);
  if (writes) write_csr(number, changed(base, change, operand));
  set(instruction.rd, old);
}

void Hart::write_csr(unsigned number, std::uint64_t value) {
  const std::uint64_t misa = csrs_.misa();
  // C cannot be switched off where the next instruction would be misaligned.
  if (number == csr::misa && next_pc_ & 2) value |= misa & 1 << ('C' - 'A');
  csrs_.write(number, value);
  if (misa != csrs_.misa()) fence_instructions();
  follow_csrs();
}

void Hart::environment_call() {
  constexpr auto from_user = static_cast<unsigned>(Exception::UserEcall);
  raise(static_cast<Exception>(from_user + static_cast<unsigned>(csrs_.privilege())));
}

void Hart::return_from_machine(const Instruction& instruction) {
  if (csrs_.privilege() != Privilege::Machine) illegal(instruction);
  return_to(csrs_.return_from_machine());
}

void Hart::return_from_supervisor(const Instruction& instruction) {
  if (!csrs_.may_return_from_supervisor()) illegal(instruction);
  return_to(csrs_.return_from_supervisor());
}

void Hart::return_to(std::uint64_t pc) {
  next_pc_ = pc;
  handles_exception_ = false;
  follow_csrs();
}

void Hart::wait_for_interrupt(const Instruction& instruction) {
  if (!csrs_.may_wait()) illegal(instruction);
  asleep_ = !csrs_.wakes();
  attention_ = true;
}

void Hart::fence_instructions() {
  code_.forget();
  forget_fetch_translations();
}

void Hart::fence_translations(const Instruction& instruction) {
  if (!csrs_.may_fence_translation()) illegal(instruction);
  memory_.forget_translations();
  forget_fetch_translations();
  if (fenced_) fenced_();
}

void Hart::issue_rocc(const Instruction& instruction) {
  const std::uint32_t word = instruction.bits;
  RoccInstruction command;
  command.opcode = static_cast<std::uint8_t>(bits(word, 6, 5));
  if (rocc_ == nullptr || !rocc_->serves(command.opcode)) illegal(instruction);
  command.funct7 = static_cast<std::uint8_t>(bits(word, 31, 25));
  command.rd = static_cast<std::uint8_t>(bits(word, 11, 7));
  command.xd = bit(word, 14);
  command.rs1 = bit(word, 13) ? get(instruction.rs1) : 0;
  command.rs2 = bit(word, 12) ? get(instruction.rs2) : 0;
  command.mstatus = csrs_.mstatus();
  command.privilege = csrs_.data_privilege();
  rocc_->issue(command);
}

}  // namespace castor::host
