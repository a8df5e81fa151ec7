#include "castor/memory/put_buffer.h"

#include "castor/common/error.h"

namespace castor::memory {

PutBuffer::PutBuffer(unsigned lists, unsigned beats) : lists_(lists), beats_(beats), free_lists_(lists) {
  for (unsigned i = 0; i < beats; ++i) beats_[i].next = i + 1 < beats ? static_cast<std::int16_t>(i + 1) : -1;
}

std::uint16_t PutBuffer::open_list() {
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    if (lists_[i].open) continue;
    lists_[i] = {-1, -1, true};
    --free_lists_;
    return static_cast<std::uint16_t>(i);
  }
  CASTOR_ASSERT(!"a free list of the put buffer");
  return 0;
}

PutBuffer::Beat& PutBuffer::push(Cycle now, std::uint16_t list) {
  CASTOR_ASSERT(idle_ >= 0);
  const std::int16_t place = idle_;
  Beat& beat = beats_[place];
  idle_ = beat.next;
  ++used_;
  beat.next = -1;
  beat.visible = now + 1;
  List& target = lists_[list];
  if (target.head < 0)
    target.head = place;
  else
    beats_[target.tail].next = place;
  target.tail = place;
  return beat;
}

const PutBuffer::Beat& PutBuffer::pop(std::uint16_t list, bool last) {
  List& source = lists_[list];
  const std::int16_t place = source.head;
  Beat& beat = beats_[place];
  source.head = beat.next;
  beat.next = idle_;
  idle_ = place;
  --used_;
  if (last) {
    source.open = false;
    ++free_lists_;
  }
  return beat;
}

}  // namespace castor::memory
