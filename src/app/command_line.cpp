#include "castor/app/command_line.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <iostream>

#include "castor/app/exit_status.h"
#include "castor/app/version.h"
#include "castor/common/error.h"
#include "castor/soc/trace.h"

namespace castor::app {
namespace {

namespace po = boost::program_options;

// The arguments of one subcommand: declared options, then checked.
class Parser {
 public:
  Parser(std::string name, const std::string& purpose)
      : name_(std::move(name)), options_("castor " + name_ + ": " + purpose, 100) {}

  po::options_description_easy_init add() { return options_.add_options(); }

  void add_config(ConfigArguments& config, bool required) {
    auto file = po::value(&config.file)->value_name("SOC.yaml");
    if (required) file->required();
    add()("config", file, "description of the SoC");
    add()("param,p", po::value(&config.overrides)->value_name("KEY=VALUE")->composing(),
          "set one parameter, after the file; may be repeated");
  }

  /// False: --help was asked for and given.
  bool parse(const std::vector<std::string>& words) {
    add()("help,h", "this text");
    try {
      po::variables_map values;
      constexpr int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
      const auto parsed = po::command_line_parser(words).options(options_).positional({}).style(style).run();
      for (const auto& option : parsed.options)
        if (!option.value.empty()) in_order_.emplace_back(option.string_key, option.value[0]);
      po::store(parsed, values);
      if (values.count("help") != 0) {
        std::cout << options_;
        return false;
      }
      po::notify(values);
    } catch (const po::error& error) {
      throw UserError("castor " + name_ + ": " + error.what() + "; see castor " + name_ + " --help");
    }
    return true;
  }

  /// The options that have a value, as typed.
  const std::vector<std::pair<std::string, std::string>>& in_order() const { return in_order_; }

  [[noreturn]] void fail(const std::string& what) const {
    throw UserError("castor " + name_ + ": " + what + "; see castor " + name_ + " --help");
  }

 private:
  std::string name_;
  po::options_description options_;
  std::vector<std::pair<std::string, std::string>> in_order_;
};

bool on_or_off(const Parser& parser, const std::string& option, const std::string& text) {
  if (text != "on" && text != "off") parser.fail("--" + option + " is '" + text + "'; allowed: on, off");
  return text == "on";
}

void check_traces(const Parser& parser, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (soc::find_trace(name) != nullptr) continue;
    std::string allowed;
    for (const soc::TraceType& type : soc::trace_types())
      allowed += (allowed.empty() ? "" : ", ") + std::string(type.name);
    parser.fail("--trace is '" + name + "'; allowed: " + allowed);
  }
}

void set_log_level(const Parser& parser, const std::string& name) {
  const auto level = spdlog::level::from_str(name);
  if (level == spdlog::level::off && name != "off")
    parser.fail("--log-level is '" + name + "'; allowed: trace, debug, info, warn, error, critical, off");
  spdlog::set_default_logger(spdlog::stderr_color_mt("castor"));
  spdlog::set_pattern("castor %l: %v");
  spdlog::set_level(level);
}

std::optional<WorkloadKind> kind_of(const std::string& option) {
  for (const WorkloadKind kind : {WorkloadKind::Model, WorkloadKind::Elf, WorkloadKind::Commands})
    if (option == name_of(kind)) return kind;
  return std::nullopt;
}

/// The n-th workload is the n-th core's, the n-th input the n-th model's.
std::vector<WorkloadArgument> workloads_of(const Parser& parser) {
  std::vector<WorkloadArgument> workloads;
  for (const auto& [option, value] : parser.in_order())
    if (const auto kind = kind_of(option)) workloads.push_back({*kind, value, {}, "--" + option});
  const auto takes_input = [](const WorkloadArgument& w) { return w.kind == WorkloadKind::Model && w.input.empty(); };
  for (const auto& [option, value] : parser.in_order()) {
    if (option != "input") continue;
    const auto model = std::find_if(workloads.begin(), workloads.end(), takes_input);
    if (model == workloads.end()) parser.fail("--input goes with --model only, one with each");
    model->input = value;
  }
  return workloads;
}

void check_workloads(const Parser& parser, const RunArguments& arguments) {
  for (const WorkloadArgument& workload : arguments.workloads) {
    if (workload.kind == WorkloadKind::Elf && !arguments.values)
      parser.fail("--elf computes values; allowed with --values on only");
  }
  if (arguments.check && !arguments.values) parser.fail("--check compares values; allowed with --values on only");
}

/// A whole number of cycles; boost would take a negative one for a large one.
std::uint64_t cycles_from(const Parser& parser, const std::string& option, const std::string& text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || text.size() > 18) parser.fail(option + " is '" + text + "'; allowed: a whole number of cycles");
  return std::stoull(text);
}

std::uint64_t window_from(const Parser& parser, const std::string& text) {
  const std::uint64_t cycles = cycles_from(parser, "--sample", text);
  if (cycles == 0) parser.fail("--sample is '" + text + "'; allowed: at least 1 cycle");
  return cycles;
}

int parse_run(const std::vector<std::string>& words) {
  RunArguments arguments;
  std::string values = "on";
  Parser parser("run", "simulate a model, a program or a command stream");
  parser.add_config(arguments.config, true);
  using Words = std::vector<std::string>;
  parser.add()("model", po::value<Words>()->value_name("M.onnx")->composing(),
               "an ONNX model; workloads may be repeated, one for each core in order, or one for all")(
      "input", po::value<Words>()->value_name("X.npy")->composing(),
      "its input; otherwise a seeded one, saved beside the outputs")(
      "elf", po::value<Words>()->value_name("PROGRAM")->composing(), "a bare-metal RISC-V program")(
      "commands", po::value<Words>()->value_name("STREAM")->composing(), "a command stream")(
      "out", po::value(&arguments.out)->value_name("DIR"), "where report, outputs and traces go (default: out)")(
      "values", po::value(&values)->value_name("on|off"), "off: timing only, the same cycles (default: on)")(
      "check", po::bool_switch(&arguments.check), "compare what every command wrote with the oracle")(
      "trace", po::value(&arguments.traces)->value_name("KIND")->composing(),
      "commands, marks, perfetto or vcd; may be repeated")(
      "max-cycles", po::value<std::string>()->value_name("N")->notifier([&](const std::string& text) {
        arguments.max_cycles = cycles_from(parser, "--max-cycles", text);
      }),
      "stop after N cycles, with exit status 3")(
      "sample", po::value<std::string>()->value_name("N")->notifier([&](const std::string& text) {
        arguments.sample = window_from(parser, text);
      }),
      "write what every statistic grew by in each window of N cycles into samples.csv")(
      "quiet", po::bool_switch(&arguments.quiet), "no table, no progress")(
      "log-level", po::value(&arguments.log_level)->value_name("L"),
      "trace, debug, info, warn, error, critical or off (default: warn)")(
      "reversed", po::bool_switch(&arguments.reversed),
      "step blocks in reversed order: a test of the model, the result is the same");
  if (!parser.parse(words)) return success;
  arguments.values = on_or_off(parser, "values", values);
  check_traces(parser, arguments.traces);
  arguments.workloads = workloads_of(parser);
  check_workloads(parser, arguments);
  set_log_level(parser, arguments.log_level);
  return run(arguments);
}

int parse_compile(const std::vector<std::string>& words) {
  CompileArguments arguments;
  Parser parser("compile", "turn an ONNX model into a command stream");
  parser.add_config(arguments.config, true);
  parser.add()("model", po::value(&arguments.model)->value_name("M.onnx")->required(), "an ONNX model")(
      "input", po::value(&arguments.input)->value_name("X.npy"), "its input; a seeded one otherwise")(
      "dump", po::value(&arguments.dump)->value_name("STAGE"), "print a stage: graph, placement, tiling or commands")(
      "output,o", po::value(&arguments.output)->value_name("STREAM"), "write the command stream");
  if (!parser.parse(words)) return success;
  return compile(arguments);
}

int parse_header(const std::vector<std::string>& words) {
  HeaderArguments arguments;
  Parser parser("header", "write gemmini_params.h for the C library");
  parser.add_config(arguments.config, true);
  parser.add()("output,o", po::value(&arguments.output)->value_name("FILE"), "file to write (default: stdout)");
  if (!parser.parse(words)) return success;
  return header(arguments);
}

int parse_config(const std::vector<std::string>& words) {
  ListArguments arguments;
  std::string format = "text";
  Parser parser("config", "show every parameter: value, unit, and where the value came from");
  parser.add_config(arguments.config, false);
  parser.add()("list-params", po::bool_switch(&arguments.params), "document the parameters instead")(
      "list-stats", po::bool_switch(&arguments.stats), "document the statistics instead")(
      "format", po::value(&format)->value_name("FORMAT"), "of the lists: text or markdown (default: text)");
  if (!parser.parse(words)) return success;
  if (format != "text" && format != "markdown") parser.fail("--format is '" + format + "'; allowed: text, markdown");
  if (arguments.params && arguments.stats) parser.fail("--list-params and --list-stats exclude each other");
  arguments.markdown = format == "markdown";
  return list(arguments);
}

int parse_replay(const std::vector<std::string>& words) {
  ReplayArguments arguments;
  std::string values = "off";
  Parser parser("replay", "repeat a measured trace at the accelerator's port; print segment,commands,span");
  parser.add_config(arguments.config, true);
  parser.add()("trace", po::value(&arguments.trace)->value_name("FILE")->required(),
               "the trace, plain or gzip; - is stdin")("events", po::value(&arguments.events)->value_name("OUT"),
                                                       "write Castor's own events in the trace's format")(
      "values", po::value(&values)->value_name("on|off"), "on: compute values too, the same cycles (default: off)");
  if (!parser.parse(words)) return success;
  arguments.values = on_or_off(parser, "values", values);
  return replay(arguments);
}

struct Subcommand {
  const char* name;
  const char* purpose;
  int (*parse)(const std::vector<std::string>& words);
};

constexpr Subcommand subcommands[] = {
    {"run", "simulate a model, a program or a command stream", parse_run},
    {"compile", "turn an ONNX model into a command stream", parse_compile},
    {"header", "write gemmini_params.h for the C library", parse_header},
    {"config", "show and document parameters and statistics", parse_config},
    {"replay", "repeat a measured trace", parse_replay},
};

void print_help(std::ostream& out) {
  out << "castor " << version << ": a cycle-accurate simulator of the Gemmini accelerator and its SoC\n\n"
      << "usage: castor SUBCOMMAND options...\n\n";
  for (const Subcommand& subcommand : subcommands)
    out << "  " << subcommand.name << std::string(10 - std::string(subcommand.name).size(), ' ') << subcommand.purpose
        << '\n';
  out << "\n  castor SUBCOMMAND --help   its options\n  castor --version\n";
}

int dispatch(const std::vector<std::string>& words) {
  if (words.empty()) throw UserError("castor: a subcommand is needed; allowed: run, compile, header, config, replay");
  if (words[0] == "--help" || words[0] == "-h") return print_help(std::cout), success;
  if (words[0] == "--version") return std::cout << "castor " << version << '\n', success;
  for (const Subcommand& subcommand : subcommands)
    if (words[0] == subcommand.name) return subcommand.parse({words.begin() + 1, words.end()});
  throw UserError("castor: unknown subcommand '" + words[0] + "'; allowed: run, compile, header, config, replay");
}

}  // namespace

const char* name_of(WorkloadKind kind) {
  constexpr const char* names[] = {"model", "elf", "commands"};
  return names[static_cast<int>(kind)];
}

int main_of(int argc, const char* const* argv) {
  setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
  try {
    const int status = dispatch({argv + 1, argv + argc});
    if (!std::cout.flush()) throw UserError("standard output cannot be written");
    return status;
  } catch (const UserError& error) {
    std::cerr << error.what() << '\n';
    return usage_error;
  } catch (const std::exception& error) {
    std::cerr << "castor: internal error: " << error.what() << '\n';
    return internal_error;
  }
}

}  // namespace castor::app
