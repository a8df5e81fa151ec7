// Address translation of the DMA: a last-translation register for each of reader and writer, before a shared TLB;
// the writer to the scratchpad, where there is one, asks for physical addresses. RTL twin: FrontendTLB.scala of
// Gemmini, TLB.scala of rocket-chip.
//
// Timing contract
//   A request presented in cycle t is answered in t+1. The client's register is looked up in t; if it holds the page,
//   that is the answer. Otherwise the request goes to the TLB in t+1 and is answered in that cycle; of two clients in
//   one cycle the other sees a miss (round robin). A TLB hit fills the register for lookups from t+2. A miss asks the
//   walker in the cycle after; one miss at a time. In the cycle of the walker's answer every lookup misses, from the
//   next on the page hits. Without translation every TLB lookup hits (the registers and the arbitration remain). A
//   client that presents no request but keeps its wires up (the writer while it holds a beat) sees the answer of its
//   register alone.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "castor/common/types.h"
#include "castor/config/gemmini_params.h"
#include "castor/config/tlb_params.h"
#include "castor/gemmini/counters.h"
#include "castor/sim/module.h"

namespace castor::gemmini {

/// A walker's answer.
struct PageTranslation {
  VirtAddr vaddr;           ///< as asked
  PhysAddr paddr;           ///< of the page
  unsigned log2_page = 12;  ///< 12, 21 or 30
  bool fault = false;
};

/// Who asks a walker.
class TranslationClient {
 public:
  virtual ~TranslationClient() = default;
  /// The answer, in cycle `now`; from now+1 on it is used.
  virtual void translated(Cycle now, const PageTranslation& translation) = 0;
};

/// Where misses go; steps at a lower level than reader and writer.
class PageTableWalker {
 public:
  virtual ~PageTableWalker() = default;
  /// The client's request is up from cycle `at` on; one at a time for each client.
  virtual void walk(Cycle at, VirtAddr vaddr, TranslationClient& client) = 0;
};

/// The TLB behind the registers.
class Tlb : public TranslationClient {
 public:
  Tlb(const config::GemminiParams& params, const config::TlbParams& tlb);

  /// nullptr: addresses are physical.
  void set_walker(PageTableWalker* walker) { walker_ = walker; }
  /// The lookup of cycle `now`; false: miss.
  bool lookup(Cycle now, VirtAddr vaddr, PhysAddr& paddr);
  void translated(Cycle now, const PageTranslation& translation) override;
  void flush();
  bool fault() const { return fault_; }

 private:
  struct Sectored {
    std::uint64_t tag = 0;
    std::vector<PhysAddr> pages;
    std::vector<bool> valid;
    std::uint64_t used = 0;
    bool any() const;
  };
  struct Superpage {
    bool valid = false;
    VirtAddr base;
    PhysAddr paddr;
    unsigned log2_page = 21;
    std::uint64_t used = 0;
  };
  bool find(VirtAddr vaddr, PhysAddr& paddr);
  void insert_page(const PageTranslation& translation);
  void insert_superpage(const PageTranslation& translation);

  unsigned sectors_;
  unsigned miss_to_request_;
  PageTableWalker* walker_ = nullptr;
  std::vector<Sectored> sectored_;
  std::vector<Superpage> superpages_;
  std::uint64_t clock_ = 0;
  bool walking_ = false;
  bool flushed_ = false;  // while walking: the answer is not kept
  Cycle refill_at_ = Cycle::never();
  bool fault_ = false;
};

class FrontendTlb : public sim::Module {
 public:
  enum Client : unsigned { Writer = 0, Reader = 1, ScratchpadWriter = 2, clients };
  struct Stats : sim::StatGroup {
    sim::Counter requests{this, "requests", "requests", "lookups by reader and writer"};
    sim::Counter l0_hits{this, "l0_hits", "requests", "answered by the client's last-translation register"};
    sim::Counter tlb_hits{this, "tlb_hits", "requests", "answered by the TLB"};
    sim::Counter tlb_misses{this, "tlb_misses", "requests", "not found there (a walk, or a walk is under way)"};
    sim::Counter arbitration_losses{this, "arbitration_losses", "requests", "the other client used the TLB"};
  };
  struct Answer {
    bool miss = true;
    PhysAddr paddr;
  };

  FrontendTlb(const sc_core::sc_module_name& name, const config::GemminiParams& params,
              const config::TlbParams& tlb = config::TlbParams{});

  /// The wires of a client's request port in cycle `now`; `fire`: a request is made.
  void present(Client client, Cycle now, VirtAddr vaddr, bool fire);
  /// What the client sees in cycle `now`, the one after present().
  Answer answer(Client client, Cycle now);

  /// Translation on; nullptr: off.
  void set_walker(PageTableWalker* walker);
  /// The flush command, sfence.vma.
  void flush(Cycle now);
  /// A translation fault waits for flush.
  bool interrupt() const;
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
    Answer answer;
    Register last;  // the register
    Register next;  // its content from next_from on
    Cycle next_from = Cycle::never();
  };
  void resolve(Cycle now);
  Cycle earliest_due(Cycle now) const;
  Client granted(Cycle cycle) const;
  void access(Client client, Cycle cycle);
  void report(bool miss);
  const Register& last_translation(Port& port, Cycle now) const;
  Tlb& tlb_of(unsigned client) { return tlbs_[shared_ ? 0 : client]; }

  bool filter_, shared_;
  std::vector<Tlb> tlbs_;
  std::array<Port, clients> ports_;
  unsigned last_grant_ = 0;
  EventCounts* events_ = nullptr;
  Stats stats_;
};

}  // namespace castor::gemmini
