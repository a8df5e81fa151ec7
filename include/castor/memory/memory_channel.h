// One memory port: from the crossbar of the memory bus to a memory.
//
// RTL twin: ToAXI4.scala, AXI4Buffer. The AXI address queue (requests) and data queue hold a beat each and may be
// passed through; registers of their own with request_stages and response_stages. A dirty block holds the port for its
// beats and one cycle more: memory takes the data from the cycle after the request. Reads' beats go before write
// acknowledgements, unless one of those has waited exactly 7 cycles when a burst ends. At most 2^id_bits reads are
// under way, and as many writes.
//
// The port is a TLM-2.0 AT base-protocol initiator socket; any AT target can sit behind it. One transaction a block.
// BEGIN_REQ in the cycle of the AXI address; the next one follows END_REQ. BEGIN_RESP (first beat of the data, or the
// write acknowledged) is answered at once with TLM_COMPLETED: the bus itself lets the beats go, one a cycle. A target
// outside the clock domain (MemoryTarget::Outside) is called only when the domain's time is the kernel's, and its calls
// are seen at the next edge; it receives the bytes of writes, but reads are answered from the BackingStore.
#pragma once

#include <algorithm>
#include <optional>
#include <tlm>
#include <vector>

#include "castor/config/l2_params.h"
#include "castor/config/memory_bus_params.h"
#include "castor/memory/backing_store.h"
#include "castor/memory/cache_cork.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/tilelink.h"

namespace castor::memory {

enum class MemoryTarget { InDomain, Outside };

struct MemoryBusStats : sim::StatGroup {
  sim::Counter reads{this, "reads", "lines", "blocks read from memory"};
  sim::Counter writes{this, "writes", "lines", "blocks written to memory"};
  sim::Counter bytes_read{this, "bytes_read", "bytes", "from memory"};
  sim::Counter bytes_written{this, "bytes_written", "bytes", "to memory"};
  sim::Counter read_latency{this, "read_latency", "cycles", "sum over reads, request to first beat"};
  sim::Counter busy_cycles{this, "busy_cycles", "cycles",
                           "a beat of a read or an acknowledgement went to the L2, summed over the channels"};
};

/// The channels: blocks go round them by their number. Each sees its own blocks without gaps.
struct MemoryInterleave {
  unsigned channels;
  unsigned block_bytes;
  unsigned channel_of(PhysAddr address) const { return address.value() / block_bytes % channels; }
  /// The address as the channel's memory has it.
  PhysAddr local(PhysAddr address) const {
    const std::uint64_t block = address.value() / block_bytes;
    return PhysAddr{block / channels * block_bytes + address.value() % block_bytes};
  }
};

class MemoryChannel : private tlm::tlm_bw_transport_if<> {
 public:
  /// What all channels of a bus share. `woken`: the bus's block.
  struct Shared {
    sim::ClockDomain& domain;
    sim::Clocked& woken;
    const config::MemoryBusParams& params;
    const config::L2Params& l2;
    BackingStore& store;
    sim::Probes& probes;
    MemoryBusStats& stats;
    MemoryTarget target;
    MemoryInterleave interleave;
    unsigned banks;
  };

  /// Its socket is the calling module's.
  MemoryChannel(const Shared& shared, unsigned number);

  /// The memory port.
  tlm::tlm_initiator_socket<> socket;

  // --- towards memory
  bool has_request(Cycle now) const { return requests_.can_pop(now); }
  /// Whether the beat that the crossbar offers may enter; then it does, or passes through.
  bool can_take(Cycle now, const MemoryBeat& beat) const;
  void take(Cycle now, const MemoryBeat& beat);
  /// An address, a beat of data that waits: true if it has gone to memory.
  bool pass_on(Cycle now);
  bool pass_data(Cycle now);

  // --- back
  /// The bank that it has a beat for.
  std::optional<unsigned> answers_bank(Cycle now) const;
  /// The last beat of its message.
  bool answers_last(Cycle now) const { return !read_wins(now) || read_beat_ == last_beat_; }
  /// Its beat goes, if the bank's cork takes it; nullptr: another channel has the bank. Once in a cycle in which it has
  /// one.
  bool answer(Cycle now, CacheCork* cork);

  /// Something may move in the next cycle that nobody wakes for.
  bool must_step(Cycle now) const { return write_open_ || write_waits_ != 0 || holds_answers(now); }
  /// When the next request or answer has passed its registers.
  Cycle next_visible() const {
    return std::min({requests_.head_visible(), reads_.head_visible(), writes_.head_visible()});
  }
  bool holds_answers(Cycle now) const { return reads_.can_pop(now) || writes_.can_pop(now); }
  std::string waiting_for() const;

 private:
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  bool read_wins(Cycle now) const;
  bool answer_read(Cycle now, CacheCork& cork);
  bool answer_write(Cycle now, CacheCork& cork);
  void begin(Cycle now, const MemoryBeat& request);
  void open_write(Cycle now, const MemoryBeat& request);
  void open_read(Cycle now, const MemoryBeat& request);
  void send(tlm::tlm_generic_payload& payload);
  tlm::tlm_generic_payload& form_payload(const MemoryBeat& request, Cycle now);
  unsigned axi_id(const MemoryBeat& request) const;
  unsigned block_of(const MemoryBeat& request) const {
    return (request.bank * shared_.l2.mshrs + request.mshr) * 2 + request.write;
  }

  Shared shared_;
  std::uint16_t last_beat_;
  sim::TransactionPool pool_;
  std::vector<std::uint8_t> blocks_;  // data buffers of the transactions

  // Requests: the AXI address and data queues (one entry, flow) and the state of the port.
  sim::Queue<MemoryBeat> requests_;
  bool data_waits_ = false;
  tlm::tlm_generic_payload* outstanding_ = nullptr;  // between BEGIN_REQ and END_REQ
  bool write_open_ = false;                          // a write's data is still to be taken
  std::uint16_t data_taken_ = 0;
  Cycle began_ = Cycle::never(), write_began_ = Cycle::never(), data_taken_at_ = Cycle::never();
  unsigned reads_in_flight_ = 0, writes_in_flight_ = 0;

  // Responses.
  sim::Queue<tlm::tlm_generic_payload*> reads_, writes_;
  std::uint16_t read_beat_ = 0;
  unsigned write_waits_ = 0;  // 3-bit counter
};

}  // namespace castor::memory
