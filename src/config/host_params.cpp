#include "castor/config/host_params.h"

#include "castor/common/bits.h"

namespace castor::config {

void ContextSwitchParams::check() const {
  require(interval == 0 || cost < interval, {&cost, &interval},
          "cost must be below interval: the core would only switch");
}

void L1Params::check() const {
  const std::uint64_t set_bytes = ways * block_bytes().count();
  require(capacity().count() % set_bytes == 0 && is_pow2(sets()), {&capacity, &ways, &block_bytes},
          "capacity / (ways * block_bytes) must be a power of two of sets");
}

void HostParams::check() const {
  const bool boom = kind() == HostKind::Boom;
  require(boom ? timing() != CoreTiming::Rocket : timing() != CoreTiming::Boom, {&kind, &timing},
          "host.timing (" + timing.text() + ") is not that of a core of host.kind " + kind.text() +
              "; allowed: " + (boom ? "functional, boom" : "functional, rocket"));
  require(timing() != CoreTiming::Boom || l1d.mshrs() != 0, {&l1d.mshrs, &timing},
          "host.l1d.mshrs must be at least 1 for host.timing: boom");
}

}  // namespace castor::config
