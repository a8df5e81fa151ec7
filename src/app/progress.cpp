#include "castor/app/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace castor::app {

StreamShare::StreamShare(const isa::Stream& stream) {
  const std::size_t items = stream.items.size();
  parts_.push_back({0, items, 0, 0});
  for (std::size_t i = 0; i < items; ++i) {
    const auto* layer = std::get_if<isa::LayerBegin>(&stream.items[i]);
    if (layer == nullptr) continue;
    parts_.back().end = i;
    parts_.push_back({i, items, 0, static_cast<double>(layer->macs)});
  }
  const bool weighed = std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.weight > 0; });
  for (Part& part : parts_) {
    if (!weighed) part.weight = static_cast<double>(part.end - part.begin);
    part.before = total_;
    total_ += part.weight;
  }
}

double StreamShare::done(std::size_t items) const {
  const auto after = std::upper_bound(parts_.begin(), parts_.end(), items,
                                      [](std::size_t n, const Part& part) { return n < part.begin; });
  const Part& part = *std::prev(after);
  const double length = static_cast<double>(part.end - part.begin);
  const double inside = length == 0 ? 0 : static_cast<double>(std::min(items, part.end) - part.begin) / length;
  return total_ == 0 ? 0 : (part.before + inside * part.weight) / total_;
}

std::string progress_text(const std::string& layer, double share, std::uint64_t cycles, double seconds) {
  const double left = share <= 0 ? 0 : seconds * (1 - share) / share;
  const double mhz = seconds <= 0 ? 0 : static_cast<double>(cycles) / seconds / 1e6;
  std::array<char, 120> text{};
  std::snprintf(text.data(), text.size(), "%-32.32s %5.1f %%  %.2f MHz  %d:%02d left", layer.c_str(), 100 * share, mhz,
                static_cast<int>(left) / 60, static_cast<int>(left) % 60);
  return text.data();
}

ProgressLine::ProgressLine(const std::vector<const isa::Stream*>& streams, bool quiet)
    : shown_(!quiet && isatty(STDERR_FILENO) != 0) {
  for (const isa::Stream* stream : streams) shares_.emplace_back(*stream);
}

void ProgressLine::update(Cycle now, const std::vector<Place>& places) {
  const auto time = Clock::now();
  if (!shown_ || time - last_ < std::chrono::milliseconds(200)) return;
  last_ = time;
  dirty_ = true;
  const double seconds = std::chrono::duration<double>(time - start_).count();
  std::size_t last = 0;
  const auto share = [&](std::size_t core) { return shares_[core].done(places[core].items); };
  for (std::size_t core = 1; core < places.size(); ++core)
    if (share(core) < share(last)) last = core;
  std::fprintf(stderr, "\r%s\033[K", progress_text(places[last].layer, share(last), now.count(), seconds).c_str());
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (dirty_) std::fputs("\r\033[K", stderr);
  dirty_ = false;
}

}  // namespace castor::app
