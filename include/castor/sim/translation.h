// Where a TLB and a page-table walker meet. RTL twin: TLBPTWIO (PTW.scala of rocket-chip).
//
// Timing contract: a client's request is up from cycle `at` on; the walker tells the answer in the cycle before it
// arrives (its wires are registers), so that in the cycle of the answer every block knows of it. The walker's level is
// above those of the accelerator's clients; a core, above it, asks after the fact and may be told in the cycle of the
// answer.
#pragma once

#include <cstdint>
#include <string>

#include "castor/common/types.h"

namespace castor::sim {

/// What a page may be used for; of an entry that is no leaf, or was never accessed, nothing. `writable` only if dirty.
struct PagePermissions {
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool user = false;
};

/// Of the status that comes with a command (mstatus: dprv, sum, mxr).
struct TranslationStatus {
  bool machine = false;                 ///< dprv is M: no translation
  bool user = true;                     ///< dprv is U; else S
  bool supervisor_may_user = false;     ///< sum
  bool executable_is_readable = false;  ///< mxr
  friend bool operator==(const TranslationStatus& a, const TranslationStatus& b) {
    return a.machine == b.machine && a.user == b.user && a.supervisor_may_user == b.supervisor_may_user &&
           a.executable_is_readable == b.executable_is_readable;
  }
};

enum class PageFault : std::uint8_t {
  None,
  NonCanonical,         ///< upper bits are not the sign
  Unmapped,             ///< an entry that is invalid or of no legal form
  MisalignedSuperpage,  ///< a leaf of a superpage whose page number is not aligned
  Access,               ///< a table lies outside memory
  Permission            ///< the page is there and may not be used so
};

constexpr const char* name_of(PageFault fault) {
  constexpr const char* names[] = {"none",
                                   "non-canonical address",
                                   "unmapped page",
                                   "misaligned superpage",
                                   "table outside memory",
                                   "forbidden access"};
  return names[static_cast<unsigned>(fault)];
}

/// A walker's answer.
struct PageTranslation {
  VirtAddr vaddr;           ///< as asked
  PhysAddr paddr;           ///< of the page
  unsigned log2_page = 12;  ///< 12, 21 or 30; of a fault, that of the entry at which the walk ended
  PagePermissions permissions{};
  PageFault fault = PageFault::None;
  bool homogeneous = true;  ///< the page covers memory only, or none
};

/// Who asks a walker.
class TranslationClient {
 public:
  virtual ~TranslationClient() = default;
  /// The answer arrives in cycle `at`, the one after this.
  virtual void translated(Cycle at, const PageTranslation& translation) = 0;
};

class PageTableWalker {
 public:
  virtual ~PageTableWalker() = default;
  /// Whether addresses are translated at all under this status.
  virtual bool translates(const TranslationStatus& status) const = 0;
  /// The client's request is up from cycle `at` (this or a later one) on; one at a time for each client.
  virtual void walk(Cycle at, VirtAddr vaddr, TranslationClient& client) = 0;
};

}  // namespace castor::sim
