// Every instruction of the table with edge operands, against QEMU.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "agreement.h"
#include "castor/host/float_unit.h"
#include "edge_operands.h"

namespace castor::host {
namespace {

using namespace test;

constexpr unsigned fflags = 1, frm = 2, fcsr = 3;
constexpr unsigned result = 13, scratch = 14, cell = 15, operand = 10;  // registers
constexpr std::uint8_t accrued_inexact = 1;

bool uses_float_unit(const Operation& row) { return row.extension == 'F' || row.extension == 'D'; }
bool is_single(const Operation& row) { return row.extension == 'F'; }
bool rounds(const Operation& row) { return uses_float_unit(row) && (row.pattern.mask & 0x7000) == 0; }
bool is_memory(const Operation& row) {
  switch (row.timing) {
    case TimingClass::Load:
    case TimingClass::Store:
    case TimingClass::LoadReserved:
    case TimingClass::StoreConditional:
    case TimingClass::Amo:
      return true;
    default:
      return false;
  }
}

std::vector<const Operation*> rows_where(const std::function<bool(const Operation&)>& condition) {
  std::vector<const Operation*> rows;
  for (const Operation& row : instruction_table())
    if (condition(row)) rows.push_back(&row);
  return rows;
}

// --- the groups
// ---------------------------------------------------------------------------------------------------------

bool is_integer_arithmetic(const Operation& row) {
  return row.timing == TimingClass::Alu || row.timing == TimingClass::Multiply || row.timing == TimingClass::Divide;
}
bool is_float_arithmetic(const Operation& row) { return uses_float_unit(row) && !is_memory(row); }
bool is_load(const Operation& row) { return row.timing == TimingClass::Load; }
bool is_store(const Operation& row) { return row.timing == TimingClass::Store; }
bool is_amo(const Operation& row) { return row.timing == TimingClass::Amo; }
bool is_branch(const Operation& row) { return row.timing == TimingClass::Branch; }
bool is_csr(const Operation& row) { return row.timing == TimingClass::Csr; }

TEST(InstructionsAgainstQemu, LeaveNoRowOut) {
  // In tests of their own, or without meaning for a user's program.
  const std::set<std::string> elsewhere = {"jal",     "jalr",       "lr.w",    "lr.d",       "sc.w",    "sc.d",
                                           "fence",   "fence.i",    "ecall",   "ebreak",     "sret",    "mret",
                                           "wfi",     "sfence.vma", "custom0", "custom0.rd", "custom1", "custom1.rd",
                                           "custom2", "custom2.rd", "custom3", "custom3.rd"};
  for (const Operation& row : instruction_table()) {
    const bool grouped = is_integer_arithmetic(row) || is_float_arithmetic(row) || is_load(row) || is_store(row) ||
                         is_amo(row) || is_branch(row) || is_csr(row);
    EXPECT_NE(grouped, elsewhere.count(row.mnemonic) == 1) << row.mnemonic;
  }
}

// --- loops over operands
// ------------------------------------------------------------------------------------------------

// Values of an operand, in memory of the program.
struct Table {
  std::uint64_t begin = 0, end = 0;
};

Table put(LinuxProgram& program, const std::vector<std::uint64_t>& values) {
  const std::uint64_t begin = program.put(values);
  return {begin, begin + 8 * values.size()};
}

/// Nested loops over the tables; the body finds the addresses of its operands in x20, x21, x22.
void for_each(LinuxProgram& program, const std::vector<Table>& tables, const std::function<void()>& body,
              std::size_t depth = 0) {
  constexpr unsigned pointers = 20, ends = 24;
  if (depth == tables.size()) return body();
  const auto pointer = pointers + static_cast<unsigned>(depth), end = ends + static_cast<unsigned>(depth);
  program.code.li(pointer, tables[depth].begin);
  program.code.li(end, tables[depth].end);
  const std::uint64_t top = program.code.here();
  for_each(program, tables, body, depth + 1);
  program.code("addi", {pointer, pointer, 8});
  const auto back = static_cast<std::int64_t>(top - program.code.here());
  program.code("bne", {pointer, end, back});
}

void load_operands(LinuxProgram& program, const std::vector<Operand>& kinds) {
  for (unsigned i = 0; i < kinds.size(); ++i)
    program.code(kinds[i] == Operand::X ? "ld" : "fld", {operand + i, 20 + i, 0});
}

std::vector<Operand> sources(const Format& format) {
  std::vector<Operand> kinds;
  for (const Operand kind : {format.rs1, format.rs2, format.rs3})
    if (kind != Operand::None) kinds.push_back(kind);
  return kinds;
}

std::vector<std::uint64_t> every_second(const std::vector<std::uint64_t>& values) {
  std::vector<std::uint64_t> some;
  for (std::size_t i = 0; i < values.size(); i += 2) some.push_back(values[i]);
  return some;
}

std::vector<Table> tables_for(LinuxProgram& program, const Operation& row) {
  const bool narrows = std::string(row.mnemonic) == "fcvt.s.d", widens = std::string(row.mnemonic) == "fcvt.d.s";
  const bool singles = (is_single(row) || widens) && !narrows;
  const auto& floats = singles ? edge_singles() : edge_doubles();
  const std::vector<Operand> kinds = sources(row.format);
  std::vector<Table> tables;
  for (const Operand kind : kinds) {
    const auto& values = kind == Operand::X ? edge_integers() : floats;
    tables.push_back(put(program, kinds.size() == 3 ? every_second(values) : values));
  }
  return tables;
}

// --- arithmetic
// ---------------------------------------------------------------------------------------------------------

std::vector<std::int64_t> immediates(Immediate kind) {
  switch (kind) {
    case Immediate::I:
      return {0, 1, -1, 2047, -2048, 0x555};
    case Immediate::Shift:
      return {0, 1, 31, 32, 63};
    case Immediate::ShiftWord:
      return {0, 1, 15, 31};
    case Immediate::U:
      return {0, 0x1000, 0x7ffff000, 0x80000000, 0xfffff000};
    default:
      return {};
  }
}

std::uint32_t word_of(const Operation& row, std::int64_t immediate, unsigned rm) {
  std::uint32_t word = row.pattern.match | result << 7 | immediate_bits(row.format.immediate, immediate);
  const Operand kinds[] = {row.format.rs1, row.format.rs2, row.format.rs3};
  constexpr unsigned low[] = {15, 20, 27};
  for (unsigned i = 0; i < 3; ++i)
    if (kinds[i] != Operand::None) word |= (operand + i) << low[i];
  return rounds(row) ? word | rm << 12 : word;
}

void add_arithmetic(LinuxProgram& program, const Operation& row, std::uint32_t word, unsigned flags_before) {
  for_each(program, tables_for(program, row), [&] {
    load_operands(program, sources(row.format));
    if (uses_float_unit(row)) program.code("csrrwi", {0, fflags, flags_before});
    program.code.word(word);
    row.format.rd == Operand::F ? program.emit_float(result) : program.emit(result);
    if (!uses_float_unit(row)) return;
    program.code("csrrs", {scratch, 0, fflags});
    program.emit(scratch);
  });
  program.write_output();
}

TEST(InstructionsAgainstQemu, ComputeIntegers) {
  CASTOR_NEEDS_QEMU();
  for (const Operation* row : rows_where(is_integer_arithmetic)) {
    SCOPED_TRACE(row->mnemonic);
    LinuxProgram program;
    if (row->format.immediate == Immediate::None) add_arithmetic(program, *row, word_of(*row, 0, 0), 0);
    for (const std::int64_t immediate : immediates(row->format.immediate))
      add_arithmetic(program, *row, word_of(*row, immediate, 0), 0);
    program.finish();
    expect_agreement(program);
  }
}

TEST(InstructionsAgainstQemu, ComputeFloatingPointWithFlagsInEveryRoundingMode) {
  CASTOR_NEEDS_QEMU();
  constexpr unsigned modes = 5, dynamic = 7;
  for (const Operation* row : rows_where(is_float_arithmetic)) {
    SCOPED_TRACE(row->mnemonic);
    LinuxProgram program;
    for (unsigned mode = 0; mode < (rounds(*row) ? modes : 1); ++mode)
      add_arithmetic(program, *row, word_of(*row, 0, mode), 0);
    add_arithmetic(program, *row, word_of(*row, 0, 0), accrued_inexact);
    program.code("csrrwi", {0, frm, static_cast<unsigned>(Rounding::Up)});
    add_arithmetic(program, *row, word_of(*row, 0, dynamic), 0);
    program.finish();
    expect_agreement(program, 2);
  }
}

// --- memory
// -------------------------------------------------------------------------------------------------------------

unsigned bytes_of(const Operation& row) { return 1U << (row.pattern.match >> 12 & 3); }

// Of a page whose middle the base register holds.
std::vector<std::int64_t> offsets(unsigned bytes) {
  std::vector<std::int64_t> list = {-2048, 2048 - static_cast<std::int64_t>(bytes), -8, 16};
  for (unsigned offset = 0; offset < 8; offset += bytes) list.push_back(offset);
  return list;
}

std::uint64_t put_pattern(LinuxProgram& program) {
  std::vector<std::uint64_t> words;
  for (std::uint64_t i = 0; i < 512; ++i) words.push_back((i + 1) * 0x9e3779b97f4a7c15);
  return program.put(words) + 2048;
}

TEST(InstructionsAgainstQemu, Load) {
  CASTOR_NEEDS_QEMU();
  for (const Operation* row : rows_where(is_load)) {
    SCOPED_TRACE(row->mnemonic);
    LinuxProgram program;
    program.code.li(cell, put_pattern(program));
    for (const std::int64_t offset : offsets(bytes_of(*row))) {
      program.code.word(encode(*row, {result, cell, offset}));
      row->format.rd == Operand::F ? program.emit_float(result) : program.emit(result);
    }
    program.finish();
    expect_agreement(program);
  }
}

TEST(InstructionsAgainstQemu, Store) {
  CASTOR_NEEDS_QEMU();
  for (const Operation* row : rows_where(is_store)) {
    SCOPED_TRACE(row->mnemonic);
    LinuxProgram program;
    const bool from_float = row->format.rs2 == Operand::F;
    const Table values = put(program, from_float ? edge_singles() : edge_integers());
    program.code.li(cell, put_pattern(program));
    for (const std::int64_t offset : offsets(bytes_of(*row)))
      for_each(program, {values}, [&] {
        load_operands(program, {row->format.rs2});
        program.code.word(encode(*row, {cell, operand, offset}));
        program.code("ld", {result, cell, offset & ~7});
        program.emit(result);
      });
    program.finish();
    expect_agreement(program);
  }
}

TEST(InstructionsAgainstQemu, ModifyMemoryAtomically) {
  CASTOR_NEEDS_QEMU();
  for (const Operation* row : rows_where(is_amo)) {
    SCOPED_TRACE(row->mnemonic);
    LinuxProgram program;
    const Table values = put(program, edge_integers());
    const std::uint64_t address = put_pattern(program);
    for (const unsigned offset : {0U, bytes_of(*row)})
      for (const std::uint32_t order : {0U, 1U, 2U, 3U}) {  // aq, rl
        program.code.li(cell, address);
        program.code.li(16, address + offset);
        for_each(program, {values, values}, [&] {
          load_operands(program, {Operand::X, Operand::X});
          program.code("sd", {cell, operand, 0})("sd", {cell, operand, 8});
          program.code.word(encode(*row, {result, 16, operand + 1}) | order << 25);
          program.code("ld", {scratch, cell, offset & 8});
          program.emit(result), program.emit(scratch);
        });
      }
    program.finish();
    expect_agreement(program, 2);
  }
}

TEST(InstructionsAgainstQemu, ReserveAndStoreConditionally) {
  CASTOR_NEEDS_QEMU();
  for (const std::string width : {"w", "d"}) {
    SCOPED_TRACE(width);
    LinuxProgram program;
    const Table values = put(program, edge_integers());
    program.code.li(cell, put_pattern(program));
    for_each(program, {values, values}, [&] {
      load_operands(program, {Operand::X, Operand::X});
      program.code("sd", {cell, operand, 0});
      program.code("lr." + width, {result, cell})("sc." + width, {scratch, cell, operand + 1});
      program.emit(result), program.emit(scratch);
      program.code("ld", {result, cell, 0})("sc." + width, {scratch, cell, operand});
      program.emit(result), program.emit(scratch);
    });
    program.finish();
    expect_agreement(program, 4);
  }
}

TEST(InstructionsAgainstQemu, OrderMemoryWithoutAnEffectOnOneHart) {
  CASTOR_NEEDS_QEMU();
  LinuxProgram program;
  program.code.li(result, 5);
  program.code.word(0x0ff0000f);  // fence iorw, iorw
  program.code.word(0x8330000f);  // fence.tso
  program.code("fence", {})("fence.i", {});
  program.emit(result);
  program.finish();
  expect_agreement(program);
}

// --- control flow
// -------------------------------------------------------------------------------------------------------

TEST(InstructionsAgainstQemu, BranchForwardAndBackward) {
  CASTOR_NEEDS_QEMU();
  for (const Operation* row : rows_where(is_branch)) {
    SCOPED_TRACE(row->mnemonic);
    LinuxProgram program;
    const Table values = put(program, edge_integers());
    for_each(program, {values, values}, [&] {
      load_operands(program, {Operand::X, Operand::X});
      program.code("addi", {result, 0, 1});
      program.code.word(encode(*row, {operand, operand + 1, 8}));
      program.code("addi", {result, result, 2});
      program.code("jal", {0, 12});
      program.code("addi", {result, result, 4})("jal", {0, 12});
      program.code.word(encode(*row, {operand, operand + 1, -8}));
      program.code("addi", {result, result, 8});
      program.emit(result);
    });
    program.finish();
    expect_agreement(program);
  }
}

TEST(InstructionsAgainstQemu, JumpAndLink) {
  CASTOR_NEEDS_QEMU();
  LinuxProgram program;
  Assembler& code = program.code;
  for (const std::int64_t distance : {8, 16, 2000, 4096, 70000, 1048572}) {
    const std::uint64_t target = code.here() + static_cast<std::uint64_t>(distance);
    code("jal", {result, distance});
    while (code.here() != target) code.half(0);  // illegal
    program.emit(result);
  }
  for (const std::int64_t offset : {0, 1, -2048, 2047}) {
    const std::uint64_t here = code.here();
    code("auipc", {operand, 0})("addi", {operand, operand, 24})("addi", {operand, operand, 0});
    code.li(scratch, static_cast<std::uint64_t>(offset));
    if (code.here() != here + 16) code.word(encode("addi", {0, 0, 0}));
    code("sub", {operand, operand, scratch})("jalr", {operand, operand, offset});
    program.emit(operand);  // where it leads, and its own source as destination
  }
  program.finish();
  expect_agreement(program);
}

// --- control and status registers
// ---------------------------------------------------------------------------------------

TEST(InstructionsAgainstQemu, AccessTheFloatingPointRegisters) {
  CASTOR_NEEDS_QEMU();
  for (const Operation* row : rows_where(is_csr)) {
    SCOPED_TRACE(row->mnemonic);
    LinuxProgram program;
    const bool from_register = row->format.rs1 == Operand::X;
    const Table values = put(program, edge_integers());
    for (const unsigned number : {fflags, frm, fcsr})
      for (const std::int64_t field : {0, 1, 5, 31})
        for_each(program, {values}, [&] {
          load_operands(program, {Operand::X});
          program.code("addi", {scratch, 0, 0x5a})("csrrw", {0, scratch, fcsr});
          program.code.word(from_register ? encode(*row, {result, field == 0 ? 0 : operand, number})
                                          : encode(*row, {result, number, field}));
          program.emit(result);
          program.code("csrrs", {result, 0, fcsr});
          program.emit(result);
        });
    program.finish();
    expect_agreement(program, 2);
  }
}

}  // namespace
}  // namespace castor::host
