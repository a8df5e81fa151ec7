#include "castor/host/rtl_trace.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <sstream>
#include <unordered_set>

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

constexpr std::uint64_t line_bytes = 64;  // of the machines that were measured

class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)), file_(open(path_)) {}

  std::vector<TraceSegment> read() {
    while (next_line()) take_line();
    drop_dma_misses();
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
    const std::string kind = event.data();
    if (kind == "cmd") take_command(cycle);
    if (kind == "ar") take_miss(cycle);
    if (kind == "rda" || kind == "wra") dma_lines_.insert(line_of(second_field("ID ADDRESS LOG2_SIZE")));
  }

  void take_segment() {
    unsigned long long number = 0, gap = 0;
    if (std::sscanf(line_.data(), "segment %llu gap=%llu", &number, &gap) != 2)
      fail("is no segment; allowed: segment N gap=G");
    drop_dma_misses();
    segments_.push_back({number, gap, {}, {}});
  }

  // Events of the segment read so far, which name all lines that its DMA requests want.
  void drop_dma_misses() {
    if (segments_.empty()) return;
    auto& misses = segments_.back().misses;
    const auto of_dma = [this](const CoreMiss& miss) { return dma_lines_.count(miss.line.value()) != 0; };
    misses.erase(std::remove_if(misses.begin(), misses.end(), of_dma), misses.end());
    dma_lines_.clear();
  }

  void take_miss(unsigned long long cycle) {
    const std::uint64_t line = line_of(second_field("ID ADDRESS BEATS"));
    if (segments_.empty()) fail("comes before the first segment");
    segments_.back().misses.push_back({Cycle{cycle}, PhysAddr{line}});
  }

  static std::uint64_t line_of(std::uint64_t address) { return address & ~std::uint64_t{line_bytes - 1}; }

  std::uint64_t second_field(const char* allowed) const {
    unsigned long long address = 0;
    if (std::sscanf(line_.data(), "%*u %*s %*x %llx", &address) != 1)
      fail(std::string("has no address; allowed: CYCLE EVENT ") + allowed + " (fields hexadecimal)");
    return address;
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
  std::unordered_set<std::uint64_t> dma_lines_;  // of the segment being read
};

}  // namespace

std::vector<TraceSegment> read_rtl_trace(const std::string& path) { return Reader(path).read(); }

}  // namespace castor::host
