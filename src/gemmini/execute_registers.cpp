#include "castor/gemmini/execute_registers.h"

namespace castor::gemmini {

void ExecuteRegisters::configure(const isa::ConfigEx& config) {
  a_stride = config.a_stride & 0xFFFFU;
  c_stride = config.c_stride & 0xFFFFU;
  if (config.set_only_strides) return;
  if (has_activations) activation = config.activation;
  in_shift = config.in_shift & 31U;
  acc_scale = config.acc_scale;
  a_transpose = config.a_transpose;
  bd_transpose = config.b_transpose;
  if (!fixed_dataflow) weight_stationary = config.weight_stationary;
}

}  // namespace castor::gemmini
