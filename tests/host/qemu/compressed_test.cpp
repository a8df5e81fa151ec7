// Every compressed instruction with random fields and edge operands, against QEMU.
#include "castor/host/compressed.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "agreement.h"
#include "edge_operands.h"

namespace castor::host {
namespace {

using namespace test;

constexpr unsigned result = 13, link_target = 29, table = 30;  // registers
constexpr unsigned sp = 2;
constexpr std::uint64_t region_words = 128;

struct Row {
  const char* name;
  const char* pattern;  // as in the manual; '-': any
};

// What neither jumps nor touches memory.
constexpr Row arithmetic[] = {
    {"c.addi4spn", "000 --------  --- 00"}, {"c.addi", "000 - ----- ----- 01"},
    {"c.addiw", "001 - ----- ----- 01"},    {"c.li", "010 - ----- ----- 01"},
    {"c.lui", "011 - ----- ----- 01"},      {"c.addi16sp", "011 - 00010 ----- 01"},
    {"c.srli", "100 - 00 --- ----- 01"},    {"c.srai", "100 - 01 --- ----- 01"},
    {"c.andi", "100 - 10 --- ----- 01"},    {"c.sub", "100 0 11 --- 00 --- 01"},
    {"c.xor", "100 0 11 --- 01 --- 01"},    {"c.or", "100 0 11 --- 10 --- 01"},
    {"c.and", "100 0 11 --- 11 --- 01"},    {"c.subw", "100 1 11 --- 00 --- 01"},
    {"c.addw", "100 1 11 --- 01 --- 01"},   {"c.slli", "000 - ----- ----- 10"},
    {"c.mv", "100 0 ----- ----- 10"},       {"c.add", "100 1 ----- ----- 10"},
};
constexpr Row memory[] = {
    {"c.fld", "001 --- --- -- --- 00"},  {"c.lw", "010 --- --- -- --- 00"},  {"c.ld", "011 --- --- -- --- 00"},
    {"c.fsd", "101 --- --- -- --- 00"},  {"c.sw", "110 --- --- -- --- 00"},  {"c.sd", "111 --- --- -- --- 00"},
    {"c.fldsp", "001 - ----- ----- 10"}, {"c.lwsp", "010 - ----- ----- 10"}, {"c.ldsp", "011 - ----- ----- 10"},
    {"c.fsdsp", "101 ------ ----- 10"},  {"c.swsp", "110 ------ ----- 10"},  {"c.sdsp", "111 ------ ----- 10"},
};

struct Bits {
  std::uint16_t match = 0, mask = 0;
  explicit Bits(const char* pattern) {
    for (; *pattern != '\0'; ++pattern) {
      if (*pattern == ' ') continue;
      match = static_cast<std::uint16_t>(match << 1 | (*pattern == '1'));
      mask = static_cast<std::uint16_t>(mask << 1 | (*pattern != '-'));
    }
  }
};

std::mt19937_64 random_from_seed() {
  const char* given = std::getenv("CASTOR_SEED");
  const std::uint64_t seed = given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
  std::cout << "seed " << seed << " (CASTOR_SEED)\n";
  return std::mt19937_64(seed);
}

/// A legal word whose full-width fields name none of the registers that the program needs.
std::uint16_t random_word(const Row& row, std::mt19937_64& random) {
  const Bits bits(row.pattern);
  for (;;) {
    const auto word = static_cast<std::uint16_t>((random() & ~bits.mask) | bits.match);
    const bool wide = (word & 3) == 2 || ((word & 3) == 1 && word >> 13 < 4);
    const bool reserved = wide && ((word >> 7 & 31) >= table || ((word & 3) == 2 && (word >> 2 & 31) >= table));
    const bool other =
        std::string(row.name) == "c.mv" || std::string(row.name) == "c.add" ? (word >> 2 & 31) == 0 : false;
    if (!reserved && !other && expand_compressed(word) != 0) return word;
  }
}

void load_registers(LinuxProgram& program, std::mt19937_64& random) {
  std::vector<std::uint64_t> values;
  for (unsigned i = 0; i < table; ++i) values.push_back(edge_integers()[random() % edge_integers().size()]);
  program.code.li(table, program.put(values));
  for (unsigned i = 1; i < table; ++i) program.code("ld", {i, table, 8 * i})("fmv.d.x", {i, i});
}

TEST(CompressedInstructionsAgainstQemu, Compute) {
  CASTOR_NEEDS_QEMU();
  std::mt19937_64 random = random_from_seed();
  for (const Row& row : arithmetic) {
    SCOPED_TRACE(row.name);
    LinuxProgram program;
    for (unsigned sample = 0; sample < 100; ++sample) {
      load_registers(program, random);
      program.code.half(random_word(row, random));
      for (unsigned i = 1; i < table; ++i) program.emit(i);
    }
    program.finish();
    expect_agreement(program, table - 1);
  }
}

TEST(CompressedInstructionsAgainstQemu, LoadAndStore) {
  CASTOR_NEEDS_QEMU();
  std::mt19937_64 random = random_from_seed();
  for (const Row& row : memory) {
    SCOPED_TRACE(row.name);
    LinuxProgram program;
    std::vector<std::uint64_t> words(region_words);
    for (std::uint64_t& word : words) word = random();
    const std::uint64_t region = program.put(words);
    for (unsigned sample = 0; sample < 100; ++sample) {
      const std::uint16_t word = random_word(row, random);
      load_registers(program, random);
      program.code.li((word & 3) == 2 ? sp : 8 + (word >> 7 & 7), region);
      program.code.half(word);
      for (unsigned i = 1; i < table; ++i) program.emit(i), program.emit_float(i);
      if (sample % 10 != 9) continue;
      program.code.li(table, region);
      for (unsigned i = 0; i < region_words; ++i) program.code("ld", {1, table, 8 * i}), program.emit(1);
    }
    program.finish();
    expect_agreement(program);
  }
}

// Counts the instructions that a jump passes over: each adds one.
void add_steps(LinuxProgram& program, unsigned count) {
  constexpr std::uint16_t c_addi_result_1 = 0x0001 | result << 7 | 1 << 2;
  for (unsigned i = 0; i < count; ++i) program.code.half(c_addi_result_1);
}

std::uint16_t c_jump(std::int64_t offset) {
  const auto o = static_cast<std::uint64_t>(offset);
  return static_cast<std::uint16_t>(0xa001 | place(bits(o, 11, 11), 12, 12) | place(bits(o, 4, 4), 11, 11) |
                                    place(bits(o, 9, 8), 10, 9) | place(bits(o, 10, 10), 8, 8) |
                                    place(bits(o, 6, 6), 7, 7) | place(bits(o, 7, 7), 6, 6) |
                                    place(bits(o, 3, 1), 5, 3) | place(bits(o, 5, 5), 2, 2));
}

std::uint16_t c_branch(bool if_zero, unsigned rs1, std::int64_t offset) {
  const auto o = static_cast<std::uint64_t>(offset);
  return static_cast<std::uint16_t>((if_zero ? 0xc001 : 0xe001) | place(bits(o, 8, 8), 12, 12) |
                                    place(bits(o, 4, 3), 11, 10) | place(rs1 - 8, 9, 7) | place(bits(o, 7, 6), 6, 5) |
                                    place(bits(o, 2, 1), 4, 3) | place(bits(o, 5, 5), 2, 2));
}

TEST(CompressedInstructionsAgainstQemu, JumpAndBranchForward) {
  CASTOR_NEEDS_QEMU();
  LinuxProgram program;
  for (std::int64_t offset = 2; offset < 2048; offset = offset * 2 + 2) {
    program.code.li(result, 0);
    program.code.half(c_jump(offset));
    add_steps(program, 1024);
    program.emit(result);
  }
  for (unsigned rs1 = 8; rs1 < 16; ++rs1)
    for (const std::uint64_t value : {0ULL, 1ULL, 1ULL << 63})
      for (const bool if_zero : {false, true})
        for (std::int64_t offset = 2; offset < 256; offset = offset * 2 + 2) {
          program.code.li(result, 0);
          program.code.li(rs1, value);
          program.code.half(c_branch(if_zero, rs1, offset));
          add_steps(program, 128);
          program.emit(result);
        }
  program.finish();
  expect_agreement(program);
}

TEST(CompressedInstructionsAgainstQemu, JumpAndBranchBackward) {
  CASTOR_NEEDS_QEMU();
  LinuxProgram program;
  const auto add = [&](const std::function<std::uint16_t(std::int64_t)>& jump, unsigned steps) {
    program.code.li(result, 0);
    program.code("jal", {0, 2 * steps + 8});  // to the jump
    const std::uint64_t target = program.code.here();
    add_steps(program, steps);
    program.code("jal", {0, 6});  // behind the jump
    program.code.half(jump(static_cast<std::int64_t>(target - program.code.here())));
    program.emit(result);
  };
  for (const unsigned steps : {0U, 1U, 10U, 100U, 1000U}) add(c_jump, steps);
  for (const unsigned steps : {0U, 1U, 10U, 100U}) {
    program.code.li(9, 0);
    add([](std::int64_t offset) { return c_branch(true, 9, offset); }, steps);
    add([](std::int64_t offset) { return c_branch(false, 9, offset); }, steps);
  }
  program.finish();
  expect_agreement(program);
}

TEST(CompressedInstructionsAgainstQemu, JumpToARegister) {
  CASTOR_NEEDS_QEMU();
  LinuxProgram program;
  for (unsigned rs1 = 1; rs1 < table; ++rs1)
    for (const std::uint16_t jump : {0x8002 /* c.jr */, 0x9002 /* c.jalr */}) {
      program.code.li(1, 0);
      program.code("auipc", {link_target, 0})("addi", {rs1, link_target, 10});
      program.code.half(static_cast<std::uint16_t>(jump | rs1 << 7));
      program.emit(1);
    }
  program.finish();
  expect_agreement(program);
}

}  // namespace
}  // namespace castor::host
