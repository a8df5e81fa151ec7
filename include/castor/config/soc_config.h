// The whole configuration of a simulated system.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "castor/config/bus_params.h"
#include "castor/config/device_params.h"
#include "castor/config/dram_params.h"
#include "castor/config/gemmini_params.h"
#include "castor/config/host_params.h"
#include "castor/config/l2_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/config/paging_params.h"
#include "castor/config/ptw_params.h"
#include "castor/config/soc_params.h"
#include "castor/config/tlb_params.h"
#include "castor/config/workload_params.h"

namespace castor::config {

/// Every parameter: the defaults of the declarations, then the files (`include:` first), then the command line.
/// `for_each` visits all parameters; `validate` checks every group and that the groups fit together.
///
/// `soc.cores` says how many cores there are and what each has of its own: a number of equal ones, or a list whose
/// entries may hold the groups `host`, `gemmini`, `tlb`, `ptw` and `workload`. What an entry does not state it has from
/// those groups of the file.
class SocConfig : public Group {
 public:
  SocConfig() : Group("", "a Castor system") {}

  /// Reads and validates. `path` may be empty (defaults only); `overrides` are the texts after -p: "l2.ways=4".
  static SocConfig load(const std::string& path, const std::vector<std::string>& overrides = {});

  SocParams soc{this};
  GemminiParams gemmini{this};
  HostParams host{this};
  TlbParams tlb{this};
  PtwParams ptw{this};
  PagingParams paging{this};
  BusParams bus{this};
  L2Params l2{this};
  MemoryBusParams memory_bus{this};
  DramParams dram{this};
  DeviceParams devices{this};
  WorkloadParams workload{this};

  static constexpr std::size_t max_cores = 8;
  std::size_t cores() const { return std::max<std::size_t>(1, cores_.size()); }
  /// The machine as a core sees it: shared groups are the same for all, its own are its entry's.
  const SocConfig& core(std::size_t index) const { return cores_.empty() ? *this : cores_.at(index); }
  /// What an entry of soc.cores may hold.
  std::vector<const Group*> own_groups() const { return {&host, &gemmini, &tlb, &ptw, &workload}; }
  /// What of memory is a core's: equal parts.
  MemoryWindow memory_of(std::size_t core) const;
  /// Where a core's streams find it: each has an address space of its own if soc.virtual_memory is on.
  MemoryWindow addresses_of(std::size_t core) const;

 protected:
  void check() const override;

 private:
  void check_tags() const;
  void check_translation() const;

  std::vector<SocConfig> cores_;  // empty: one core, without an entry
};

}  // namespace castor::config
