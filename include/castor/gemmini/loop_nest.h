// A nest of counting loops as data: what all address generators of the unrollers iterate over.
// RTL twin: the chains of floorAdd / sFloorAdd in LoopMatmul.scala and LoopConv.scala.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "castor/common/error.h"

namespace castor::gemmini {

/// `for (index = first; index < limit; index += step)`.
struct LoopDimension {
  std::int32_t first = 0;
  std::int32_t limit = 1;
  std::int32_t step = 1;
};

/// Up to seven loops; dimension 0 is the innermost. Limits and steps may be changed while iterating: a step before
/// advance() counts for this step only if set again.
class LoopNest {
 public:
  static constexpr unsigned max_dimensions = 7;

  LoopNest() = default;
  /// Innermost first.
  LoopNest(std::initializer_list<LoopDimension> dimensions) {
    CASTOR_ASSERT(dimensions.size() <= max_dimensions);
    for (const LoopDimension& dimension : dimensions) {
      dimensions_[size_] = dimension;
      index_[size_++] = dimension.first;
    }
  }

  std::int32_t index(unsigned d) const { return index_[d]; }
  LoopDimension& dimension(unsigned d) { return dimensions_[d]; }
  const LoopDimension& dimension(unsigned d) const { return dimensions_[d]; }
  bool at_first(unsigned d) const { return index_[d] == dimensions_[d].first; }

  /// To the next point; false when the nest is exhausted (all indices are back at their first value).
  bool advance() {
    for (unsigned d = 0; d < size_; ++d) {
      index_[d] += dimensions_[d].step;
      if (index_[d] < dimensions_[d].limit) return true;
      index_[d] = dimensions_[d].first;
    }
    return false;
  }

 private:
  unsigned size_ = 0;
  std::array<LoopDimension, max_dimensions> dimensions_{};
  std::array<std::int32_t, max_dimensions> index_{};
};

}  // namespace castor::gemmini
