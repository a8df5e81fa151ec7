// Requests that wait for an MSHR which works on their set: a FIFO for each MSHR in one shared pool.
//
// RTL twin: ListBuffer.scala as used by Scheduler.scala. Pushed in cycle t, seen from t+1.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/memory/l2_request.h"

namespace castor::memory {

class SecondaryRequests {
 public:
  SecondaryRequests(unsigned queues, unsigned entries);

  /// By state at the beginning of a cycle: the scheduler looks before it pushes or pops.
  bool has_room() const { return idle_ >= 0; }
  bool has(unsigned queue) const { return queues_[queue].head >= 0; }
  const L2Request& front(unsigned queue) const { return entries_[queues_[queue].head].request; }

  void push(unsigned queue, const L2Request& request);
  L2Request pop(unsigned queue);
  unsigned size() const { return size_; }

 private:
  struct Entry {
    L2Request request;
    std::int16_t next;
  };
  struct Queue {
    std::int16_t head = -1;
    std::int16_t tail = -1;
  };
  std::vector<Queue> queues_;
  std::vector<Entry> entries_;
  std::int16_t idle_ = 0;
  unsigned size_ = 0;
};

}  // namespace castor::memory
