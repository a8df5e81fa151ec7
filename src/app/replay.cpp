#include <fstream>
#include <iostream>

#include "castor/app/command_line.h"
#include "castor/app/exit_status.h"
#include "castor/common/error.h"
#include "castor/soc/event_trace.h"
#include "castor/soc/soc.h"

namespace castor::app {
namespace {

std::ofstream open_events(const std::string& path) {
  std::ofstream file(path);
  if (!file) throw UserError("--events " + path + ": cannot be written");
  return file;
}

}  // namespace

int replay(const ReplayArguments& arguments) {
  const config::SocConfig config = config::SocConfig::load(arguments.config.file, arguments.config.overrides);
  if (config.cores() != 1)
    throw UserError("soc.cores: a trace is of one core, the machine has " + std::to_string(config.cores()) +
                    "; allowed: 1");
  auto segments = host::read_rtl_trace(arguments.trace);
  soc::SocOptions options;
  options.driver = soc::Driver::TraceReplay;
  options.values = arguments.values;
  options.translated_replay = host::first_translated(segments) != segments.size();
  soc::Soc soc("soc", config, options);
  host::TraceReplayHost& host = *soc.tile().replay_host;
  std::ofstream events_file;
  std::unique_ptr<soc::EventTrace> events;
  if (!arguments.events.empty()) {
    events_file = open_events(arguments.events);
    events = std::make_unique<soc::EventTrace>(events_file, soc::EventTrace::Detail::Every);
    soc.probes().attach(*events);
    host.on_segment_begin([&](const host::TraceSegment& segment) { events->begin_segment(segment.number); });
  }
  std::cout << "segment,commands,span\n";
  host.on_segment([](const host::TraceReplayHost::Result& result) {
    std::cout << result.segment << ',' << result.commands << ',' << result.span << '\n';
  });
  host.load(std::move(segments));
  const sim::StopReason reason = soc.run();
  if (events) events->finish(soc.cycles());
  if (events && !events_file.flush())
    throw UserError("--events " + arguments.events + ": cannot be written completely: is the disk full?");
  if (reason == sim::StopReason::Finished) return success;
  std::cerr << "castor: deadlock in cycle " << soc.cycles() << "; waiting:\n";
  for (const std::string& line : soc.clock().waiters()) std::cerr << "  " << line << '\n';
  return stuck;
}

}  // namespace castor::app
