// A stand for clocked blocks: a clock domain of 1 ns and blocks whose step is a lambda.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "castor/sim/clock_domain.h"

namespace castor::sim::test {

class Block : public Clocked {
 public:
  using Step = std::function<Cycle(Cycle)>;
  Block(std::string name, Step step) : name_(std::move(name)), step_(std::move(step)) {}
  Cycle step(Cycle now) override { return step_(now); }
  std::string block_name() const override { return name_; }
  std::string waiting_for() const override { return waits_for; }
  std::string waits_for;

 private:
  std::string name_;
  Step step_;
};

inline sc_core::sc_time ns(double count) { return {count, sc_core::SC_NS}; }

}  // namespace castor::sim::test
