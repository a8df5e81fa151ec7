#include <iostream>

#include "castor/app/command_line.h"
#include "castor/app/exit_status.h"
#include "castor/common/error.h"
#include "castor/compiler/compiler.h"
#include "castor/config/soc_config.h"

namespace castor::app {
namespace {

void print_stage(const compiler::CompiledModel& model, const std::string& stage) {
  if (stage == "graph") std::cout << model.graph;
  if (stage == "placement") std::cout << model.placement;
  if (stage == "tiling") std::cout << model.tiling;
  if (stage == "commands") std::cout << model.commands();
}

void check_stage(const std::string& stage) {
  for (const char* known : {"", "graph", "placement", "tiling", "commands"})
    if (stage == known) return;
  throw UserError("castor compile: --dump is '" + stage + "'; allowed: graph, placement, tiling, commands");
}

}  // namespace

int compile(const CompileArguments& arguments) {
  check_stage(arguments.dump);
  if (arguments.dump.empty() && arguments.output.empty())
    throw UserError("castor compile: nothing to do; allowed: --dump, -o or both");
  const config::SocConfig config = config::SocConfig::load(arguments.config.file, arguments.config.overrides);
  compiler::CompileOptions options;
  options.input = arguments.input;
  const compiler::CompiledModel model = compiler::compile(arguments.model, config, options);
  print_stage(model, arguments.dump);
  if (!model.noise.empty()) std::cerr << "signal to quantisation noise by layer (dB):\n" << compiler::dump(model.noise);
  if (!arguments.output.empty()) isa::write_stream_file(model.stream, arguments.output);
  return success;
}

}  // namespace castor::app
