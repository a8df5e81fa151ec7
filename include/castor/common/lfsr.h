// The pseudo-random register of the RTL's caches.
//
// RTL twin: chisel3.util.random.LFSR(16): Fibonacci form, taps 16, 14, 13, 11, reset to 1.
#pragma once

#include <cstdint>

namespace castor {

class Lfsr16 {
 public:
  explicit Lfsr16(std::uint16_t seed = 1) : value_(seed) {}
  std::uint16_t value() const { return value_; }
  void set(std::uint16_t value) { value_ = value; }
  void step() {
    const unsigned bit = (value_ >> 15 ^ value_ >> 13 ^ value_ >> 12 ^ value_ >> 10) & 1;
    value_ = static_cast<std::uint16_t>(value_ << 1 | bit);
  }

 private:
  std::uint16_t value_;
};

}  // namespace castor
