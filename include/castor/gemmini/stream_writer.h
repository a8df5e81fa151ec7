// A write DMA: assembles mvout rows, pools them, cuts them into Puts. RTL twin: StreamWriter (DMA.scala).
//
// Where the scratchpad lies in the TileLink address space there are two: the writer to memory takes the rows from the
// issue queue, and hands those of STORE_SPAD to the writer to the scratchpad, whose addresses are physical.
//
// Timing contract
//   A row is accepted in cycle w when idle or in the last beat's cycle of the row before, if its data is there; of two
//   writers both must be so. A row
//   that does not complete a DRAM row takes that cycle only; one that does sends its beats from w+1, one a cycle.
//   Packets by the same rule as reads, all their beats sent; a transaction for each packet from its first beat; no beat
//   while all transactions are in flight. Beat p -> TLB p+1 -> A channel p+2; it waits there for the channel. A TLB
//   miss sends the beat round again, before others; a packet that is to be skipped (a flush after its fault) frees its
//   transaction with its last beat. The acknowledgement frees the transaction for the next cycle.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/accumulator_scale.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/frontend_tlb.h"
#include "castor/gemmini/local_memory.h"
#include "castor/gemmini/packet.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/tilelink.h"

namespace castor::gemmini {

class StreamWriter : public sim::ClockedModule {
 public:
  tlm_utils::simple_initiator_socket<StreamWriter> socket;

  struct Stats : sim::StatGroup {
    sim::Counter rows{this, "rows", "rows", "row requests accepted"};
    sim::Counter pooled_rows{this, "pooled_rows", "rows", "of them merged by maximum"};
    sim::Counter requests{this, "requests", "requests", "Puts sent"};
    sim::Counter partial_requests{this, "partial_requests", "requests", "of them with byte enables"};
    sim::Counter beats{this, "beats", "beats", "A beats sent"};
    sim::Counter bytes{this, "bytes", "bytes", "written"};
    sim::Counter bytes_acknowledged{this, "bytes_acknowledged", "bytes",
                                    "as counter WDMA_BYTES_SENT: the request's size"};
    sim::Counter cycles_active{this, "cycles_active", "cycles", "beats of a row are being made"};
    sim::Counter cycles_no_xact{this, "cycles_no_xact", "cycles", "a beat waits: all transactions are in flight"};
    sim::Counter cycles_bus_busy{this, "cycles_bus_busy", "cycles", "a beat waits for the A channel"};
    sim::Counter retries_tlb{this, "retries_tlb", "beats", "sent round again: TLB miss"};
    sim::Counter in_flight{this, "in_flight", "requests*cycles", "transactions in flight, summed over the cycles"};
  };

  /// `client`: of the TLB; which of the two writers this is.
  StreamWriter(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
               LocalMemory& memory, AccumulatorScale& source, FrontendTlb& tlb, FrontendTlb::Client client,
               sim::Probes& probes);

  /// To the writer to memory: who takes the rows for the scratchpad.
  void connect(StreamWriter& to_scratchpad);

  /// Writing, or not yet acknowledged, in cycle `now`.
  bool busy(Cycle now) const { return in_flight_ != 0 || acknowledged_at_ == now || left_ != 0; }
  const Stats& stats() const { return stats_; }
  void report_to(EventCounts& events);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  struct Beat {
    bool valid = false;
    bool first = false;  // of its message
    VirtAddr vaddr;
    std::uint16_t source = 0;
    std::uint8_t log2_size = 0;
    bool counted = false;  // in the TLB's statistics
  };
  struct Transaction {
    bool busy = false;
    bool whole = false;          // every byte is written
    bool second_buffer = false;  // of its two
  };

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void acknowledge(Cycle now, tlm::tlm_generic_payload& payload);
  void free(Cycle now, unsigned source);

  bool to_memory() const { return client_ == FrontendTlb::Writer; }
  bool partner_busy() const { return partner_ != nullptr && partner_->left_ != 0; }
  bool translate(Cycle now);
  bool a_ready(Cycle now) const;
  void skip(Cycle now, const Beat& beat);
  void send(Cycle now, const Beat& beat);
  void end_request(Cycle now);
  unsigned beats_of(unsigned log2_size) const { return std::max(1U, (1U << log2_size) / beat_bytes_); }
  tlm::tlm_generic_payload& payload_of(const Beat& beat);
  void feed_translate_q(Cycle now, bool missed);
  void put_in_tlb_q(const Beat& beat);
  void make_beat(Cycle now);
  void begin_packet(Cycle now);
  void fill_data();
  void fill_enables();
  Cycle data_visible(const StoreRowRequest& request) const;
  bool accept_row(Cycle now);
  void begin_row(Cycle now, const StoreRowRequest& request);
  void merge(const StoreRowRequest& request, const RowBytes& row);
  Cycle next_step(Cycle now, bool accepted) const;
  std::size_t buffer_of(unsigned source) const {
    return (std::size_t{2} * source + (transactions_[source].second_buffer ? 1 : 0)) * max_bytes_;
  }
  bool all_busy(Cycle now) const { return in_flight_ + (acknowledged_at_ == now ? 1 : 0) >= transactions_.size(); }
  unsigned free_transaction(Cycle now) const;
  void note_in_flight(Cycle now);

  LocalMemory& memory_;
  const Arithmetic& arithmetic_;
  AccumulatorScale& source_;
  sim::Queue<StoreRowRequest>& issue_q_;
  FrontendTlb& tlb_;
  FrontendTlb::Client client_;
  StreamWriter* partner_ = nullptr;
  sim::Probes& probes_;
  PacketRule rule_;
  PhysAddr scratchpad_base_;
  unsigned beat_bytes_, max_bytes_, input_bytes_, acc_bytes_, input_row_bytes_;

  // the row being written
  VirtAddr vaddr_;
  unsigned left_ = 0;  // bytes, counted by packet; 0: idle
  unsigned written_ = 0;
  unsigned beats_left_ = 0;  // of the packet under way
  Packet packet_;
  std::uint16_t packet_source_ = 0;
  std::vector<std::uint8_t> row_;  // up to dma_maxbytes, or an accumulator row
  RowBytes pooled_, zeros_;

  Beat tlb_q_, translate_q_, shadow_;
  bool requested_ = false;  // translate_q's request was made in the cycle before
  bool skipping_ = false;   // the beats of a packet that a flush made pass without an access
  PhysAddr held_paddr_;     // its address, while it waits for the bus

  // the message on the A channel
  tlm::tlm_generic_payload* sending_ = nullptr;  // between BEGIN_REQ and END_REQ
  unsigned beats_sent_ = 0;                      // of the message that is being sent
  Cycle a_free_from_{};

  std::vector<Transaction> transactions_;
  std::vector<std::uint8_t> data_, enables_;  // dma_maxbytes for each
  unsigned in_flight_ = 0;
  unsigned acknowledged_ = 0;
  Cycle acknowledged_at_ = Cycle::never();
  Cycle in_flight_noted_{};
  sim::TransactionPool pool_;
  Stats stats_;
  EventCounts* events_ = nullptr;
  EventLevel active_level_{CounterEvent::WdmaActiveCycle};
};

}  // namespace castor::gemmini
