#include "castor/config/dram_params.h"

#include "castor/common/bits.h"

namespace castor::config {

void Ddr3Params::check() const {
  require(bank_bit + log2_ceil(banks) <= rank_bit || rank_bit + log2_ceil(ranks) <= bank_bit,
          {&bank_bit, &rank_bit, &banks, &ranks}, "the address bits of bank and rank overlap");
  require(bank_bit + log2_ceil(banks) <= row_bit && rank_bit + log2_ceil(ranks) <= row_bit,
          {&row_bit, &bank_bit, &rank_bit, &banks, &ranks}, "row_bit must lie above the address bits of bank and rank");
  require(t_rc >= t_ras, {&t_rc, &t_ras}, "tRC must be at least tRAS");
  require(t_al <= t_rcd, {&t_al, &t_rcd}, "tAL must not exceed tRCD");
  require(t_ras >= t_rcd, {&t_ras, &t_rcd}, "tRAS must be at least tRCD");
  require(t_refi == 0 || t_refi > t_rfc, {&t_refi, &t_rfc}, "tREFI must be longer than tRFC");
}

}  // namespace castor::config
