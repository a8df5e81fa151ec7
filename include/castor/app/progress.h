// One line on a terminal while a long run works: layer, percent, simulated MHz, time left. Nothing when stderr is no
// terminal.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "castor/isa/stream.h"
#include "castor/soc/layer_accounting.h"

namespace castor::app {

/// How far a stream has come: layers weigh by their multiply-accumulates, or all items the same if there are none.
class StreamShare {
 public:
  explicit StreamShare(const isa::Stream& stream);
  /// 0 to 1, when `items` have passed.
  double done(std::size_t items) const;

 private:
  struct Part {
    std::size_t begin, end;
    double before, weight;
  };
  std::vector<Part> parts_;
  double total_ = 0;
};

/// "conv_3  12.4 %  1.31 MHz  0:12 left"
std::string progress_text(const std::string& layer, double share, std::uint64_t cycles, double seconds);

class ProgressLine {
 public:
  /// How far a core has come in its stream.
  struct Place {
    std::size_t items;
    std::string layer;
  };

  /// With several cores it shows the one that has farthest to go.
  ProgressLine(const std::vector<const isa::Stream*>& streams, bool quiet);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool shown() const { return shown_; }
  void update(Cycle now, const std::vector<Place>& places);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::vector<StreamShare> shares_;
  bool shown_;
  bool dirty_ = false;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

}  // namespace castor::app
