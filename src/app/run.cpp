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
#include "castor/functional/elf_image.h"
#include "castor/soc/checker.h"
#include "castor/soc/sampler.h"
#include "castor/soc/soc.h"
#include "castor/soc/trace.h"

namespace castor::app {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> interrupt_flag{false};
extern "C" void note_interrupt(int) { interrupt_flag = true; }

// A stream and where its files are, or a RISC-V program.
struct Program {
  Workload workload;
  std::optional<functional::ElfImage> elf;
  isa::Stream stream;
  std::string folder = ".";
  std::vector<compiler::LayerNoise> noise;
};

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

void need_file(const std::string& option, const std::string& path) {
  if (std::filesystem::is_directory(path))
    throw UserError(option + " " + path + ": is a directory; allowed: a file that can be read");
  if (!std::filesystem::is_regular_file(path))
    throw UserError(option + " " + path + ": there is no such file; allowed: a file that can be read");
}

Program load_program(const RunArguments& arguments, const config::SocConfig& config) {
  Program program;
  if (!arguments.elf.empty()) {
    need_file("--elf", arguments.elf);
    program.workload = {"elf", arguments.elf, sha256_of_file(arguments.elf)};
    program.elf = functional::ElfImage::read_file(arguments.elf);
  } else if (!arguments.model.empty()) {
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

// A shell sees eight bits of an exit code; what is not zero must not become zero.
int process_status(std::int64_t code) {
  const int low = static_cast<int>(code & 0xff);
  return low == 0 && code != 0 ? check_failed : low;
}

// One simulation: the machine, what watches it, and what it leaves behind.
class Run {
 public:
  Run(const RunArguments& arguments, const config::SocConfig& config, const Program& program)
      : arguments_(arguments),
        config_(config),
        program_(program),
        out_(arguments.out),
        soc_("soc", config, options(arguments, program)),
        layers_(soc_),
        progress_(program.stream, arguments.quiet) {
    if (!program.elf) load_stream();
    if (arguments.check) add_checker();
    for (const std::string& name : arguments.traces) add_trace(name);
    if (arguments.sample) add_sampler();
    limit();
  }

  int execute() {
    const auto start = Clock::now();
    const sim::StopReason reason = simulate();
    progress_.clear();
    result_.wall_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    layers_.close(soc_.cycles());
    for (auto& trace : traces_) trace.trace->finish(soc_.cycles());
    if (sampler_) finish_samples();
    collect(reason);
    leave_files();
    return status(reason);
  }

 private:
  struct OpenTrace {
    std::unique_ptr<std::ofstream> file;
    std::unique_ptr<soc::Trace> trace;
  };

  static soc::SocOptions options(const RunArguments& arguments, const Program& program) {
    soc::SocOptions options;
    options.driver = program.elf ? soc::Driver::Riscv : soc::Driver::CommandStream;
    options.values = arguments.values;
    options.order = arguments.reversed ? sim::StepOrder::Reversed : sim::StepOrder::Normal;
    options.program = program.elf ? &*program.elf : nullptr;
    options.console = &std::cout;
    return options;
  }
  host::CommandStreamHost& host() { return *soc_.tile().stream_host; }
  host::RiscvHost& hart() { return *soc_.tile().riscv_host; }

  void load_stream() {
    host().load(program_.stream);
    host().attach(layers_);
    functional::load_images(program_.stream, program_.folder, soc_.memory().bytes());
  }

  // A RISC-V program may do what the machine cannot; the report so far is written all the same.
  sim::StopReason simulate() {
    if (!program_.elf) return soc_.run();
    try {
      return soc_.run();
    } catch (const UserError& error) {
      fault_ = std::string(error.what()) + "; " + hart().place();
      return sim::StopReason::Failed;
    }
  }

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
    if (!program_.elf) host().attach(*open.trace);
    traces_.push_back(std::move(open));
  }

  void add_sampler() {
    samples_ = out_.open("samples.csv");
    sampler_ = std::make_unique<soc::Sampler>(soc_.clock(), *arguments_.sample, samples_);
  }

  void finish_samples() {
    sampler_->finish(soc_.cycles());
    if (!samples_) throw UserError(out_.path("samples.csv") + " cannot be written completely: is the disk full?");
  }

  void limit() {
    if (arguments_.max_cycles) soc_.clock().set_max_cycles(Cycle{*arguments_.max_cycles});
    soc_.clock().set_interrupt_flag(&interrupt_flag);
    std::signal(SIGINT, note_interrupt);
    constexpr std::uint64_t beat = 50000;
    if (progress_.shown() && !program_.elf)
      soc_.clock().add_heartbeat(
          beat, [this](Cycle now) { progress_.update(now, host().items_passed(), layers_.current()); });
  }

  void collect(sim::StopReason reason) {
    if (program_.elf && hart().ending() == host::RiscvHost::Ending::Lost) fault_ = loss();
    result_.complete = reason == sim::StopReason::Finished && fault_.empty();
    result_.stopped_by = fault_.empty() ? name_of(reason) : fault_;
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

  std::string loss() {
    return hart().last_exception() + ", cycle " + std::to_string(soc_.cycles().count()) +
           "; the program has no handler for it that could go on";
  }

  int program_status() {
    if (!fault_.empty()) {
      std::cerr << "castor: " << program_.workload.path << ": " << fault_ << '\n';
      return check_failed;
    }
    const std::int64_t code = hart().exit_code();
    if (code == 0) return success;
    const std::string exception = hart().last_exception();
    std::cerr << "castor: " << program_.workload.path << ": exit code " << code
              << (exception.empty() ? "" : "; last exception: " + exception) << '\n';
    return process_status(code);
  }

  int status(sim::StopReason reason) {
    if (reason == sim::StopReason::Interrupted) return interrupted;
    if (program_.elf && (!fault_.empty() || reason == sim::StopReason::Finished)) return program_status();
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
  std::ofstream samples_;
  std::unique_ptr<soc::Sampler> sampler_;
  std::string fault_;  // what a RISC-V program did that the machine cannot
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
