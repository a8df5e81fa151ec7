// One core's share of a simulation: its program, what watches it, and what it leaves behind.
#pragma once

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "castor/app/output_directory.h"
#include "castor/app/program.h"
#include "castor/app/report.h"
#include "castor/soc/checker.h"
#include "castor/soc/layer_accounting.h"
#include "castor/soc/soc.h"
#include "castor/soc/trace.h"

namespace castor::app {

class CoreRun {
 public:
  /// Loads the program's data; saves inputs that were made; attaches the checker and the traces that are asked for.
  /// `name` begins the names of the core's files: "" or "core1_". All must outlive the run.
  CoreRun(const RunArguments& arguments, soc::Soc& soc, std::size_t core, const Program& program,
          const OutputDirectory& out, std::string name);

  /// After the simulation.
  void finish();
  CoreResult result() const;
  void leave_outputs() const;

  const Program& program() const { return program_; }
  /// For the progress line.
  std::size_t items_passed() const { return program_.elf ? 0 : host().items_passed(); }
  const std::string& layer() const { return layers_.current(); }
  /// Why a RISC-V program that could not go on could not; empty otherwise.
  std::string loss() const;
  /// The exception in whose handler such a program ended with an exit code other than 0; empty otherwise.
  std::string death() const;
  /// Whether the accelerator met an address that does not translate.
  bool has_translation_fault() const { return soc_.tile(core_).accelerator->interrupt(); }
  std::string place() const { return hart().place(); }
  /// Of a RISC-V program: its own exit status, and a line on stderr if it is not 0.
  int exit_status() const;

 private:
  struct OpenTrace {
    std::string name;
    std::unique_ptr<std::ofstream> file;
    std::unique_ptr<soc::Trace> trace;
  };

  host::CommandStreamHost& host() const { return *soc_.tile(core_).stream_host; }
  host::RiscvHost& hart() const { return *soc_.tile(core_).riscv_host; }
  functional::Memory& memory() const { return soc_.tile(core_).memory(soc_.memory().bytes()); }
  void load_stream();
  void add_checker();
  void add_trace(const std::string& name, double clock_ghz);

  soc::Soc& soc_;
  std::size_t core_;
  const Program& program_;
  const OutputDirectory& out_;
  std::string name_;
  soc::LayerAccounting layers_;
  std::unique_ptr<soc::Checker> checker_;
  std::vector<OpenTrace> traces_;
};

}  // namespace castor::app
