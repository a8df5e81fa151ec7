// Address translation of the DMA: a last-translation register (the paper's filter register) for each of reader and
// writer, where it is built, before a shared TLB; the writer to the scratchpad, where there is one, asks for physical
// addresses.
// RTL twin: FrontendTLB.scala of Gemmini.
//
// Timing contract
//   A request presented in cycle t is answered in t+1. The client's register is looked up in t; if it holds the page,
//   that is the answer. Otherwise the request goes to the TLB in t+1 and is answered in that cycle; of two clients in
//   one cycle the other sees a miss (round robin). A TLB hit fills the register for lookups from t+2. Without
//   translation every TLB lookup hits (the registers and the arbitration remain). A client that presents no request but
//   keeps its wires up (the writer while it holds a beat) sees the answer of its register alone.
//   A blocking TLB (tlb.blocking) is one packet's from its first try to its answer: others see a miss, unless it fails
//   to try again. The answer is in the client's register from t+1, there also without filters, until its next packet.
//   A request that may not be (unmapped, forbidden) raises the interrupt and sees a miss, again and again, until a
//   flush drops the interrupt and lets it try once more, or tells its client to skip it: the packet then passes without
//   an access to memory. (In the RTL it leaves for whatever address the bad entry holds, and both flushes do the same.)
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "castor/common/types.h"
#include "castor/config/gemmini_params.h"
#include "castor/config/tlb_params.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/tlb.h"
#include "castor/sim/module.h"
#include "castor/sim/translation.h"

namespace castor::gemmini {

/// An access that may not be.
struct TranslationFault {
  VirtAddr vaddr;
  DmaAccess access = DmaAccess::Read;
  sim::PageFault reason = sim::PageFault::None;
};

/// What becomes of it at a flush.
enum class FaultedAccess : std::uint8_t { TriesAgain, IsSkipped };

class FrontendTlb : public sim::Module {
 public:
  enum Client : unsigned { Writer = 0, Reader = 1, ScratchpadWriter = 2, clients };
  struct Stats : sim::StatGroup {
    sim::Counter requests{this, "requests", "requests", "lookups by reader and writer, further tries included"};
    sim::Counter l0_hits{this, "l0_hits", "requests", "of them, answered by the client's last-translation register"};
    sim::Counter tlb_hits{this, "tlb_hits", "requests", "of them, answered by the TLB"};
    sim::Counter tlb_waits{this, "tlb_waits", "requests", "of them, found in the TLB, the answer on its way"};
    sim::Counter tlb_misses{this, "tlb_misses", "requests", "of them, not found (a walk, or a walk is under way)"};
    sim::Counter arbitration_losses{this, "arbitration_losses", "requests", "of them, another client used the TLB"};
    sim::Counter packets{this, "packets", "packets", "DMA packets translated, each counted once"};
    sim::Counter filter_hits{this, "filter_hits", "packets", "of them, found in the client's register"};
    sim::Counter private_hits{this, "private_hits", "packets", "of them, found in the TLB when they got there"};
    sim::Counter private_misses{this, "private_misses", "packets",
                                "of them, those whose page the walker was asked for"};
    sim::Counter private_joins{this, "private_joins", "packets", "of them, those whose page's walk was under way"};
    sim::Counter reads{this, "reads", "packets", "of the reader"};
    sim::Counter reads_same_page{this, "reads_same_page", "packets", "of them, in the page of the read before"};
    sim::Counter writes{this, "writes", "packets", "of the writer"};
    sim::Counter writes_same_page{this, "writes_same_page", "packets", "of them, in the page of the write before"};
    sim::Counter faults{this, "faults", "faults", "accesses that raised the interrupt"};
    sim::Counter skips{this, "skips", "packets", "packets of such accesses that passed without one"};
    sim::Counter flushes{this, "flushes", "flushes", "flush commands, sfence.vma"};
  };
  struct Answer {
    bool miss = true;
    PhysAddr paddr;
    bool counted = false;  ///< a further try is not a new packet
    bool skip = false;     ///< the packet is to pass without an access, then skipped() to be called
  };
  /// What a request is to the statistics.
  enum class Try : std::uint8_t { First, Further };
  static constexpr Try try_of(bool counted) { return counted ? Try::Further : Try::First; }

  FrontendTlb(const sc_core::sc_module_name& name, const config::GemminiParams& params,
              const config::TlbParams& tlb = config::TlbParams{});

  /// The wires of a client's request port in cycle `now`; `fire`: a request is made; `awaited`: its answer is looked
  /// at.
  void present(Client client, Cycle now, VirtAddr vaddr, bool fire, Try which = Try::First, bool awaited = true);
  /// Whether the client may present another packet beside the one that it has presented.
  bool takes_another(Client client, VirtAddr vaddr) const;
  /// What the client sees in cycle `now`, the one after present().
  Answer answer(Client client, Cycle now);
  void skipped(Client client);

  /// Translation on; nullptr: off.
  void set_walker(sim::PageTableWalker* walker);
  /// ... for one of the TLBs, each of which has a port of its own.
  void set_walker(unsigned port, sim::PageTableWalker* walker) { tlbs_.at(port).set_walker(walker); }
  unsigned walker_ports() const { return static_cast<unsigned>(tlbs_.size()); }
  /// Of the mvins and mvouts from now on. In the RTL each has its own on its way; here one that is under way while a
  /// core of another privilege sends the next is judged by the next's.
  void set_status(const sim::TranslationStatus& status) { status_ = status; }
  /// The flush command, sfence.vma.
  void flush(Cycle now, FaultedAccess faulted = FaultedAccess::TriesAgain);
  void sfence(Cycle now) {
    if (sfence_flushes_) flush(now);
  }
  /// A translation fault waits for flush.
  bool interrupt() const { return fault_.has_value(); }
  const std::optional<TranslationFault>& fault() const { return fault_; }
  /// Called when the interrupt rises.
  void on_fault(std::function<void(Cycle, const TranslationFault&)> action) { on_fault_ = std::move(action); }
  const Stats& stats() const { return stats_; }
  void report_to(EventCounts& events) { events_ = &events; }
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  struct Register {
    bool valid = false;
    std::uint64_t page = 0;
    PhysAddr base;
  };
  struct Port {
    Cycle at = Cycle::never();  // of the last present()
    VirtAddr vaddr;
    bool to_tlb = false;  // that goes to the TLB in at+1
    bool first = false;   // the packet has not been counted
    bool awaited = true;  // its answer is looked at
    Answer answer;
    std::optional<VirtAddr> skip;
    std::uint64_t last_page = ~std::uint64_t{0};  // of the packet before
    Register last;                                // the register
    Register next;                                // its content from next_from on
    Cycle next_from = Cycle::never();
  };
  /// The packet that a blocking TLB works for.
  struct Keeper {
    unsigned client = Writer;
    std::uint64_t page = 0;
    Cycle tried{};
  };
  void resolve(Cycle now);
  void serve_one(Cycle due);
  void serve_all(Cycle due);
  Cycle earliest_due(Cycle now) const;
  bool asks(unsigned client, Cycle due) const;
  bool kept_from(unsigned client, Cycle due) const;
  std::optional<Client> granted(Cycle due) const;
  void access(Client client, Cycle cycle);
  void keep(Client client, Cycle cycle);
  void count(Client client, Tlb::Lookup::Outcome outcome);
  void count_packet(Client client, Port& port);
  static Client client_of(DmaAccess access) { return access == DmaAccess::Read ? Reader : Writer; }
  void raise(Cycle cycle, Client client, sim::PageFault reason);
  void report(bool miss);
  const Register& last_translation(Port& port, Cycle now) const;
  static void forget(Port& port);
  Tlb& tlb_of(unsigned client) { return tlbs_[shared_ ? 0 : client]; }

  std::array<bool, clients> filters_;
  bool blocking_, shared_, sfence_flushes_;
  std::optional<Keeper> keeper_;
  sim::TranslationStatus status_;
  std::optional<TranslationFault> fault_;
  std::function<void(Cycle, const TranslationFault&)> on_fault_;
  std::vector<Tlb> tlbs_;
  std::array<Port, clients> ports_;
  unsigned last_grant_ = 0;
  EventCounts* events_ = nullptr;
  Stats stats_;
};

}  // namespace castor::gemmini
