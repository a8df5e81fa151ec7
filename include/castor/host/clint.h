// The core-local interruptor: a software interrupt and a timer for each hart, and the machine's clock mtime.
//
// RTL twin: CLINT (rocket-chip devices/tilelink/CLINT.scala).
// Registers: 0x0000 + 4h msip (bit 0), 0x4000 + 8h mtimecmp, 0xbff8 mtime.
// Timing: mtime grows by one in every cycle that is a multiple of the divider; a hart's timer wire is high in exactly
// the cycles in which mtime >= mtimecmp (unsigned). After reset mtimecmp is all ones, where the RTL leaves it
// undefined.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/host/device.h"
#include "castor/host/interrupt_wire.h"

namespace castor::host {

class Clint final : public WordDevice {
 public:
  /// `divider`: cycles a tick.
  Clint(unsigned harts, std::uint64_t divider) : divider_(divider), harts_(harts) {}

  std::uint64_t mtime(Cycle now) const { return now.count() / divider_ + ahead_; }
  InterruptWire& software(unsigned hart) { return harts_.at(hart).software; }
  InterruptWire& timer(unsigned hart) { return harts_.at(hart).timer; }

  Cycle next_change(Cycle now) const override;
  void settle(Cycle now) override;

 private:
  struct Hart {
    std::uint64_t mtimecmp = ~0ULL;
    InterruptWire software, timer;
  };

  std::uint32_t read_word(Cycle now, std::uint64_t offset) override;
  void write_word(Cycle now, std::uint64_t offset, std::uint32_t value, std::uint32_t mask) override;
  void set_mtime(Cycle now, std::uint64_t time) { ahead_ = time - now.count() / divider_; }
  bool has_msip(std::uint64_t offset) const;
  bool has_mtimecmp(std::uint64_t offset) const;

  std::uint64_t divider_;
  std::uint64_t ahead_ = 0;  // of the ticks since reset; a program may set mtime
  std::vector<Hart> harts_;
};

}  // namespace castor::host
