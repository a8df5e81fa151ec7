// Virtual memory as programs see it.
#include <gtest/gtest.h>

#include "bench.h"

namespace castor::host {
namespace {

using namespace test;

constexpr std::uint64_t root = 0x80100000, middle = 0x80101000, leaves = 0x80102000;
constexpr std::uint64_t read_write = 0xc7, all = 0xcf, user = 0x10, accessed = 0x40, dirty = 0x80;
constexpr std::uint64_t mapped = 0x10000;  // where tests look

std::uint64_t entry(std::uint64_t physical, std::uint64_t flags) { return physical >> 12 << 10 | flags; }

// A supervisor with code mapped one to one by a superpage, and small pages from 0 on.
struct VirtualBench : Bench {
  VirtualBench() {
    memory.put(root + 8 * 2, entry(0x80000000, all));
    memory.put(root, entry(middle, 1));
    memory.put(middle, entry(leaves, 1));
    catch_traps();
    open_memory();
    csr(number::satp, 8ULL << 60 | root >> 12);
  }
  void map(std::uint64_t vaddr, std::uint64_t physical, std::uint64_t flags) {
    memory.put(leaves + vaddr / 4096 * 8, entry(physical, flags));
  }
  std::uint64_t cause() const { return value_of(number::mcause); }
};

TEST(Translation, ReachesMemoryThroughTheTables) {
  VirtualBench bench;
  bench.map(mapped, Bench::data, read_write);
  bench.memory.put<std::uint64_t>(Bench::data + 8, 99);
  bench.enter(Privilege::Supervisor);
  bench.code.li(t0, mapped);
  bench.code("ld", {a0, t0, 8})("sd", {t0, a0, 16});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 99U);
  EXPECT_EQ(bench.memory.get<std::uint64_t>(Bench::data + 16), 99U);
  EXPECT_EQ(bench.hart.access().address, PhysAddr{Bench::data + 16});
}

TEST(Translation, FaultsWithTheVirtualAddress) {
  struct {
    std::uint64_t flags;
    const char* instruction;
    Exception exception;
  } const rows[] = {{0, "ld", Exception::LoadPageFault},
                    {read_write & ~accessed, "ld", Exception::LoadPageFault},
                    {read_write & ~dirty, "sd", Exception::StorePageFault},
                    {read_write | user, "ld", Exception::LoadPageFault}};
  for (const auto& row : rows) {
    VirtualBench bench;
    bench.map(mapped, Bench::data, row.flags);
    bench.enter(Privilege::Supervisor);
    bench.code.li(t0, mapped);
    bench.code(row.instruction, {row.instruction[0] == 'l' ? a0 : t0, row.instruction[0] == 'l' ? t0 : a0, 40});
    bench.run();
    EXPECT_EQ(bench.cause(), static_cast<std::uint64_t>(row.exception));
    EXPECT_EQ(bench.value_of(number::mtval), mapped + 40);
  }
}

TEST(Translation, PutsAPageFaultBeforeAMisalignedAddress) {
  VirtualBench bench;
  bench.enter(Privilege::Supervisor);
  bench.code.li(t0, mapped + 1);
  bench.code("ld", {a0, t0, 0});
  bench.run();
  EXPECT_EQ(bench.cause(), static_cast<std::uint64_t>(Exception::LoadPageFault));
}

TEST(Translation, FaultsAtTheSecondHalfOfAnInstructionThatReachesIntoAnUnmappedPage) {
  VirtualBench bench;
  bench.map(mapped, Bench::data, all);
  bench.memory.put(Bench::data + 0xffe, encode("addi", {a0, zero, 1}));
  bench.enter(Privilege::Supervisor);
  bench.code.li(t0, mapped + 0xffe);
  bench.code("jalr", {zero, t0, 0});
  bench.run();
  EXPECT_EQ(bench.cause(), static_cast<std::uint64_t>(Exception::FetchPageFault));
  EXPECT_EQ(bench.value_of(number::mepc), mapped + 0xffe);
  EXPECT_EQ(bench.value_of(number::mtval), mapped + 0x1000);
}

TEST(Translation, KeepsATranslationUntilSfenceVma) {
  for (const bool fenced : {false, true}) {
    VirtualBench bench;
    bench.map(mapped, Bench::data, read_write);
    bench.memory.put<std::uint64_t>(Bench::data, 1);
    bench.memory.put<std::uint64_t>(Bench::data + 0x1000, 2);
    bench.enter(Privilege::Supervisor);
    bench.code.li(t0, mapped);
    bench.code.li(t1, leaves + mapped / 4096 * 8);
    bench.code.li(t2, entry(Bench::data + 0x1000, read_write));
    bench.code("ld", {a0, t0, 0})("sd", {t1, t2, 0});
    if (fenced) bench.code("sfence.vma", {zero, zero});
    bench.code("ld", {a1, t0, 0});
    bench.run();
    EXPECT_EQ(bench.reg(a0), 1U);
    EXPECT_EQ(bench.reg(a1), fenced ? 2U : 1U);
  }
}

TEST(Translation, FollowsMprvAndSumOfLoadsInMachineMode) {
  VirtualBench bench;
  bench.map(mapped, Bench::data, read_write | user);
  bench.memory.put<std::uint64_t>(Bench::data, 7);
  bench.csr(number::mstatus, 1ULL << 17 | 1ULL << 18 | 1ULL << 11);  // MPRV, SUM, MPP = S
  bench.code.li(t0, mapped);
  bench.code("ld", {a0, t0, 0});
  bench.csr(number::mstatus, 1ULL << 17 | 1ULL << 11);
  bench.code.li(t0, mapped);
  bench.code("ld", {a1, t0, 0});
  bench.run();
  EXPECT_EQ(bench.reg(a0), 7U);
  EXPECT_EQ(bench.cause(), static_cast<std::uint64_t>(Exception::LoadPageFault));
}

TEST(Translation, RaisesAnAccessFaultWhereATableLiesOutsideMemory) {
  VirtualBench bench;
  bench.memory.put(middle, entry(0x40000000, 1));
  bench.enter(Privilege::Supervisor);
  bench.code.li(t0, mapped);
  bench.code("sd", {t0, a0, 0});
  bench.run();
  EXPECT_EQ(bench.cause(), static_cast<std::uint64_t>(Exception::StoreAccess));
  EXPECT_EQ(bench.value_of(number::mtval), mapped);
}

TEST(Translation, DoesNotMixThePagesOfTwoPrivileges) {
  VirtualBench bench;
  bench.map(mapped, Bench::data, read_write);
  bench.csr(number::medeleg, 0);
  bench.enter(Privilege::Supervisor);
  bench.code.li(t0, mapped);
  bench.code("ld", {a0, t0, 0});  // kept for the supervisor
  bench.code("csrrw", {zero, zero, number::sepc})("csrrw", {zero, zero, number::sstatus});
  bench.code.li(t1, mapped + 0x1000);
  bench.code("csrrw", {zero, t1, number::sepc})("sret", {});
  bench.map(mapped + 0x1000, Bench::data + 0x1000, all | user);
  bench.memory.put(Bench::data + 0x1000, encode("ld", {a1, t0, 0}));
  bench.run();
  EXPECT_EQ(bench.cause(), static_cast<std::uint64_t>(Exception::LoadPageFault));
  EXPECT_EQ(bench.hart.last_trap().from, Privilege::User);
}

}  // namespace
}  // namespace castor::host
