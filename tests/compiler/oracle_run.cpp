// For developers and for the ONNX Runtime judge: compiles a model, runs it on the oracle, and writes what every layer
// read and wrote as .npy files with a manifest.
//
//   oracle_run MODEL [--config SOC.yaml] [-p key=value]... [--input X.npy] [--seed N] [--out DIR] [--layers yes|no]
//   [--by oracle|executor] [--dump graph|placement|tiling]
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "castor/compiler/executor.h"
#include "castor/compiler/npy.h"
#include "castor/config/soc_config.h"
#include "oracle_network.h"

namespace castor::compiler {
namespace {

struct Arguments {
  std::string model, config, out, dump;
  std::vector<std::string> overrides;
  CompileOptions options;
  bool layers = true;
  bool executor = false;  ///< the compiler's own int8 executor instead of commands on the oracle: faster
};

Arguments parse(int count, char** text) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string word = text[i];
    if (word[0] != '-') {
      arguments.model = word;
      continue;
    }
    if (++i == count) throw UserError(word + " needs a value");
    if (word == "--config")
      arguments.config = text[i];
    else if (word == "-p")
      arguments.overrides.emplace_back(text[i]);
    else if (word == "--input")
      arguments.options.input = text[i];
    else if (word == "--seed")
      arguments.options.seed = static_cast<std::uint32_t>(std::stoul(text[i]));
    else if (word == "--samples")
      arguments.options.calibration_samples = static_cast<unsigned>(std::stoul(text[i]));
    else if (word == "--out")
      arguments.out = text[i];
    else if (word == "--layers")
      arguments.layers = std::string(text[i]) == "yes";
    else if (word == "--by")
      arguments.executor = std::string(text[i]) == "executor";
    else if (word == "--dump")
      arguments.dump = text[i];
    else
      throw UserError("unknown option " + word);
  }
  if (arguments.model.empty())
    throw UserError(
        "usage: oracle_run MODEL [--config SOC.yaml] [-p key=value]... [--input X.npy] [--seed N] [--out DIR]");
  return arguments;
}

/// Checks each layer against the compiler's own int8 executor and keeps its tensors.
class Recorder {
 public:
  Recorder(const CompiledModel& model, const OracleNetwork& oracle, std::string out)
      : model_(model), oracle_(oracle), out_(std::move(out)), executor_(model.network) {
    for (std::size_t i = 0; i < model.inputs.size(); ++i) executor_.set_input(model.network.inputs[i], model.inputs[i]);
  }

  void layer(std::size_t index) {
    const Layer& layer = model_.network.layers[index];
    if (!out_.empty()) record(layer);
    run_expected(index);
    const Activations& about = model_.network.tensors[layer.output];
    if (about.outside) return;
    const auto expected = executor_.of(layer.output).steps;
    const auto actual = oracle_.steps(layer.output);
    std::size_t different = 0;
    for (std::size_t i = 0; i < actual.size(); ++i) different += actual[i] != expected[i];
    differences_ += different;
    if (different != 0)
      std::cerr << layer.name << ": " << different << " of " << actual.size() << " values differ from the reference\n";
  }

  std::size_t differences() const { return differences_; }
  void finish() {
    for (const TensorId id : model_.network.inputs) save(id);
    if (!out_.empty()) std::ofstream(out_ + "/manifest.json") << manifest_.dump(1) << "\n";
  }

 private:
  /// Concatenations in place have no commands of their own: they are caught up here.
  void run_expected(std::size_t index) {
    for (; next_ <= index; ++next_) executor_.run_steps(model_.network.layers[next_]);
  }

  void record(const Layer& layer) {
    nlohmann::json row{{"name", layer.name}, {"op", name_of(layer.kind)}, {"output", save(layer.output)}};
    for (const TensorId id : layer.inputs) row["inputs"].push_back(save(id));
    manifest_["layers"].push_back(row);
  }

  /// Values at this moment: memory is reused later. A tensor is saved by its producer; what producers of parts in place
  /// left behind is saved by its reader.
  nlohmann::json save(TensorId id) {
    const Activations& about = model_.network.tensors[id];
    std::string& file = files_[id];
    if (file.empty()) {
      file = "tensor" + std::to_string(id) + ".npy";
      if (!out_.empty()) write_npy(out_ + "/" + file, oracle_.array(id));
    }
    return {{"name", about.name}, {"file", file}, {"shape", about.shape}, {"scale", about.scale}};
  }

  const CompiledModel& model_;
  const OracleNetwork& oracle_;
  std::string out_;
  Executor executor_;
  std::size_t next_ = 0, differences_ = 0;
  std::map<TensorId, std::string> files_;
  nlohmann::json manifest_{{"layers", nlohmann::json::array()}};
};

void save_ends(const CompiledModel& model, const OracleNetwork& oracle, const std::string& out) {
  for (std::size_t i = 0; i < model.inputs.size(); ++i)
    write_npy(out + "/input" + std::to_string(i) + ".npy", model.inputs[i]);
  for (std::size_t i = 0; i < model.network.outputs.size(); ++i)
    write_npy(out + "/output" + std::to_string(i) + ".npy", oracle.array(model.network.outputs[i]));
}

/// The outputs without simulating a single command.
int execute(const CompiledModel& model, const std::string& out) {
  Executor executor(model.network);
  for (std::size_t i = 0; i < model.inputs.size(); ++i) executor.set_input(model.network.inputs[i], model.inputs[i]);
  for (std::size_t i = 0; i < model.network.layers.size(); ++i)
    executor.run_steps(model.network.layers[i]), executor.forget_after(i);
  for (std::size_t i = 0; i < model.inputs.size(); ++i)
    write_npy(out + "/input" + std::to_string(i) + ".npy", model.inputs[i]);
  for (std::size_t i = 0; i < model.network.outputs.size(); ++i) {
    const TensorId id = model.network.outputs[i];
    write_npy(out + "/output" + std::to_string(i) + ".npy",
              Tensor::of<float>(model.network.tensors[id].shape, executor.of(id).real));
  }
  std::cout << dump(model.noise);
  return 0;
}

int run(const Arguments& arguments) {
  const auto config = config::SocConfig::load(arguments.config, arguments.overrides);
  const CompiledModel model = compile(arguments.model, config, arguments.options);
  if (arguments.dump == "graph") std::cout << model.graph;
  if (arguments.dump == "placement") std::cout << model.placement;
  if (arguments.dump == "tiling") std::cout << model.tiling;
  if (arguments.dump == "commands") std::cout << model.commands();
  if (arguments.dump == "noise") std::cout << dump(model.noise);
  if (!arguments.dump.empty()) return 0;
  if (!arguments.out.empty()) std::filesystem::create_directories(arguments.out);
  if (arguments.executor) return execute(model, arguments.out);
  OracleNetwork oracle(model, config.gemmini);
  Recorder recorder(model, oracle, arguments.layers ? arguments.out : "");
  oracle.run(arguments.layers ? [&](std::size_t layer) { recorder.layer(layer); } : std::function<void(std::size_t)>{});
  recorder.finish();
  if (!arguments.out.empty()) save_ends(model, oracle, arguments.out);
  std::cout << dump(model.noise) << recorder.differences() << " values differ from the reference\n";
  return recorder.differences() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace castor::compiler

int main(int count, char** text) {
  try {
    return castor::compiler::run(castor::compiler::parse(count, text));
  } catch (const castor::UserError& error) {
    std::cerr << "oracle_run: " << error.what() << "\n";
    return 2;
  }
}
