#include "castor/host/hart.h"

#include <gtest/gtest.h>

#include "bench.h"

namespace castor::host {
namespace {

using namespace test;

std::uint64_t code_of(Exception exception) { return static_cast<std::uint64_t>(exception); }
std::uint64_t code_of(Interrupt interrupt) { return 1ULL << 63 | static_cast<std::uint64_t>(interrupt); }

// --- instructions
// -------------------------------------------------------------------------------------------------------

TEST(Hart, KeepsX0Zero) {
  Bench bench;
  bench.code("addi", {zero, zero, 5})("add", {a0, zero, zero});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 0U);
}

TEST(Hart, LinksBehindACompressedJump) {
  Bench bench;
  bench.code.li(a1, Bench::origin + 0x100);
  const std::uint64_t jump = bench.code.here();
  bench.code.half(0x9582);  // c.jalr a1
  bench.put_stop(Bench::origin + 0x100);
  bench.run();
  EXPECT_EQ(bench.reg(ra), jump + 2);
  EXPECT_EQ(bench.hart.pc(), Bench::origin + 0x104);
}

TEST(Hart, ExecutesAnInstructionAcrossTwoPages) {
  Bench bench;
  bench.code.li(t0, Bench::origin + 0xffe);
  bench.code("jalr", {zero, t0, 0});
  bench.memory.put(Bench::origin + 0xffe, encode("addi", {a0, zero, 77}));
  bench.put_stop(Bench::origin + 0x1002);
  bench.run();
  EXPECT_EQ(bench.reg(a0), 77U);
}

TEST(Hart, SeesAStoreIntoCodeAfterFenceI) {
  for (const bool fenced : {false, true}) {
    Bench bench;
    constexpr std::uint64_t function = Bench::origin + 0x400;
    bench.memory.put(function, encode("addi", {a0, a0, 1}));
    bench.memory.put(function + 4, encode("jalr", {zero, ra, 0}));
    bench.code.li(t0, function);
    bench.code.li(t1, encode("addi", {a0, a0, 16}));
    bench.code("jalr", {ra, t0, 0})("sw", {t0, t1, 0});
    if (fenced) bench.code("fence.i", {});
    bench.code("jalr", {ra, t0, 0});
    bench.run();
    EXPECT_EQ(bench.reg(a0), fenced ? 17U : 2U);
  }
}

TEST(Hart, BoxesSinglesAndTakesAnUnboxedOneForANan) {
  Bench bench;
  bench.csr(number::mstatus, 3 << 13);
  bench.code.li(t0, 0x3f800000);
  bench.code("fmv.w.x", {1, t0})("fmv.x.d", {a0, 1});
  bench.code("fmv.d.x", {2, t0})("fadd.s", {3, 2, 1})("fmv.x.d", {a1, 3});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 0xffffffff3f800000);
  EXPECT_EQ(bench.reg(a1), 0xffffffff7fc00000);
}

TEST(Hart, StoresConditionallyOnlyWhatItReserved) {
  Bench bench;
  bench.code.li(t0, Bench::data);
  bench.code("sc.d", {a0, t0, t0});
  bench.code("lr.d", {a1, t0})("sc.d", {a1, t0, t0});
  bench.code("lr.d", {a2, t0})("addi", {t1, t0, 64})("sc.d", {a2, t1, t0});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 1U) << "without a reservation";
  EXPECT_EQ(bench.reg(a1), 0U);
  EXPECT_EQ(bench.reg(a2), 1U) << "another block";
  EXPECT_EQ(bench.memory.get<std::uint64_t>(Bench::data), Bench::data);
  EXPECT_EQ(bench.memory.get<std::uint64_t>(Bench::data + 64), 0U);
}

void expect_lost_reservation(void (*lose)(Hart& hart)) {
  Bench bench;
  bench.code.li(t0, Bench::data);
  bench.code("lr.d", {a1, t0})("sc.d", {a0, t0, t0});
  bench.memory.put(Bench::origin, bench.code.code());
  bench.hart.set_pc(Bench::origin);
  while (bench.hart.fetch()->timing != TimingClass::StoreConditional) bench.hart.execute(*bench.hart.fetch());
  lose(bench.hart);
  bench.hart.execute(*bench.hart.fetch());
  EXPECT_EQ(bench.reg(a0), 1U);
}

TEST(Hart, LosesItsReservationToAnotherWriter) {
  expect_lost_reservation([](Hart& hart) { hart.written_by_other(PhysAddr{Bench::data + 8}); });
}

TEST(Hart, LosesItsReservationWhenItsCacheKeepsItNoLonger) {
  expect_lost_reservation([](Hart& hart) { hart.lose_reservation(); });
}

// --- memory
// -------------------------------------------------------------------------------------------------------------

TEST(Hart, ReadsAndWritesDevices) {
  Bench bench;
  bench.memory.device_value = 0x1122334455667788;
  bench.code.li(t0, FlatMemory::device.value());
  bench.code("lbu", {a0, t0, 1})("lw", {a1, t0, 4})("sh", {t0, a0, 6})("amoadd.w", {a2, t0, t0});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 0x77U);
  EXPECT_EQ(bench.reg(a1), 0x11223344U);
  EXPECT_EQ(bench.reg(a2), 0x55667788U);
  EXPECT_EQ(bench.memory.device_value, 0x0077334465667788U);
  EXPECT_EQ(bench.memory.device_reads, 3U);
}

struct Fault {
  std::string what;
  std::uint32_t word;
  std::uint64_t address;
  Exception exception;
};

TEST(Hart, TellsWhyAndWhereAnAccessFailed) {
  constexpr std::uint64_t nothing = 0x40000000, device = FlatMemory::device.value();
  const Fault faults[] = {
      {"load from nothing", encode("ld", {a0, t0, 0}), nothing, Exception::LoadAccess},
      {"store to nothing", encode("sb", {t0, a0, 0}), nothing, Exception::StoreAccess},
      {"misaligned load", encode("lw", {a0, t0, 0}), Bench::data + 2, Exception::MisalignedLoad},
      {"misaligned store", encode("sd", {t0, a0, 0}), Bench::data + 4, Exception::MisalignedStore},
      {"misaligned AMO", encode("amoadd.w", {a0, t0, a1}), Bench::data + 2, Exception::MisalignedStore},
      {"misaligned lr", encode("lr.w", {a0, t0}), Bench::data + 1, Exception::MisalignedLoad},
      {"lr of a device", encode("lr.w", {a0, t0}), device, Exception::LoadAccess},
      {"sc to a device", encode("sc.w", {a0, t0, a1}), device, Exception::StoreAccess},
      {"jump to nothing", encode("jalr", {zero, t0, 0}), nothing, Exception::FetchAccess},
      {"AMO to nothing", encode("amoadd.w", {a0, t0, a1}), nothing, Exception::StoreAccess},
  };
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.what);
    Bench bench;
    bench.catch_traps();
    bench.code.li(t0, fault.address);
    const std::uint64_t pc = bench.code.here();
    bench.code.word(fault.word);
    bench.run();
    EXPECT_EQ(bench.value_of(number::mcause), code_of(fault.exception));
    EXPECT_EQ(bench.value_of(number::mtval), fault.address);
    EXPECT_EQ(bench.value_of(number::mepc), fault.exception == Exception::FetchAccess ? fault.address : pc);
    EXPECT_EQ(bench.hart.last_trap().pc, bench.value_of(number::mepc));
  }
}

TEST(Hart, LoadsAndStoresMisalignedIfItIsToldTo) {
  config::HartParams params;
  params.misaligned_access.set(true);
  Bench bench(nullptr, nullptr, params);
  bench.code.li(t0, Bench::data + 0xffd);
  bench.code.li(t1, 0x1122334455667788);
  bench.code("sd", {t0, t1, 0})("ld", {a0, t0, 0})("lh", {a1, t0, 2});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 0x1122334455667788U);
  EXPECT_EQ(bench.reg(a1), 0x5566U);
  EXPECT_EQ(bench.hart.traps(), 0U);
}

TEST(Hart, KeepsUserModeOutOfProtectedMemory) {
  Bench bench;
  bench.catch_traps();
  bench.csr(number::pmpaddr0 + 1, ~0ULL);
  bench.csr(number::pmpaddr0, (Bench::data >> 2) | 0x1ff);  // 4 KiB, read only
  bench.csr(number::pmpcfg0, 0x1f19);
  bench.code.li(t0, 3ULL << 11);
  bench.code("csrrc", {zero, t0, number::mstatus});
  bench.code("auipc", {t0, 0})("addi", {t0, t0, 16})("csrrw", {zero, t0, number::mepc})("mret", {});
  bench.code.li(t0, Bench::data);
  bench.code("ld", {a0, t0, 0})("sd", {t0, a0, 0});
  bench.run();
  EXPECT_EQ(bench.value_of(number::mcause), code_of(Exception::StoreAccess));
  EXPECT_EQ(bench.value_of(number::mtval), Bench::data);
}

// --- traps
// --------------------------------------------------------------------------------------------------------------

TEST(Hart, TellsTheBitsOfAnIllegalInstruction) {
  for (const std::uint32_t word : {0xffffffffU, 0x00000000U, 0xc0001073U /* csrrw x0, cycle, x0 */}) {
    Bench bench;
    bench.catch_traps();
    bench.code.word(word);
    bench.run();
    EXPECT_EQ(bench.value_of(number::mcause), code_of(Exception::IllegalInstruction));
    EXPECT_EQ(bench.value_of(number::mtval), word);
  }
}

TEST(Hart, TellsTheAddressOfABreakpointAndNothingOfACall) {
  Bench bench;
  bench.catch_traps();
  const std::uint64_t pc = bench.code.here();
  bench.code("ebreak", {});
  bench.run();
  EXPECT_EQ(bench.value_of(number::mtval), pc);

  Bench other;
  other.catch_traps();
  other.csr(number::mtval, 5);
  other.code("ecall", {});
  other.run();
  EXPECT_EQ(other.value_of(number::mcause), code_of(Exception::MachineEcall));
  EXPECT_EQ(other.value_of(number::mtval), 0U);
}

TEST(Hart, DelegatesWhatMedelegSaysAndOnlyFromBelow) {
  for (const Privilege from : {Privilege::User, Privilege::Supervisor, Privilege::Machine}) {
    Bench bench;
    bench.catch_traps();
    bench.csr(number::stvec, Bench::handler + 0x100);
    bench.put_stop(Bench::handler + 0x100);
    bench.csr(number::medeleg, 1 << 3);
    bench.enter(from);
    bench.code("ebreak", {});
    bench.run();
    const bool delegated = from != Privilege::Machine;
    EXPECT_EQ(bench.hart.csrs().privilege(), delegated ? Privilege::Supervisor : Privilege::Machine);
    EXPECT_EQ(bench.value_of(delegated ? number::scause : number::mcause), code_of(Exception::Breakpoint));
    EXPECT_EQ(bench.hart.last_trap().from, from);
  }
}

TEST(Hart, RemembersPrivilegeAndInterruptEnableInMstatus) {
  Bench bench;
  bench.catch_traps();
  bench.enter(Privilege::User);
  bench.code("ecall", {});
  bench.run();
  EXPECT_EQ(bench.value_of(number::mstatus) >> 11 & 3, 0U);
  EXPECT_EQ(bench.value_of(number::mcause), code_of(Exception::UserEcall));
}

TEST(Hart, IsLostWhenItsHandlerTrapsToItself) {
  Bench bench;
  bench.csr(number::mtvec, 0x40000000);  // nothing is there
  const std::uint64_t pc = bench.code.here();
  bench.code.word(0);
  bench.run();
  EXPECT_TRUE(bench.hart.lost());
  EXPECT_EQ(bench.hart.last_trap().pc, pc);
  EXPECT_EQ(bench.hart.last_trap().cause, code_of(Exception::IllegalInstruction));
  EXPECT_EQ(bench.hart.run(100), 0U);
}

bool handles_exception_behind(std::uint32_t word, const Assembler& handler = Assembler{Bench::handler}) {
  Bench bench;
  bench.catch_traps();
  bench.code.word(word);
  if (!handler.code().empty()) bench.memory.put(Bench::handler, handler.code());
  bench.run();
  return bench.hart.handles_exception();
}

TEST(Hart, HandlesAnExceptionUntilItsHandlerReturns) {
  Assembler returns{Bench::handler};
  returns("csrrs", {t0, zero, number::mepc})("addi", {t0, t0, 4})("csrrw", {zero, t0, number::mepc})("mret", {});
  EXPECT_TRUE(handles_exception_behind(encode("lr.d", {a0, zero})));
  EXPECT_FALSE(handles_exception_behind(encode("lr.d", {a0, zero}), returns));
}

TEST(Hart, HandlesNoExceptionInACall) { EXPECT_FALSE(handles_exception_behind(encode("ecall", {}))); }

TEST(Hart, TrapsAJumpToAMisalignedAddressOnlyWithoutC) {
  for (const bool compressed : {true, false}) {
    Bench bench;
    bench.catch_traps();
    if (!compressed) bench.code("csrrci", {zero, number::misa, 1 << 2});
    const std::uint64_t pc = bench.code.here();
    bench.code("jal", {ra, 6});
    bench.code.word(0x00010001);
    bench.run();
    EXPECT_EQ(bench.hart.traps(), compressed ? 0U : 1U);
    if (compressed) continue;
    EXPECT_EQ(bench.value_of(number::mcause), code_of(Exception::MisalignedFetch));
    EXPECT_EQ(bench.value_of(number::mepc), pc);
    EXPECT_EQ(bench.value_of(number::mtval), pc + 6);
    EXPECT_EQ(bench.reg(ra), 0U);
  }
}

TEST(Hart, SwitchesFloatingPointOffWithFs) {
  for (const char* instruction : {"fadd.s", "fsgnj.d", "fmin.s"}) {
    Bench bench;
    bench.catch_traps();
    bench.code(instruction, {1, 2, 3});
    bench.run();
    EXPECT_EQ(bench.value_of(number::mcause), code_of(Exception::IllegalInstruction)) << instruction;
  }
  Bench bench;
  bench.catch_traps();
  bench.code("csrrs", {a0, zero, number::fcsr});
  bench.run();
  EXPECT_EQ(bench.hart.traps(), 1U);
}

TEST(Hart, RefusesRoundingModesThatDoNotExist) {
  for (const unsigned mode : {5U, 6U, 7U}) {
    Bench bench;
    bench.catch_traps();
    bench.csr(number::mstatus, 3 << 13);
    bench.csr(number::frm, 5);
    bench.code("fadd.d", {1, 2, 3}, mode);
    bench.run();
    EXPECT_EQ(bench.hart.traps(), 1U) << mode;
  }
}

// --- interrupts
// ---------------------------------------------------------------------------------------------------------

constexpr std::uint64_t every_interrupt = 0x2aaa;

TEST(Hart, TakesTheInterruptOfHighestPriority) {
  const Interrupt order[] = {Interrupt::MachineExternal, Interrupt::MachineSoftware, Interrupt::MachineTimer,
                             Interrupt::SupervisorExternal};
  for (std::size_t first = 0; first < std::size(order); ++first) {
    Bench bench;
    bench.catch_traps();
    bench.csr(number::mie, every_interrupt);
    for (std::size_t line = first; line < std::size(order); ++line) bench.hart.set_line(order[line], true);
    bench.code("csrrsi", {zero, number::mstatus, 1 << 3});
    const std::uint64_t next = bench.code.here();
    bench.run();
    EXPECT_EQ(bench.value_of(number::mcause), code_of(order[first]));
    EXPECT_EQ(bench.value_of(number::mepc), next);
    EXPECT_EQ(bench.value_of(number::mtval), 0U);
  }
}

TEST(Hart, HoldsAnInterruptUntilItIsEnabled) {
  Bench bench;
  bench.catch_traps();
  bench.hart.set_line(Interrupt::MachineTimer, true);
  bench.code("addi", {a0, zero, 1});
  bench.run();
  EXPECT_EQ(bench.hart.traps(), 0U);
}

TEST(Hart, LeadsAVectoredInterruptToItsOwnEntry) {
  Bench bench;
  bench.csr(number::mtvec, Bench::handler + 1);
  bench.put_stop(Bench::handler + 4 * 7);
  bench.csr(number::mie, every_interrupt);
  bench.hart.set_line(Interrupt::MachineTimer, true);
  bench.code("csrrsi", {zero, number::mstatus, 1 << 3});
  bench.run();
  EXPECT_LE(bench.hart.pc() - (Bench::handler + 4 * 7), 4U);
}

TEST(Hart, SleepsInWfiUntilAnInterruptIsPendingEvenIfItIsNotTaken) {
  Bench bench;
  bench.csr(number::mie, 1 << 7);
  bench.code("wfi", {})("addi", {a0, zero, 1});
  bench.run();
  EXPECT_TRUE(bench.hart.asleep());
  EXPECT_EQ(bench.reg(a0), 0U);
  EXPECT_EQ(bench.hart.run(10), 0U);
  bench.hart.set_line(Interrupt::MachineTimer, true);
  bench.hart.run(1);
  EXPECT_EQ(bench.reg(a0), 1U);
}

TEST(Hart, DelegatesInterruptsToSupervisorMode) {
  Bench bench;
  bench.catch_traps();
  bench.csr(number::stvec, Bench::handler + 0x100);
  bench.put_stop(Bench::handler + 0x100);
  bench.csr(number::mideleg, every_interrupt);
  bench.csr(number::mie, every_interrupt);
  bench.enter(Privilege::User);
  bench.memory.put(Bench::origin, bench.code.code());
  bench.hart.set_line(Interrupt::SupervisorExternal, true);
  bench.run();
  EXPECT_EQ(bench.value_of(number::scause), code_of(Interrupt::SupervisorExternal));
  EXPECT_EQ(bench.value_of(number::mideleg), 0x222U) << "machine interrupts stay in machine mode";
}

TEST(Hart, NeverTakesADelegatedInterruptInMachineMode) {
  Bench bench;
  bench.catch_traps();
  bench.csr(number::mideleg, every_interrupt);
  bench.csr(number::mie, every_interrupt);
  bench.hart.set_line(Interrupt::SupervisorExternal, true);
  bench.code("csrrsi", {zero, number::mstatus, 1 << 3});
  bench.run();
  EXPECT_EQ(bench.hart.traps(), 0U);
}

TEST(Hart, DoesNotMixTheExternalLineIntoMipWhenSoftwareSetsABit) {
  Bench bench;
  bench.hart.set_line(Interrupt::SupervisorExternal, true);
  bench.code("csrrsi", {a0, number::mip, 1 << 1});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 0x200U);
  bench.hart.set_line(Interrupt::SupervisorExternal, false);
  EXPECT_EQ(bench.value_of(number::mip), 0x2U);
}

// --- control and status registers
// ---------------------------------------------------------------------------------------

TEST(Csr, ReadsBackOnlyTheBitsThatExist) {
  struct {
    unsigned number;
    std::uint64_t written, read;
  } const rows[] = {
      {number::mstatus, ~0ULL, 0x8000000a007e79aa},
      {number::mstatus, 1ULL << 13, 0x8000000a00006000},  // FS is off or dirty
      {number::mstatus, 2ULL << 11, 0xa00000000},         // there is no mode 2
      {number::mtvec, 0x80000103, 0x80000101},            // a vectored table is aligned
      {number::mtvec, 0x80000102, 0x80000100},
      {number::mepc, 0x80000003, 0x80000002},
      {number::medeleg, ~0ULL, 0xb15d},
      {number::mideleg, ~0ULL, 0x222},
      {number::mie, ~0ULL, 0xaaa},
      {number::mcounteren, ~0ULL, 7},
      {number::satp, 9ULL << 60 | 5, 0},  // Sv48 is not there: nothing is written
      {number::satp, 8ULL << 60 | 0xffffULL << 44 | 5, 8ULL << 60 | 5},
      {number::misa, 0, 0x8000000000140100},
      {number::mhartid, 0, 5},
      {number::pmpcfg0, 0x9d02, 0x9d00},
  };
  for (const auto& row : rows) {
    Bench bench;
    bench.catch_traps();
    if (row.number == number::mhartid) {
      bench.code("csrrs", {a0, zero, row.number});
    } else {
      bench.csr(row.number, row.written);
      bench.code("csrrs", {a0, zero, row.number});
    }
    bench.run();
    EXPECT_EQ(bench.reg(a0), row.read) << std::hex << row.number << " " << row.written;
  }
}

TEST(Csr, ShowsInSstatusTheSupervisorsPartOfMstatus) {
  Bench bench;
  bench.csr(number::mstatus, ~0ULL);
  bench.code("csrrs", {a0, zero, number::sstatus})("csrrw", {zero, zero, number::sstatus});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 0x80000002000c6122U);
  EXPECT_EQ(bench.value_of(number::mstatus), 0xa00721888U);
}

TEST(Csr, LetsUsersReadCountersOnlyIfBothModesAboveAgree) {
  for (unsigned agreed = 0; agreed < 4; ++agreed) {
    Bench bench;
    bench.catch_traps();
    bench.csr(number::mcounteren, agreed & 1 ? 7 : 0);
    bench.csr(number::scounteren, agreed & 2 ? 7 : 0);
    bench.enter(Privilege::User);
    bench.code("csrrs", {a0, zero, number::instret});
    bench.code("ecall", {});
    bench.run();
    const auto expected = agreed == 3 ? Exception::UserEcall : Exception::IllegalInstruction;
    EXPECT_EQ(bench.value_of(number::mcause), code_of(expected)) << agreed;
  }
}

TEST(Csr, IsOutOfReachOfLowerPrivileges) {
  struct {
    Privilege privilege;
    unsigned number;
    bool allowed;
  } const rows[] = {
      {Privilege::User, number::sscratch, false},       {Privilege::User, number::mscratch, false},
      {Privilege::Supervisor, number::mscratch, false}, {Privilege::Supervisor, number::sscratch, true},
      {Privilege::Supervisor, number::satp, true},
  };
  for (const auto& row : rows) {
    Bench bench;
    bench.catch_traps();
    bench.enter(row.privilege);
    bench.code("csrrs", {a0, zero, row.number})("ecall", {});
    bench.run();
    EXPECT_EQ(bench.value_of(number::mcause) != code_of(Exception::IllegalInstruction), row.allowed);
  }
}

TEST(Csr, TrapsVirtualMemoryInstructionsOfASupervisorWithTvmTwAndTsr) {
  struct {
    std::uint64_t bit;
    std::uint32_t word;
  } const rows[] = {{1 << 20, encode("csrrs", {a0, zero, number::satp})},
                    {1 << 20, encode("sfence.vma", {zero, zero})},
                    {1 << 21, encode("wfi", {})},
                    {1 << 22, encode("sret", {})}};
  for (const auto& row : rows)
    for (const bool set : {false, true}) {
      Bench bench;
      bench.catch_traps();
      bench.csr(number::sepc, Bench::handler + 0x200);
      bench.memory.put(Bench::handler + 0x200, encode("ecall", {}));
      bench.csr(number::mstatus, set ? row.bit : 0);
      bench.enter(Privilege::Supervisor);
      bench.code.word(row.word);
      bench.run();
      const bool trapped = bench.value_of(number::mcause) == code_of(Exception::IllegalInstruction);
      EXPECT_EQ(trapped, set) << std::hex << row.word;
    }
}

TEST(Csr, CountsRetiredInstructionsButNotTheOneThatWrites) {
  Bench bench;
  bench.code("csrrw", {zero, zero, number::minstret})("csrrs", {a0, zero, number::minstret});
  bench.code("addi", {zero, zero, 0})("csrrs", {a1, zero, number::instret});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 0U);
  EXPECT_EQ(bench.reg(a1), 2U);
}

TEST(Csr, HoldsACounterThatIsInhibited) {
  Bench bench;
  bench.code("csrrwi", {zero, number::mcountinhibit, 4})("csrrs", {a0, zero, number::minstret});
  bench.code("addi", {zero, zero, 0})("csrrs", {a1, zero, number::minstret});
  bench.run();
  EXPECT_EQ(bench.reg(a0), bench.reg(a1));
}

struct FixedClock : HartClock {
  std::uint64_t cycle() override { return 123; }
  std::uint64_t time() override { return 45; }
};

TEST(Csr, ReadsCyclesAndTimeFromTheClock) {
  FixedClock clock;
  Bench bench(&clock);
  bench.code("csrrs", {a0, zero, number::cycle})("csrrs", {a1, zero, number::time});
  bench.code("csrrs", {a2, zero, number::hpmcounter3});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 123U);
  EXPECT_EQ(bench.reg(a1), 45U);
  EXPECT_EQ(bench.reg(a2), 0U);
}

TEST(Csr, KeepsCInMisaWhereTheNextInstructionWouldBeMisaligned) {
  Bench bench;
  bench.code.half(0x0001);  // c.nop
  bench.code("csrrci", {zero, number::misa, 1 << 2});
  bench.code.half(0x0001);
  bench.run();
  EXPECT_TRUE(bench.value_of(number::misa) & 1 << 2);
}

// --- the accelerator's instructions
// -------------------------------------------------------------------------------------

struct RoccRecorder : RoccIssue {
  bool serves(unsigned opcode) const override { return opcode == 3; }
  void issue(const RoccInstruction& instruction) override { issued.push_back(instruction); }
  std::vector<RoccInstruction> issued;
};

TEST(Hart, HandsACustomInstructionWithItsOperandsOver) {
  RoccRecorder rocc;
  Bench bench(nullptr, &rocc);
  bench.code.li(a0, 0x1111);
  bench.code.li(a1, 0x2222);
  bench.code.word(2U << 25 | a1 << 20 | a0 << 15 | 3U << 12 | 0x7b);              // mvin
  bench.code.word(126U << 25 | a1 << 20 | a0 << 15 | 6U << 12 | a2 << 7 | 0x7b);  // xd and xs1
  bench.run();
  ASSERT_EQ(rocc.issued.size(), 2U);
  EXPECT_EQ(rocc.issued[0].funct7, 2);
  EXPECT_EQ(rocc.issued[0].rs1, 0x1111U);
  EXPECT_EQ(rocc.issued[0].rs2, 0x2222U);
  EXPECT_FALSE(rocc.issued[0].xd);
  EXPECT_TRUE(rocc.issued[1].xd);
  EXPECT_EQ(rocc.issued[1].rd, a2);
  EXPECT_EQ(rocc.issued[1].rs2, 0U);
  EXPECT_EQ(rocc.issued[1].privilege, Privilege::Machine);
}

TEST(Hart, TakesACustomInstructionForIllegalWhereNobodyListens) {
  RoccRecorder rocc;
  for (RoccIssue* port : {static_cast<RoccIssue*>(nullptr), static_cast<RoccIssue*>(&rocc)}) {
    Bench bench(nullptr, port);
    bench.catch_traps();
    bench.code.word(0x0000302b);  // custom-1
    bench.run();
    EXPECT_EQ(bench.value_of(number::mcause), code_of(Exception::IllegalInstruction));
  }
}

TEST(Csr, ShowsExtensionStateDirtyOnlyWithAnAccelerator) {
  RoccRecorder rocc;
  Bench with(nullptr, &rocc), without;
  with.csr(number::mstatus, 0);
  without.csr(number::mstatus, 3 << 15);
  with.run(), without.run();
  EXPECT_EQ(with.value_of(number::mstatus) >> 15 & 3, 3U);
  EXPECT_EQ(without.value_of(number::mstatus) >> 15 & 3, 0U);
}

// --- the seam to core timing
// --------------------------------------------------------------------------------------------

TEST(Hart, ShowsCoreTimingWhatAnInstructionNeedsAndDid) {
  Bench bench;
  bench.code.li(t0, Bench::data);
  const std::uint64_t pc = bench.code.here();
  bench.code("sw", {t0, t1, 8})("beq", {zero, zero, 8})("addi", {a0, zero, 1})("ebreak", {});
  bench.memory.put(Bench::origin, bench.code.code());
  bench.hart.set_pc(Bench::origin);
  while (bench.hart.pc() != pc) bench.hart.execute(*bench.hart.fetch());

  const Instruction* store = bench.hart.fetch();
  EXPECT_EQ(store->timing, TimingClass::Store);
  EXPECT_EQ(store->rs1, x(t0));
  EXPECT_EQ(bench.hart.fetch_address(), PhysAddr{pc});
  EXPECT_EQ(bench.hart.execute(*store), Outcome::Retired);
  EXPECT_EQ(bench.hart.access().address, PhysAddr{Bench::data + 8});
  EXPECT_EQ(bench.hart.access().bytes, 4);

  const Instruction* branch = bench.hart.fetch();
  EXPECT_EQ(branch->timing, TimingClass::Branch);
  bench.hart.execute(*branch);
  EXPECT_EQ(bench.hart.pc(), pc + 12) << "taken";
  EXPECT_EQ(bench.hart.execute(*bench.hart.fetch()), Outcome::Trapped);
}

TEST(Hart, GivesNoInstructionWhenAnInterruptIsTakenInstead) {
  Bench bench;
  bench.catch_traps();
  bench.csr(number::mie, every_interrupt);
  bench.code("csrrsi", {zero, number::mstatus, 1 << 3});
  const std::uint64_t next = bench.code.here();
  bench.code("addi", {a0, zero, 1});
  bench.memory.put(Bench::origin, bench.code.code());
  bench.hart.set_pc(Bench::origin);
  while (bench.hart.pc() != next) bench.hart.execute(*bench.hart.fetch());
  EXPECT_NE(bench.hart.fetch(), nullptr);
  bench.hart.set_line(Interrupt::MachineTimer, true);
  EXPECT_EQ(bench.hart.fetch(), nullptr);
  EXPECT_EQ(bench.hart.pc(), Bench::handler);
}

TEST(Hart, StopsBehindTheInstructionWithWhichADeviceIsTold) {
  Bench bench;
  bench.memory.on_write = [&] { bench.hart.stop(); };
  bench.code.li(t0, FlatMemory::device.value());
  bench.code("sd", {t0, t0, 0});
  const std::uint64_t next = bench.code.here();
  bench.run();
  EXPECT_EQ(bench.hart.pc(), next);
  EXPECT_EQ(bench.hart.run(1), 1U) << "it can go on";
}

}  // namespace
}  // namespace castor::host
