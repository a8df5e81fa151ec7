// The whole configuration of a simulated system.
#pragma once

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

namespace castor::config {

/// Every parameter: the defaults of the declarations, then the files (`include:` first), then the command line.
/// `for_each` visits all parameters; `validate` checks every group and that the groups fit together.
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

 protected:
  void check() const override;

 private:
  void check_translation() const;
};

}  // namespace castor::config
