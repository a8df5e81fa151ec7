// The device tree of a configured SoC, as a flattened blob: what the boot ROM hands to programs.
//
// Written with libfdt after the Devicetree Specification and the Linux bindings of the RISC-V devices.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/config/soc_config.h"

namespace castor::host {

/// Where the devices' interrupts arrive at the PLIC.
inline constexpr unsigned uart_interrupt = 1;
inline constexpr unsigned plic_sources = 1;

std::vector<std::uint8_t> device_tree(const config::SocConfig& config, unsigned harts);

}  // namespace castor::host
