// Makes rows of zeros for mvins from address 0. RTL twin: ZeroWriter.scala.
//
// Timing contract: one row request at a time, seen in the cycle after it was accepted; then a block of dim columns a
// cycle. A new request is accepted in the cycle in which the last block leaves.
#pragma once

#include "castor/gemmini/row_request.h"
#include "castor/sim/clock_domain.h"

namespace castor::gemmini {

class ZeroWriter {
 public:
  ZeroWriter(const LocalLayout& layout, unsigned input_bytes, unsigned acc_bytes)
      : layout_(layout), input_bytes_(input_bytes), acc_bytes_(acc_bytes) {}

  void connect(sim::Clocked& producer, sim::Clocked& consumer) { producer_ = &producer, consumer_ = &consumer; }

  /// For the producer, which steps after the consumer.
  bool can_accept() const { return !valid_; }
  void accept(Cycle now, const LoadRowRequest& request);

  /// For the consumer: the row it sees in this cycle. `bytes` stays empty: the lanes are zero.
  bool has_row() const { return valid_; }
  void row(LoadedRow& out) const;
  void pop_row(Cycle now);

 private:
  LocalLayout layout_;
  unsigned input_bytes_, acc_bytes_;
  sim::Clocked* producer_ = nullptr;
  sim::Clocked* consumer_ = nullptr;
  bool valid_ = false;
  LoadRowRequest request_;
  unsigned column_ = 0;
};

}  // namespace castor::gemmini
