#include "event_trace.h"

#include <zlib.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace castor::gemmini::test {

namespace {

std::string unpack(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path);
  std::string text;
  std::vector<char> block(1 << 16);
  for (int n; (n = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;) text.append(block.data(), n);
  gzclose(file);
  return text;
}

TraceEvent parse(const std::string& line, std::uint64_t start) {
  std::istringstream words(line);
  TraceEvent event;
  words >> event.cycle >> event.kind;
  event.cycle += start;
  for (std::string word; words >> word;) event.fields.push_back(std::stoull(word, nullptr, 16));
  return event;
}

std::uint64_t gap_of(const std::string& line) {
  const auto at = line.find("gap=");
  return at == std::string::npos ? 1000 : std::stoull(line.substr(at + 4));
}

}  // namespace

std::vector<TraceSegment> read_trace(const std::string& path) {
  std::istringstream lines(unpack(path));
  std::vector<TraceSegment> segments;
  std::uint64_t last = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == 's' || line[0] == 'k') {
      segments.push_back({line, last + gap_of(line), {}});
      continue;
    }
    segments.back().events.push_back(parse(line, segments.back().start));
    last = std::max(last, segments.back().events.back().cycle);
  }
  return segments;
}

std::string trace_path(const std::string& machine, const std::string& file) {
  return std::string(CASTOR_SOURCE_DIR) + "/tests/" + machine + "/" + file;
}

}  // namespace castor::gemmini::test
