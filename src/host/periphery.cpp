#include "castor/host/periphery.h"

namespace castor::host {

using config::DeviceParams;

Periphery::Periphery(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::SocConfig& config,
                     const Boot& boot)
    : Module(name),
      reset_vector_(config.devices.boot_rom_base),
      boot_rom_(DeviceParams::boot_rom_size, boot.entry, device_tree(config, boot.harts)),
      clint_(boot.harts, config.devices.mtime_divider),
      plic_(plic_sources, boot.harts, config.devices.plic_max_priority),
      uart_(boot.console, boot.keyboard),
      error_port_("error", domain, error_),
      boot_rom_port_("boot_rom", domain, boot_rom_),
      clint_port_("clint", domain, clint_),
      plic_port_("plic", domain, plic_),
      uart_port_("uart", domain, uart_),
      addresses_("addresses") {
  const DeviceParams& at = config.devices;
  addresses_.add_device("to_error", at.error_base, DeviceParams::error_size, error_port_.socket);
  addresses_.add_device("to_boot_rom", at.boot_rom_base, DeviceParams::boot_rom_size, boot_rom_port_.socket);
  addresses_.add_device("to_clint", at.clint_base, DeviceParams::clint_size, clint_port_.socket);
  addresses_.add_device("to_plic", at.plic_base, DeviceParams::plic_size, plic_port_.socket);
  addresses_.add_device("to_uart", at.uart_base, DeviceParams::uart_size, uart_port_.socket);
  uart_.interrupt().connect([this](bool level) { plic_.set_source(uart_interrupt, level); });
}

}  // namespace castor::host
