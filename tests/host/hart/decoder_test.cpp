#include "castor/host/decoder.h"

#include <gtest/gtest.h>

#include <set>

#include "assembler.h"
#include "castor/host/compressed.h"

namespace castor::host {
namespace {

constexpr std::uint64_t all_extensions = ~0ULL;

Instruction decoded(std::uint32_t word, std::uint64_t misa = all_extensions) { return Decoder().decode(word, misa); }

TEST(InstructionTable, HasNoTwoRowsForOneWord) {
  const auto& table = instruction_table();
  for (const Operation& a : table)
    for (const Operation& b : table) {
      const std::uint32_t common = a.pattern.mask & b.pattern.mask;
      EXPECT_TRUE(&a == &b || ((a.pattern.match ^ b.pattern.match) & common) != 0) << a.mnemonic << " " << b.mnemonic;
    }
}

TEST(InstructionTable, NamesEachRowOnce) {
  std::set<std::string> names;
  for (const Operation& row : instruction_table()) EXPECT_TRUE(names.insert(row.mnemonic).second) << row.mnemonic;
}

TEST(Decoder, FindsEveryRowByItsOwnFixedBits) {
  for (const Operation& row : instruction_table())
    EXPECT_STREQ(decoded(row.pattern.match).operation->mnemonic, row.mnemonic);
}

TEST(Decoder, TellsTheTwoRegisterFilesApart) {
  const Instruction load = decoded(test::encode("fld", {3, 4, -8}));
  EXPECT_EQ(load.rd, f(3));
  EXPECT_EQ(load.rs1, x(4));
  EXPECT_EQ(load.immediate, -8);
  const Instruction fused = decoded(test::encode("fmadd.d", {1, 2, 3, 31}));
  EXPECT_EQ(fused.rs3, f(31));
}

TEST(Decoder, SendsAWriteOfX0Nowhere) {
  EXPECT_EQ(decoded(test::encode("add", {0, 1, 2})).rd, nowhere);
  EXPECT_FALSE(decoded(test::encode("add", {0, 1, 2})).writes_register());
  EXPECT_EQ(decoded(test::encode("fadd.s", {0, 1, 2})).rd, f(0));
}

TEST(Decoder, ExtendsTheSignOfEveryImmediate) {
  EXPECT_EQ(decoded(test::encode("addi", {1, 2, -2048})).immediate, -2048);
  EXPECT_EQ(decoded(test::encode("sd", {1, 2, -1})).immediate, -1);
  EXPECT_EQ(decoded(test::encode("beq", {1, 2, -4096})).immediate, -4096);
  EXPECT_EQ(decoded(test::encode("beq", {1, 2, 4094})).immediate, 4094);
  EXPECT_EQ(decoded(test::encode("jal", {1, -(1 << 20)})).immediate, -(1 << 20));
  EXPECT_EQ(decoded(test::encode("jal", {1, 0x7fffe})).immediate, 0x7fffe);
  EXPECT_EQ(decoded(test::encode("lui", {1, 0x80000000})).immediate, INT32_MIN);
}

TEST(Decoder, TakesWhatAnExtensionThatIsOffBroughtForIllegal) {
  const std::uint64_t without_m = all_extensions & ~(1ULL << ('M' - 'A'));
  const std::uint64_t without_c = all_extensions & ~(1ULL << ('C' - 'A'));
  constexpr std::uint16_t c_nop = 0x0001;
  EXPECT_STREQ(decoded(test::encode("mul", {1, 2, 3}), without_m).operation->mnemonic, "illegal");
  EXPECT_STREQ(decoded(c_nop, without_c).operation->mnemonic, "illegal");
  EXPECT_STREQ(decoded(c_nop).operation->mnemonic, "addi");
}

TEST(Decoder, KeepsTheBitsAsFetched) {
  constexpr std::uint32_t c_nop_and_what_follows = 0xabcd0001;
  EXPECT_EQ(decoded(c_nop_and_what_follows).bits, 0x0001U);
  EXPECT_EQ(decoded(c_nop_and_what_follows).length, 2);
  EXPECT_EQ(decoded(0xffffffff).bits, 0xffffffffU);
}

TEST(Decoder, FindsADestinationOnlyWhereARoccInstructionAnswers) {
  EXPECT_EQ(decoded(0x0000757b).timing, TimingClass::Rocc);
  EXPECT_EQ(decoded(0x0000757b).rd, x(10));  // xd set
  EXPECT_EQ(decoded(0x0000357b).rd, nowhere);
}

TEST(CompressedInstructions, StandForTheirLongForms) {
  EXPECT_EQ(expand_compressed(0x1141), test::encode("addi", {2, 2, -16}));  // c.addi sp, -16
  EXPECT_EQ(expand_compressed(0xe406), test::encode("sd", {2, 1, 8}));      // c.sdsp ra, 8
  EXPECT_EQ(expand_compressed(0x60a2), test::encode("ld", {1, 2, 8}));      // c.ldsp ra, 8
  EXPECT_EQ(expand_compressed(0x8082), test::encode("jalr", {0, 1, 0}));    // c.jr ra
  EXPECT_EQ(expand_compressed(0x852e), test::encode("add", {10, 0, 11}));   // c.mv a0, a1
  EXPECT_EQ(expand_compressed(0x9002), test::encode("ebreak", {}));
}

TEST(CompressedInstructions, AreIllegalWhereReserved) {
  EXPECT_EQ(expand_compressed(0x0000), 0U);  // all zeros
  EXPECT_EQ(expand_compressed(0x0004), 0U);  // c.addi4spn without a number
  EXPECT_EQ(expand_compressed(0x2001), 0U);  // c.addiw to x0
  EXPECT_EQ(expand_compressed(0x6081), 0U);  // c.lui without a number
  EXPECT_EQ(expand_compressed(0x8002), 0U);  // c.jr x0
  EXPECT_EQ(expand_compressed(0x4002), 0U);  // c.lwsp to x0
  EXPECT_EQ(expand_compressed(0x9c41), 0U);  // an arithmetic code without a meaning
  EXPECT_EQ(expand_compressed(0x8000), 0U);  // quadrant 0, code 4
}

}  // namespace
}  // namespace castor::host
