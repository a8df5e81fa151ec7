#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>

#include "castor/app/command_line.h"
#include "castor/app/core_run.h"
#include "castor/app/exit_status.h"
#include "castor/app/output_directory.h"
#include "castor/app/program.h"
#include "castor/app/progress.h"
#include "castor/app/report.h"
#include "castor/common/error.h"
#include "castor/soc/sampler.h"
#include "castor/soc/soc.h"

namespace castor::app {
namespace {

using Clock = std::chrono::steady_clock;
using Programs = std::vector<std::shared_ptr<const Program>>;

std::atomic<bool> interrupt_flag{false};
extern "C" void note_interrupt(int) { interrupt_flag = true; }

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

std::vector<const isa::Stream*> streams_of(const Programs& programs) {
  std::vector<const isa::Stream*> streams;
  for (const auto& program : programs) streams.push_back(&program->stream);
  return streams;
}

// One simulation: the machine, its cores' runs, and what they leave behind.
class Run {
 public:
  Run(const RunArguments& arguments, const config::SocConfig& config, const Programs& programs)
      : arguments_(arguments),
        config_(config),
        out_(arguments.out),
        soc_("soc", config, options(arguments, programs)),
        progress_(streams_of(programs), arguments.quiet) {
    for (std::size_t core = 0; core < programs.size(); ++core)
      cores_.push_back(std::make_unique<CoreRun>(arguments, soc_, core, *programs[core], out_,
                                                 programs.size() == 1 ? "" : "core" + std::to_string(core) + "_"));
    if (arguments.sample) add_sampler();
    limit();
  }

  int execute() {
    const auto start = Clock::now();
    const sim::StopReason reason = simulate();
    progress_.clear();
    result_.wall_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    for (const auto& core : cores_) core->finish();
    if (sampler_) finish_samples();
    collect(reason);
    leave_files();
    return status(reason);
  }

 private:
  static soc::SocOptions options(const RunArguments& arguments, const Programs& programs) {
    soc::SocOptions options;
    options.values = arguments.values;
    options.order = arguments.reversed ? sim::StepOrder::Reversed : sim::StepOrder::Normal;
    options.console = &std::cout;
    for (const auto& program : programs)
      options.work.push_back(program->elf ? soc::CoreWork{soc::Driver::Riscv, &*program->elf} : soc::CoreWork{});
    return options;
  }

  static bool runs_program(const std::unique_ptr<CoreRun>& core) { return core->program().elf.has_value(); }
  CoreRun* first_program() const {
    const auto found = std::find_if(cores_.begin(), cores_.end(), runs_program);
    return found == cores_.end() ? nullptr : found->get();
  }

  bool may_fail() const {
    const auto faulted = [](const auto& core) { return core->has_translation_fault(); };
    return first_program() != nullptr || std::any_of(cores_.begin(), cores_.end(), faulted);
  }

  // A program may do what the machine cannot; the report so far is written all the same.
  sim::StopReason simulate() {
    try {
      return soc_.run();
    } catch (const UserError& error) {
      if (!may_fail()) throw;
      fault_ = error.what();
      if (first_program() != nullptr) fault_ += "; " + first_program()->place();
      return sim::StopReason::Failed;
    }
  }

  void add_sampler() {
    samples_ = out_.open("samples.csv");
    sampler_ = std::make_unique<soc::Sampler>(soc_.clock(), *arguments_.sample, samples_);
  }

  void finish_samples() {
    sampler_->finish(soc_.cycles());
    out_.finish(samples_, "samples.csv");
  }

  void limit() {
    if (arguments_.max_cycles) soc_.clock().set_max_cycles(Cycle{*arguments_.max_cycles});
    soc_.clock().set_interrupt_flag(&interrupt_flag);
    std::signal(SIGINT, note_interrupt);
    constexpr std::uint64_t beat = 50000;
    if (progress_.shown() && first_program() == nullptr)
      soc_.clock().add_heartbeat(beat, [this](Cycle now) { show_progress(now); });
  }

  void show_progress(Cycle now) {
    std::vector<ProgressLine::Place> places;
    for (const auto& core : cores_) places.push_back({core->items_passed(), core->layer()});
    progress_.update(now, places);
  }

  void collect(sim::StopReason reason) {
    for (const auto& core : cores_)
      if (fault_.empty()) fault_ = core->loss();
    const std::string failure = fault_.empty() ? death() : fault_;
    result_.complete = reason == sim::StopReason::Finished && failure.empty();
    result_.stopped_by = failure.empty() ? name_of(reason) : failure;
    if (reason == sim::StopReason::Deadlock || reason == sim::StopReason::MaxCycles)
      result_.waiters = soc_.clock().waiters();
    result_.cycles = soc_.cycles().count();
    result_.peak_rss_bytes = peak_rss_bytes();
    result_.values_computed = arguments_.values;
    result_.checked = arguments_.check;
    for (const auto& core : cores_) result_.cores.push_back(core->result());
  }

  // Of the first program that has.
  std::string death() const {
    for (const auto& core : cores_)
      if (std::string death = core->death(); !death.empty()) return death;
    return {};
  }

  void leave_files() {
    const std::string text = summary(config_, result_);
    out_.write("report.json", report_json(config_, result_));
    out_.write("layers.csv", layers_csv(result_.cores));
    out_.write("summary.txt", text);
    for (const auto& core : cores_)
      if (result_.complete && arguments_.values) core->leave_outputs();
    if (!arguments_.quiet) std::cout << text << std::flush;
  }

  // Whose program is to be named.
  const CoreRun& culprit() const {
    const auto faulted = [](const auto& core) { return core->has_translation_fault(); };
    const auto found = std::find_if(cores_.begin(), cores_.end(), faulted);
    if (found != cores_.end()) return **found;
    return first_program() != nullptr ? *first_program() : *cores_[0];
  }

  int program_status() {
    if (!fault_.empty()) {
      std::cerr << "castor: " << culprit().program().workload.path << ": " << fault_ << '\n';
      return check_failed;
    }
    int status = success;
    for (const auto& core : cores_)
      if (runs_program(core) && status == success) status = core->exit_status();
    return status;
  }

  int status(sim::StopReason reason) {
    if (reason == sim::StopReason::Interrupted) return interrupted;
    const bool programs = first_program() != nullptr;
    if (!fault_.empty()) return program_status();
    if (programs && reason == sim::StopReason::Finished) {
      const int program = program_status();
      if (program != success) return program;
    }
    if (reason != sim::StopReason::Finished) return complain(reason), stuck;
    const std::uint64_t mismatches = result_.mismatches();
    if (mismatches != 0)
      std::cerr << "castor: check failed: " << mismatches << " mismatches; first: " << result_.first_mismatch() << '\n';
    if (mismatches != 0) return check_failed;
    return success;
  }

  void complain(sim::StopReason reason) {
    std::cerr << "castor: " << (reason == sim::StopReason::Deadlock ? "deadlock" : "--max-cycles reached")
              << " in cycle " << result_.cycles << "; waiting:\n";
    for (const std::string& line : result_.waiters) std::cerr << "  " << line << '\n';
    if (result_.waiters.empty()) std::cerr << "  nobody says what for\n";
  }

  const RunArguments& arguments_;
  const config::SocConfig& config_;
  OutputDirectory out_;
  soc::Soc soc_;
  ProgressLine progress_;
  std::vector<std::unique_ptr<CoreRun>> cores_;
  std::ofstream samples_;
  std::unique_ptr<soc::Sampler> sampler_;
  std::string fault_;  // what a program did that the machine cannot
  RunResult result_;
};

}  // namespace

int run(const RunArguments& arguments) {
  const config::SocConfig config = config::SocConfig::load(arguments.config.file, arguments.config.overrides);
  spdlog::debug("configuration {} read", arguments.config.file);
  const Programs programs = load_programs(arguments, config);
  for (const auto& program : programs) {
    if (program->elf && !arguments.values)
      throw UserError("castor run: a RISC-V program computes values; allowed with --values on only");
    spdlog::info("{}: {} items, {} data images", program->workload.path, program->stream.items.size(),
                 program->stream.data.size());
  }
  return Run(arguments, config, programs).execute();
}

}  // namespace castor::app
