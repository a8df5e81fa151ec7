// What a run reports: report.json, layers.csv, summary.txt. The fields are a contract with users' scripts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "castor/compiler/quantise.h"
#include "castor/config/soc_config.h"
#include "castor/soc/layer_accounting.h"

namespace castor::app {

struct Workload {
  std::string kind;  ///< onnx, elf or commands
  std::string path;
  std::string sha256;
};

struct RunResult {
  bool complete = false;
  std::string stopped_by;  ///< why it is not complete: deadlock, max_cycles, interrupt; empty if it is
  std::vector<std::string> waiters;
  std::uint64_t cycles = 0;
  double wall_seconds = 0;
  std::uint64_t peak_rss_bytes = 0;
  std::vector<soc::LayerRow> layers;
  bool values_computed = false;
  bool checked = false;
  std::uint64_t checked_commands = 0;
  std::uint64_t mismatches = 0;
  std::string first_mismatch;
  std::vector<compiler::LayerNoise> noise;  ///< when the front end had to choose scales

  double simulated_mhz() const { return wall_seconds <= 0 ? 0 : static_cast<double>(cycles) / wall_seconds / 1e6; }
};

/// report.json; the statistics are read from the SystemC object tree.
std::string report_json(const config::SocConfig& config, const Workload& workload, const RunResult& result);
/// layers.csv: the same rows as "layers".
std::string layers_csv(const std::vector<soc::LayerRow>& layers);
/// What the terminal shows.
std::string summary(const config::SocConfig& config, const Workload& workload, const RunResult& result);

}  // namespace castor::app
