#include "random_program.h"

#include "castor/host/compressed.h"
#include "edge_operands.h"

namespace castor::host::test {

namespace {

constexpr unsigned fflags = 1, frm = 2, fcsr = 3;
constexpr std::uint64_t region_words = 512;  // what offsets from the base reach

bool is_float(const Operation& row) { return row.extension == 'F' || row.extension == 'D'; }

void append(Assembler& code, const Assembler& part) {
  for (std::size_t i = 0; i < part.code().size(); i += 2)
    code.half(static_cast<std::uint16_t>(part.code()[i] | part.code()[i + 1] << 8));
}

}  // namespace

RandomProgram::RandomProgram(std::uint64_t seed, unsigned stretches, unsigned instructions_a_stretch) : random_(seed) {
  for (const Operation& row : instruction_table()) {
    switch (row.timing) {
      case TimingClass::Alu:
      case TimingClass::Multiply:
      case TimingClass::Divide:
        integer_.push_back(&row);
        break;
      case TimingClass::Load:
      case TimingClass::Store:
        memory_.push_back(&row);
        break;
      case TimingClass::Amo:
        amo_.push_back(&row);
        break;
      case TimingClass::Branch:
        branch_.push_back(&row);
        break;
      default:
        if (is_float(row)) float_.push_back(&row);
    }
  }
  prepare();
  for (unsigned stretch = 0; stretch < stretches; ++stretch) {
    add_stretch(program_.code, instructions_a_stretch, 0);
    add_checkpoint();
  }
  program_.finish();
}

/// Memory and registers begin with edge operands.
void RandomProgram::prepare() {
  std::vector<std::uint64_t> words;
  const std::vector<std::uint64_t>* kinds[] = {&edge_integers(), &edge_doubles(), &edge_singles()};
  for (std::uint64_t i = 0; i < region_words; ++i) {
    const auto& values = *kinds[below(3)];
    words.push_back(values[below(values.size())]);
  }
  program_.code.li(base, program_.put(words) + 8 * region_words / 2);
  for (unsigned i = 1; i < base; ++i) program_.code("ld", {i, base, 8 * i});
  for (unsigned i = 0; i < 32; ++i) program_.code("fld", {i, base, -8 * static_cast<int>(i)});
}

void RandomProgram::add_checkpoint() {
  constexpr unsigned out = LinuxProgram::out;
  Assembler& code = program_.code;
  unsigned word = 0;
  const auto next = [&] { return static_cast<std::int64_t>(8 * word++); };
  for (unsigned i = 1; i <= base; ++i) code("sd", {out, i, next()});
  for (unsigned i = 0; i < 32; ++i) code("fsd", {out, i, next()});
  code("csrrs", {address, 0, fcsr})("sd", {out, address, next()})("addi", {out, out, 8 * checkpoint_words});
}

std::string RandomProgram::name_of(std::size_t word) {
  if (word < 30) return "x" + std::to_string(word + 1);
  return word < 62 ? "f" + std::to_string(word - 30) : "fcsr";
}

void RandomProgram::add_stretch(Assembler& code, unsigned instructions, unsigned depth) {
  for (unsigned i = 0; i < instructions; ++i) add_instruction(code, depth);
}

void RandomProgram::add_instruction(Assembler& code, unsigned depth) {
  const std::uint64_t choice = below(100);
  if (choice < 30) return add_row(code, integer_);
  if (choice < 55) return add_row(code, float_);
  if (choice < 75) return add_memory(code);
  if (choice < 79) return add_atomic(code);
  if (choice < 82) return add_csr(code);
  if (choice < 94) return add_compressed(code);
  if (choice < 99) return add_jump(code, depth);
  add_loop(code, depth);
}

std::int64_t RandomProgram::random_immediate(Immediate kind) {
  switch (kind) {
    case Immediate::None:
      return 0;
    case Immediate::U:
      return static_cast<std::int64_t>(below(1 << 20) << 12);
    case Immediate::Shift:
      return static_cast<std::int64_t>(below(64));
    case Immediate::ShiftWord:
      return static_cast<std::int64_t>(below(32));
    default:
      return static_cast<std::int64_t>(below(4096)) - 2048;
  }
}

void RandomProgram::add_row(Assembler& code, const std::vector<const Operation*>& rows) {
  const Operation& row = *rows[below(rows.size())];
  std::uint32_t word = row.pattern.match | immediate_bits(row.format.immediate, random_immediate(row.format.immediate));
  const auto put = [&](Operand kind, unsigned number, unsigned low) {
    if (kind != Operand::None) word |= number << low;
  };
  put(row.format.rd, row.format.rd == Operand::F ? any_register() : free_register(), 7);
  put(row.format.rs1, row.format.rs1 == Operand::F ? any_register() : free_register(), 15);
  put(row.format.rs2, row.format.rs2 == Operand::F ? any_register() : free_register(), 20);
  put(row.format.rs3, any_register(), 27);
  constexpr unsigned modes[] = {0, 1, 2, 3, 4, 7};
  if (is_float(row) && (row.pattern.mask & 0x7000) == 0) word |= modes[below(6)] << 12;
  code.word(word);
}

std::int64_t RandomProgram::offset_for(unsigned bytes) {
  return static_cast<std::int64_t>(below(4096 / bytes) * bytes) - 2048;
}

void RandomProgram::add_memory(Assembler& code) {
  const Operation& row = *memory_[below(memory_.size())];
  const std::int64_t offset = offset_for(1U << (row.pattern.match >> 12 & 3));
  const unsigned other = is_float(row) ? any_register() : free_register();
  if (row.timing == TimingClass::Load)
    code.word(encode(row, {other, base, offset}));
  else
    code.word(encode(row, {base, other, offset}));
}

void RandomProgram::add_atomic(Assembler& code) {
  const Operation& row = *amo_[below(amo_.size())];
  code("addi", {address, base, offset_for(1U << (row.pattern.match >> 12 & 3))});
  if (below(4) == 0) {
    const std::string width = (row.pattern.match >> 12 & 3) == 2 ? "w" : "d";
    code("lr." + width, {free_register(), address})("sc." + width, {free_register(), address, free_register()});
  } else {
    code.word(encode(row, {free_register(), address, free_register()}));
  }
}

void RandomProgram::add_csr(Assembler& code) {
  switch (below(4)) {
    case 0:
      code("csrrwi", {free_register(), frm, static_cast<std::int64_t>(below(5))});
      break;
    case 1:
      code("csrrwi", {free_register(), fflags, static_cast<std::int64_t>(below(32))});
      break;
    case 2:
      code("csrrc", {free_register(), free_register(), fflags});
      break;
    default:
      code("csrrs", {free_register(), 0, fcsr});
  }
}

void RandomProgram::add_compressed(Assembler& code) {
  for (;;) {
    const auto word = static_cast<std::uint16_t>(random_());
    if (!is_compressed(word)) continue;
    const Instruction decoded = decoder_.decode(word, ~0ULL);
    const bool touches_own = decoded.rd >= counter && decoded.rd != nowhere;
    if (decoded.timing != TimingClass::Alu || touches_own || decoded.rs1 >= counter || decoded.rs2 >= counter) continue;
    return code.half(word);
  }
}

/// Over a few instructions, taken or not.
void RandomProgram::add_jump(Assembler& code, unsigned depth) {
  const std::uint64_t kind = below(4);
  const unsigned before = kind == 1 ? 8 : 4;
  Assembler skipped(code.here() + before);
  add_stretch(skipped, static_cast<unsigned>(1 + below(4)), depth + 1);
  const auto distance = static_cast<std::int64_t>(skipped.code().size());
  if (kind == 0)
    code("jal", {free_register(), distance + 4});
  else if (kind == 1)
    code("auipc", {address, 0})("jalr", {free_register(), address, distance + 8});
  else
    code.word(encode(*branch_[below(branch_.size())], {free_register(), free_register(), distance + 4}));
  append(code, skipped);
}

/// Two to five times around; loops do not nest, for there is one counter.
void RandomProgram::add_loop(Assembler& code, unsigned depth) {
  if (depth > 0) return add_row(code, integer_);
  code("addi", {counter, 0, static_cast<std::int64_t>(2 + below(4))});
  const std::uint64_t top = code.here();
  add_stretch(code, static_cast<unsigned>(1 + below(10)), depth + 1);
  code("addi", {counter, counter, -1});
  code("bne", {counter, 0, static_cast<std::int64_t>(top - code.here())});
}

}  // namespace castor::host::test
