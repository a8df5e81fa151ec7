#include "castor/config/value_text.h"

#include <gtest/gtest.h>

#include "castor/config/gemmini_params.h"

namespace castor::config {
namespace {

template <class T>
T read(const std::string& text, Unit unit = unit::none) {
  return ValueText<T>::read(text, unit);
}

template <class T>
std::string refusal(const std::string& text, Unit unit = unit::none) {
  try {
    return "accepted as " + ValueText<T>::write(read<T>(text, unit));
  } catch (const BadValue& bad) {
    return bad.wrong + "; " + bad.allowed;
  }
}

TEST(ValueText, ReadsSizesWithAndWithoutUnit) {
  EXPECT_EQ(read<Bytes>("256 KiB"), 256_KiB);
  EXPECT_EQ(read<Bytes>("256KiB"), 256_KiB);
  EXPECT_EQ(read<Bytes>("64 B"), 64_B);
  EXPECT_EQ(read<Bytes>("1 MiB"), 1_MiB);
  EXPECT_EQ(read<Bytes>("2 GiB"), 2_GiB);
  EXPECT_EQ(read<Bytes>("4096"), 4096_B);
  EXPECT_EQ(read<Bytes>("0x40"), 64_B);
}

TEST(ValueText, RefusesSizesInOtherUnits) {
  const std::string allowed = "B, KiB, MiB, GiB, or a plain number of bytes";
  EXPECT_EQ(refusal<Bytes>("256 KB"), "'256 KB' has the wrong unit 'KB'; " + allowed);
  EXPECT_EQ(refusal<Bytes>("256 kib"), "'256 kib' has the wrong unit 'kib'; " + allowed);
  EXPECT_EQ(refusal<Bytes>("8 cycles"), "'8 cycles' has the wrong unit 'cycles'; " + allowed);
}

TEST(ValueText, RefusesSizesThatAreNoWholeNumber) {
  const std::string allowed = "a whole number of B, KiB, MiB or GiB";
  EXPECT_EQ(refusal<Bytes>("1.5 MiB"), "'1.5' is not a whole number; " + allowed);
  EXPECT_EQ(refusal<Bytes>("-4 KiB"), "'-4' is not a whole number; " + allowed);
  EXPECT_EQ(refusal<Bytes>("KiB"), "'KiB' is not a size; " + allowed);
  EXPECT_EQ(refusal<Bytes>("17179869184 GiB"), "'17179869184 GiB' is too large; ");
}

TEST(ValueText, NeverWrapsANegativeOrAnOverlargeNumber) {
  EXPECT_EQ(refusal<unsigned>("-1"), "'-1' is not a whole number; a whole number, not negative");
  EXPECT_EQ(refusal<unsigned>("4294967296"), "'4294967296' is too large; at most 4294967295");
  EXPECT_EQ(refusal<unsigned>("99999999999999999999"), "'99999999999999999999' is too large; ");
  EXPECT_EQ(refusal<int>("2147483648"), "'2147483648' is out of range; -2147483648 to 2147483647");
  EXPECT_EQ(read<int>("-1"), -1);
}

TEST(ValueText, RefusesWhatFollowsANumber) {
  EXPECT_EQ(refusal<unsigned>("4x"), "'4x' has the wrong unit 'x'; a number alone");
  EXPECT_EQ(refusal<unsigned>("0x"), "'0x' is not a whole number; a whole number, not negative");
  EXPECT_EQ(refusal<unsigned>("3.0"), "'3.0' is not a whole number; a whole number, not negative");
  EXPECT_EQ(refusal<unsigned>(""), "'' is not a whole number; a whole number, not negative");
  EXPECT_EQ(refusal<unsigned>("four"), "'four' is not a whole number; a whole number, not negative");
}

TEST(ValueText, AcceptsTheDeclaredUnitAndNoOther) {
  EXPECT_EQ(read<unsigned>("8 cycles", unit::cycles), 8u);
  EXPECT_EQ(read<unsigned>("8", unit::cycles), 8u);
  EXPECT_EQ(refusal<unsigned>("8 ns", unit::cycles),
            "'8 ns' has the wrong unit 'ns'; a number alone or followed by 'cycles'");
}

TEST(ValueText, ReadsRealNumbers) {
  EXPECT_EQ(read<double>("0.5", unit::ghz), 0.5);
  EXPECT_EQ(read<double>("1e-1"), 0.1);
  EXPECT_EQ(read<double>("1.25 GHz", unit::ghz), 1.25);
  EXPECT_EQ(refusal<double>("500 MHz", unit::ghz),
            "'500 MHz' has the wrong unit 'MHz'; a number alone or followed by 'GHz'");
  EXPECT_EQ(refusal<double>("nan"), "'nan' is not a number; a number");
  EXPECT_EQ(refusal<double>("inf"), "'inf' is not a number; a number");
}

TEST(ValueText, ReadsOnlyTrueAndFalseAsBool) {
  EXPECT_TRUE(read<bool>("true"));
  EXPECT_FALSE(read<bool>("false"));
  EXPECT_EQ(refusal<bool>("yes"), "'yes' is neither true nor false; true, false");
  EXPECT_EQ(refusal<bool>("1"), "'1' is neither true nor false; true, false");
}

TEST(ValueText, ListsTheChoicesOfAnEnumeration) {
  EXPECT_EQ(read<Dataflow>("BOTH"), Dataflow::Both);
  EXPECT_EQ(refusal<Dataflow>("weight"), "'weight' is not known; OS, WS, BOTH");
}

TEST(ValueText, ReadsElementTypesByName) {
  EXPECT_EQ(read<ElementType>("int8"), ElementType::sint(8));
  EXPECT_EQ(read<ElementType>("bf16"), ElementType::floating(8, 8));
  EXPECT_EQ(refusal<ElementType>("int9"), "'int9' is not an element type; bf16, fp16, fp32, int8, int16, int20, int32");
}

TEST(ValueText, ReadsAddressesInHexadecimal) {
  EXPECT_EQ(read<PhysAddr>("0x80000000"), PhysAddr{0x80000000});
  EXPECT_EQ(ValueText<PhysAddr>::write(PhysAddr{0x80000000}), "0x80000000");
  EXPECT_EQ(refusal<PhysAddr>("80000000h"), "'80000000h' is not a whole number; an address such as 0x80000000");
}

TEST(ValueText, WritesASizeInItsLargestWholeUnit) {
  EXPECT_EQ(write_bytes(256_KiB), "256 KiB");
  EXPECT_EQ(write_bytes(1536_KiB), "1536 KiB");
  EXPECT_EQ(write_bytes(2_MiB), "2 MiB");
  EXPECT_EQ(write_bytes(100_B), "100 B");
  EXPECT_EQ(write_bytes(0_B), "0 B");
}

TEST(Range, SpellsItsBounds) {
  EXPECT_EQ(range(2, 64).text(show_number), "2 to 64");
  EXPECT_EQ(at_least(3).text(show_number), "at least 3");
  EXPECT_EQ(power_of_two(8_B, 1_KiB).text(show_bytes), "a power of two, 8 B to 1 KiB");
  EXPECT_EQ(one_of({-1, 1, 2}).text(show_number), "-1, 1, 2");
  EXPECT_EQ(any().text(show_number), "");
}

TEST(Range, HoldsItsBoundsAndNothingBeyond) {
  EXPECT_TRUE(range(2, 64).holds(2) && range(2, 64).holds(64));
  EXPECT_FALSE(range(2, 64).holds(1) || range(2, 64).holds(65));
  EXPECT_TRUE(power_of_two(1, 64).holds(32));
  EXPECT_FALSE(power_of_two(1, 64).holds(48) || power_of_two(0, 64).holds(0));
  EXPECT_TRUE(one_of({-1, 4}).holds(4));
  EXPECT_FALSE(one_of({-1, 4}).holds(2));
}

}  // namespace
}  // namespace castor::config
