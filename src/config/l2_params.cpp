#include "castor/config/l2_params.h"

#include "castor/common/bits.h"

namespace castor::config {

void L2Params::check() const {
  const std::uint64_t set_bytes = ways * banks * block_bytes().count();
  require(capacity().count() % set_bytes == 0 && is_pow2(sets()) && sets() >= 2,
          {&capacity, &ways, &banks, &block_bytes},
          "capacity / (ways * banks * block_bytes) must be a power of two of sets of at least 2; " +
              std::to_string(set_bytes) + " B make one set of all banks");
  require(write_bytes() <= block_bytes(), {&write_bytes, &block_bytes}, "write_bytes must not exceed block_bytes");
  require(put_beats >= put_lists, {&put_beats, &put_lists},
          "put_beats must be at least put_lists, a beat for each list");
}

}  // namespace castor::config
