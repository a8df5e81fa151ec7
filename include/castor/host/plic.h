// The platform-level interrupt controller: which of the devices' interrupts a hart should serve next.
//
// RTL twin: TLPLIC with level gateways (rocket-chip devices/tilelink/Plic.scala). Contexts: 2h is hart h in M-mode, 2h
// + 1 in S-mode. Source 0 does not exist. Registers (RISC-V PLIC specification): 4s priority, 0x1000 pending, 0x2000 +
// 0x80c enables, 0x200000 + 0x1000c threshold and, 4 bytes on, claim / complete.
//   * a source's interrupt becomes pending when its wire is high and the one before it has been completed;
//   * a context's wire is high while an enabled pending source has a priority above the threshold;
//   * reading claim gives the pending enabled source of highest priority (the lowest number among equals; 0: none, or
//     priority 0) whatever the threshold, and ends its pending; writing it completes an enabled source.
// Timing: wires follow at once, where the RTL has two registers.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/host/device.h"
#include "castor/host/interrupt_wire.h"

namespace castor::host {

class Plic final : public WordDevice {
 public:
  /// Sources 1 to `sources`; `max_priority` is 2^n - 1.
  Plic(unsigned sources, unsigned harts, unsigned max_priority);

  static unsigned machine_context(unsigned hart) { return 2 * hart; }
  static unsigned supervisor_context(unsigned hart) { return 2 * hart + 1; }

  unsigned sources() const { return static_cast<unsigned>(sources_.size()) - 1; }
  /// The wire of a device.
  void set_source(unsigned source, bool level);
  /// The external interrupt of a hart in M- or S-mode.
  InterruptWire& external(unsigned context) { return contexts_.at(context).external; }

 private:
  struct Source {
    bool level = false;
    bool in_flight = false;  // forwarded, not completed
    bool pending = false;
    std::uint32_t priority = 0;
  };
  struct Context {
    std::vector<bool> enabled;  // by source
    std::uint32_t threshold = 0;
    InterruptWire external;
  };

  std::uint32_t read_word(Cycle now, std::uint64_t offset) override;
  void write_word(Cycle now, std::uint64_t offset, std::uint32_t value, std::uint32_t mask) override;
  void settle(Cycle) override { settle(); }

  std::uint32_t pending_word(std::uint64_t word) const;
  std::uint32_t enable_word(const Context& context, std::uint64_t word) const;
  void set_enable_word(Context& context, std::uint64_t word, std::uint32_t value, std::uint32_t mask);
  std::uint32_t read_context(Context& context, std::uint64_t reg);
  void write_context(Context& context, std::uint64_t reg, std::uint32_t value, std::uint32_t mask);
  bool is_priority(std::uint64_t offset) const { return offset / 4 < sources_.size(); }

  unsigned best(const Context& context) const;
  unsigned claim(const Context& context);
  void complete(const Context& context, std::uint32_t source);
  void settle();

  std::uint32_t max_priority_;
  std::vector<Source> sources_;  // [0] is never pending
  std::vector<Context> contexts_;
};

}  // namespace castor::host
