#include "castor/config/ptw_params.h"

#include "castor/common/bits.h"

namespace castor::config {

void PtwParams::check() const {
  require(l2_tlb_entries == 0 || (l2_tlb_entries % l2_tlb_ways == 0 && is_pow2(l2_tlb_entries / l2_tlb_ways)),
          {&l2_tlb_entries, &l2_tlb_ways}, "l2_tlb_entries / l2_tlb_ways must be a power of two of sets");
}

}  // namespace castor::config
