#include <algorithm>
#include <fstream>
#include <iostream>

#include "castor/app/command_line.h"
#include "castor/app/exit_status.h"
#include "castor/common/error.h"
#include "castor/soc/event_trace.h"
#include "castor/soc/soc.h"

namespace castor::app {
namespace {

// Segments of a program that has turned translation on: their addresses mean nothing without its page tables.
void drop_translated(std::vector<host::TraceSegment>& segments, const config::SocConfig& config) {
  if (config.soc.virtual_memory) return;
  const std::uint64_t end = config.soc.dram_base().value() + config.soc.dram_size().count();
  const auto outside = [&](const host::TraceSegment& segment) {
    return std::any_of(segment.commands.begin(), segment.commands.end(), [&](const auto& arrival) {
      return (arrival.command.is_mvin() || arrival.command.is_store()) &&
             !arrival.command.is_config(isa::ConfigKind::Mvout) && arrival.command.rs1 >= end;
    });
  };
  const auto first = std::find_if(segments.begin(), segments.end(), outside);
  if (first == segments.end()) return;
  std::cerr << "castor replay: segments from " << first->number << " on use virtual addresses; skipped\n";
  segments.erase(first, segments.end());
}

std::ofstream open_events(const std::string& path) {
  std::ofstream file(path);
  if (!file) throw UserError("--events " + path + ": cannot be written");
  return file;
}

}  // namespace

int replay(const ReplayArguments& arguments) {
  const config::SocConfig config = config::SocConfig::load(arguments.config.file, arguments.config.overrides);
  auto segments = host::read_rtl_trace(arguments.trace);
  drop_translated(segments, config);
  soc::Soc soc("soc", config, {soc::Driver::TraceReplay, arguments.values, sim::StepOrder::Normal});
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
  if (reason == sim::StopReason::Finished) return success;
  std::cerr << "castor: deadlock in cycle " << soc.cycles() << "; waiting:\n";
  for (const std::string& line : soc.clock().waiters()) std::cerr << "  " << line << '\n';
  return stuck;
}

}  // namespace castor::app
