#include "castor/app/report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

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

Json config_json(const config::SocConfig& config) {
  Json json = Json::object();
  config.for_each([&](const config::ParamBase& param) { put(json, param); });
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
               {"checked_commands", result.checked_commands},
               {"mismatches", result.mismatches}};
  if (!result.first_mismatch.empty()) json["first_mismatch"] = result.first_mismatch;
  return json;
}

Json noise_json(const std::vector<compiler::LayerNoise>& noise) {
  Json json = Json::array();
  for (const compiler::LayerNoise& layer : noise)
    json.push_back({{"layer", layer.layer}, {"op", layer.op}, {"sqnr_db", layer.sqnr_db}});
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
  std::uint64_t macs = 0;
  for (const soc::LayerRow& row : result.layers) macs += row.layer.macs;
  const double peak = static_cast<double>(result.cycles * config.gemmini.peak_macs_per_cycle());
  append(text, "cycles        %llu\n", static_cast<unsigned long long>(result.cycles));
  append(text, "time          %.6g ms at %.6g GHz (%.4g inferences/s)\n", 1e3 * seconds(config, result.cycles),
         double{config.soc.clock_ghz}, result.cycles == 0 ? 0 : 1 / seconds(config, result.cycles));
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
           static_cast<unsigned long long>(result.checked_commands),
           static_cast<unsigned long long>(result.mismatches));
  if (!result.first_mismatch.empty()) text += "first         " + result.first_mismatch + '\n';
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

}  // namespace

std::string report_json(const config::SocConfig& config, const Workload& workload, const RunResult& result) {
  const double time = seconds(config, result.cycles);
  Json json = {{"castor", version}, {"complete", result.complete}};
  if (!result.complete) json["stopped_by"] = result.stopped_by;
  if (!result.waiters.empty()) json["waiting"] = result.waiters;
  json["config"] = config_json(config);
  json["workload"] = {{"kind", workload.kind}, {"path", workload.path}, {"sha256", workload.sha256}};
  json["cycles"] = result.cycles;
  json["clock_ghz"] = double{config.soc.clock_ghz};
  json["seconds"] = time;
  json["inferences_per_second"] = result.complete && time > 0 ? 1 / time : 0;
  json["wall_seconds"] = result.wall_seconds;
  json["simulated_mhz"] = result.simulated_mhz();
  json["peak_rss_bytes"] = result.peak_rss_bytes;
  json["layers"] = layers_json(result.layers);
  json["stats"] = stats_json();
  json["values"] = values_json(result);
  if (!result.noise.empty()) json["quantisation"] = noise_json(result.noise);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string layers_csv(const std::vector<soc::LayerRow>& layers) {
  std::string text =
      "name,op,on,start_cycle,cycles,macs,utilization,dram_read_bytes,dram_write_bytes,l2_miss_rate,tlb_miss_rate,"
      "host_cycles\n";
  for (const soc::LayerRow& row : layers) {
    text += field(row.layer.name) + ',' + field(row.layer.op);
    append(text, ",%s,%llu,%llu,%llu,%.6g,%llu,%llu,%.6g,%.6g,%llu\n", name_of(row.layer.on),
           static_cast<unsigned long long>(row.start.count()), static_cast<unsigned long long>(row.cycles),
           static_cast<unsigned long long>(row.layer.macs), row.utilization,
           static_cast<unsigned long long>(row.dram_read_bytes), static_cast<unsigned long long>(row.dram_write_bytes),
           row.l2_miss_rate, row.tlb_miss_rate, static_cast<unsigned long long>(row.host_cycles));
  }
  return text;
}

std::string summary(const config::SocConfig& config, const Workload& workload, const RunResult& result) {
  std::string text = "castor " + std::string(version) + ": " + workload.path + "\n\n";
  append_layers(text, result.layers);
  append_totals(text, config, result);
  append_values(text, result);
  append_noise(text, result.noise);
  return text;
}

}  // namespace castor::app
