#include "castor/soc/vcd_trace.h"

namespace castor::soc {
namespace {

struct Wire {
  const char* name;
  unsigned bits;
};

constexpr std::array<Wire, 16> wires = {{{"command_accepted", 1},
                                         {"load_entries", 8},
                                         {"execute_entries", 8},
                                         {"store_entries", 8},
                                         {"load_busy", 8},
                                         {"execute_busy", 8},
                                         {"store_busy", 8},
                                         {"array_request", 1},
                                         {"array_row", 1},
                                         {"read_request", 1},
                                         {"read_data", 1},
                                         {"write_data", 1},
                                         {"write_ack", 1},
                                         {"memory_read", 1},
                                         {"memory_write", 1},
                                         {"layer", 16}}};

char code(unsigned signal) { return static_cast<char>('!' + signal); }

}  // namespace

VcdTrace::VcdTrace(std::ostream& out) : out_(out) {
  static_assert(wires.size() == signals);
  out_ << "$timescale 1ns $end\n$scope module castor $end\n";
  for (unsigned i = 0; i < signals; ++i)
    out_ << "$var wire " << wires[i].bits << ' ' << code(i) << ' ' << wires[i].name << " $end\n";
  out_ << "$upscope $end\n$enddefinitions $end\n#0\n";
  for (unsigned i = 0; i < signals; ++i) dump(static_cast<Signal>(i));
}

void VcdTrace::dump(Signal signal) {
  dumped_[signal] = value_[signal];
  if (wires[signal].bits == 1) {
    out_ << value_[signal] << code(signal) << '\n';
    return;
  }
  out_ << 'b';
  for (unsigned bit = wires[signal].bits; bit-- > 0;) out_ << (value_[signal] >> bit & 1);
  out_ << ' ' << code(signal) << '\n';
}

// Everything of now_ is known: write what changed, then end its pulses.
void VcdTrace::advance(Cycle now) {
  if (now <= now_) return;
  const auto write_changes = [this](Cycle at) {
    bool stamped = false;
    for (unsigned i = 0; i < signals; ++i) {
      if (value_[i] == dumped_[i]) continue;
      if (!stamped) out_ << '#' << at << '\n';
      stamped = true;
      dump(static_cast<Signal>(i));
    }
  };
  write_changes(now_);
  for (const Signal signal : pulsed_) value_[signal] = 0;
  pulsed_.clear();
  if (now > now_ + 1) write_changes(now_ + 1);
  now_ = now;
}

void VcdTrace::set(Cycle now, Signal signal, unsigned value) {
  advance(now);
  value_[signal] = value;
}

void VcdTrace::pulse(Cycle now, Signal signal) {
  set(now, signal, 1);
  pulsed_.push_back(signal);
}

void VcdTrace::finish(Cycle now) {
  advance(now + 2);
  out_ << '#' << now + 1 << '\n';
  out_.flush();
}

namespace {
unsigned queue_of(sim::RobId id) { return static_cast<unsigned>(id.queue()); }
}  // namespace

void VcdTrace::command(Cycle now, const isa::Command&) { pulse(now, command_accepted); }

void VcdTrace::allocate(Cycle now, sim::RobId id, const isa::Command&) {
  const auto signal = static_cast<Signal>(load_entries + queue_of(id));
  set(now, signal, value_[signal] + 1);
}

void VcdTrace::issue(Cycle now, sim::RobId id, const isa::Command&) {
  const auto signal = static_cast<Signal>(load_busy + queue_of(id));
  set(now, signal, value_[signal] + 1);
}

void VcdTrace::complete(Cycle now, sim::RobId id, bool) {
  for (const unsigned first : {load_entries, load_busy}) {
    const auto signal = static_cast<Signal>(first + queue_of(id));
    set(now, signal, value_[signal] - 1);
  }
}

void VcdTrace::mesh_request(Cycle now, sim::RobId, bool, bool) { pulse(now, array_request); }
void VcdTrace::mesh_row(Cycle now, unsigned) { pulse(now, array_row); }
void VcdTrace::dma_read(Cycle now, unsigned, PhysAddr, unsigned) { pulse(now, read_request); }
void VcdTrace::dma_read_beat(Cycle now, unsigned, bool) { pulse(now, read_data); }
void VcdTrace::dma_write(Cycle now, unsigned, PhysAddr, unsigned) { pulse(now, write_data); }
void VcdTrace::dma_write_ack(Cycle now, unsigned) { pulse(now, write_ack); }
void VcdTrace::memory_read(Cycle now, unsigned, PhysAddr, unsigned) { pulse(now, memory_reads); }
void VcdTrace::memory_write(Cycle now, unsigned, PhysAddr, unsigned) { pulse(now, memory_writes); }
void VcdTrace::layer_began(Cycle now, const isa::LayerBegin&) { set(now, layer, value_[layer] + 1); }

}  // namespace castor::soc
