// The reservation that a data cache keeps between lr and sc.
//
// RTL twin: lrscCount of DCache.scala (NBDcache.scala, BOOM's dcache.scala): with t the s2 in which the lr hits
//   fresh   from t+1 to t+76: an sc in s2 then stores, and no probe is taken;
//   ends    early with the next access u (fresh in u, no longer in u+1), whatever it accesses;
//   after   its end no lr reserves anything for three cycles; in an out-of-order core only if it ended by itself.
#pragma once

#include <algorithm>

#include "castor/common/types.h"

namespace castor::host {

class Reservation {
 public:
  static constexpr unsigned cycles = 80;   // lrscCycles
  static constexpr unsigned back_off = 3;  // lrscBackoff

  /// `back_off_after_access`: cycles without a reservation after an access has ended one.
  explicit Reservation(unsigned back_off_after_access) : back_off_after_access_(back_off_after_access) {}

  bool fresh(Cycle s2) const { return from_ <= s2 && s2 < until_; }
  /// An lr hits.
  void reserve(Cycle s2) {
    if (s2 < free_) return access(s2);
    from_ = s2 + 1;
    until_ = s2 + (cycles - back_off);
    free_ = s2 + cycles;
  }
  /// Anything else is in s2.
  void access(Cycle s2) {
    until_ = std::min(until_, s2 + 1);
    free_ = std::min(free_, s2 + 1 + back_off_after_access_);
  }
  /// A probe has come.
  void drop(Cycle now) {
    until_ = std::min(until_, now);
    free_ = std::min(free_, now);
  }

 private:
  unsigned back_off_after_access_;
  Cycle from_ = Cycle::never(), until_{}, free_{};
};

}  // namespace castor::host
