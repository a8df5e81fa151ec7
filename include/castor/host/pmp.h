// Physical memory protection: eight regions of a granularity of 4 bytes.
// RTL twin: PMP.scala of rocket-chip; entry 0 has the highest priority. Untimed.
#pragma once

#include <array>
#include <cstdint>

#include "castor/common/types.h"
#include "castor/host/trap.h"

namespace castor::host {

enum class Access : std::uint8_t { Load, Store, Fetch };

class Pmp {
 public:
  static constexpr unsigned regions = 8;

  std::uint8_t config(unsigned region) const { return regions_[region].config; }
  std::uint64_t address(unsigned region) const { return regions_[region].address; }
  /// Locked regions keep their values; writable without readable is not taken.
  void set_config(unsigned region, std::uint8_t config);
  void set_address(unsigned region, std::uint64_t address);

  /// Whether every byte may be accessed: the first region that holds any of them must hold all.
  bool permits(PhysAddr address, std::uint64_t bytes, Access access, Privilege privilege) const;
  /// Whether no region begins or ends inside, so that one answer holds for all of it.
  bool uniform(PhysAddr address, std::uint64_t bytes) const;

 private:
  enum Mode : std::uint8_t { Off, TopOfRange, NaturallyAligned4, NaturallyAlignedPowerOfTwo };
  struct Region {
    std::uint8_t config = 0;
    std::uint64_t address = 0;
    bool locked() const { return config & 0x80; }
    Mode mode() const { return static_cast<Mode>(config >> 3 & 3); }
  };
  /// First byte, and first byte behind; empty: equal.
  struct Range {
    std::uint64_t begin = 0, end = 0;
  };
  Range range_of(unsigned region) const;
  bool allows(const Region& region, Access access, Privilege privilege) const;
  void compute_ranges();

  std::array<Region, regions> regions_{};
  std::array<Range, regions> ranges_{};
};

}  // namespace castor::host
