// Operands at which instructions change their mind.
#pragma once

#include <cstdint>
#include <vector>

namespace castor::host::test {

inline const std::vector<std::uint64_t>& edge_integers() {
  static const std::vector<std::uint64_t> values = {
      0,
      1,
      2,
      7,
      31,
      32,
      63,
      64,
      0x7f,
      0x80,
      0xff,
      0x7fff,
      0x8000,
      0x7fffffff,          // the largest int32
      0x80000000,          // 2^31
      0xffffffff,          // 2^32 - 1
      0x100000000,         // 2^32
      0x7fffffffffffffff,  // the largest int64
      0x8000000000000000,  // the smallest int64
      0x8000000000000001,
      0xffffffff80000000,  // the smallest int32
      0xffffffff7fffffff,  // below it
      0xffffffffffffffff,  // -1
      0xfffffffffffffffe,  // -2
      0x5555555555555555,
      0x0123456789abcdef,
      0xfedcba9876543210,
      0x0020000000000001,  // 2^53 + 1: no double
      0x0000000001000001,  // 2^24 + 1: no single
      0xffffffffffffff01,
  };
  return values;
}

/// Bits of doubles: zeros, subnormals, ones with neighbours, the limits of integers, infinities, NaNs.
inline const std::vector<std::uint64_t>& edge_doubles() {
  static const std::vector<std::uint64_t> values = {
      0x0000000000000000, 0x8000000000000000,  // zero
      0x0000000000000001, 0x800fffffffffffff,  // subnormal
      0x0010000000000000, 0x8010000000000001,  // smallest normal
      0x3ff0000000000000, 0xbff0000000000000,  // one
      0x3ff0000000000001, 0x3fefffffffffffff,  // beside one
      0x3fe0000000000000, 0xbff8000000000000,  // 0.5, -1.5: ties
      0x4000000000000000, 0x4008000000000000,  // 2, 3
      0x3ca0000000000000, 0xbca0000000000001,  // about half an ulp of one
      0x41dfffffffc00000, 0x41e0000000000000,  // 2^31 - 1, 2^31
      0xc1e0000000000000, 0x41efffffffe00000,  // -2^31, 2^32 - 1
      0xc1e0000000100000, 0x41dfffffffe00000,  // -2^31 - 0.5, 2^31 - 0.5
      0x43e0000000000000, 0xc3e0000000000000,  // 2^63, -2^63
      0x43f0000000000000, 0x43efffffffffffff,  // 2^64 and below
      0x7fefffffffffffff, 0xffefffffffffffff,  // largest
      0x36a0000000000000, 0x380fffffe0000000,  // smallest single, largest single that is subnormal
      0x380ffffff0000000, 0x47efffffe0000000,  // halfway to the smallest normal single, largest single
      0x47effffff0000000, 0x5fe0123456789abc,  // halfway above it, square root of the largest
      0x1ff0000000000000, 0xa00fffffffffffff,  // products that are just subnormal
      0x7ff0000000000000, 0xfff0000000000000,  // infinity
      0x7ff8000000000000, 0xfff8000000000001,  // quiet NaN
      0x7ff0000000000001, 0xfff4000000000000,  // signalling NaN
      0x400921fb54442d18, 0xc005bf0a8b145769,
  };
  return values;
}

/// Singles in their boxes, and some words that are no box.
inline const std::vector<std::uint64_t>& edge_singles() {
  static const std::vector<std::uint64_t> values = [] {
    std::vector<std::uint64_t> boxed;
    for (const std::uint64_t single :
         {0x00000000U, 0x80000000U, 0x00000001U, 0x807fffffU, 0x00800000U, 0x80800001U, 0x3f800000U, 0xbf800000U,
          0x3f800001U, 0x3f7fffffU, 0x3f000000U, 0xbfc00000U, 0x40000000U, 0x40400000U, 0x33800000U, 0xb3800001U,
          0x4effffffU, 0x4f000000U, 0xcf000000U, 0x4f7fffffU, 0x4f800000U, 0x5f000000U, 0xdf000000U, 0x5f7fffffU,
          0x5f800000U, 0x7f7fffffU, 0xff7fffffU, 0x5f3504f3U, 0x20000000U, 0x1fffffffU, 0x7f800000U, 0xff800000U,
          0x7fc00000U, 0xffc00001U, 0x7f800001U, 0xffa00000U, 0x40490fdbU, 0xc02df854U})
      boxed.push_back(0xffffffff00000000 | single);
    boxed.push_back(0x000000003f800000);
    boxed.push_back(0xfffffffe3f800000);
    boxed.push_back(0x7ff0000000000000);
    return boxed;
  }();
  return values;
}

}  // namespace castor::host::test
