#include "castor/app/report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

#include "castor/app/version.h"
#include "castor/soc/statistics.h"

namespace castor::app {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(isa::Placement on) { return on == isa::Placement::Accelerator ? "accelerator" : "host"; }

double seconds(const config::SocConfig& config, std::uint64_t cycles) {
  return static_cast<double>(cycles) / (config.soc.clock_ghz * 1e9);
}

// "gemmini.mvin_scale.units" nests as the groups do.
void put(Json& root, const config::ParamBase& param) {
  Json* place = &root;
  const std::string path = param.path();
  std::size_t begin = 0;
  for (std::size_t dot; (dot = path.find('.', begin)) != std::string::npos; begin = dot + 1)
    place = &(*place)[path.substr(begin, dot - begin)];
  std::visit([&](const auto& value) { (*place)[path.substr(begin)] = value; }, param.plain());
}

Json parameters_json(const config::Group& group) {
  Json json = Json::object();
  group.for_each([&](const config::ParamBase& param) { put(json, param); });
  return json;
}

// What a core has of its own stands in its entry of soc.cores.
Json config_json(const config::SocConfig& config) {
  Json json = parameters_json(config);
  for (std::size_t core = 0; core < config.cores() && config.cores() > 1; ++core) {
    Json own = Json::object();
    for (const config::Group* group : config.core(core).own_groups()) own.update(parameters_json(*group));
    json["soc"]["cores"].push_back(own);
  }
  return json;
}

Json layer_json(const soc::LayerRow& row) {
  return {{"name", row.layer.name},
          {"op", row.layer.op},
          {"on", name_of(row.layer.on)},
          {"start_cycle", row.start.count()},
          {"cycles", row.cycles},
          {"macs", row.layer.macs},
          {"utilization", row.utilization},
          {"dram_read_bytes", row.dram_read_bytes},
          {"dram_write_bytes", row.dram_write_bytes},
          {"l2_miss_rate", row.l2_miss_rate},
          {"tlb_miss_rate", row.tlb_miss_rate},
          {"host_cycles", row.host_cycles}};
}

Json layers_json(const std::vector<soc::LayerRow>& layers) {
  Json json = Json::array();
  for (const soc::LayerRow& row : layers) json.push_back(layer_json(row));
  return json;
}

Json stats_json() {
  Json json = Json::object();
  soc::for_each_module([&](const sim::Module& module, const sim::StatGroup& group) {
    Json& statistics = json[module.name()];
    for (const sim::Statistic* statistic : group.members())
      statistics[statistic->name()] = {{"value", statistic->value()}, {"unit", statistic->unit()}};
  });
  return json;
}

Json values_json(const RunResult& result) {
  Json json = {{"computed", result.values_computed},
               {"checked_commands", result.checked_commands()},
               {"mismatches", result.mismatches()}};
  if (!result.first_mismatch().empty()) json["first_mismatch"] = result.first_mismatch();
  return json;
}

Json noise_json(const std::vector<compiler::LayerNoise>& noise) {
  Json json = Json::array();
  for (const compiler::LayerNoise& layer : noise)
    json.push_back({{"layer", layer.layer}, {"op", layer.op}, {"sqnr_db", layer.sqnr_db}});
  return json;
}

Json workload_json(const Workload& workload) {
  return {{"kind", workload.kind}, {"path", workload.path}, {"sha256", workload.sha256}};
}

Json cores_json(const std::vector<CoreResult>& cores) {
  Json json = Json::array();
  for (const CoreResult& core : cores) {
    json.push_back({{"workload", workload_json(core.workload)},
                    {"cycles", core.cycles},
                    {"layers", layers_json(core.layers)},
                    {"checked_commands", core.checked_commands},
                    {"mismatches", core.mismatches}});
    if (!core.noise.empty()) json.back()["quantisation"] = noise_json(core.noise);
  }
  return json;
}

// printf into a string.
__attribute__((format(printf, 2, 3))) void append(std::string& text, const char* format, ...) {
  std::array<char, 512> line{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line.data(), line.size(), format, arguments);
  va_end(arguments);
  text += line.data();
}

void append_layers(std::string& text, const std::vector<soc::LayerRow>& layers) {
  if (layers.empty()) return;
  append(text, "%-32s %-14s %-5s %12s %14s %6s %9s %9s %6s %12s\n", "layer", "op", "on", "cycles", "MACs", "util%",
         "DRAM rd", "DRAM wr", "L2mis%", "host cycles");
  for (const soc::LayerRow& row : layers)
    append(text, "%-32.32s %-14.14s %-5.5s %12llu %14llu %6.1f %8.1fK %8.1fK %6.1f %12llu\n", row.layer.name.c_str(),
           row.layer.op.c_str(), row.layer.on == isa::Placement::Accelerator ? "accel" : "host",
           static_cast<unsigned long long>(row.cycles), static_cast<unsigned long long>(row.layer.macs),
           100 * row.utilization, static_cast<double>(row.dram_read_bytes) / 1024,
           static_cast<double>(row.dram_write_bytes) / 1024, 100 * row.l2_miss_rate,
           static_cast<unsigned long long>(row.host_cycles));
  text += '\n';
}

void append_totals(std::string& text, const config::SocConfig& config, const RunResult& result) {
  std::uint64_t macs = 0, peak_macs = 0;
  for (const CoreResult& core : result.cores)
    for (const soc::LayerRow& row : core.layers) macs += row.layer.macs;
  for (std::size_t core = 0; core < config.cores(); ++core)
    peak_macs += config.core(core).gemmini.peak_macs_per_cycle();
  const double peak = static_cast<double>(result.cycles * peak_macs);
  append(text, "cycles        %llu\n", static_cast<unsigned long long>(result.cycles));
  append(text, "time          %.6g ms at %.6g GHz (%.4g inferences/s)\n", 1e3 * seconds(config, result.cycles),
         double{config.soc.clock_ghz},
         result.cycles == 0 ? 0 : static_cast<double>(result.cores.size()) / seconds(config, result.cycles));
  if (macs != 0)
    append(text, "MACs          %llu (%.1f %% of the array's peak)\n", static_cast<unsigned long long>(macs),
           100 * static_cast<double>(macs) / peak);
  append(text, "simulated     in %.2f s, %.3f MHz, %.0f MiB\n", result.wall_seconds, result.simulated_mhz(),
         static_cast<double>(result.peak_rss_bytes) / (1 << 20));
}

void append_values(std::string& text, const RunResult& result) {
  append(text, "values        %s\n", result.values_computed ? "computed" : "off");
  if (result.checked)
    append(text, "check         %llu commands compared with the oracle, %llu mismatches\n",
           static_cast<unsigned long long>(result.checked_commands()),
           static_cast<unsigned long long>(result.mismatches()));
  if (!result.first_mismatch().empty()) text += "first         " + result.first_mismatch() + '\n';
  if (!result.complete) text += "NOT COMPLETE  stopped by " + result.stopped_by + '\n';
}

// Of the values that decide the answer: those before a softmax.
const compiler::LayerNoise& answer_of(const std::vector<compiler::LayerNoise>& noise) {
  const auto decides = [](const auto& layer) { return layer.op != "Softmax"; };
  const auto last = std::find_if(noise.rbegin(), noise.rend(), decides);
  return last == noise.rend() ? noise.back() : *last;
}

void append_noise(std::string& text, const std::vector<compiler::LayerNoise>& noise) {
  if (noise.empty()) return;
  const auto quieter = [](const auto& a, const auto& b) { return a.sqnr_db < b.sqnr_db; };
  const auto worst = std::min_element(noise.begin(), noise.end(), quieter);
  append(text, "quantisation  %.1f dB SQNR of the answer, worst %.1f dB in %.200s\n", answer_of(noise).sqnr_db,
         worst->sqnr_db, worst->layer.c_str());
}

// As a field of a CSV file.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result.append(c == '"' ? 2 : 1, c);
  return result + '"';
}

void append_rows(std::string& text, const std::vector<soc::LayerRow>& layers, const std::string& core) {
  for (const soc::LayerRow& row : layers) {
    text += core + field(row.layer.name) + ',' + field(row.layer.op);
    append(text, ",%s,%llu,%llu,%llu,%.6g,%llu,%llu,%.6g,%.6g,%llu\n", name_of(row.layer.on),
           static_cast<unsigned long long>(row.start.count()), static_cast<unsigned long long>(row.cycles),
           static_cast<unsigned long long>(row.layer.macs), row.utilization,
           static_cast<unsigned long long>(row.dram_read_bytes), static_cast<unsigned long long>(row.dram_write_bytes),
           row.l2_miss_rate, row.tlb_miss_rate, static_cast<unsigned long long>(row.host_cycles));
  }
}

void append_core(std::string& text, std::size_t core, const CoreResult& result) {
  append(text, "core %zu: %.400s, %llu cycles\n\n", core, result.workload.path.c_str(),
         static_cast<unsigned long long>(result.cycles));
}

}  // namespace

std::uint64_t RunResult::checked_commands() const {
  return std::accumulate(cores.begin(), cores.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const CoreResult& core) { return sum + core.checked_commands; });
}

std::uint64_t RunResult::mismatches() const {
  return std::accumulate(cores.begin(), cores.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const CoreResult& core) { return sum + core.mismatches; });
}

std::string RunResult::first_mismatch() const {
  for (const CoreResult& core : cores)
    if (!core.first_mismatch.empty()) return core.first_mismatch;
  return {};
}

std::string report_json(const config::SocConfig& config, const RunResult& result) {
  const double time = seconds(config, result.cycles);
  const CoreResult& only = result.cores.at(0);
  const bool one = result.cores.size() == 1;
  Json json = {{"castor", version}, {"complete", result.complete}};
  if (!result.complete) json["stopped_by"] = result.stopped_by;
  if (!result.waiters.empty()) json["waiting"] = result.waiters;
  json["config"] = config_json(config);
  if (one) json["workload"] = workload_json(only.workload);
  json["cycles"] = result.cycles;
  json["clock_ghz"] = double{config.soc.clock_ghz};
  json["seconds"] = time;
  json["inferences_per_second"] = result.complete && time > 0 ? static_cast<double>(result.cores.size()) / time : 0;
  json["wall_seconds"] = result.wall_seconds;
  json["simulated_mhz"] = result.simulated_mhz();
  json["peak_rss_bytes"] = result.peak_rss_bytes;
  if (one)
    json["layers"] = layers_json(only.layers);
  else
    json["cores"] = cores_json(result.cores);
  json["stats"] = stats_json();
  json["values"] = values_json(result);
  if (one && !only.noise.empty()) json["quantisation"] = noise_json(only.noise);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string layers_csv(const std::vector<CoreResult>& cores) {
  std::string text = cores.size() == 1 ? "" : "core,";
  text +=
      "name,op,on,start_cycle,cycles,macs,utilization,dram_read_bytes,dram_write_bytes,l2_miss_rate,tlb_miss_rate,"
      "host_cycles\n";
  for (std::size_t core = 0; core < cores.size(); ++core)
    append_rows(text, cores[core].layers, cores.size() == 1 ? "" : std::to_string(core) + ",");
  return text;
}

std::string summary(const config::SocConfig& config, const RunResult& result) {
  std::string text = "castor " + std::string(version) + ": " + result.cores.at(0).workload.path + "\n\n";
  for (std::size_t core = 0; core < result.cores.size(); ++core) {
    if (result.cores.size() != 1) append_core(text, core, result.cores[core]);
    append_layers(text, result.cores[core].layers);
  }
  append_totals(text, config, result);
  append_values(text, result);
  for (const CoreResult& core : result.cores) append_noise(text, core.noise);
  return text;
}

}  // namespace castor::app
