#include "rtl_trace.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace castor::gemmini::test {

namespace {

std::string unpacked(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot read " + path);
  std::string text;
  char buffer[1 << 16];
  for (int count; (count = gzread(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  gzclose(file);
  return text;
}

RtlEvent::Kind kind_of(const std::string& name) {
  using Kind = RtlEvent::Kind;
  if (name == "cmd") return Kind::Command;
  if (name == "alloc") return Kind::Allocate;
  if (name == "ld") return Kind::IssueLoad;
  if (name == "ex") return Kind::IssueExecute;
  if (name == "st") return Kind::IssueStore;
  return name == "done" ? Kind::Done : Kind::Other;
}

}  // namespace

std::vector<RtlEvent> read_rtl_trace(const std::string& path) {
  std::istringstream text(unpacked(path));
  std::vector<RtlEvent> events;
  Cycle segment_start{0}, last{0};
  unsigned segment = 0, line_number = 0;
  for (std::string line; std::getline(text, line);) {
    ++line_number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    if (line.rfind("segment", 0) == 0) {
      std::string word, gap;
      words >> word >> segment >> gap;
      segment_start = last + std::stoull(gap.substr(gap.find('=') + 1));
      continue;
    }
    RtlEvent event;
    std::uint64_t cycle = 0;
    std::string name;
    words >> std::dec >> cycle >> name >> std::hex;
    for (std::uint64_t& field : event.fields) words >> field;
    event.cycle = segment_start + cycle;
    event.kind = kind_of(name);
    event.segment = segment;
    event.line = line_number;
    last = event.cycle;
    if (event.kind != RtlEvent::Kind::Other) events.push_back(event);
  }
  return events;
}

std::string rtl_directory(const std::string& machine) {
  namespace fs = std::filesystem;
  std::vector<fs::path> places;
  if (const char* from_environment = std::getenv("CASTOR_RTL_DIR"); from_environment != nullptr)
    places.push_back(fs::path(from_environment) / machine);
  places.push_back(fs::path(CASTOR_SOURCE_DIR) / "tests" / machine);
  places.push_back(fs::path(CASTOR_SOURCE_DIR) / ".." / "shared" / machine);
  for (const fs::path& place : places)
    if (fs::is_directory(place / "traces")) return place.string();
  return {};
}

std::vector<std::string> rtl_traces(const std::string& machine) {
  const std::string directory = rtl_directory(machine);
  std::vector<std::string> files;
  if (directory.empty()) return files;
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/traces"))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace castor::gemmini::test
