// The command line: `castor SUBCOMMAND options...`. Everything a user can type is declared here and in
// command_line.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace castor::app {

/// -p and --config, common to all subcommands.
struct ConfigArguments {
  std::string file;
  std::vector<std::string> overrides;
};

enum class WorkloadKind { Model, Elf, Commands };
/// As its option is called, without the dashes.
const char* name_of(WorkloadKind kind);

struct WorkloadArgument {
  WorkloadKind kind = WorkloadKind::Model;
  std::string path;
  std::string input;  ///< of a model; empty: a seeded one
  std::string named;  ///< where it was stated: "--model", "soc.yaml:3: workload.model"
};

struct RunArguments {
  ConfigArguments config;
  std::vector<WorkloadArgument> workloads;  ///< by core, in the order of the command line
  std::string out = "out";
  bool values = true;
  bool check = false;
  std::vector<std::string> traces;
  std::optional<std::uint64_t> max_cycles;
  std::optional<std::uint64_t> sample;  ///< cycles of a window of samples.csv
  bool quiet = false;
  std::string log_level = "warn";
  bool reversed = false;  ///< step the blocks of one level in reversed order (a test of the model itself)
};

struct CompileArguments {
  ConfigArguments config;
  std::string model, input, dump, output;
};

struct HeaderArguments {
  ConfigArguments config;
  std::string output;
};

struct ListArguments {
  ConfigArguments config;
  bool params = false;
  bool stats = false;
  bool markdown = false;
};

struct ReplayArguments {
  ConfigArguments config;
  std::string trace, events;
  bool values = false;
};

/// Runs what the arguments ask for; returns the exit status. Never throws.
int main_of(int argc, const char* const* argv);

// One function a subcommand (files of the same names). A user's error is a UserError.
int run(const RunArguments& arguments);
int compile(const CompileArguments& arguments);
int header(const HeaderArguments& arguments);
int list(const ListArguments& arguments);
int replay(const ReplayArguments& arguments);

}  // namespace castor::app
