// Everything a program finds beside memory, at its address: boot ROM, CLINT, PLIC, UART, error device.
//
//   harts -> AddressMap -> DevicePort -> device        UART -> PLIC -> harts        CLINT -> harts
//
// RTL twin: the peripheral buses of a Chipyard SoC (soc.md 9).
#pragma once

#include <istream>
#include <ostream>

#include "castor/config/soc_config.h"
#include "castor/host/address_map.h"
#include "castor/host/boot_rom.h"
#include "castor/host/clint.h"
#include "castor/host/device_port.h"
#include "castor/host/device_tree.h"
#include "castor/host/plic.h"
#include "castor/host/uart16550.h"
#include "castor/sim/module.h"

namespace castor::host {

class Periphery : public sim::Module {
 public:
  /// What a hart starts with, and where its characters go.
  struct Boot {
    unsigned harts = 1;
    VirtAddr entry;
    std::ostream& console;
    std::istream* keyboard = nullptr;
  };

  Periphery(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
            const Boot& boot);

  /// Memory is still to be added.
  AddressMap& addresses() { return addresses_; }
  const AddressMap& addresses() const { return addresses_; }
  Clint& clint() { return clint_; }
  Plic& plic() { return plic_; }
  Uart16550& uart() { return uart_; }
  /// Where harts begin.
  PhysAddr reset_vector() const { return reset_vector_; }

 private:
  PhysAddr reset_vector_;
  ErrorDevice error_;
  BootRom boot_rom_;
  Clint clint_;
  Plic plic_;
  Uart16550 uart_;
  DevicePort error_port_, boot_rom_port_, clint_port_, plic_port_, uart_port_;
  AddressMap addresses_;
};

}  // namespace castor::host
