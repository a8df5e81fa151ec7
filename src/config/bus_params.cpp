#include "castor/config/bus_params.h"

namespace castor::config {

void BusParams::check() const {
  require(block_bytes().count() >= beat_bytes(), {&block_bytes, &width},
          "block_bytes must be at least one beat of " + std::to_string(beat_bytes()) + " B");
}

}  // namespace castor::config
