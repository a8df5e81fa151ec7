// The TLB before a core's data or instruction cache. RTL twin: TLB.scala, as DCache.scala and Frontend.scala of
// rocket-chip build it; timing as castor/sim/rocket_tlb.h.
//
// Tells when, not where: the hart has translated by itself, and an access that may not be has trapped. An access in the
// very cycle of the walker's answer, in which the RTL finds nothing, finds what it would a cycle later.
#pragma once

#include <functional>

#include "castor/config/host_params.h"
#include "castor/host/csr_file.h"
#include "castor/sim/module.h"
#include "castor/sim/rocket_tlb.h"

namespace castor::host {

class CoreTlb : public sim::Module, private sim::RocketTlb {
 public:
  enum class Side : std::uint8_t { Data, Instructions };
  struct Stats : sim::StatGroup {
    sim::Counter misses{this, "misses", "pages", "pages asked of the walker"};
    sim::Counter waits{this, "waits", "accesses", "accesses that waited for a page"};
    sim::Counter flushes{this, "flushes", "count", "times that it was emptied (sfence.vma)"};
  };

  CoreTlb(const sc_core::sc_module_name& name, sim::ClockDomain& domain, Side side, const config::L1Params& params);

  /// Until then nothing is translated. `csrs`: of the core, which say when it is.
  void connect(const CsrFile& csrs, sim::PageTableWalker& walker);
  /// Whom to tell when an access that waited can look again: the first cycle in which it may.
  void set_answer(std::function<void(Cycle)> answer) { answer_ = std::move(answer); }

  /// Whether an access that is in s1 then finds its page; if not, the answer will come. s1 may lie ahead of the clock,
  /// or back, where the core looks on after the fact; then the walker is asked at once.
  bool look_up(Cycle s1, VirtAddr vaddr) { return !translates() || find(s1, vaddr); }
  void flush();
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  bool translates() const {
    return csrs_ != nullptr && (side_ == Side::Data ? csrs_->translates_data() : csrs_->translates_fetches());
  }
  bool find(Cycle s1, VirtAddr vaddr);
  void translated(Cycle at, const sim::PageTranslation& translation) override;

  sim::ClockDomain& domain_;
  Side side_;
  const CsrFile* csrs_ = nullptr;
  std::function<void(Cycle)> answer_;
  bool awaited_ = false;  // an access waits for the answer
  Stats stats_;
};

}  // namespace castor::host
