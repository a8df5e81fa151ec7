#include "castor/host/rtl_trace.h"

#include <zlib.h>

#include <array>
#include <cstdio>
#include <memory>
#include <sstream>

#include "castor/common/error.h"

namespace castor::host {
namespace {

struct Close {
  void operator()(gzFile_s* file) const { gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, Close>;

File open(const std::string& path) {
  constexpr int standard_input = 0;
  File file{path == "-" ? gzdopen(standard_input, "rb") : gzopen(path.c_str(), "rb")};
  if (!file) throw UserError(path + ": cannot be opened; allowed: a trace file, plain or gzip, or -");
  return file;
}

class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)), file_(open(path_)) {}

  std::vector<TraceSegment> read() {
    while (next_line()) take_line();
    if (segments_.empty()) fail("holds no segment; allowed: a line \"segment N gap=G\" before the events");
    return std::move(segments_);
  }

 private:
  bool next_line() {
    if (gzgets(file_.get(), line_.data(), static_cast<int>(line_.size())) == nullptr) {
      int code = Z_OK;
      const char* message = gzerror(file_.get(), &code);
      if (code != Z_OK && code != Z_STREAM_END) fail(std::string("damaged: ") + message);
      return false;
    }
    return ++number_ != 0;
  }

  void take_line() {
    if (line_[0] == '#' || line_[0] == '\n' || line_[0] == '\0') return;
    if (line_[0] == 's') return take_segment();
    unsigned long long cycle = 0;
    std::array<char, 16> event{};
    if (std::sscanf(line_.data(), "%llu %15s", &cycle, event.data()) != 2)
      fail("is no event; allowed: CYCLE EVENT FIELDS");
    if (std::string(event.data()) == "cmd") take_command(cycle);
  }

  void take_segment() {
    unsigned long long number = 0, gap = 0;
    if (std::sscanf(line_.data(), "segment %llu gap=%llu", &number, &gap) != 2)
      fail("is no segment; allowed: segment N gap=G");
    segments_.push_back({number, gap, {}});
  }

  void take_command(unsigned long long cycle) {
    unsigned funct = 0;
    unsigned long long rs1 = 0, rs2 = 0;
    if (std::sscanf(line_.data(), "%*u cmd %x %llx %llx", &funct, &rs1, &rs2) != 3)
      fail("is no command; allowed: CYCLE cmd FUNCT RS1 RS2 (fields hexadecimal)");
    if (funct > 127) fail("funct out of range; allowed: 0..7f");
    if (segments_.empty()) fail("comes before the first segment");
    segments_.back().commands.push_back({Cycle{cycle}, {static_cast<std::uint8_t>(funct), rs1, rs2}});
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw UserError(path_ + ":" + std::to_string(number_) + ": " + what);
  }

  std::string path_;
  File file_;
  std::array<char, 512> line_{};
  unsigned long number_ = 0;
  std::vector<TraceSegment> segments_;
};

}  // namespace

std::vector<TraceSegment> read_rtl_trace(const std::string& path) { return Reader(path).read(); }

}  // namespace castor::host
