// RV64F and RV64D.
#include <cstdint>

#include "castor/host/hart.h"
#include "castor/host/instruction_table.h"
#include "instruction_rows.h"

namespace castor::host {

namespace {

// Precisions and integers as mnemonics name them.
using S = std::uint32_t;
using D = std::uint64_t;
using W = std::int32_t;
using Wu = std::uint32_t;
using L = std::int64_t;
using Lu = std::uint64_t;

// --- bodies, generic in precision
// -------------------------------------------------------------------------------------

template <class Float, Float (FloatUnit::*operation)(Float, Float, Rounding)>
void arithmetic(Hart& h, const Instruction& i) {
  FloatUnit& unit = h.float_unit(i);
  h.set_float(i.rd, (unit.*operation)(h.get_float<Float>(i.rs1), h.get_float<Float>(i.rs2), h.rounding(i)));
}

/// (+-a) * b (+-c)
template <class Float, bool negate_product, bool negate_addend>
void fused(Hart& h, const Instruction& i) {
  FloatUnit& unit = h.float_unit(i);
  const Float a = h.get_float<Float>(i.rs1) ^ (negate_product ? sign_bit<Float> : 0);
  const Float c = h.get_float<Float>(i.rs3) ^ (negate_addend ? sign_bit<Float> : 0);
  h.set_float(i.rd, unit.multiply_add(a, h.get_float<Float>(i.rs2), c, h.rounding(i)));
}

template <class Float>
void square_root(Hart& h, const Instruction& i) {
  h.set_float(i.rd, h.float_unit(i).square_root(h.get_float<Float>(i.rs1), h.rounding(i)));
}

template <class Float, Float (FloatUnit::*operation)(Float, Float)>
void select(Hart& h, const Instruction& i) {
  h.set_float(i.rd, (h.float_unit(i).*operation)(h.get_float<Float>(i.rs1), h.get_float<Float>(i.rs2)));
}

template <class Float, bool (FloatUnit::*operation)(Float, Float)>
void compare(Hart& h, const Instruction& i) {
  h.set(i.rd, (h.float_unit(i).*operation)(h.get_float<Float>(i.rs1), h.get_float<Float>(i.rs2)));
}

enum class Sign { Copy, Negate, Xor };

template <class Float, Sign sign>
void inject_sign(Hart& h, const Instruction& i) {
  h.float_unit(i);
  const Float a = h.get_float<Float>(i.rs1), b = h.get_float<Float>(i.rs2);
  const Float injected = sign == Sign::Copy ? b : sign == Sign::Negate ? ~b : a ^ b;
  h.set_float(i.rd, static_cast<Float>((a & ~sign_bit<Float>) | (injected & sign_bit<Float>)));
}

template <class Float, class Integer>
void to_integer(Hart& h, const Instruction& i) {
  FloatUnit& unit = h.float_unit(i);
  h.set(i.rd, extended(unit.to_integer<Integer>(h.get_float<Float>(i.rs1), h.rounding(i))));
}

template <class Float, class Integer>
void from_integer(Hart& h, const Instruction& i) {
  FloatUnit& unit = h.float_unit(i);
  h.set_float(i.rd, unit.from_integer<Float>(static_cast<Integer>(h.get(i.rs1)), h.rounding(i)));
}

template <class To, class From>
void convert(Hart& h, const Instruction& i) {
  FloatUnit& unit = h.float_unit(i);
  h.set_float(i.rd, unit.convert<To>(h.get_float<From>(i.rs1), h.rounding(i)));
}

/// The bits as they are, whether boxed or not.
template <class Float>
void move_to_integer(Hart& h, const Instruction& i) {
  h.float_unit(i);
  h.set(i.rd, extended(static_cast<Float>(h.get(i.rs1))));
}

template <class Float>
void move_from_integer(Hart& h, const Instruction& i) {
  h.float_unit(i);
  h.set_float(i.rd, static_cast<Float>(h.get(i.rs1)));
}

template <class Float>
void class_of(Hart& h, const Instruction& i) {
  h.float_unit(i);
  h.set(i.rd, classify(h.get_float<Float>(i.rs1)));
}

std::uint64_t address_of(const Hart& h, const Instruction& i) {
  return h.get(i.rs1) + static_cast<std::uint64_t>(static_cast<std::int64_t>(i.immediate));
}

template <class Float>
void load(Hart& h, const Instruction& i) {
  h.float_unit(i);
  h.set_float(i.rd, h.memory().load<Float>(address_of(h, i)));
}

template <class Float>
void store(Hart& h, const Instruction& i) {
  h.float_unit(i);
  h.memory().store<Float>(address_of(h, i), static_cast<Float>(h.get(i.rs2)));
}

using namespace format;  // NOLINT: the table is written in these words
using namespace timing;  // NOLINT

// clang-format off
constexpr Operation rows[] = {
  {"flw",       "------------ ----- 010 ----- 0000111", FloatLoad, Load, 'F', load<S>},
  {"fsw",       "------- ----- ----- 010 ----- 0100111", FloatStore, Store, 'F', store<S>},
  {"fmadd.s",   "----- 00 ----- ----- --- ----- 1000011", FloatR4, Arith, 'F', fused<S, false, false>},
  {"fmsub.s",   "----- 00 ----- ----- --- ----- 1000111", FloatR4, Arith, 'F', fused<S, false, true>},
  {"fnmsub.s",  "----- 00 ----- ----- --- ----- 1001011", FloatR4, Arith, 'F', fused<S, true, false>},
  {"fnmadd.s",  "----- 00 ----- ----- --- ----- 1001111", FloatR4, Arith, 'F', fused<S, true, true>},
  {"fadd.s",    "0000000 ----- ----- --- ----- 1010011", FloatR, Arith, 'F', arithmetic<S, &FloatUnit::add>},
  {"fsub.s",    "0000100 ----- ----- --- ----- 1010011", FloatR, Arith, 'F', arithmetic<S, &FloatUnit::subtract>},
  {"fmul.s",    "0001000 ----- ----- --- ----- 1010011", FloatR, Arith, 'F', arithmetic<S, &FloatUnit::multiply>},
  {"fdiv.s",    "0001100 ----- ----- --- ----- 1010011", FloatR, FDiv, 'F', arithmetic<S, &FloatUnit::divide>},
  {"fsqrt.s",   "0101100 00000 ----- --- ----- 1010011", FloatUnary, FSqrt, 'F', square_root<S>},
  {"fsgnj.s",   "0010000 ----- ----- 000 ----- 1010011", FloatR, Move, 'F', inject_sign<S, Sign::Copy>},
  {"fsgnjn.s",  "0010000 ----- ----- 001 ----- 1010011", FloatR, Move, 'F', inject_sign<S, Sign::Negate>},
  {"fsgnjx.s",  "0010000 ----- ----- 010 ----- 1010011", FloatR, Move, 'F', inject_sign<S, Sign::Xor>},
  {"fmin.s",    "0010100 ----- ----- 000 ----- 1010011", FloatR, Move, 'F', select<S, &FloatUnit::minimum>},
  {"fmax.s",    "0010100 ----- ----- 001 ----- 1010011", FloatR, Move, 'F', select<S, &FloatUnit::maximum>},
  {"feq.s",     "1010000 ----- ----- 010 ----- 1010011", FloatCompare, Move, 'F', compare<S, &FloatUnit::equal>},
  {"flt.s",     "1010000 ----- ----- 001 ----- 1010011", FloatCompare, Move, 'F', compare<S, &FloatUnit::less>},
  {"fle.s",     "1010000 ----- ----- 000 ----- 1010011", FloatCompare, Move, 'F', compare<S, &FloatUnit::less_equal>},
  {"fcvt.w.s",  "1100000 00000 ----- --- ----- 1010011", FloatToInteger, Move, 'F', to_integer<S, W>},
  {"fcvt.wu.s", "1100000 00001 ----- --- ----- 1010011", FloatToInteger, Move, 'F', to_integer<S, Wu>},
  {"fcvt.l.s",  "1100000 00010 ----- --- ----- 1010011", FloatToInteger, Move, 'F', to_integer<S, L>},
  {"fcvt.lu.s", "1100000 00011 ----- --- ----- 1010011", FloatToInteger, Move, 'F', to_integer<S, Lu>},
  {"fcvt.s.w",  "1101000 00000 ----- --- ----- 1010011", IntegerToFloat, Move, 'F', from_integer<S, W>},
  {"fcvt.s.wu", "1101000 00001 ----- --- ----- 1010011", IntegerToFloat, Move, 'F', from_integer<S, Wu>},
  {"fcvt.s.l",  "1101000 00010 ----- --- ----- 1010011", IntegerToFloat, Move, 'F', from_integer<S, L>},
  {"fcvt.s.lu", "1101000 00011 ----- --- ----- 1010011", IntegerToFloat, Move, 'F', from_integer<S, Lu>},
  {"fmv.x.w",   "1110000 00000 ----- 000 ----- 1010011", FloatToInteger, Move, 'F', move_to_integer<S>},
  {"fclass.s",  "1110000 00000 ----- 001 ----- 1010011", FloatToInteger, Move, 'F', class_of<S>},
  {"fmv.w.x",   "1111000 00000 ----- 000 ----- 1010011", IntegerToFloat, Move, 'F', move_from_integer<S>},

  {"fld",       "------------ ----- 011 ----- 0000111", FloatLoad, Load, 'D', load<D>},
  {"fsd",       "------- ----- ----- 011 ----- 0100111", FloatStore, Store, 'D', store<D>},
  {"fmadd.d",   "----- 01 ----- ----- --- ----- 1000011", FloatR4, Arith, 'D', fused<D, false, false>},
  {"fmsub.d",   "----- 01 ----- ----- --- ----- 1000111", FloatR4, Arith, 'D', fused<D, false, true>},
  {"fnmsub.d",  "----- 01 ----- ----- --- ----- 1001011", FloatR4, Arith, 'D', fused<D, true, false>},
  {"fnmadd.d",  "----- 01 ----- ----- --- ----- 1001111", FloatR4, Arith, 'D', fused<D, true, true>},
  {"fadd.d",    "0000001 ----- ----- --- ----- 1010011", FloatR, Arith, 'D', arithmetic<D, &FloatUnit::add>},
  {"fsub.d",    "0000101 ----- ----- --- ----- 1010011", FloatR, Arith, 'D', arithmetic<D, &FloatUnit::subtract>},
  {"fmul.d",    "0001001 ----- ----- --- ----- 1010011", FloatR, Arith, 'D', arithmetic<D, &FloatUnit::multiply>},
  {"fdiv.d",    "0001101 ----- ----- --- ----- 1010011", FloatR, FDiv, 'D', arithmetic<D, &FloatUnit::divide>},
  {"fsqrt.d",   "0101101 00000 ----- --- ----- 1010011", FloatUnary, FSqrt, 'D', square_root<D>},
  {"fsgnj.d",   "0010001 ----- ----- 000 ----- 1010011", FloatR, Move, 'D', inject_sign<D, Sign::Copy>},
  {"fsgnjn.d",  "0010001 ----- ----- 001 ----- 1010011", FloatR, Move, 'D', inject_sign<D, Sign::Negate>},
  {"fsgnjx.d",  "0010001 ----- ----- 010 ----- 1010011", FloatR, Move, 'D', inject_sign<D, Sign::Xor>},
  {"fmin.d",    "0010101 ----- ----- 000 ----- 1010011", FloatR, Move, 'D', select<D, &FloatUnit::minimum>},
  {"fmax.d",    "0010101 ----- ----- 001 ----- 1010011", FloatR, Move, 'D', select<D, &FloatUnit::maximum>},
  {"feq.d",     "1010001 ----- ----- 010 ----- 1010011", FloatCompare, Move, 'D', compare<D, &FloatUnit::equal>},
  {"flt.d",     "1010001 ----- ----- 001 ----- 1010011", FloatCompare, Move, 'D', compare<D, &FloatUnit::less>},
  {"fle.d",     "1010001 ----- ----- 000 ----- 1010011", FloatCompare, Move, 'D', compare<D, &FloatUnit::less_equal>},
  {"fcvt.w.d",  "1100001 00000 ----- --- ----- 1010011", FloatToInteger, Move, 'D', to_integer<D, W>},
  {"fcvt.wu.d", "1100001 00001 ----- --- ----- 1010011", FloatToInteger, Move, 'D', to_integer<D, Wu>},
  {"fcvt.l.d",  "1100001 00010 ----- --- ----- 1010011", FloatToInteger, Move, 'D', to_integer<D, L>},
  {"fcvt.lu.d", "1100001 00011 ----- --- ----- 1010011", FloatToInteger, Move, 'D', to_integer<D, Lu>},
  {"fcvt.d.w",  "1101001 00000 ----- --- ----- 1010011", IntegerToFloat, Move, 'D', from_integer<D, W>},
  {"fcvt.d.wu", "1101001 00001 ----- --- ----- 1010011", IntegerToFloat, Move, 'D', from_integer<D, Wu>},
  {"fcvt.d.l",  "1101001 00010 ----- --- ----- 1010011", IntegerToFloat, Move, 'D', from_integer<D, L>},
  {"fcvt.d.lu", "1101001 00011 ----- --- ----- 1010011", IntegerToFloat, Move, 'D', from_integer<D, Lu>},
  {"fmv.x.d",   "1110001 00000 ----- 000 ----- 1010011", FloatToInteger, Move, 'D', move_to_integer<D>},
  {"fclass.d",  "1110001 00000 ----- 001 ----- 1010011", FloatToInteger, Move, 'D', class_of<D>},
  {"fmv.d.x",   "1111001 00000 ----- 000 ----- 1010011", IntegerToFloat, Move, 'D', move_from_integer<D>},
  {"fcvt.s.d",  "0100000 00001 ----- --- ----- 1010011", FloatUnary, Move, 'D', convert<S, D>},
  {"fcvt.d.s",  "0100001 00000 ----- --- ----- 1010011", FloatUnary, Move, 'D', convert<D, S>},
};
// clang-format on

}  // namespace

std::vector<Operation> float_rows() { return {std::begin(rows), std::end(rows)}; }

}  // namespace castor::host
