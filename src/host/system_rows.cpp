// Zicsr, the privileged instructions, and what goes to an accelerator.
#include <cstdint>

#include "castor/common/bits.h"
#include "castor/host/hart.h"
#include "castor/host/instruction_table.h"
#include "instruction_rows.h"

namespace castor::host {

namespace {

using Change = Hart::CsrChange;

std::uint64_t source_field(const Instruction& i) { return bits(i.bits, 19, 15); }

template <Change change>
void csr_register(Hart& h, const Instruction& i) {
  h.access_csr(i, change, h.get(i.rs1), change == Change::Write || source_field(i) != 0);
}
template <Change change>
void csr_immediate(Hart& h, const Instruction& i) {
  h.access_csr(i, change, source_field(i), change == Change::Write || source_field(i) != 0);
}

void ecall(Hart& h, const Instruction&) { h.environment_call(); }
void ebreak(Hart& h, const Instruction&) { Hart::raise(Exception::Breakpoint, h.pc()); }
void mret(Hart& h, const Instruction& i) { h.return_from_machine(i); }
void sret(Hart& h, const Instruction& i) { h.return_from_supervisor(i); }
void wfi(Hart& h, const Instruction& i) { h.wait_for_interrupt(i); }
void sfence_vma(Hart& h, const Instruction& i) { h.fence_translations(i); }
void rocc(Hart& h, const Instruction& i) { h.issue_rocc(i); }

using namespace format;  // NOLINT: the table is written in these words
using namespace timing;  // NOLINT

// clang-format off
constexpr Operation rows[] = {
  {"csrrw",  "------------ ----- 001 ----- 1110011", CsrRegister, Csr, 'I', csr_register<Change::Write>},
  {"csrrs",  "------------ ----- 010 ----- 1110011", CsrRegister, Csr, 'I', csr_register<Change::Set>},
  {"csrrc",  "------------ ----- 011 ----- 1110011", CsrRegister, Csr, 'I', csr_register<Change::Clear>},
  {"csrrwi", "------------ ----- 101 ----- 1110011", CsrImmediate, Csr, 'I', csr_immediate<Change::Write>},
  {"csrrsi", "------------ ----- 110 ----- 1110011", CsrImmediate, Csr, 'I', csr_immediate<Change::Set>},
  {"csrrci", "------------ ----- 111 ----- 1110011", CsrImmediate, Csr, 'I', csr_immediate<Change::Clear>},

  {"ecall",      "000000000000 00000 000 00000 1110011", None, System, 'I', ecall},
  {"ebreak",     "000000000001 00000 000 00000 1110011", None, System, 'I', ebreak},
  {"sret",       "000100000010 00000 000 00000 1110011", None, System, 'S', sret},
  {"mret",       "001100000010 00000 000 00000 1110011", None, System, 'I', mret},
  {"wfi",        "000100000101 00000 000 00000 1110011", None, System, 'I', wfi},
  {"sfence.vma", "0001001 ----- ----- 000 00000 1110011", TwoSources, System, 'S', sfence_vma},

  // funct3 is xd, xs1, xs2
  {"custom0",    "------- ----- ----- 0-- ----- 0001011", TwoSources, Rocc, 'X', rocc},
  {"custom0.rd", "------- ----- ----- 1-- ----- 0001011", R, Rocc, 'X', rocc},
  {"custom1",    "------- ----- ----- 0-- ----- 0101011", TwoSources, Rocc, 'X', rocc},
  {"custom1.rd", "------- ----- ----- 1-- ----- 0101011", R, Rocc, 'X', rocc},
  {"custom2",    "------- ----- ----- 0-- ----- 1011011", TwoSources, Rocc, 'X', rocc},
  {"custom2.rd", "------- ----- ----- 1-- ----- 1011011", R, Rocc, 'X', rocc},
  {"custom3",    "------- ----- ----- 0-- ----- 1111011", TwoSources, Rocc, 'X', rocc},
  {"custom3.rd", "------- ----- ----- 1-- ----- 1111011", R, Rocc, 'X', rocc},
};
// clang-format on

}  // namespace

std::vector<Operation> system_rows() { return {std::begin(rows), std::end(rows)}; }

}  // namespace castor::host
