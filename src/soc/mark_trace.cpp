#include "castor/soc/mark_trace.h"

#include <ostream>

namespace castor::soc {

MarkTrace::MarkTrace(std::ostream& out) : out_(out) {
  out_ << "mark,cycle,first_command,last_command,last_event,commands\n";
}

void MarkTrace::finish(Cycle) { out_.flush(); }

void MarkTrace::mark(Cycle now, std::uint64_t value) {
  out_ << value << ',' << now;
  for (const std::optional<Cycle>& event : {first_command_, last_command_, last_event_}) write(event);
  out_ << ',' << commands_ << '\n';
  begin_ = now;
  first_command_.reset();
  last_command_.reset();
  last_event_.reset();
  commands_ = 0;
}

void MarkTrace::write(const std::optional<Cycle>& event) {
  out_ << ',';
  if (event) out_ << *event - begin_;
}

void MarkTrace::command(Cycle now, const isa::Command&) {
  if (commands_++ == 0) first_command_ = now;
  last_command_ = last_event_ = now;
}

}  // namespace castor::soc
