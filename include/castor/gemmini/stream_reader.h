// The read DMA: row requests become TileLink Gets, translated and sent one a cycle. RTL twin: StreamReader and
// StreamReaderCore (DMA.scala) with XactTracker and BeatMerger.
//
// Timing contract
//   row request accepted a -> packets from a+1, one a cycle while a transaction is free -> TLB p+1 -> A channel p+2.
//   A packet that misses in the TLB, or finds the A channel busy, goes round again: it comes back two cycles later,
//   before new packets (before a blocking TLB those wait until it is gone, FrontendTlb::takes_another). One that is to
//   be skipped (a flush after its fault) reads zeros. The next row is accepted in the cycle of a row's last packet. D
//   beats go into the beat merger; a beat that it cannot take waits in the bus. The last beat frees the transaction for
//   a packet in the next cycle.
//
// Levels: load_writer < system_bus < stream_reader (beats meet the merger's state of their cycle).
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/beat_merger.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/frontend_tlb.h"
#include "castor/gemmini/packet.h"
#include "castor/gemmini/row_request.h"
#include "castor/gemmini/xact_tracker.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"
#include "castor/sim/queue.h"
#include "castor/sim/tilelink.h"

namespace castor::gemmini {

class StreamReader : public sim::ClockedModule {
 public:
  tlm_utils::simple_initiator_socket<StreamReader> socket;

  struct Stats : sim::StatGroup {
    sim::Counter rows{this, "rows", "rows", "row requests accepted"};
    sim::Counter requests{this, "requests", "requests", "Gets sent"};
    sim::Counter bytes_requested{this, "bytes_requested", "bytes", "sizes of the Gets"};
    sim::Counter bytes_useful{this, "bytes_useful", "bytes", "of them asked for by a row"};
    sim::Counter beats{this, "beats", "beats", "D beats taken"};
    sim::Counter bytes_received{this, "bytes_received", "bytes",
                                "as counter RDMA_BYTES_REC: the request's size, each beat"};
    sim::Counter beats_refused{this, "beats_refused", "cycles", "a D beat waits for the beat merger"};
    sim::Counter cycles_active{this, "cycles_active", "cycles", "a row is being cut into packets"};
    sim::Counter cycles_no_xact{this, "cycles_no_xact", "cycles", "a packet waits: all transactions are in flight"};
    sim::Counter retries_tlb{this, "retries_tlb", "packets", "sent round again: TLB miss"};
    sim::Counter retries_bus{this, "retries_bus", "packets", "sent round again: A channel busy"};
    sim::Counter in_flight{this, "in_flight", "requests*cycles", "transactions in flight, summed over the cycles"};
  };

  /// `values` false: the Gets carry no data. `rows`: read_issue_q of the load controller.
  StreamReader(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
               sim::Queue<LoadRowRequest>& rows, FrontendTlb& tlb, bool values, sim::Probes& probes);

  BeatMerger& merger() { return merger_; }
  /// Transactions outstanding.
  bool busy(Cycle now) const { return xacts_.in_flight(now) != 0; }
  const Stats& stats() const { return stats_; }
  /// RdmaBytesRec stays zero, as measured: in the RTL another block's constant takes its wire.
  void report_to(EventCounts& events);

  Cycle step(Cycle now) override;
  std::string waiting_for() const override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  struct Get {
    bool valid = false;
    VirtAddr vaddr;
    std::uint8_t log2_size = 0;
    std::uint16_t source = 0;
    bool counted = false;  // in the TLB's statistics
  };

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum take_beat(Cycle now, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase);
  bool retry(sim::Counter& reason, CounterEvent event);
  bool skip(Cycle now, const Get& get);
  bool send(Cycle now, const Get& get, PhysAddr paddr);
  unsigned beats_of(unsigned log2_size) const { return std::max(1U, (1U << log2_size) / beat_bytes_); }
  tlm::tlm_generic_payload& payload_of(const Get& get, PhysAddr paddr);
  bool a_ready(Cycle now) const { return !sending_ && a_free_from_ <= now; }

  bool translate(Cycle now);
  bool cut_packet(Cycle now, bool retried);
  Xact xact_of(const Packet& packet) const;
  void accept_row(Cycle now);
  void require_whole_elements() const;
  void offer_refused_beat_again();
  void note_in_flight(Cycle now);

  LocalLayout layout_;
  unsigned input_bytes_, acc_bytes_, sp_row_bytes_, acc_row_bytes_, beat_bytes_;
  PacketRule rule_;
  sim::Queue<LoadRowRequest>& rows_;
  FrontendTlb& tlb_;
  sim::Probes& probes_;
  XactTracker xacts_;
  BeatMerger merger_;
  sim::TransactionPool pool_;
  std::vector<std::uint8_t> data_;  // dma_maxbytes for each source
  unsigned max_bytes_;

  bool active_ = false;
  LoadRowRequest request_;
  VirtAddr vaddr_;
  unsigned bytes_left_ = 0;
  unsigned bytes_requested_ = 0;
  Get tlb_q_, translate_q_;
  bool sending_ = false;  // between BEGIN_REQ and END_REQ
  Cycle a_free_from_{};
  tlm::tlm_generic_payload* refused_ = nullptr;
  Cycle in_flight_noted_{};
  Stats stats_;
  EventCounts* events_ = nullptr;
  EventLevel active_level_{CounterEvent::RdmaActiveCycle};
};

}  // namespace castor::gemmini
