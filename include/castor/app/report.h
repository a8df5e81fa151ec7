// What a run reports: report.json, layers.csv, summary.txt. The fields are a contract with users' scripts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "castor/app/program.h"
#include "castor/config/soc_config.h"
#include "castor/soc/layer_accounting.h"

namespace castor::app {

struct CoreResult {
  Workload workload;
  std::uint64_t cycles = 0;  ///< when its host ended
  std::vector<soc::LayerRow> layers;
  std::uint64_t checked_commands = 0;
  std::uint64_t mismatches = 0;
  std::string first_mismatch;
  std::vector<compiler::LayerNoise> noise;  ///< when the front end had to choose scales
};

struct RunResult {
  bool complete = false;
  std::string stopped_by;  ///< why it is not complete: deadlock, max_cycles, interrupt; empty if it is
  std::vector<std::string> waiters;
  std::uint64_t cycles = 0;
  double wall_seconds = 0;
  std::uint64_t peak_rss_bytes = 0;
  bool values_computed = false;
  bool checked = false;
  std::vector<CoreResult> cores;

  std::uint64_t checked_commands() const;
  std::uint64_t mismatches() const;
  std::string first_mismatch() const;  ///< of the first core that has one
  double simulated_mhz() const { return wall_seconds <= 0 ? 0 : static_cast<double>(cycles) / wall_seconds / 1e6; }
};

/// report.json; the statistics are read from the SystemC object tree.
std::string report_json(const config::SocConfig& config, const RunResult& result);
/// layers.csv: the same rows as "layers"; with several cores `core` is the first column.
std::string layers_csv(const std::vector<CoreResult>& cores);
/// What the terminal shows.
std::string summary(const config::SocConfig& config, const RunResult& result);

}  // namespace castor::app
