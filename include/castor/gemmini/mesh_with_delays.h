// What stands before the array: the request register that counts the rows of a pass, the registers in which the
// operands of a row meet, the transposer, the queue of tags. RTL twin: MeshWithDelays.scala.
//
// Timing contract
//   A pass is requested with its first operands; the request register is free when empty or in the cycle in which the
//   last row of the pass before enters the array, and while tag queue and row-count queue have room. A row enters the
//   array in the cycle after the last of its three operands was accepted; a flush needs no operands. A call in a cycle:
//   begin() first (enters a row), then offers of operands and of a request. The result of pass n belongs to the tag
//   given with pass n-1 (weight-stationary) or n-2 (output-stationary).
#pragma once

#include <array>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/mesh_tag_queue.h"
#include "castor/gemmini/spatial_array.h"
#include "castor/gemmini/transposer.h"

namespace castor::gemmini {

/// The three streams into the array.
enum class Operand : std::uint8_t { A = 0, B = 1, D = 2 };
inline constexpr std::size_t operand_count = 3;

struct MeshRequest {
  bool weight_stationary = true;
  bool propagate = false;  ///< flip the registers' roles with this pass
  bool a_transpose = false;
  bool bd_transpose = false;
  bool flush = false;
  unsigned shift = 0;
  unsigned total_rows = 0;
  MeshTag tag;
};

class MeshWithDelays {
 public:
  MeshWithDelays(const config::GemminiParams& params, SpatialArray& array);

  /// The registers' part of cycle `now`; true if a row enters the array.
  bool begin(Cycle now);
  bool request_ready() const { return request_ready_; }
  /// Operands whose register takes a row in this cycle, as a mask.
  unsigned operands_ready() const {
    return row_enters_ || request_ready_ ? all_operands : all_operands & ~written_before_;
  }
  /// The register to fill with an accepted operand.
  RowBytes& accept(Operand operand) {
    written_ |= 1U << static_cast<unsigned>(operand);
    return registers_[static_cast<std::size_t>(operand)];
  }
  void request(Cycle now, const MeshRequest& request);

  /// A pass is being fed (or waits for its rows).
  bool busy() const { return request_valid_; }
  MeshTagQueue& tags() { return tags_; }
  const MeshTagQueue& tags() const { return tags_; }
  unsigned dim() const { return dim_; }

 private:
  static constexpr unsigned all_operands = 7;
  void enter_row(Cycle now);
  void finish_pass();
  void pass_transposer(ArrayRow& row);
  RowBytes reversed(const RowBytes& row) const;
  unsigned pass_after(unsigned passes) const { return (pass_ + passes) % passes_; }

  unsigned dim_;
  unsigned element_bytes_;
  unsigned passes_;  ///< passes told apart
  SpatialArray& array_;
  MeshTagQueue tags_;
  Transposer transposer_;

  bool request_valid_ = false;
  MeshRequest request_;
  Cycle requested_at_ = Cycle::never();
  unsigned shift_before_ = 0;
  unsigned rows_entered_ = 0;
  bool propagate_ = false;
  unsigned pass_ = 0;
  unsigned written_ = 0;
  std::array<RowBytes, operand_count> registers_;
  RowBytes transposed_;

  // of the cycle
  bool row_enters_ = false;
  bool request_ready_ = false;
  unsigned written_before_ = 0;
};

}  // namespace castor::gemmini
