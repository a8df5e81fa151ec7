#include "castor/gemmini/unroller_shape.h"

namespace castor::gemmini {

UnrollerShape::UnrollerShape(const config::GemminiParams& params)
    : dim(params.dim()),
      input_bytes(params.input_bytes()),
      acc_bytes(params.acc_bytes()),
      max_block_len(params.max_block_len()),
      max_block_len_acc(params.max_block_len_acc()),
      stride_mask((1U << params.stride_bits()) - 1),
      norm_stats_ids(params.norm_stat_ids()),
      layout(params.local_layout()) {}

}  // namespace castor::gemmini
