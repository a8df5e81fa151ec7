// Row statistics for layer normalisation and softmax, before the scale units. RTL twin: Normalizer.scala.
//
// Timing contract
//   Without has_normalizations: a queue of two.
//   With it: a state for each statistics id. A RESET row is offered to the scale units in the next cycle. SUM,
//   VARIANCE, MAX and SUM_EXP take a cycle for each row (all lanes at once) and an id accepts the next row in that
//   cycle; the commands that end a pass (MEAN, INV_STDDEV, MAX, INV_SUM_EXP) keep every id from accepting while their
//   lanes drain (four cycles), then use dividers and square root, one id at a time. Latencies of those units are the
//   iterations of hardfloat's dividers and of the integer square root; not measured.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/common/arithmetic.h"
#include "castor/config/gemmini_params.h"
#include "castor/sim/queue.h"

namespace castor::gemmini {

/// A row between bank and scale units.
struct AccumulatorRow {
  RowBytes bytes;
  AccScaling how;
  std::uint32_t len = 0;  ///< elements that count in statistics
  NormCmd cmd = NormCmd::Reset;
  std::uint8_t stats_id = 0;
  bool for_execute = false;  ///< an operand of the array
  bool read_full = false;
};

class Normalizer {
 public:
  Normalizer(const config::GemminiParams& params, const ElementTypes& types);

  /// The row for the scale units.
  bool has_output(Cycle now) const;
  const AccumulatorRow& output(Cycle now) const;
  void pop(Cycle now);
  /// After the pop of the cycle.
  bool can_accept(Cycle now, std::uint8_t stats_id) const;
  void accept(Cycle now, const AccumulatorRow& row);
  bool idle() const;

 private:
  struct Id {
    bool offers = false;  // state output: `row` waits for the scale units
    Cycle ready{};        // offers or accepts from then on
    AccumulatorRow row;
    NormStatistics statistics;
  };
  std::size_t output_id(Cycle now) const;
  unsigned unit_latency(NormCmd cmd) const;
  static bool ends_pass(NormCmd cmd);

  static constexpr unsigned lane_latency = 4;
  bool passes_through_;
  bool scales_once_;
  sim::Queue<AccumulatorRow> queue_;
  std::vector<Id> ids_;
  Cycle drained_at_{};  // no id accepts before
  Cycle units_free_{};  // dividers and square root
};

}  // namespace castor::gemmini
