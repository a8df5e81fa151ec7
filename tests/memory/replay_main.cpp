// memory_replay FILE [--latency N] [--natural] [--details TEXT] [--segments]: statistics of one measured run.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <systemc>

#include "replay.h"

int main(int argc, char** argv) {
  using namespace castor::memory::test;
  ReplayOptions options;
  std::string file;
  bool segments = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--latency")
      options.latency = std::atoi(argv[++i]);
    else if (argument == "--natural")
      options.told = false;
    else if (argument == "--details")
      options.details = argv[++i];
    else if (argument == "--segments")
      segments = true;
    else
      file = argument;
  }
  const auto run = read_rtl_run(file);
  const auto start = std::chrono::steady_clock::now();
  const auto comparisons = replay(run, options);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  Comparison sum;
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    const Tally all = comparisons[i].all();
    sum.add(comparisons[i]);
    if (segments &&
        (all.exact != all.total() || comparisons[i].missing != 0 || comparisons[i].late_requests.total() != 0))
      std::printf("%s  all %s; missing %llu; late %s\n", run[i].name.c_str(), all.text().c_str(),
                  static_cast<unsigned long long>(comparisons[i].missing), comparisons[i].late_requests.text().c_str());
  }
  std::printf(
      "%s: %zu segments, %.2f s\n  beats  %s\n  acks   %s\n  ar     %s\n  aw     %s\n  missing %llu, late requests "
      "%s\n",
      file.c_str(), comparisons.size(), spent.count(), sum.read_beats.text().c_str(), sum.write_acks.text().c_str(),
      sum.fetches.text().c_str(), sum.write_backs.text().c_str(), static_cast<unsigned long long>(sum.missing),
      sum.late_requests.text().c_str());
  return 0;
}
