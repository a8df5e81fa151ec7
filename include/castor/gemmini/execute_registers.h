// What config_ex leaves behind in the execute controller, and the commands' view of it. RTL twin: the configuration
// registers of ExecuteController.scala.
#pragma once

#include <cstdint>

#include "castor/common/arithmetic.h"
#include "castor/config/gemmini_params.h"
#include "castor/isa/command.h"

namespace castor::gemmini {

struct ExecuteRegisters {
  explicit ExecuteRegisters(const config::GemminiParams& params)
      : fixed_dataflow(params.dataflow != config::Dataflow::Both),
        has_activations(params.has_nonlinear_activations),
        weight_stationary(params.dataflow != config::Dataflow::OS) {}

  void configure(const isa::ConfigEx& config);

  /// Which of the three operands passes the one transposer.
  bool a_transposed() const { return weight_stationary ? a_transpose : !a_transpose; }
  bool b_transposed() const { return !weight_stationary && bd_transpose; }
  bool d_transposed() const { return weight_stationary && bd_transpose; }
  bool transposer_used() const { return a_transposed() || b_transposed() || d_transposed(); }

  bool fixed_dataflow;
  bool has_activations;
  bool weight_stationary;
  bool a_transpose = false;
  bool bd_transpose = false;
  Activation activation = Activation::None;
  unsigned in_shift = 0;
  std::uint32_t acc_scale = float_one_bits;
  std::uint32_t a_stride = 0;
  std::uint32_t c_stride = 0;
};

}  // namespace castor::gemmini
