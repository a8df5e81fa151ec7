// The base of every block of the machine: an sc_module that steps with its clock domain and owns statistics.
#pragma once

#include <string>
#include <systemc>

#include "castor/sim/clock_domain.h"
#include "castor/sim/statistics.h"

namespace castor::sim {

/// A named block of the machine. Its statistics are found by walking the SystemC object tree.
class Module : public sc_core::sc_module {
 public:
  explicit Module(const sc_core::sc_module_name& name) : sc_module(name) {}
  /// The statistics to report under this module's path; none by default.
  virtual const StatGroup* statistics() const { return nullptr; }
};

/// A Module with registers.
class ClockedModule : public Module, public Clocked {
 public:
  ClockedModule(const sc_core::sc_module_name& name, ClockDomain& domain, Level level) : Module(name), domain_(domain) {
    domain.enrol(*this, level);
  }
  std::string block_name() const override { return name(); }

 protected:
  ClockDomain& domain() { return domain_; }

 private:
  ClockDomain& domain_;
};

}  // namespace castor::sim
