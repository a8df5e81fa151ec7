// The component types an SoC can be made of, one line each. Explicit, because a static library drops objects that only
// register themselves.
#pragma once

#include <string>
#include <vector>

#include "castor/soc/soc.h"

namespace castor::soc {

/// What a component may be connected to.
struct Surroundings {
  sim::ClockDomain& clock;
  const config::SocConfig& config;  ///< of this core
  sim::Probes& probes;
  memory::BackingStore& memory;
  config::MemoryWindow window;  ///< the core's part of it
  const SocOptions& options;
  host::Platform* platform;  ///< of RISC-V programs; nullptr if there are none
  unsigned core;
  std::string prefix;  ///< of the names of the core's modules
};

struct DriverType {
  Driver driver;
  const char* name;
  const char* doc;
  void (*make)(const Surroundings& surroundings, Tile& tile);
};

const std::vector<DriverType>& driver_types();
const DriverType& find_driver(Driver driver);

}  // namespace castor::soc
