// Data of Puts that waits for its turn in SourceD: lists of beats in one shared pool.
//
// RTL twin: SinkA.scala's putbuffer (ListBuffer.scala). A beat pushed in cycle t can be popped from t+1; a place freed
// in t can be used from t+1, because SinkA looks before SourceD pops.
#pragma once

#include <cstdint>
#include <vector>

#include "castor/common/types.h"

namespace castor::memory {

class PutBuffer {
 public:
  /// One beat: where its bytes go (if values are on) and which lanes of the beat are enabled.
  struct Beat {
    std::uint8_t bytes[64];
    PhysAddr address{};
    std::uint64_t mask = 0;  // all ones: every byte of the request
    std::uint16_t count = 0;
    std::int16_t next = -1;
    Cycle visible{};
    bool has_bytes = false;
  };

  PutBuffer(unsigned lists, unsigned beats);

  unsigned beats() const { return used_; }
  bool has_free_list() const { return free_lists_ != 0; }
  bool has_free_beat() const { return idle_ >= 0; }

  std::uint16_t open_list();
  /// The beat to be filled at the end of a list.
  Beat& push(Cycle now, std::uint16_t list);

  bool can_pop(Cycle now, std::uint16_t list) const {
    const std::int16_t head = lists_[list].head;
    return head >= 0 && beats_[head].visible <= now;
  }
  /// The head's content stays valid until the next push. `last` closes the list.
  const Beat& pop(std::uint16_t list, bool last);

 private:
  struct List {
    std::int16_t head = -1;
    std::int16_t tail = -1;
    bool open = false;
  };
  std::vector<List> lists_;
  std::vector<Beat> beats_;
  std::int16_t idle_ = 0;
  unsigned free_lists_;
  unsigned used_ = 0;
};

}  // namespace castor::memory
