// Expands a weight-stationary preload of a transposed B: the weights must pass the transposer, which takes one pass
// more. RTL twin: TransposePreloadUnroller.scala.
//
//   preload(B, C); compute_preloaded(A, D)
//     -> preload(B, garbage); compute_accumulated(A, D); preload(garbage, C); compute_preloaded(A, D)
// The two that are added carry no id. A pair followed by compute_accumulated passes unchanged.
//
// Timing contract: takes from a queue of two with two heads, one command a cycle; seen behind it in the next.
#pragma once

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/ports.h"

namespace castor::gemmini {

class TransposePreloadUnroller {
 public:
  TransposePreloadUnroller(const config::GemminiParams& params, IssuePort& in, IssuePort& out);
  void step(Cycle now);
  bool active() const { return state_ != State::Idle; }

 private:
  enum class State { Idle, FirstCompute, SecondPreload };
  bool expands(Cycle now) const;
  void pass_through(Cycle now);
  void expand(Cycle now);
  void watch_config(const isa::Command& command);

  bool fixed_weight_stationary_;
  IssuePort& in_;
  IssuePort& out_;
  bool b_transposed_ = false;
  State state_ = State::Idle;
};

}  // namespace castor::gemmini
