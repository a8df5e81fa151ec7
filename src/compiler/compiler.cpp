#include "castor/compiler/compiler.h"

#include <algorithm>

#include "castor/compiler/fuse.h"
#include "castor/compiler/npy.h"
#include "castor/compiler/onnx_import.h"
#include "castor/compiler/simplify.h"

namespace castor::compiler {
namespace {

std::optional<Tensor> read_input(const CompileOptions& options) {
  if (options.input.empty()) return std::nullopt;
  return read_npy(options.input);
}

Graph read_graph(const std::string& model, const CompileOptions& options, const std::optional<Tensor>& input) {
  Graph graph = import_onnx(model);
  if (input && graph.inputs.size() != 1) {
    throw UserError(options.input + ": the model has " + std::to_string(graph.inputs.size()) +
                    " inputs; a file is taken for models with one");
  }
  if (input && input->type != graph.inputs[0].type) {
    throw UserError(options.input + ": holds " + name_of(input->type) + "; input '" + graph.inputs[0].name + "' is " +
                    name_of(graph.inputs[0].type));
  }
  return simplify(std::move(graph), input ? &input->shape : nullptr);
}

/// Large networks are calibrated on fewer samples: each has the more values.
unsigned affordable_samples(const Network& network) {
  std::uint64_t macs = 1;
  for (const Layer& layer : network.layers) macs += network.macs(layer);
  return static_cast<unsigned>(std::max<std::uint64_t>(1, 5'000'000'000 / macs));
}

/// What the network is calibrated on: the given input and nothing else, or seeded inputs; the first one is run.
std::vector<std::vector<Tensor>> samples(const Network& network, const CompileOptions& options,
                                         const std::optional<Tensor>& input) {
  if (input) return {{*input}};
  const unsigned extra =
      states_every_scale(network) ? 0 : std::min(options.calibration_samples, affordable_samples(network));
  std::vector<std::vector<Tensor>> all(1 + extra);
  for (unsigned i = 0; i < all.size(); ++i) {
    for (const TensorId id : network.inputs) all[i].push_back(seeded_sample(network.tensors[id], options.seed + i));
  }
  return all;
}

void add_inputs(isa::Stream& stream, const MemoryPlan& plan, const Network& network,
                const std::vector<Tensor>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    isa::DataImage image;
    image.address = plan.tensors[network.inputs[i]].address;
    image.bytes = values[i].bytes;
    image.size = Bytes{image.bytes.size()};
    stream.data.push_back(std::move(image));
  }
}

CompiledModel compile_graph(Graph graph, const Machine& machine, const CompileOptions& options,
                            const std::optional<Tensor>& input) {
  Network fused = fuse(graph, {machine.relu, machine.max_pool});
  graph = {};  // its constants are large
  const auto inputs = samples(fused, options, input);
  CompiledModel model;
  Quantised quantised = quantise(std::move(fused), inputs);
  model.network = split_host_pools(std::move(quantised.network), machine), model.noise = std::move(quantised.noise);
  model.inputs = inputs[0];
  model.placed = place(model.network, machine);
  model.plan = plan_memory(model.network, model.placed, machine);
  Emitted emitted = emit(model.network, model.placed, model.plan, machine);
  model.stream = std::move(emitted.stream), model.ranges = std::move(emitted.ranges);
  add_inputs(model.stream, model.plan, model.network, model.inputs);
  model.graph = dump(model.network);
  model.placement = dump_placement(model.network, model.placed);
  model.tiling = dump_tiling(model.network, model.placed, machine);
  return model;
}

}  // namespace

CompiledModel compile(const std::string& path, const config::SocConfig& config, const CompileOptions& options) {
  Machine machine = Machine::of(config);
  if (options.memory) machine.dram_base = options.memory->base, machine.dram_size = options.memory->size;
  const auto input = read_input(options);
  try {
    return compile_graph(read_graph(path, options, input), machine, options, input);
  } catch (const UserError& error) {
    const std::string what = error.what();
    throw UserError(what.compare(0, path.size(), path) == 0 ||
                            (input && what.compare(0, options.input.size(), options.input) == 0)
                        ? what
                        : path + ": " + what);
  }
}

}  // namespace castor::compiler
