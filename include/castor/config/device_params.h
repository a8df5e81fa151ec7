// The devices that a program finds beside memory, and where.
#pragma once

#include <vector>

#include "castor/config/param.h"

namespace castor::config {

class DeviceParams : public Group {
 public:
  DeviceParams() : Group("devices", summary) {}
  explicit DeviceParams(Group* parent, const char* key = "devices") : Group(parent, key, summary) {}

  // clang-format off
  Param<PhysAddr> error_base{this, "error_base", PhysAddr{0x3000}, any(),
      "first address of the error device, which refuses every access (4 KiB)"};
  Param<PhysAddr> boot_rom_base{this, "boot_rom_base", PhysAddr{0x10000}, any(),
      "first address of the boot ROM, where harts start (64 KiB)"};
  Param<PhysAddr> clint_base{this, "clint_base", PhysAddr{0x02000000}, any(),
      "first address of the core-local interruptor (64 KiB)"};
  Param<unsigned> mtime_divider{this, "mtime_divider", 1000, unit::cycles, range(1, 1000000000),
      "cycles of soc.clock_ghz from one tick of mtime to the next"};
  Param<PhysAddr> plic_base{this, "plic_base", PhysAddr{0x0C000000}, any(),
      "first address of the platform-level interrupt controller (64 MiB)"};
  Param<unsigned> plic_max_priority{this, "plic_max_priority", 7, unit::none, one_of({1, 3, 7, 15, 31}),
      "highest priority of an interrupt source"};
  Param<PhysAddr> uart_base{this, "uart_base", PhysAddr{0x10020000}, any(),
      "first address of the 16550 UART (4 KiB)"};
  // clang-format on

  /// How much of the address space each device takes (rocket-chip: TLError, TLROM, CLINT, TLPLIC, TLUART).
  static constexpr Bytes error_size = 4_KiB;
  static constexpr Bytes boot_rom_size = 64_KiB;
  static constexpr Bytes clint_size = 64_KiB;
  static constexpr Bytes plic_size = 64_MiB;
  static constexpr Bytes uart_size = 4_KiB;

  /// Where a device is: its first address and how much it takes.
  struct Window {
    const Param<PhysAddr>* base;
    Bytes size;
    bool overlaps(PhysAddr other_base, Bytes other_size) const;
  };
  std::vector<Window> windows() const;

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "the devices that a RISC-V program finds beside memory";
};

}  // namespace castor::config
