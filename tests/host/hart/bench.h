// A program in memory and a hart that runs it, for tests of what the manual says.
#pragma once

#include <string>

#include "assembler.h"
#include "machine.h"

namespace castor::host::test {

// Numbers of registers and of control and status registers that tests use.
constexpr unsigned zero = 0, ra = 1, sp = 2, t0 = 5, t1 = 6, t2 = 7, a0 = 10, a1 = 11, a2 = 12, s2 = 18;
namespace number {
constexpr unsigned fflags = 0x001, frm = 0x002, fcsr = 0x003, sstatus = 0x100, sie = 0x104, stvec = 0x105,
                   scounteren = 0x106, sscratch = 0x140, sepc = 0x141, scause = 0x142, stval = 0x143, sip = 0x144,
                   satp = 0x180, mstatus = 0x300, misa = 0x301, medeleg = 0x302, mideleg = 0x303, mie = 0x304,
                   mtvec = 0x305, mcounteren = 0x306, mcountinhibit = 0x320, mscratch = 0x340, mepc = 0x341,
                   mcause = 0x342, mtval = 0x343, mip = 0x344, pmpcfg0 = 0x3a0, pmpaddr0 = 0x3b0, mcycle = 0xb00,
                   minstret = 0xb02, cycle = 0xc00, time = 0xc01, instret = 0xc02, hpmcounter3 = 0xc03, mhartid = 0xf14;
}

struct Bench {
  static constexpr std::uint64_t origin = 0x80000000, handler = 0x80002000, data = 0x80010000;

  explicit Bench(HartClock* clock = nullptr, RoccIssue* rocc = nullptr, const config::HartParams& params = {})
      : hart(5, params, {memory, clock, rocc}) {
    put_stop(handler);
  }
  /// A place where nothing happens any more.
  void put_stop(std::uint64_t address) {
    memory.put(address, encode("wfi", {}));
    memory.put(address + 4, encode("jal", {zero, -4}));
  }

  /// Runs `code` to its end, or to the end of a handler.
  void run() {
    memory.put(origin, code.code());
    put_stop(code.here());
    hart.set_pc(origin);
    hart.run(2000);
  }
  /// The code so far is followed by a change to another mode at the next instruction; everything may be accessed.
  void enter(Privilege privilege) {
    open_memory();
    code.li(t0, 3ULL << 11);
    code("csrrc", {zero, t0, number::mstatus});
    code.li(t0, static_cast<std::uint64_t>(privilege) << 11);
    code("csrrs", {zero, t0, number::mstatus});
    code("auipc", {t0, 0})("addi", {t0, t0, 16})("csrrw", {zero, t0, number::mepc})("mret", {});
  }
  /// No protection.
  void open_memory() {
    code.li(t0, ~0ULL);
    code("csrrw", {zero, t0, number::pmpaddr0})("csrrwi", {zero, number::pmpcfg0, 0x1f});
  }
  void catch_traps() {
    code.li(t0, handler);
    code("csrrw", {zero, t0, number::mtvec});
  }
  void csr(unsigned number, std::uint64_t value) {
    code.li(t0, value);
    code("csrrw", {zero, t0, number});
  }
  std::uint64_t reg(unsigned index) const { return hart.read_register(x(index)); }
  std::uint64_t value_of(unsigned number) const { return hart.csrs().read(number); }

  FlatMemory memory;
  Hart hart;
  Assembler code{origin};
};

}  // namespace castor::host::test
