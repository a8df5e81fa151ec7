#include "castor/soc/perfetto_trace.h"

#include <algorithm>
#include <cstdio>

namespace castor::soc {
namespace {

constexpr unsigned layers_thread = 1000, host_thread = 1001;

// As a JSON string.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) continue;
    result += c;
  }
  return result + '"';
}

std::string entry_name(sim::RobId id) {
  constexpr std::array<const char*, 3> queues = {"load", "execute", "store"};
  return std::string(queues.at(static_cast<std::size_t>(id.queue()))) + ' ' + std::to_string(id.entry());
}

}  // namespace

PerfettoTrace::PerfettoTrace(std::ostream& out, double clock_ghz) : out_(out), clock_ghz_(clock_ghz) {
  out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  name_thread(layers_thread, "layers");
  name_thread(host_thread, "host");
}

void PerfettoTrace::finish(Cycle now) {
  if (!layer_.empty()) slice(layers_thread, layer_, layer_began_, now);
  out_ << "\n]}\n";
  out_.flush();
}

void PerfettoTrace::next_event() {
  out_ << (first_ ? "\n" : ",\n");
  first_ = false;
}

void PerfettoTrace::name_thread(unsigned thread, const std::string& name) {
  next_event();
  out_ << R"({"name":"thread_name","ph":"M","pid":0,"tid":)" << thread << R"(,"args":{"name":)" << quoted(name) << "}}";
}

void PerfettoTrace::slice(unsigned thread, const std::string& name, Cycle begin, Cycle end,
                          const std::string& details) {
  next_event();
  std::array<char, 96> times{};
  std::snprintf(times.data(), times.size(), R"("ts":%.6f,"dur":%.6f)", microseconds(begin.count()),
                microseconds(end - begin));
  out_ << R"({"name":)" << quoted(name) << R"(,"ph":"X","pid":0,"tid":)" << thread << ',' << times.data();
  if (!details.empty()) out_ << R"(,"args":{"command":)" << quoted(details) << '}';
  out_ << '}';
}

void PerfettoTrace::counter(const char* name, Cycle now, std::uint64_t value) {
  next_event();
  std::array<char, 48> time{};
  std::snprintf(time.data(), time.size(), R"("ts":%.6f)", microseconds(now.count()));
  out_ << R"({"name":")" << name << R"(","ph":"C","pid":0,)" << time.data() << R"(,"args":{"requests":)" << value
       << "}}";
}

void PerfettoTrace::issue(Cycle now, sim::RobId id, const isa::Command& command) {
  if (!named_[id.raw]) name_thread(id.raw, entry_name(id));
  named_[id.raw] = true;
  commands_[id.raw] = {true, now, command};
}

void PerfettoTrace::complete(Cycle now, sim::RobId id, bool) {
  Open& open = commands_[id.raw];
  if (open.valid) slice(id.raw, isa::mnemonic(open.command), open.since, now, isa::to_text(open.command));
  open.valid = false;
}

void PerfettoTrace::dma_read(Cycle now, unsigned, PhysAddr, unsigned) {
  counter("DMA reads in flight", now, ++reads_in_flight_);
}

void PerfettoTrace::dma_read_beat(Cycle now, unsigned, bool last) {
  if (last) counter("DMA reads in flight", now, --reads_in_flight_);
}

void PerfettoTrace::dma_write(Cycle now, unsigned source, PhysAddr, unsigned) {
  if (writing_[source & 255]) return;  // a further beat
  writing_[source & 255] = true;
  counter("DMA writes in flight", now, ++writes_in_flight_);
}

void PerfettoTrace::dma_write_ack(Cycle now, unsigned source) {
  writing_[source & 255] = false;
  counter("DMA writes in flight", now, --writes_in_flight_);
}

void PerfettoTrace::layer_began(Cycle now, const isa::LayerBegin& layer) {
  if (!layer_.empty()) slice(layers_thread, layer_, layer_began_, now);
  layer_ = layer.name;
  layer_began_ = now;
}

void PerfettoTrace::host_work(Cycle begin, std::uint64_t cycles) { slice(host_thread, "work", begin, begin + cycles); }

void PerfettoTrace::host_operator(Cycle begin, const isa::HostOp& op) {
  slice(host_thread, op.kind, begin, begin + op.cycles.count());
}

}  // namespace castor::soc
