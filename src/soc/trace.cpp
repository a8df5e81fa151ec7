#include "castor/soc/trace.h"

#include "castor/soc/event_trace.h"
#include "castor/soc/mark_trace.h"
#include "castor/soc/perfetto_trace.h"
#include "castor/soc/vcd_trace.h"

namespace castor::soc {

const std::vector<TraceType>& trace_types() {
  static const std::vector<TraceType> types = {
      {TraceKind::Commands, "commands", "commands.trace",
       [](std::ostream& out, double) -> std::unique_ptr<Trace> { return std::make_unique<EventTrace>(out); }},
      {TraceKind::Marks, "marks", "marks.csv",
       [](std::ostream& out, double) -> std::unique_ptr<Trace> { return std::make_unique<MarkTrace>(out); }},
      {TraceKind::Perfetto, "perfetto", "perfetto.json",
       [](std::ostream& out, double ghz) -> std::unique_ptr<Trace> {
         return std::make_unique<PerfettoTrace>(out, ghz);
       }},
      {TraceKind::Vcd, "vcd", "waves.vcd",
       [](std::ostream& out, double) -> std::unique_ptr<Trace> { return std::make_unique<VcdTrace>(out); }},
  };
  return types;
}

const TraceType* find_trace(const std::string& name) {
  for (const TraceType& type : trace_types())
    if (name == type.name) return &type;
  return nullptr;
}

}  // namespace castor::soc
