// Short spellings of commands for the tests of the front end.
#pragma once

#include "castor/isa/command.h"

namespace castor::gemmini::test {

inline isa::LocalBlock block(LocalAddr addr, std::uint32_t rows = 16, std::uint32_t cols = 16) {
  return {addr, rows, cols};
}
inline isa::Command mvin(LocalAddr to, std::uint32_t rows = 16, std::uint32_t cols = 16, std::uint32_t state = 0) {
  return isa::Mvin{state, VirtAddr{0x80000000}, block(to, rows, cols)}.encode();
}
inline isa::Command mvout(LocalAddr from, std::uint32_t rows = 16, std::uint32_t cols = 16) {
  return isa::Mvout{VirtAddr{0x81000000}, block(from, rows, cols)}.encode();
}
inline isa::Command preload(LocalAddr b, LocalAddr c, std::uint32_t c_rows = 16) {
  return isa::Preload{block(b), block(c, c_rows)}.encode();
}
inline isa::Command compute(LocalAddr a, std::uint32_t rows = 16) {
  return isa::Compute{true, block(a, rows), block(LocalAddr::garbage())}.encode();
}
inline isa::Command config_ex(std::uint32_t a_stride = 1, std::uint32_t c_stride = 1) {
  isa::ConfigEx config;
  config.a_stride = a_stride, config.c_stride = c_stride;
  return config.encode();
}
inline isa::Command config_mvin(std::uint32_t state = 0, std::uint32_t block_stride = 16,
                                std::uint32_t pixel_repeats = 1) {
  isa::ConfigMvin config;
  config.state = state, config.block_stride = block_stride, config.pixel_repeats = pixel_repeats;
  return config.encode();
}
inline isa::Command config_mvout(std::uint32_t pool_stride = 0) {
  isa::ConfigMvout config;
  config.pool_stride = config.pool_size = pool_stride;
  return config.encode();
}

}  // namespace castor::gemmini::test
