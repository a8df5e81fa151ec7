// The SoC as a whole: clock, address map, translation.
#pragma once

#include "castor/config/param.h"

namespace castor::config {

/// Part of memory.
struct MemoryWindow {
  PhysAddr base;
  Bytes size;
};

class SocParams : public Group {
 public:
  SocParams() : Group("soc", summary) {}
  explicit SocParams(Group* parent, const char* key = "soc") : Group(parent, key, summary) {}

  // clang-format off
  Param<double> clock_ghz{this, "clock_ghz", 1.0, unit::ghz, RealRange{0.001, 100.0},
      "the one clock of core, accelerator, buses and L2"};
  Param<bool> virtual_memory{this, "virtual_memory", false,
      "command streams carry virtual addresses (Sv39, group paging); else physical ones"};
  Param<PhysAddr> dram_base{this, "dram_base", PhysAddr{0x80000000}, any(),
      "first address of memory; programs start here"};
  Param<Bytes> dram_size{this, "dram_size", 2_GiB, range(1_MiB, 1024_GiB), "size of memory"};
  Param<PhysAddr> sram_base{this, "sram_base", PhysAddr{0x08000000}, any(),
      "first address of the SRAM on the memory bus"};
  Param<Bytes> sram_size{this, "sram_size", 0_B, range(0_B, 64_MiB), "its size; 0: none"};
  // clang-format on

 protected:
  void check() const override;

 private:
  static constexpr const char* summary = "the system as a whole";
};

}  // namespace castor::config
