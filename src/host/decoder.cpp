#include "castor/host/decoder.h"

#include "castor/common/bits.h"
#include "castor/host/compressed.h"
#include "castor/host/instruction_table.h"

namespace castor::host {

namespace {

bool has_extension(std::uint64_t misa, char extension) { return bit(misa, static_cast<unsigned>(extension - 'A')); }

std::int32_t signed_field(std::uint64_t value, unsigned width) {
  return static_cast<std::int32_t>(sign_extend(value, width));
}

std::int32_t immediate_of(std::uint32_t word, Immediate kind) {
  switch (kind) {
    case Immediate::None:
      return 0;
    case Immediate::I:
      return signed_field(bits(word, 31, 20), 12);
    case Immediate::S:
      return signed_field(bits(word, 31, 25) << 5 | bits(word, 11, 7), 12);
    case Immediate::B:
      return signed_field(
          bits(word, 31, 31) << 12 | bits(word, 7, 7) << 11 | bits(word, 30, 25) << 5 | bits(word, 11, 8) << 1, 13);
    case Immediate::U:
      return static_cast<std::int32_t>(word & 0xfffff000);
    case Immediate::J:
      return signed_field(
          bits(word, 31, 31) << 20 | bits(word, 19, 12) << 12 | bits(word, 20, 20) << 11 | bits(word, 30, 21) << 1, 21);
    case Immediate::Shift:
      return static_cast<std::int32_t>(bits(word, 25, 20));
    case Immediate::ShiftWord:
      return static_cast<std::int32_t>(bits(word, 24, 20));
    case Immediate::Csr:
      return static_cast<std::int32_t>(bits(word, 31, 20));
  }
  return 0;
}

Register source(std::uint32_t word, unsigned low, Operand operand) {
  const auto number = static_cast<unsigned>(bits(word, low + 4, low));
  return operand == Operand::None ? x(0) : operand == Operand::X ? x(number) : f(number);
}

Register destination(std::uint32_t word, Operand operand) {
  const Register rd = source(word, 7, operand);
  return rd == x(0) ? nowhere : rd;
}

}  // namespace

Decoder::Decoder() {
  for (const Operation& operation : instruction_table())
    by_opcode_[bits(operation.pattern.match, 6, 2)].push_back(&operation);
}

const Operation& Decoder::find(std::uint32_t word, std::uint64_t misa) const {
  if (is_compressed(word)) return illegal_instruction();
  for (const Operation* operation : by_opcode_[bits(word, 6, 2)])
    if (operation->pattern.matches(word) && has_extension(misa, operation->extension)) return *operation;
  return illegal_instruction();
}

Instruction Decoder::decode(std::uint32_t word, std::uint64_t misa) const {
  const bool compressed = is_compressed(word);
  Instruction instruction;
  instruction.length = compressed ? 2 : 4;
  instruction.bits = compressed ? word & 0xffff : word;
  if (compressed) word = has_extension(misa, 'C') ? expand_compressed(static_cast<std::uint16_t>(word)) : 0;

  const Operation& operation = find(word, misa);
  const Format& format = operation.format;
  instruction.operation = &operation;
  instruction.body = operation.body;
  instruction.timing = operation.timing;
  instruction.immediate = immediate_of(word, format.immediate);
  instruction.rd = destination(word, format.rd);
  instruction.rs1 = source(word, 15, format.rs1);
  instruction.rs2 = source(word, 20, format.rs2);
  instruction.rs3 = source(word, 27, format.rs3);
  instruction.rounding = static_cast<std::uint8_t>(bits(word, 14, 12));
  return instruction;
}

}  // namespace castor::host
