#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "castor/app/command_line.h"
#include "castor/app/exit_status.h"
#include "castor/app/output_directory.h"
#include "castor/app/outputs.h"
#include "castor/app/progress.h"
#include "castor/app/report.h"
#include "castor/app/sha256.h"
#include "castor/common/error.h"
#include "castor/compiler/compiler.h"
#include "castor/soc/checker.h"
#include "castor/soc/soc.h"
#include "castor/soc/trace.h"

namespace castor::app {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> interrupt_flag{false};
extern "C" void note_interrupt(int) { interrupt_flag = true; }

// A stream and where its files are.
struct Program {
  Workload workload;
  isa::Stream stream;
  std::string folder = ".";
  std::vector<compiler::LayerNoise> noise;
};

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

void need_file(const std::string& option, const std::string& path) {
  if (!std::filesystem::is_regular_file(path))
    throw UserError(option + " " + path + ": there is no such file; allowed: a file that can be read");
}

Program load_program(const RunArguments& arguments, const config::SocConfig& config) {
  if (!arguments.elf.empty())
    throw UserError("--elf " + arguments.elf + ": not yet supported; allowed: --model, --commands");
  Program program;
  if (!arguments.model.empty()) {
    need_file("--model", arguments.model);
    program.workload = {"onnx", arguments.model, sha256_of_file(arguments.model)};
    compiler::CompileOptions options;
    options.input = arguments.input;
    compiler::CompiledModel model = compiler::compile(arguments.model, config, options);
    program.stream = std::move(model.stream);
    program.noise = std::move(model.noise);
  } else {
    need_file("--commands", arguments.commands);
    program.workload = {"commands", arguments.commands, sha256_of_file(arguments.commands)};
    program.folder = folder_of(arguments.commands);
    program.stream =
        isa::read_stream_file(arguments.commands, functional::OracleParams(config.gemmini).stream_options());
  }
  return program;
}

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

const char* name_of(sim::StopReason reason) {
  switch (reason) {
    case sim::StopReason::MaxCycles:
      return "max_cycles";
    case sim::StopReason::Deadlock:
      return "deadlock";
    case sim::StopReason::Interrupted:
      return "interrupt";
    default:
      return "";
  }
}

// One simulation: the machine, what watches it, and what it leaves behind.
class Run {
 public:
  Run(const RunArguments& arguments, const config::SocConfig& config, const Program& program)
      : arguments_(arguments),
        config_(config),
        program_(program),
        out_(arguments.out),
        soc_("soc", config, {soc::Driver::CommandStream, arguments.values, order(arguments)}),
        layers_(soc_),
        progress_(program.stream, arguments.quiet) {
    host().load(program.stream);
    host().attach(layers_);
    functional::load_images(program.stream, program.folder, soc_.memory().bytes());
    if (arguments.check) add_checker();
    for (const std::string& name : arguments.traces) add_trace(name);
    limit();
  }

  int execute() {
    const auto start = Clock::now();
    const sim::StopReason reason = soc_.run();
    progress_.clear();
    result_.wall_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    layers_.close(soc_.cycles());
    for (auto& trace : traces_) trace.trace->finish(soc_.cycles());
    collect(reason);
    leave_files();
    return status(reason);
  }

 private:
  struct OpenTrace {
    std::unique_ptr<std::ofstream> file;
    std::unique_ptr<soc::Trace> trace;
  };

  static sim::StepOrder order(const RunArguments& arguments) {
    return arguments.reversed ? sim::StepOrder::Reversed : sim::StepOrder::Normal;
  }
  host::CommandStreamHost& host() { return *soc_.tile().stream_host; }

  void add_checker() {
    checker_ = std::make_unique<soc::Checker>(functional::OracleParams(config_.gemmini),
                                              soc_.tile().accelerator->local_memory(), soc_.memory().bytes());
    for (functional::Memory* memory : checker_->memories())
      functional::load_images(program_.stream, program_.folder, *memory);
    soc_.probes().attach(*checker_);
    host().attach(*checker_);
  }

  void add_trace(const std::string& name) {
    const soc::TraceType& type = *soc::find_trace(name);
    OpenTrace open{std::make_unique<std::ofstream>(out_.open(type.file)), nullptr};
    open.trace = type.make(*open.file, config_.soc.clock_ghz);
    soc_.probes().attach(*open.trace);
    host().attach(*open.trace);
    traces_.push_back(std::move(open));
  }

  void limit() {
    if (arguments_.max_cycles) soc_.clock().set_max_cycles(Cycle{*arguments_.max_cycles});
    soc_.clock().set_interrupt_flag(&interrupt_flag);
    std::signal(SIGINT, note_interrupt);
    constexpr std::uint64_t beat = 50000;
    if (progress_.shown())
      soc_.clock().set_heartbeat(
          beat, [this](Cycle now) { progress_.update(now, host().items_passed(), layers_.current()); });
  }

  void collect(sim::StopReason reason) {
    result_.complete = reason == sim::StopReason::Finished;
    result_.stopped_by = name_of(reason);
    if (reason == sim::StopReason::Deadlock || reason == sim::StopReason::MaxCycles)
      result_.waiters = soc_.clock().waiters();
    result_.cycles = soc_.cycles().count();
    result_.peak_rss_bytes = peak_rss_bytes();
    result_.layers = layers_.rows();
    result_.values_computed = arguments_.values;
    result_.noise = program_.noise;
    if (!checker_) return;
    result_.checked = true;
    result_.checked_commands = checker_->checked_commands();
    result_.mismatches = checker_->mismatches();
    result_.first_mismatch = checker_->first_mismatch();
  }

  void leave_files() {
    const std::string text = summary(config_, program_.workload, result_);
    out_.write("report.json", report_json(config_, program_.workload, result_));
    out_.write("layers.csv", layers_csv(result_.layers));
    out_.write("summary.txt", text);
    if (result_.complete && arguments_.values) write_outputs(program_.stream.outputs, soc_.memory().bytes(), out_);
    if (!arguments_.quiet) std::cout << text << std::flush;
  }

  int status(sim::StopReason reason) {
    if (reason == sim::StopReason::Interrupted) return interrupted;
    if (reason != sim::StopReason::Finished) return complain(reason), stuck;
    if (result_.mismatches != 0)
      std::cerr << "castor: check failed: " << result_.mismatches << " mismatches; first: " << result_.first_mismatch
                << '\n';
    return result_.mismatches == 0 ? success : check_failed;
  }

  void complain(sim::StopReason reason) {
    std::cerr << "castor: " << (reason == sim::StopReason::Deadlock ? "deadlock" : "--max-cycles reached")
              << " in cycle " << result_.cycles << "; waiting:\n";
    for (const std::string& line : result_.waiters) std::cerr << "  " << line << '\n';
    if (result_.waiters.empty()) std::cerr << "  nobody says what for\n";
  }

  const RunArguments& arguments_;
  const config::SocConfig& config_;
  const Program& program_;
  OutputDirectory out_;
  soc::Soc soc_;
  soc::LayerAccounting layers_;
  ProgressLine progress_;
  std::unique_ptr<soc::Checker> checker_;
  std::vector<OpenTrace> traces_;
  RunResult result_;
};

}  // namespace

int run(const RunArguments& arguments) {
  const config::SocConfig config = config::SocConfig::load(arguments.config.file, arguments.config.overrides);
  spdlog::debug("configuration {} read", arguments.config.file);
  const Program program = load_program(arguments, config);
  spdlog::info("{}: {} items, {} data images", program.workload.path, program.stream.items.size(),
               program.stream.data.size());
  return Run(arguments, config, program).execute();
}

}  // namespace castor::app
