#include "castor/common/replacement.h"

#include <algorithm>

namespace castor {
namespace {

unsigned leaves_for(unsigned ways) {
  unsigned leaves = 1;
  while (leaves < ways) leaves *= 2;
  return leaves;
}

}  // namespace

ReplacementOrder::ReplacementOrder(Replacement rule, unsigned ways)
    : rule_(rule), ways_(ways), newer_in_upper_half_(leaves_for(ways), true), age_(ways) {}

// Down from the root to the way: at each node the half that it lies in is the newer one.
void ReplacementOrder::touch(unsigned way) {
  if (rule_ == Replacement::Lru) age_[way] = ++clock_;
  if (rule_ != Replacement::Plru) return;
  unsigned node = 1;
  for (unsigned half = leaves_for(ways_) / 2; half != 0; half /= 2) {
    const bool upper = (way & half) != 0;
    newer_in_upper_half_[node] = upper;
    node = 2 * node + (upper ? 1 : 0);
  }
}

void ReplacementOrder::fill(unsigned way) {
  if (rule_ == Replacement::Random) random_.step();
  if (rule_ == Replacement::Fifo) age_[way] = ++clock_;
}

unsigned ReplacementOrder::victim() const {
  if (rule_ == Replacement::Random) return random_.value() % ways_;
  if (rule_ != Replacement::Plru)
    return static_cast<unsigned>(std::min_element(age_.begin(), age_.end()) - age_.begin());
  unsigned node = 1, way = 0;
  for (unsigned half = leaves_for(ways_) / 2; half != 0; half /= 2) {
    const bool upper = !newer_in_upper_half_[node] && (way | half) < ways_;  // the older half, if it has ways
    way |= upper ? half : 0;
    node = 2 * node + (upper ? 1 : 0);
  }
  return way;
}

}  // namespace castor
