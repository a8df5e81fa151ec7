// The boot ROM: where harts start. Its program hands every hart its number (a0) and the device tree (a1), and jumps to
// the program's entry in M-mode.
//
// RTL twin: TLROM (rocket-chip devices/tilelink/BootROM.scala), with a program that starts at once where the chip's
// waits for its loader. Reads of any size, also beyond its contents (zero); writes are refused.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/host/device.h"

namespace castor::host {

class BootRom final : public Device {
 public:
  /// Where the device tree lies, from the ROM's first address.
  static constexpr std::uint64_t tree_offset = 0x20;

  BootRom(Bytes size, VirtAddr entry, const std::vector<std::uint8_t>& device_tree);

  bool read(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t& value) override;
  bool write(Cycle, std::uint64_t, unsigned, std::uint64_t) override { return false; }

 private:
  std::vector<std::uint8_t> contents_;
};

/// Refuses every access (rocket-chip devices/tilelink/Error.scala).
class ErrorDevice final : public Device {
 public:
  bool read(Cycle, std::uint64_t, unsigned, std::uint64_t&) override { return false; }
  bool write(Cycle, std::uint64_t, unsigned, std::uint64_t) override { return false; }
};

}  // namespace castor::host
