// A 16550 UART without a line: what is sent appears at once, what is received is there as soon as it is read.
//
// Registers (National Semiconductor PC16550D), a byte each, byte accesses only:
//   0 RBR / THR, divisor low (DLAB)   1 IER, divisor high (DLAB)   2 IIR / FCR   3 LCR   4 MCR   5 LSR   6 MSR   7 SCR
//   * THR is always empty: the transmitter's interrupt rises when it is enabled and after each character, and falls
//   when
//     IIR tells of it or THR is written;
//   * the receiver holds a character as long as its stream has one; with fewer than the FIFO's trigger level the
//     interrupt is the character timeout. A reset of the FIFO drops only what was looped back: a stream waits.
//     Without a stream nothing is ever received;
//   * the divisor, LCR's format and the modem's outputs are kept and have no effect; loop-back (MCR bit 4) works.
// RTL twin: none; the RTL's UART is SiFive's. Timing: none (no baud rate).
#pragma once

#include <cstdint>
#include <deque>
#include <istream>
#include <ostream>

#include "castor/host/device.h"
#include "castor/host/interrupt_wire.h"

namespace castor::host {

class Uart16550 final : public Device {
 public:
  /// `input`: what the receiver receives; may be none.
  explicit Uart16550(std::ostream& output, std::istream* input = nullptr) : output_(output), input_(input) {}

  InterruptWire& interrupt() { return interrupt_; }

  bool read(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t& value) override;
  bool write(Cycle now, std::uint64_t offset, unsigned bytes, std::uint64_t value) override;

 private:
  std::uint8_t read_register(unsigned reg);
  void write_register(unsigned reg, std::uint8_t value);

  bool divisor_selected() const;
  bool loops_back() const;
  std::uint8_t receive();
  void transmit(std::uint8_t character);
  void control_fifos(std::uint8_t value);
  void enable_interrupts(std::uint8_t value);
  void listen();

  std::uint8_t interrupt_identity() const;
  std::uint8_t identify_interrupt();
  std::uint8_t line_status() const;
  std::uint8_t modem_status() const;
  std::size_t fifo_depth() const { return fifos_enabled_ ? 16 : 1; }

  std::ostream& output_;
  std::istream* input_;
  InterruptWire interrupt_;
  std::deque<std::uint8_t> received_;
  bool overrun_ = false;
  bool transmitter_empty_ = false;  // its interrupt, not the state: that is always so
  bool fifos_enabled_ = false;
  std::size_t trigger_ = 1;
  std::uint8_t interrupt_enable_ = 0, line_control_ = 0, modem_control_ = 0, scratch_ = 0;
  std::uint8_t divisor_low_ = 0, divisor_high_ = 0;
};

}  // namespace castor::host
