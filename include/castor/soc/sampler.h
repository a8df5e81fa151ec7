// Statistics over time: what each of them grew by in each window of N cycles, as rows of a CSV file. Watching changes
// no cycle.
//
//   cycle,module,statistic,unit,value
//
// `cycle` is the first of the window, a multiple of N; `value` what was counted in the cycles from there up to the next
// multiple. What did not change has no row, so the rows of a statistic add up to its final value in the report.
// A block that sleeps counts its cycles when it wakes: they stand in the window of that moment.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "castor/sim/clock_domain.h"
#include "castor/sim/statistics.h"

namespace castor::soc {

class Sampler {
 public:
  /// Watches every statistic of the machines that exist. `out` must outlive it.
  Sampler(sim::ClockDomain& clock, std::uint64_t window, std::ostream& out);

  /// The window under way ends with the run, whose last cycle is `last`.
  void finish(Cycle last);

 private:
  struct Watched {
    std::string columns;  // module, statistic and unit
    const sim::Statistic* statistic;
    std::uint64_t seen;
  };
  void write(std::uint64_t begin);

  std::uint64_t window_;
  std::ostream& out_;
  std::vector<Watched> watched_;
};

}  // namespace castor::soc
