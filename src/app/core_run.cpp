#include "castor/app/core_run.h"

#include <algorithm>
#include <iostream>

#include "castor/app/exit_status.h"
#include "castor/app/outputs.h"

namespace castor::app {
namespace {

// A shell sees eight bits of an exit code; what is not zero must not become zero.
int process_status(std::int64_t code) {
  const int low = static_cast<int>(code & 0xff);
  return low == 0 && code != 0 ? check_failed : low;
}

}  // namespace

CoreRun::CoreRun(const RunArguments& arguments, soc::Soc& soc, std::size_t core, const Program& program,
                 const OutputDirectory& out, std::string name)
    : soc_(soc), core_(core), program_(program), out_(out), name_(std::move(name)), layers_(soc, core) {
  if (!program.elf) load_stream();
  if (arguments.check) add_checker();
  write_inputs(program.seeded_inputs, out, name_);
  for (const std::string& trace : arguments.traces) add_trace(trace, soc.config().soc.clock_ghz);
}

void CoreRun::load_stream() {
  host().load(program_.stream);
  host().attach(layers_);
  functional::load_images(program_.stream, program_.folder, memory());
}

void CoreRun::add_checker() {
  const auto of = program_.elf ? soc::Checker::Of::Program : soc::Checker::Of::Stream;
  checker_ = std::make_unique<soc::Checker>(functional::OracleParams(soc_.config().core(core_).gemmini),
                                            soc_.tile(core_).accelerator->local_memory(), memory(), of);
  soc_.probes(core_).attach(*checker_);
  if (program_.elf) return hart().on_fence([this](Cycle now) { checker_->fence_passed(now); });
  for (functional::Memory* memory : checker_->memories())
    functional::load_images(program_.stream, program_.folder, *memory);
  host().attach(*checker_);
}

void CoreRun::add_trace(const std::string& name, double clock_ghz) {
  const soc::TraceType& type = *soc::find_trace(name);
  OpenTrace open{name_ + type.file, std::make_unique<std::ofstream>(out_.open(name_ + type.file)), nullptr};
  open.trace = type.make(*open.file, clock_ghz);
  soc_.probes(core_).attach(*open.trace);
  if (!program_.elf) host().attach(*open.trace);
  traces_.push_back(std::move(open));
}

void CoreRun::finish() {
  layers_.close(soc_.cycles());
  for (auto& trace : traces_) {
    trace.trace->finish(soc_.cycles());
    out_.finish(*trace.file, trace.name);
  }
}

CoreResult CoreRun::result() const {
  CoreResult result;
  result.workload = program_.workload;
  result.cycles = std::min(soc_.tile(core_).ended, soc_.cycles()).count();
  result.layers = layers_.rows();
  result.noise = program_.noise;
  if (!checker_) return result;
  result.checked_commands = checker_->checked_commands();
  result.mismatches = checker_->mismatches();
  result.first_mismatch = checker_->first_mismatch();
  return result;
}

void CoreRun::leave_outputs() const { write_outputs(program_.stream.outputs, memory(), out_, name_); }

std::string CoreRun::loss() const {
  if (!program_.elf || hart().ending() != host::RiscvHost::Ending::Lost) return {};
  if (!hart().accelerator_fault().empty())
    return hart().accelerator_fault() + ", cycle " + std::to_string(soc_.cycles().count()) +
           "; the program waits for the accelerator without its interrupt enabled, at " + hart().place();
  return hart().last_exception() + ", cycle " + std::to_string(soc_.cycles().count()) +
         "; the program has no handler for it that could go on";
}

std::string CoreRun::death() const {
  const bool died = program_.elf && hart().exit_code() != 0 && hart().hart().handles_exception();
  return died ? hart().last_exception() : std::string{};
}

int CoreRun::exit_status() const {
  const std::int64_t code = hart().exit_code();
  if (code == 0) return success;
  const std::string exception = hart().last_exception();
  std::cerr << "castor: " << program_.workload.path << ": exit code " << code
            << (exception.empty() ? "" : "; last exception: " + exception) << '\n';
  return process_status(code);
}

}  // namespace castor::app
