// A device as its bus sees it: registers in a window of the address space.
//
// Devices are plain classes without SystemC; castor/host/device_port.h puts one on the bus and on the clock.
#pragma once

#include <cstdint>

#include "castor/common/types.h"

namespace castor::host {

class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  /// An aligned access of 1, 2, 4 or 8 bytes in cycle `now`, `offset` bytes into the window; false: the device refuses
  /// it, which is an access fault.
  virtual bool read(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t& value) = 0;
  virtual bool write(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t value) = 0;

  /// The next cycle after `now` in which the device's outputs change by themselves.
  virtual Cycle next_change(Cycle /*now*/) const { return Cycle::never(); }
  /// Brings the outputs up to date in such a cycle.
  virtual void settle(Cycle /*now*/) {}
};

/// A device of 32-bit registers, as a TLRegisterNode makes them: a wider access reaches both words, a narrower one the
/// bytes it names. The outputs settle after a whole access. What no register answers to reads as zero and ignores
/// writes.
class WordDevice : public Device {
 public:
  bool read(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t& value) final;
  bool write(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t value) final;

 protected:
  /// `offset` is a multiple of 4.
  virtual std::uint32_t read_word(Cycle now, std::uint64_t offset) = 0;
  /// Only the bits of `mask` are written.
  virtual void write_word(Cycle now, std::uint64_t offset, std::uint32_t value, std::uint32_t mask) = 0;

  static std::uint32_t merged(std::uint32_t old, std::uint32_t value, std::uint32_t mask) {
    return (old & ~mask) | (value & mask);
  }
};

}  // namespace castor::host
