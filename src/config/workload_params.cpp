#include "castor/config/workload_params.h"

namespace castor::config {

void WorkloadParams::check() const {
  const int given = !model().empty() + !elf().empty() + !commands().empty();
  require(given <= 1, {&commands, &elf, &model}, "a core runs one workload; allowed: one of model, elf, commands");
  require(input().empty() || !model().empty(), {&input}, "is the input of workload.model, which is not stated");
}

}  // namespace castor::config
