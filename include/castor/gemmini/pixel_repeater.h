// Writes a row once for each pixel repeat, at lower and lower addresses. RTL twin: PixelRepeater.scala.
//
// Timing contract: one register stage; repeats p = n-1 .. 0, one a cycle: row - p, lanes shifted by p * cols. Rows that
// would fall below row 0, or below the middle of the scratchpad from above, take their cycle without a write. The next
// row is accepted in the cycle of the last repeat. Without has_first_layer_optimizations there is no stage (the owner
// then does not use one).
#pragma once

#include "castor/common/local_addr.h"
#include "castor/gemmini/row_request.h"

namespace castor::gemmini {

class PixelRepeater {
 public:
  PixelRepeater(const LocalLayout& layout) : half_(layout.sp_rows() / 2), dim_(layout.dim) {}

  /// The row seen in this cycle, nullptr if there is none or it underflows.
  const LoadedRow* output() const {
    if (!valid_ || underflow_) return nullptr;
    return repeats_left_ == 0 ? &in_ : &out_;
  }
  /// End of a cycle: `taken`: the output was written.
  void advance(bool taken);
  bool can_accept() const { return !valid_; }
  void accept(const LoadedRow& row);
  bool idle() const { return !valid_; }

 private:
  void show();

  std::uint32_t half_;
  unsigned dim_;
  bool valid_ = false;
  bool underflow_ = false;
  std::uint32_t repeats_left_ = 0;
  LoadedRow in_;
  LoadedRow out_;
};

}  // namespace castor::gemmini
