#include "castor/memory/secondary_requests.h"

namespace castor::memory {

SecondaryRequests::SecondaryRequests(unsigned queues, unsigned entries) : queues_(queues), entries_(entries) {
  for (unsigned i = 0; i < entries; ++i) entries_[i].next = i + 1 < entries ? static_cast<std::int16_t>(i + 1) : -1;
}

void SecondaryRequests::push(unsigned queue, const L2Request& request) {
  const std::int16_t place = idle_;
  idle_ = entries_[place].next;
  entries_[place] = {request, -1};
  Queue& target = queues_[queue];
  if (target.head < 0)
    target.head = place;
  else
    entries_[target.tail].next = place;
  target.tail = place;
  ++size_;
}

L2Request SecondaryRequests::pop(unsigned queue) {
  Queue& source = queues_[queue];
  const std::int16_t place = source.head;
  source.head = entries_[place].next;
  entries_[place].next = idle_;
  idle_ = place;
  --size_;
  return entries_[place].request;
}

}  // namespace castor::memory
