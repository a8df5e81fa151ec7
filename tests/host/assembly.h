// Programs written word by word, for tests that need no toolchain.
#pragma once

#include <cstdint>
#include <vector>

#include "../functional/elf_file.h"

namespace castor::host::test {

using functional::test::ElfFile;

// ---------------------------------------------------------------------------------------------

inline constexpr unsigned zero = 0, t0 = 5, t1 = 6, t2 = 7, s0 = 8, s1 = 9;
inline constexpr std::uint32_t machine_interrupts = 0x304, machine_status = 0x300, trap_vector = 0x305, cycles = 0xb00;
inline constexpr std::uint32_t fence = 0x0ff0000f, wfi = 0x10500073, nop = 0x13, illegal = 0, loop = 0x6f;

inline std::uint32_t lui(unsigned rd, std::uint32_t value) { return (value & 0xfffff000) | rd << 7 | 0x37; }
inline std::uint32_t auipc(unsigned rd) { return rd << 7 | 0x17; }
inline std::uint32_t addi(unsigned rd, unsigned rs, int value) {
  return static_cast<std::uint32_t>(value) << 20 | rs << 15 | rd << 7 | 0x13;
}
inline std::uint32_t sd(unsigned value, unsigned base, unsigned offset) {
  return (offset >> 5) << 25 | value << 20 | base << 15 | 3 << 12 | (offset & 31) << 7 | 0x23;
}
inline std::uint32_t ld(unsigned rd, unsigned base) { return base << 15 | 3 << 12 | rd << 7 | 0x03; }
inline std::uint32_t csrr(unsigned rd, std::uint32_t csr) { return csr << 20 | 2 << 12 | rd << 7 | 0x73; }
inline std::uint32_t csrw(std::uint32_t csr, unsigned rs) { return csr << 20 | rs << 15 | 1 << 12 | 0x73; }
inline std::uint32_t slli(unsigned rd, unsigned rs, unsigned by) {
  return by << 20 | rs << 15 | 1 << 12 | rd << 7 | 0x13;
}
inline std::uint32_t srli(unsigned rd, unsigned rs, unsigned by) {
  return by << 20 | rs << 15 | 5 << 12 | rd << 7 | 0x13;
}
/// custom-3 with rs1 and rs2; with a response if rd is not zero.
inline std::uint32_t rocc(unsigned funct, unsigned rd = zero) {
  return funct << 25 | zero << 20 | zero << 15 | (rd != zero ? 7U : 3U) << 12 | rd << 7 | 0x7b;
}

using Words = std::vector<std::uint32_t>;

inline constexpr std::uint64_t tohost = ElfFile::base + 0x1000, fromhost = tohost + 0x40;

/// Ends with the exit code in `reg` (destroys t2 and s1).
inline Words exit_with(unsigned reg) {
  return {
      slli(t2, reg, 1), addi(t2, t2, 1), lui(s1, 0x80001000), slli(s1, s1, 32), srli(s1, s1, 32), sd(t2, s1, 0), loop};
}

inline Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline ElfFile elf_of(const Words& words) {
  ElfFile file;
  std::vector<std::uint8_t> bytes;
  for (const std::uint32_t word : words)
    for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
  file.segment(ElfFile::base, bytes);
  file.object("tohost", tohost);
  file.object("fromhost", fromhost);
  file.function("main", ElfFile::base, bytes.size());
  return file;
}

}  // namespace castor::host::test
