// Registered queues with Chisel's semantics: what carries everything between clocked blocks.
//
//   Plain: pushed in cycle t, seen from t+1; full until the cycle after a pop.
//   Pipe:  as Plain, but a full queue accepts in the very cycle in which its head is popped (its consumer steps first).
//   Flow:  as Plain, but seen in the cycle of the push (its producer steps first).
// `latency` stretches t+1 to t+latency: a chain of registers with `depth` places in all.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "castor/common/bits.h"
#include "castor/common/error.h"
#include "castor/common/types.h"
#include "castor/sim/clock_domain.h"

namespace castor::sim {

enum class QueueMode { Plain, Pipe, Flow };

template <class T>
class Queue {
 public:
  explicit Queue(std::size_t depth, QueueMode mode = QueueMode::Plain, unsigned latency = 1)
      : depth_(depth),
        mask_((std::size_t{1} << log2_ceil(depth)) - 1),
        mode_(mode),
        latency_(mode == QueueMode::Flow ? 0 : latency),
        entries_(mask_ + 1) {
    CASTOR_ASSERT(depth >= 1);
  }

  /// Woken when an entry becomes visible.
  void connect_consumer(Clocked& consumer) { consumer_ = &consumer; }
  /// Woken when a full queue has room again.
  void connect_producer(Clocked& producer) { producer_ = &producer; }

  std::size_t depth() const { return depth_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Places that a producer may fill in cycle `now`.
  std::size_t room(Cycle now) const { return depth_ - occupied(now); }
  bool can_push(Cycle now) const { return occupied(now) < depth_; }

  void push(Cycle now, T value) {
    CASTOR_ASSERT(can_push(now));
    Entry& entry = entries_[(head_ + size_) & mask_];
    entry.visible = now + latency_;
    entry.value = std::move(value);
    ++size_;
    if (consumer_ != nullptr) consumer_->wake(entry.visible);
  }

  bool can_pop(Cycle now) const { return size_ != 0 && entries_[head_].visible <= now; }
  /// When the head is (or becomes) visible; never if the queue is empty.
  Cycle head_visible() const { return size_ == 0 ? Cycle::never() : entries_[head_].visible; }

  T& front() { return entries_[head_].value; }
  const T& front() const { return entries_[head_].value; }
  /// The i-th entry from the head (multi-headed queues).
  T& at(std::size_t i) { return entries_[(head_ + i) & mask_].value; }
  const T& at(std::size_t i) const { return entries_[(head_ + i) & mask_].value; }
  /// Whether the i-th entry exists and is visible in cycle `now`.
  bool visible(std::size_t i, Cycle now) const { return i < size_ && entries_[(head_ + i) & mask_].visible <= now; }

  T pop(Cycle now) {
    CASTOR_ASSERT(can_pop(now));
    T value = std::move(entries_[head_].value);
    drop(now);
    return value;
  }

  /// pop() without a look at the value.
  void drop(Cycle now) {
    if (producer_ != nullptr && occupied(now) == depth_) producer_->wake(mode_ == QueueMode::Pipe ? now : now + 1);
    head_ = (head_ + 1) & mask_;
    --size_;
    pops_ = popped_at_ == now ? pops_ + 1 : 1;
    popped_at_ = now;
  }

 private:
  struct Entry {
    Cycle visible;
    T value{};
  };

  std::size_t occupied(Cycle now) const {
    return mode_ != QueueMode::Pipe && popped_at_ == now ? size_ + pops_ : size_;
  }

  std::size_t depth_;
  std::size_t mask_;
  QueueMode mode_;
  unsigned latency_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t pops_ = 0;  // in cycle popped_at_
  Cycle popped_at_ = Cycle::never();
  std::vector<Entry> entries_;
  Clocked* consumer_ = nullptr;
  Clocked* producer_ = nullptr;
};

}  // namespace castor::sim
