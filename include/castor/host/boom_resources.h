// What limits an out-of-order window: places that are taken at dispatch and left at a cycle that may not be known yet,
// and issue ports.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace castor::host {

/// A cycle that depends on what has not happened yet: a miss, a command that waits for its port.
constexpr std::uint64_t not_known = ~0ULL;

/// Places left in any order: an issue queue, the branches not yet resolved.
class Occupancy {
 public:
  explicit Occupancy(unsigned places) : places_(places) {}

  /// The first cycle from `cycle` on in which a place is free; `cycle` never goes back.
  std::uint64_t room(std::uint64_t cycle) {
    while (!left_.empty() && left_.top() <= cycle) left_.pop();
    if (left_.size() + staying_ < places_) return cycle;
    return left_.empty() ? not_known : left_.top();
  }
  void enter() { ++staying_; }
  void leave(std::uint64_t cycle) {
    --staying_;
    left_.push(cycle);
  }

 private:
  unsigned places_;
  unsigned staying_ = 0;  // until a cycle that is not known
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> left_;
};

/// The last instructions of a kind, as many as there are places left in order: the oldest must have gone.
class InOrder {
 public:
  explicit InOrder(unsigned places) : numbers_(places, nobody) {}
  static constexpr std::uint64_t nobody = ~0ULL;

  std::uint64_t oldest() const { return numbers_[next_]; }
  void enter(std::uint64_t number) {
    numbers_[next_] = number;
    next_ = next_ + 1 == numbers_.size() ? 0 : next_ + 1;
  }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t next_ = 0;
};

/// Instructions that a queue issues in each cycle, the past and the next thousand.
class IssuePorts {
 public:
  explicit IssuePorts(unsigned width) : width_(width) {}

  /// The first cycle from `cycle` on with a free port; takes it.
  std::uint64_t take(std::uint64_t cycle) {
    for (;; ++cycle) {
      Slot& slot = slots_[cycle % slots_.size()];
      if (slot.cycle != cycle) slot = {cycle, 0};
      if (slot.taken == width_) continue;
      ++slot.taken;
      return cycle;
    }
  }

 private:
  struct Slot {
    std::uint64_t cycle = not_known;
    unsigned taken = 0;
  };
  unsigned width_;
  std::vector<Slot> slots_ = std::vector<Slot>(1024);
};

}  // namespace castor::host
