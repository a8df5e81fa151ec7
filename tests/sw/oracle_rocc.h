// The far end of the C library's instructions in a host build: every command goes to the oracle, and into a list.
#pragma once

#include <memory>
#include <vector>

#include "castor/config/soc_config.h"
#include "castor/functional/oracle.h"

namespace castor::sw {

/// The program's own memory, by its own addresses.
class HostMemory : public functional::Memory {
 public:
  void read(PhysAddr address, void* bytes, std::size_t count) const override;
  void write(PhysAddr address, const void* bytes, std::size_t count) override;
};

/// One accelerator, as the library sees it between two tests.
class OracleRocc {
 public:
  /// `execute` false: commands are recorded only, their addresses need not exist.
  explicit OracleRocc(const config::GemminiParams& gemmini, bool execute = true);
  ~OracleRocc();

  void issue(const isa::Command& command);
  void fence();

  std::vector<isa::Command> commands;

 private:
  HostMemory memory_;
  functional::Oracle oracle_;
  bool execute_;
};

}  // namespace castor::sw
