#include "castor/host/uart16550.h"

#include <array>

namespace castor::host {

namespace {

enum Register : unsigned {
  Data,
  InterruptEnable,
  FifoControl,
  LineControl,
  ModemControl,
  LineStatus,
  ModemStatus,
  Scratch
};
constexpr unsigned registers = 8;

// Bits by register; names as in the PC16550D data sheet.
constexpr std::uint8_t ier_received = 0x01, ier_transmitter_empty = 0x02, ier_line_status = 0x04, ier_mask = 0x0f;
constexpr std::uint8_t iir_none = 0x01, iir_transmitter_empty = 0x02, iir_received = 0x04, iir_line_status = 0x06,
                       iir_timeout = 0x0c, iir_fifos = 0xc0;
constexpr std::uint8_t fcr_enable = 0x01, fcr_reset_receiver = 0x02, fcr_trigger_shift = 6;
constexpr std::array<std::size_t, 4> fcr_triggers = {1, 4, 8, 14};
constexpr std::uint8_t lcr_divisor = 0x80;
constexpr std::uint8_t mcr_dtr = 0x01, mcr_rts = 0x02, mcr_out1 = 0x04, mcr_out2 = 0x08, mcr_loop = 0x10,
                       mcr_mask = 0x1f;
constexpr std::uint8_t lsr_ready = 0x01, lsr_overrun = 0x02, lsr_thr_empty = 0x20, lsr_idle = 0x40;
constexpr std::uint8_t msr_cts = 0x10, msr_dsr = 0x20, msr_ring = 0x40, msr_carrier = 0x80;

}  // namespace

bool Uart16550::read(Cycle, std::uint64_t offset, unsigned bytes, std::uint64_t& value) {
  if (offset >= registers || bytes != 1) return false;
  listen();
  value = read_register(static_cast<unsigned>(offset));
  listen();
  return true;
}

bool Uart16550::write(Cycle, std::uint64_t offset, unsigned bytes, std::uint64_t value) {
  if (offset >= registers || bytes != 1) return false;
  write_register(static_cast<unsigned>(offset), static_cast<std::uint8_t>(value));
  listen();
  return true;
}

std::uint8_t Uart16550::read_register(unsigned reg) {
  switch (reg) {
    case Data:
      return divisor_selected() ? divisor_low_ : receive();
    case InterruptEnable:
      return divisor_selected() ? divisor_high_ : interrupt_enable_;
    case FifoControl:
      return identify_interrupt();
    case LineControl:
      return line_control_;
    case ModemControl:
      return modem_control_;
    case LineStatus: {
      const std::uint8_t status = line_status();
      overrun_ = false;
      return status;
    }
    case ModemStatus:
      return modem_status();
    default:
      return scratch_;
  }
}

void Uart16550::write_register(unsigned reg, std::uint8_t value) {
  switch (reg) {
    case Data:
      return divisor_selected() ? static_cast<void>(divisor_low_ = value) : transmit(value);
    case InterruptEnable:
      return divisor_selected() ? static_cast<void>(divisor_high_ = value) : enable_interrupts(value);
    case FifoControl:
      return control_fifos(value);
    case LineControl:
      line_control_ = value;
      return;
    case ModemControl:
      modem_control_ = value & mcr_mask;
      return;
    case Scratch:
      scratch_ = value;
      return;
    default:
      return;  // the status registers are read only
  }
}

bool Uart16550::divisor_selected() const { return (line_control_ & lcr_divisor) != 0; }
bool Uart16550::loops_back() const { return (modem_control_ & mcr_loop) != 0; }

std::uint8_t Uart16550::receive() {
  if (received_.empty()) return 0;
  const std::uint8_t character = received_.front();
  received_.pop_front();
  return character;
}

void Uart16550::transmit(std::uint8_t character) {
  transmitter_empty_ = true;
  if (!loops_back()) {
    output_.put(static_cast<char>(character));
    output_.flush();
  } else if (received_.size() < fifo_depth()) {
    received_.push_back(character);
  } else {
    overrun_ = true;
  }
}

void Uart16550::control_fifos(std::uint8_t value) {
  const bool enable = (value & fcr_enable) != 0;
  const bool resets = enable != fifos_enabled_ || (value & fcr_reset_receiver) != 0;
  if (resets && loops_back()) received_.clear();
  fifos_enabled_ = enable;
  trigger_ = enable ? fcr_triggers[value >> fcr_trigger_shift] : 1;
}

void Uart16550::enable_interrupts(std::uint8_t value) {
  const bool newly = (value & ~interrupt_enable_ & ier_transmitter_empty) != 0;
  interrupt_enable_ = value & ier_mask;
  if (newly) transmitter_empty_ = true;
}

/// Takes what the stream has, as far as there is room, and drives the interrupt.
void Uart16550::listen() {
  while (input_ != nullptr && !loops_back() && received_.size() < fifo_depth()) {
    const int character = input_->get();
    if (character == std::istream::traits_type::eof()) input_ = nullptr;
    if (input_ != nullptr) received_.push_back(static_cast<std::uint8_t>(character));
  }
  interrupt_.drive(interrupt_identity() != iir_none);
}

std::uint8_t Uart16550::interrupt_identity() const {
  if (overrun_ && (interrupt_enable_ & ier_line_status) != 0) return iir_line_status;
  if (!received_.empty() && (interrupt_enable_ & ier_received) != 0)
    return received_.size() >= trigger_ ? iir_received : iir_timeout;
  if (transmitter_empty_ && (interrupt_enable_ & ier_transmitter_empty) != 0) return iir_transmitter_empty;
  return iir_none;
}

std::uint8_t Uart16550::identify_interrupt() {
  const std::uint8_t identity = interrupt_identity();
  if (identity == iir_transmitter_empty) transmitter_empty_ = false;
  return identity | (fifos_enabled_ ? iir_fifos : 0);
}

std::uint8_t Uart16550::line_status() const {
  return lsr_thr_empty | lsr_idle | (received_.empty() ? 0 : lsr_ready) | (overrun_ ? lsr_overrun : 0);
}

/// The other side is always there; looped back, the modem's outputs are its inputs.
std::uint8_t Uart16550::modem_status() const {
  if (!loops_back()) return msr_carrier | msr_dsr | msr_cts;
  std::uint8_t status = 0;
  if ((modem_control_ & mcr_rts) != 0) status |= msr_cts;
  if ((modem_control_ & mcr_dtr) != 0) status |= msr_dsr;
  if ((modem_control_ & mcr_out1) != 0) status |= msr_ring;
  if ((modem_control_ & mcr_out2) != 0) status |= msr_carrier;
  return status;
}

}  // namespace castor::host
