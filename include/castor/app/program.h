// What a core is to run: a command stream with its data, from an ONNX model or a file, or a RISC-V program.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "castor/app/command_line.h"
#include "castor/compiler/quantise.h"
#include "castor/compiler/tensor.h"
#include "castor/config/soc_config.h"
#include "castor/functional/elf_image.h"
#include "castor/isa/stream.h"

namespace castor::app {

/// As the report names it.
struct Workload {
  std::string kind;  ///< onnx, elf or commands
  std::string path;
  std::string sha256;
};

struct NamedInput {
  std::string name;  ///< of the ONNX value
  compiler::Tensor values;
};

struct Program {
  Workload workload;
  std::optional<functional::ElfImage> elf;
  isa::Stream stream;
  std::string folder = ".";  ///< of the files that the stream names
  std::vector<compiler::LayerNoise> noise;
  std::vector<NamedInput> seeded_inputs;  ///< made because the user gave none
};

/// One for each core, in order. The command line names them, else the configuration; a single one is every core's: a
/// RISC-V program is then the same for all, a model is compiled for each core's part of memory. Errors: UserError for
/// a core without a workload or more workloads than cores, and for files that cannot be used.
std::vector<std::shared_ptr<const Program>> load_programs(const RunArguments& arguments,
                                                          const config::SocConfig& config);

}  // namespace castor::app
