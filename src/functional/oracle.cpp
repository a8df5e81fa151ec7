#include "castor/functional/oracle.h"

#include "castor/common/error.h"
#include "castor/functional/host_ops.h"
#include "oracle_units.h"

namespace castor::functional {

using isa::Command;
using isa::ConfigKind;
using isa::Funct;

OracleParams::OracleParams(const config::GemminiParams& g)
    : types(g.element_types()),
      layout(g.local_layout()),
      has_normalizations(g.has_normalizations),
      has_nonlinear_activations(g.has_nonlinear_activations),
      stores_to_scratchpad(g.stores_to_scratchpad()),
      mvin_scale(g.mvin_scale.enabled),
      mvin_scale_acc(g.mvin_scale_acc.enabled),
      norm_stats(g.norm_stat_ids()),
      max_mvin_cols(g.max_block_len() * g.dim()) {
  loops.layout = layout;
  loops.input_bytes = g.input_bytes();
  loops.acc_bytes = g.acc_bytes();
  loops.max_block_len = g.max_block_len();
  loops.max_block_len_acc = g.max_block_len_acc();
  loops.conv_encoding = g.loop_conv_encoding() == config::LoopConvEncoding::Square ? isa::ConvEncoding::Square
                                                                                   : isa::ConvEncoding::Rectangular;
  loops.has_spad_ids = g.has_loop_spad_ids;
  loops.has_resadd = g.has_resadd_unroller;
  loops.has_skips = g.has_loop_skips;
  loops.has_max_pool = g.has_max_pool;
  loops.has_training_convs = g.has_training_convs;
  loops.has_dw_convs = g.has_dw_convs;
  loops.has_first_layer_optimizations = g.has_first_layer_optimizations;
  loops.norm_rows = norm_stats;
}

Oracle::Oracle(const OracleParams& params, Memory& memory, Translate translate)
    : params_(params),
      arithmetic_(Arithmetic::make(params.types)),
      memory_(memory),
      expander_(params.loops),
      virtual_memory_(std::make_unique<VirtualMemory>(memory, std::move(translate))),
      local_(std::make_unique<LocalMemory>(params_, *arithmetic_)),
      load_(std::make_unique<LoadUnit>(params_, *arithmetic_, *virtual_memory_, *local_)),
      store_(std::make_unique<StoreUnit>(params_, *arithmetic_, *virtual_memory_, *local_)),
      execute_(std::make_unique<ExecuteUnit>(params_, *arithmetic_, *local_)) {}

Oracle::~Oracle() = default;

std::vector<Writes> Oracle::execute(const Command& command) {
  if (!command.is_loop_ws() && !command.is_loop_conv()) return execute_plain(command);
  std::vector<Writes> finished;
  for (const Command& plain : expander_.accept(command))
    for (Writes& writes : execute_plain(plain)) finished.push_back(std::move(writes));
  return finished;
}

namespace {
/// Commands before which an output-stationary result has left the array, whatever rows they name.
bool empties_array(const Command& command) {
  return command.is_config(ConfigKind::Ex) || command.function() == Funct::Mvout ||
         command.function() == Funct::StoreSpad || command.function() == Funct::Flush;
}
}  // namespace

std::vector<Writes> Oracle::execute_plain(const Command& command) {
  check(command);
  std::vector<Writes> finished;
  if (empties_array(command)) execute_->drain(finished);
  Writes writes;
  writes.sequence = sequence_++;
  writes.command = command;

  if (command.is_mvin()) {
    const isa::Mvin mvin = isa::Mvin::decode(command);
    const LocalAddr to = mvin.local.addr;
    if (execute_->result_pending_in(to.is_acc(), to.row(params_.layout), load_->rows_spanned(mvin)))
      execute_->drain(finished);
    load_->mvin(command, writes);
  } else if (command.function() == Funct::Preload) {
    if (execute_->result_pending_for(isa::Preload::decode(command).source, 1)) execute_->drain(finished);
    execute_->preload(command, std::move(writes), finished);
    return finished;
  } else if (command.is_compute()) {
    const isa::Compute compute = isa::Compute::decode(command);
    if (execute_->result_pending_for(compute.a, execute_->a_stride()) || execute_->result_pending_for(compute.bd, 1))
      execute_->drain(finished);
    execute_->compute(command, finished);
  } else if (command.function() == Funct::Mvout) {
    store_->mvout(command, writes);
  } else if (command.function() == Funct::StoreSpad) {
    store_->store_spad(command, writes);
  } else if (command.is_config(ConfigKind::Ex)) {
    execute_->configure(command);
  } else if (command.is_config(ConfigKind::Mvin)) {
    load_->configure(command);
  } else if (command.is_config(ConfigKind::Mvout)) {
    store_->configure(command);
  } else if (command.is_config(ConfigKind::Norm)) {
    store_->configure_norm(command);
  }
  finished.push_back(std::move(writes));
  return finished;
}

void Oracle::check(const Command& command) const {
  if (command.is_loop_ws() || command.is_loop_conv())
    throw InternalError("a loop command reached the reservation station: " + isa::mnemonic(command));
  const auto error = isa::range_error(command, params_.limits());
  if (error) throw UserError(isa::mnemonic(command) + ": " + *error);
}

std::vector<Writes> Oracle::drain() {
  std::vector<Writes> finished;
  execute_->drain(finished);
  return finished;
}

void Oracle::run(const isa::Stream& stream) {
  struct Step {
    Oracle& oracle;
    void operator()(const Command& command) const {
      if (!command.is_loop_ws() && !command.is_loop_conv()) return void(oracle.execute_plain(command));
      for (const Command& plain : oracle.expander_.accept(command)) oracle.execute_plain(plain);
    }
    void operator()(const isa::Fence&) const { oracle.drain(); }
    void operator()(const isa::HostOp& op) const { run_host_op(op, oracle.memory_); }
    void operator()(const isa::HostWork&) const {}
    void operator()(const isa::LayerBegin&) const {}
  };
  for (const isa::StreamItem& item : stream.items) std::visit(Step{*this}, item);
  drain();
}

RowBytes Oracle::scratchpad_row(std::uint32_t row) const { return local_->read(false, row); }
RowBytes Oracle::accumulator_row(std::uint32_t row) const { return local_->read(true, row); }
void Oracle::set_scratchpad_row(std::uint32_t row, const RowBytes& value) { local_->set(false, row, value); }
void Oracle::set_accumulator_row(std::uint32_t row, const RowBytes& value) { local_->set(true, row, value); }

void load_images(const isa::Stream& stream, const std::string& folder, Memory& memory) {
  for (const isa::DataImage& image : stream.data) {
    const std::vector<std::uint8_t> bytes = isa::load_image(image, folder);
    memory.write(image.address, bytes.data(), bytes.size());
  }
}

}  // namespace castor::functional
