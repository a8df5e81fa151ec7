#include "castor/app/program.h"

#include <filesystem>

#include "castor/app/sha256.h"
#include "castor/common/error.h"
#include "castor/compiler/compiler.h"
#include "castor/functional/oracle.h"

namespace castor::app {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

void need_file(const WorkloadArgument& workload) {
  const std::string named = workload.named + " " + workload.path;
  if (fs::is_directory(workload.path)) throw UserError(named + ": is a directory; allowed: a file that can be read");
  if (!fs::is_regular_file(workload.path))
    throw UserError(named + ": there is no such file; allowed: a file that can be read");
}

std::vector<NamedInput> inputs_of(const compiler::CompiledModel& model) {
  std::vector<NamedInput> inputs;
  for (std::size_t i = 0; i < model.inputs.size(); ++i)
    inputs.push_back({model.network.tensors[model.network.inputs[i]].name, model.inputs[i]});
  return inputs;
}

Program compile_model(const WorkloadArgument& workload, const config::SocConfig& config, std::size_t core) {
  compiler::CompileOptions options;
  options.input = workload.input;
  options.memory = config.addresses_of(core);
  compiler::CompiledModel model = compiler::compile(workload.path, config.core(core), options);
  Program program;
  if (workload.input.empty()) program.seeded_inputs = inputs_of(model);
  program.stream = std::move(model.stream);
  program.noise = std::move(model.noise);
  return program;
}

Program load(const WorkloadArgument& workload, const config::SocConfig& config, std::size_t core) {
  need_file(workload);
  Program program;
  if (workload.kind == WorkloadKind::Model) {
    program = compile_model(workload, config, core);
  } else if (workload.kind == WorkloadKind::Elf) {
    program.elf = functional::ElfImage::read_file(workload.path);
  } else {
    program.folder = folder_of(workload.path);
    program.stream =
        isa::read_stream_file(workload.path, functional::OracleParams(config.core(core).gemmini).stream_options());
  }
  program.workload = {workload.kind == WorkloadKind::Model ? "onnx" : name_of(workload.kind), workload.path,
                      sha256_of_file(workload.path)};
  return program;
}

/// A file's parameters name files beside it.
std::string beside(const config::Param<std::string>& stated) {
  const bool in_file = stated.origin().kind() == config::Origin::Kind::File;
  const std::string& origin = stated.origin().text();
  if (stated().empty() || !in_file || fs::path(stated()).is_absolute()) return stated();
  return (fs::path(origin.substr(0, origin.rfind(':'))).parent_path() / stated()).string();
}

std::optional<WorkloadArgument> stated_in(const config::WorkloadParams& params) {
  const auto workload = [](WorkloadKind kind, const config::Param<std::string>& param) {
    return WorkloadArgument{kind, beside(param), {}, param.origin().text() + ": " + param.path()};
  };
  if (!params.elf().empty()) return workload(WorkloadKind::Elf, params.elf);
  if (!params.commands().empty()) return workload(WorkloadKind::Commands, params.commands);
  if (params.model().empty()) return std::nullopt;
  WorkloadArgument model = workload(WorkloadKind::Model, params.model);
  model.input = beside(params.input);
  return model;
}

[[noreturn]] void refuse_number(std::size_t workloads, std::size_t cores) {
  throw UserError("castor run: " + std::to_string(workloads) + " workloads for " + std::to_string(cores) +
                  (cores == 1 ? " core; allowed: one (or soc.cores in the configuration)"
                              : " cores; allowed: one for all, or one for each"));
}

std::vector<WorkloadArgument> workloads_of(const RunArguments& arguments, const config::SocConfig& config) {
  std::vector<WorkloadArgument> workloads = arguments.workloads;
  if (!workloads.empty()) {
    if (workloads.size() != 1 && workloads.size() != config.cores()) refuse_number(workloads.size(), config.cores());
    workloads.resize(config.cores(), workloads[0]);
    return workloads;
  }
  for (std::size_t core = 0; core < config.cores(); ++core) {
    const auto stated = stated_in(config.core(core).workload);
    if (!stated)
      throw UserError(
          "castor run: core " + std::to_string(core) +
          " has no workload; allowed: --model, --elf or --commands, or group workload in the configuration");
    workloads.push_back(*stated);
  }
  return workloads;
}

/// Harts share memory: they run one program, which tells them apart.
void refuse_second_program(const Workload& first, const WorkloadArgument& other) {
  if (other.kind != WorkloadKind::Elf || first.path == other.path) return;
  throw UserError(other.named + " " + other.path + ": another core runs " + first.path +
                  "; allowed: one RISC-V program for all cores that run one (it tells them apart by mhartid)");
}

}  // namespace

std::vector<std::shared_ptr<const Program>> load_programs(const RunArguments& arguments,
                                                          const config::SocConfig& config) {
  std::vector<std::shared_ptr<const Program>> programs;
  std::shared_ptr<const Program> riscv;
  for (const WorkloadArgument& workload : workloads_of(arguments, config)) {
    if (riscv) refuse_second_program(riscv->workload, workload);
    const bool again = riscv && workload.kind == WorkloadKind::Elf;
    programs.push_back(again ? riscv : std::make_shared<const Program>(load(workload, config, programs.size())));
    if (programs.back()->elf) riscv = programs.back();
  }
  return programs;
}

}  // namespace castor::app
