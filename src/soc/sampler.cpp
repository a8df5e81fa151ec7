#include "castor/soc/sampler.h"

#include "castor/soc/statistics.h"

namespace castor::soc {

Sampler::Sampler(sim::ClockDomain& clock, std::uint64_t window, std::ostream& out) : window_(window), out_(out) {
  for_each_module([this](const sim::Module& module, const sim::StatGroup& group) {
    for (const sim::Statistic* statistic : group.members()) {
      const std::string columns = std::string(module.name()) + ',' + statistic->name() + ',' + statistic->unit();
      watched_.push_back({columns, statistic, statistic->value()});
    }
  });
  out_ << "cycle,module,statistic,unit,value\n";
  clock.add_heartbeat(window, [this](Cycle end) { write(end.count() - window_); });
}

void Sampler::finish(Cycle last) {
  write(last.count() / window_ * window_);
  out_.flush();
}

void Sampler::write(std::uint64_t begin) {
  for (Watched& watched : watched_) {
    const std::uint64_t value = watched.statistic->value();
    if (value == watched.seen) continue;
    out_ << begin << ',' << watched.columns << ',' << value - watched.seen << '\n';
    watched.seen = value;
  }
}

}  // namespace castor::soc
