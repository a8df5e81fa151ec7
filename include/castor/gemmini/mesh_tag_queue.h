// Where the results of the passes under way belong: a tag enters with a pass and leaves with the last row of the pass
// that carries its results. RTL twin: TagQueue.scala and the total_rows queue of MeshWithDelays.scala.
//
// Timing contract: a tag pushed in t is seen from t+1; one popped in t is still seen in t and holds its place until
// t+1.
#pragma once

#include <cstdint>

#include "castor/common/local_addr.h"
#include "castor/sim/probes.h"
#include "castor/sim/queue.h"

namespace castor::gemmini {

/// The destination of one pass's result.
struct MeshTag {
  LocalAddr c = LocalAddr::garbage();
  bool garbage = true;
  bool id_valid = false;
  sim::RobId id;  ///< of the preload that named C
  std::uint16_t rows = 0;
  std::uint16_t cols = 0;
};

class MeshTagQueue {
 public:
  explicit MeshTagQueue(unsigned depth) : tags_(depth), total_rows_(depth) {}

  bool can_push(Cycle now) const { return tags_.can_push(now) && total_rows_.can_push(now); }
  /// `tag` belongs to the pass numbered `result_pass`; the pass now requested is `this_pass`. Two tags of one pass: a
  /// UserError.
  void push(Cycle now, const MeshTag& tag, unsigned result_pass, unsigned total_rows, unsigned this_pass);

  /// The tag of rows of pass `pass`; a garbage tag if the oldest one belongs to another.
  const MeshTag& tag_of(Cycle now, unsigned pass) const;
  /// Rows fed in that pass; `otherwise` if unknown (flushes).
  unsigned total_rows_of(Cycle now, unsigned pass, unsigned otherwise) const;
  /// The last row of `pass` has left; true if a tag left with it.
  bool retire(Cycle now, unsigned pass);

  /// Some command's result is still to come.
  bool in_progress(Cycle now) const {
    return any(now, [](const MeshTag& tag) { return tag.id_valid; });
  }
  /// Some result to come goes to exactly this address (row number and memory are compared, nothing else).
  bool writes(Cycle now, LocalAddr addr, const LocalLayout& layout) const {
    return any(now, [&](const MeshTag& tag) {
      return !tag.garbage && tag.c.is_acc() == addr.is_acc() && tag.c.data(layout) == addr.data(layout);
    });
  }

 private:
  struct Tagged {
    MeshTag tag;
    unsigned pass = 0;
  };
  struct Rows {
    unsigned total = 0;
    unsigned pass = 0;
  };
  template <class Predicate>
  bool any(Cycle now, Predicate matches) const {
    if (left_at_ == now && matches(left_)) return true;
    for (std::size_t i = 0; i < tags_.size() && tags_.visible(i, now); ++i)
      if (matches(tags_.at(i).tag)) return true;
    return false;
  }

  [[noreturn]] void refuse() const;

  sim::Queue<Tagged> tags_;
  sim::Queue<Rows> total_rows_;
  unsigned newest_pass_ = 0;  // of the tags in the queue
  MeshTag left_;
  Cycle left_at_ = Cycle::never();
  MeshTag garbage_;
};

}  // namespace castor::gemmini
