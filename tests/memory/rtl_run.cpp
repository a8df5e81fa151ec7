#include "rtl_run.h"

#include <zlib.h>

#include <cstdlib>
#include <sstream>

namespace castor::memory::test {

namespace {

constexpr std::uint64_t gap_between_kernels = 400;  // event files do not tell

std::vector<RtlEvent>* list_of(RtlSegment& segment, const std::string& event) {
  if (event == "rda") return &segment.reads;
  if (event == "rdd") return &segment.read_beats;
  if (event == "wra") return &segment.writes;
  if (event == "wrd") return &segment.write_acks;
  if (event == "ar") return &segment.fetches;
  if (event == "aw") return &segment.write_backs;
  return nullptr;
}

void read_segment_line(const std::string& line, std::vector<RtlSegment>& run) {
  RtlSegment segment;
  const auto gap = line.find("gap=");
  segment.name = line;
  segment.gap = gap == std::string::npos ? gap_between_kernels : std::strtoull(&line[gap + 4], nullptr, 10);
  segment.has_beats = line[0] == 'k';
  run.push_back(segment);
}

// DMA events: source, address, log2 size. Memory events: id, address, beats (the size of a block).
void read_event_line(const std::string& line, RtlSegment& segment) {
  std::istringstream fields(line);
  std::int64_t cycle = 0;
  std::string name;
  if (!(fields >> cycle >> name) || cycle < 0) return;
  segment.last = std::max<std::uint64_t>(segment.last, cycle);
  std::vector<RtlEvent>* list = list_of(segment, name);
  if (list == nullptr) return;
  RtlEvent event;
  event.cycle = cycle;
  fields >> std::hex >> event.id >> event.address >> event.log2_size;
  list->push_back(event);
}

}  // namespace

std::string rtl_directory() {
  const char* directory = std::getenv("CASTOR_RTL_DIR");
  return directory != nullptr ? directory : CASTOR_SOURCE_DIR "/tests/rtl";
}

std::vector<RtlSegment> read_rtl_run(const std::string& path) {
  std::vector<RtlSegment> run;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return run;
  char buffer[512];
  while (gzgets(file, buffer, sizeof buffer) != nullptr) {
    std::string line(buffer);
    if (!line.empty() && line.back() == '\n') line.pop_back();
    if (line[0] == '#') continue;
    if (line.rfind("segment", 0) == 0 || line.rfind("kernel", 0) == 0)
      read_segment_line(line, run);
    else if (!run.empty())
      read_event_line(line, run.back());
  }
  gzclose(file);
  return run;
}

}  // namespace castor::memory::test
