// RV64F and RV64D.
#include <cstdint>

#include "castor/host/hart.h"
#include "castor/host/instruction_table.h"
#include "instruction_rows.h"

namespace castor::host {

namespace {

using Single = std::uint32_t;
using Double = std::uint64_t;

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

constexpr TimingClass arithmetic_class = TimingClass::FloatArithmetic, move_class = TimingClass::FloatMove;

// clang-format off
constexpr Operation rows[] = {
  {"flw",       "------------ ----- 010 ----- 0000111", format::FloatLoad, TimingClass::Load, 'F', load<Single>},
  {"fsw",       "------- ----- ----- 010 ----- 0100111", format::FloatStore, TimingClass::Store, 'F', store<Single>},
  {"fmadd.s",   "----- 00 ----- ----- --- ----- 1000011", format::FloatR4, arithmetic_class, 'F', fused<Single, false, false>},
  {"fmsub.s",   "----- 00 ----- ----- --- ----- 1000111", format::FloatR4, arithmetic_class, 'F', fused<Single, false, true>},
  {"fnmsub.s",  "----- 00 ----- ----- --- ----- 1001011", format::FloatR4, arithmetic_class, 'F', fused<Single, true, false>},
  {"fnmadd.s",  "----- 00 ----- ----- --- ----- 1001111", format::FloatR4, arithmetic_class, 'F', fused<Single, true, true>},
  {"fadd.s",    "0000000 ----- ----- --- ----- 1010011", format::FloatR, arithmetic_class, 'F', arithmetic<Single, &FloatUnit::add>},
  {"fsub.s",    "0000100 ----- ----- --- ----- 1010011", format::FloatR, arithmetic_class, 'F', arithmetic<Single, &FloatUnit::subtract>},
  {"fmul.s",    "0001000 ----- ----- --- ----- 1010011", format::FloatR, arithmetic_class, 'F', arithmetic<Single, &FloatUnit::multiply>},
  {"fdiv.s",    "0001100 ----- ----- --- ----- 1010011", format::FloatR, TimingClass::FloatDivide, 'F', arithmetic<Single, &FloatUnit::divide>},
  {"fsqrt.s",   "0101100 00000 ----- --- ----- 1010011", format::FloatUnary, TimingClass::FloatSquareRoot, 'F', square_root<Single>},
  {"fsgnj.s",   "0010000 ----- ----- 000 ----- 1010011", format::FloatR, move_class, 'F', inject_sign<Single, Sign::Copy>},
  {"fsgnjn.s",  "0010000 ----- ----- 001 ----- 1010011", format::FloatR, move_class, 'F', inject_sign<Single, Sign::Negate>},
  {"fsgnjx.s",  "0010000 ----- ----- 010 ----- 1010011", format::FloatR, move_class, 'F', inject_sign<Single, Sign::Xor>},
  {"fmin.s",    "0010100 ----- ----- 000 ----- 1010011", format::FloatR, move_class, 'F', select<Single, &FloatUnit::minimum>},
  {"fmax.s",    "0010100 ----- ----- 001 ----- 1010011", format::FloatR, move_class, 'F', select<Single, &FloatUnit::maximum>},
  {"feq.s",     "1010000 ----- ----- 010 ----- 1010011", format::FloatCompare, move_class, 'F', compare<Single, &FloatUnit::equal>},
  {"flt.s",     "1010000 ----- ----- 001 ----- 1010011", format::FloatCompare, move_class, 'F', compare<Single, &FloatUnit::less>},
  {"fle.s",     "1010000 ----- ----- 000 ----- 1010011", format::FloatCompare, move_class, 'F', compare<Single, &FloatUnit::less_or_equal>},
  {"fcvt.w.s",  "1100000 00000 ----- --- ----- 1010011", format::FloatToInteger, move_class, 'F', to_integer<Single, std::int32_t>},
  {"fcvt.wu.s", "1100000 00001 ----- --- ----- 1010011", format::FloatToInteger, move_class, 'F', to_integer<Single, std::uint32_t>},
  {"fcvt.l.s",  "1100000 00010 ----- --- ----- 1010011", format::FloatToInteger, move_class, 'F', to_integer<Single, std::int64_t>},
  {"fcvt.lu.s", "1100000 00011 ----- --- ----- 1010011", format::FloatToInteger, move_class, 'F', to_integer<Single, std::uint64_t>},
  {"fcvt.s.w",  "1101000 00000 ----- --- ----- 1010011", format::IntegerToFloat, move_class, 'F', from_integer<Single, std::int32_t>},
  {"fcvt.s.wu", "1101000 00001 ----- --- ----- 1010011", format::IntegerToFloat, move_class, 'F', from_integer<Single, std::uint32_t>},
  {"fcvt.s.l",  "1101000 00010 ----- --- ----- 1010011", format::IntegerToFloat, move_class, 'F', from_integer<Single, std::int64_t>},
  {"fcvt.s.lu", "1101000 00011 ----- --- ----- 1010011", format::IntegerToFloat, move_class, 'F', from_integer<Single, std::uint64_t>},
  {"fmv.x.w",   "1110000 00000 ----- 000 ----- 1010011", format::FloatToInteger, move_class, 'F', move_to_integer<Single>},
  {"fclass.s",  "1110000 00000 ----- 001 ----- 1010011", format::FloatToInteger, move_class, 'F', class_of<Single>},
  {"fmv.w.x",   "1111000 00000 ----- 000 ----- 1010011", format::IntegerToFloat, move_class, 'F', move_from_integer<Single>},

  {"fld",       "------------ ----- 011 ----- 0000111", format::FloatLoad, TimingClass::Load, 'D', load<Double>},
  {"fsd",       "------- ----- ----- 011 ----- 0100111", format::FloatStore, TimingClass::Store, 'D', store<Double>},
  {"fmadd.d",   "----- 01 ----- ----- --- ----- 1000011", format::FloatR4, arithmetic_class, 'D', fused<Double, false, false>},
  {"fmsub.d",   "----- 01 ----- ----- --- ----- 1000111", format::FloatR4, arithmetic_class, 'D', fused<Double, false, true>},
  {"fnmsub.d",  "----- 01 ----- ----- --- ----- 1001011", format::FloatR4, arithmetic_class, 'D', fused<Double, true, false>},
  {"fnmadd.d",  "----- 01 ----- ----- --- ----- 1001111", format::FloatR4, arithmetic_class, 'D', fused<Double, true, true>},
  {"fadd.d",    "0000001 ----- ----- --- ----- 1010011", format::FloatR, arithmetic_class, 'D', arithmetic<Double, &FloatUnit::add>},
  {"fsub.d",    "0000101 ----- ----- --- ----- 1010011", format::FloatR, arithmetic_class, 'D', arithmetic<Double, &FloatUnit::subtract>},
  {"fmul.d",    "0001001 ----- ----- --- ----- 1010011", format::FloatR, arithmetic_class, 'D', arithmetic<Double, &FloatUnit::multiply>},
  {"fdiv.d",    "0001101 ----- ----- --- ----- 1010011", format::FloatR, TimingClass::FloatDivide, 'D', arithmetic<Double, &FloatUnit::divide>},
  {"fsqrt.d",   "0101101 00000 ----- --- ----- 1010011", format::FloatUnary, TimingClass::FloatSquareRoot, 'D', square_root<Double>},
  {"fsgnj.d",   "0010001 ----- ----- 000 ----- 1010011", format::FloatR, move_class, 'D', inject_sign<Double, Sign::Copy>},
  {"fsgnjn.d",  "0010001 ----- ----- 001 ----- 1010011", format::FloatR, move_class, 'D', inject_sign<Double, Sign::Negate>},
  {"fsgnjx.d",  "0010001 ----- ----- 010 ----- 1010011", format::FloatR, move_class, 'D', inject_sign<Double, Sign::Xor>},
  {"fmin.d",    "0010101 ----- ----- 000 ----- 1010011", format::FloatR, move_class, 'D', select<Double, &FloatUnit::minimum>},
  {"fmax.d",    "0010101 ----- ----- 001 ----- 1010011", format::FloatR, move_class, 'D', select<Double, &FloatUnit::maximum>},
  {"feq.d",     "1010001 ----- ----- 010 ----- 1010011", format::FloatCompare, move_class, 'D', compare<Double, &FloatUnit::equal>},
  {"flt.d",     "1010001 ----- ----- 001 ----- 1010011", format::FloatCompare, move_class, 'D', compare<Double, &FloatUnit::less>},
  {"fle.d",     "1010001 ----- ----- 000 ----- 1010011", format::FloatCompare, move_class, 'D', compare<Double, &FloatUnit::less_or_equal>},
  {"fcvt.w.d",  "1100001 00000 ----- --- ----- 1010011", format::FloatToInteger, move_class, 'D', to_integer<Double, std::int32_t>},
  {"fcvt.wu.d", "1100001 00001 ----- --- ----- 1010011", format::FloatToInteger, move_class, 'D', to_integer<Double, std::uint32_t>},
  {"fcvt.l.d",  "1100001 00010 ----- --- ----- 1010011", format::FloatToInteger, move_class, 'D', to_integer<Double, std::int64_t>},
  {"fcvt.lu.d", "1100001 00011 ----- --- ----- 1010011", format::FloatToInteger, move_class, 'D', to_integer<Double, std::uint64_t>},
  {"fcvt.d.w",  "1101001 00000 ----- --- ----- 1010011", format::IntegerToFloat, move_class, 'D', from_integer<Double, std::int32_t>},
  {"fcvt.d.wu", "1101001 00001 ----- --- ----- 1010011", format::IntegerToFloat, move_class, 'D', from_integer<Double, std::uint32_t>},
  {"fcvt.d.l",  "1101001 00010 ----- --- ----- 1010011", format::IntegerToFloat, move_class, 'D', from_integer<Double, std::int64_t>},
  {"fcvt.d.lu", "1101001 00011 ----- --- ----- 1010011", format::IntegerToFloat, move_class, 'D', from_integer<Double, std::uint64_t>},
  {"fmv.x.d",   "1110001 00000 ----- 000 ----- 1010011", format::FloatToInteger, move_class, 'D', move_to_integer<Double>},
  {"fclass.d",  "1110001 00000 ----- 001 ----- 1010011", format::FloatToInteger, move_class, 'D', class_of<Double>},
  {"fmv.d.x",   "1111001 00000 ----- 000 ----- 1010011", format::IntegerToFloat, move_class, 'D', move_from_integer<Double>},
  {"fcvt.s.d",  "0100000 00001 ----- --- ----- 1010011", format::FloatUnary, move_class, 'D', convert<Single, Double>},
  {"fcvt.d.s",  "0100001 00000 ----- --- ----- 1010011", format::FloatUnary, move_class, 'D', convert<Double, Single>},
};
// clang-format on

}  // namespace

std::vector<Operation> float_rows() { return {std::begin(rows), std::end(rows)}; }

}  // namespace castor::host
