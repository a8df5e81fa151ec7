#include "castor/functional/loop_expander.h"

#include "castor/common/error.h"

namespace castor::functional {

using isa::Command;
using isa::Funct;

LoopExpander::LoopExpander(const LoopParams& params) : params_(params) {
  for (unsigned context = 0; context < 2; ++context) {
    matmul_[context].a_start = half(context);
    matmul_[context].b_end = half(context + 1);
    matmul_[context].resadd_start = acc_half(context);
    conv_[context].a_start = half(context);
    conv_[context].b_end = half(context + 1);
  }
}

std::vector<Command> LoopExpander::accept(const Command& command) {
  if (command.function() == Funct::LoopWs) return expand(take_matmul(command), params_);
  if (command.function() == Funct::LoopConvWs) return expand(take_conv(command), params_);
  if (command.is_loop_ws())
    configure_matmul(command);
  else
    configure_conv(command);
  return {};
}

void LoopExpander::configure_matmul(const Command& command) {
  MatmulLoop& loop = matmul_[matmul_context_];
  switch (command.function()) {
    case Funct::LoopWsConfigBounds:
      loop.bounds = isa::LoopWsBounds::decode(command);
      break;
    case Funct::LoopWsConfigAddrsAb:
      loop.ab = isa::LoopWsAddrsAb::decode(command);
      break;
    case Funct::LoopWsConfigAddrsDc:
      loop.dc = isa::LoopWsAddrsDc::decode(command);
      break;
    case Funct::LoopWsConfigStridesAb:
      loop.strides_ab = isa::LoopWsStridesAb::decode(command);
      break;
    case Funct::LoopWsConfigStridesDc:
      loop.strides_dc = isa::LoopWsStridesDc::decode(command);
      break;
    case Funct::LoopWsConfigSpadAb:
      if (!params_.has_spad_ids) throw UserError("loop_ws_config_spad_ab: this accelerator has no scratchpad ids");
      loop.a_start = isa::LoopWsSpadAb::decode(command).a_start;
      loop.b_end = isa::LoopWsSpadAb::decode(command).b_end;
      break;
    default:
      break;  // LOOP_WS_CONFIG_SPAD_C is taken and ignored
  }
}

MatmulLoop LoopExpander::take_matmul(const Command& command) {
  MatmulLoop& context = matmul_[matmul_context_];
  context.run = isa::LoopWsRun::decode(command);
  isa::LoopWsRun& run = context.run;
  run.is_resadd = run.is_resadd && params_.has_resadd;
  if (!params_.has_skips) run.skip_lda = run.skip_ldb = run.skip_ldd = run.skip_ex = run.skip_stc = false;
  if (!params_.has_spad_ids) run.a_spad_id = run.b_spad_id = 0, run.spad_only = false;

  MatmulLoop loop = context;
  if (run.a_spad_id) loop.a_start = half(run.a_spad_id - 1);
  if (run.b_spad_id) loop.b_end = half(run.b_spad_id);
  loop.d_start = acc_half(d_half_);
  loop.c_start = acc_half(c_half_);
  loop.st_start = acc_half(st_half_);
  const bool advances = run.spad_only ? run.inc_acc_addr : loop.dc.c.value() != 0;
  if (!run.skip_ldd && loop.dc.c.value() != 0) d_half_ ^= 1;
  if (!run.skip_ex && advances) c_half_ ^= 1;
  if (!run.skip_stc && advances) st_half_ ^= 1;
  matmul_context_ ^= 1;
  return loop;
}

void LoopExpander::configure_conv(const Command& command) {
  ConvLoop& loop = conv_[conv_context_];
  const isa::ConvEncoding encoding = params_.conv_encoding;
  switch (command.function()) {
    case Funct::LoopConvWsConfig1:
      loop.config1 = isa::LoopConvConfig1::decode(command, encoding);
      break;
    case Funct::LoopConvWsConfig2:
      loop.config2 = isa::LoopConvConfig2::decode(command, encoding);
      break;
    case Funct::LoopConvWsConfig3:
      loop.config3 = isa::LoopConvConfig3::decode(command, encoding);
      break;
    case Funct::LoopConvWsConfig4:
      loop.config4 = isa::LoopConvConfig4::decode(command, encoding);
      break;
    case Funct::LoopConvWsConfig5:
      loop.config5 = isa::LoopConvConfig5::decode(command);
      break;
    case Funct::LoopConvWsConfig6:
      loop.config6 = isa::LoopConvConfig6::decode(command);
      break;
    default:
      break;
  }
}

ConvLoop LoopExpander::take_conv(const Command& command) {
  ConvLoop& context = conv_[conv_context_];
  context.run = isa::LoopConvRun::decode(command);
  isa::LoopConvRun& run = context.run;
  run.max_pixels_per_row = params_.has_first_layer_optimizations ? run.pixels() : 1;
  run.no_pool = run.no_pool || !params_.has_max_pool;
  run.dw = run.dw && params_.has_dw_convs;
  if (!params_.has_training_convs)
    run.wrot180 = run.input_dilated = run.trans_output_1203 = run.trans_weight_1203 = run.trans_weight_0132 =
        run.trans_input_3120 = false;
  if (!params_.has_spad_ids) run.a_spad_id = run.b_spad_id = 0;

  ConvLoop loop = context;
  if (run.a_spad_id) loop.a_start = half(run.a_spad_id - 1);
  if (run.b_spad_id) loop.b_end = half(run.b_spad_id);
  loop.acc_start = acc_half(conv_half_);
  if (loop.config5.output.value() != 0) conv_half_ ^= 1;
  conv_context_ ^= 1;
  return loop;
}

}  // namespace castor::functional
