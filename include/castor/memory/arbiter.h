// Who goes first where several messages want one channel.
//
// RTL twin: TLArbiter.scala (policy roundRobin). The winner keeps the channel until its message's last beat; a winner
// moves the turn only in a cycle in which it could be sent.
#pragma once

#include <cstdint>

namespace castor::memory {

class RoundRobinArbiter {
 public:
  static constexpr int none = -1;

  /// The input that owns the channel in this cycle: inside a message its sender, else the next in turn that is valid.
  int pick(std::uint32_t valid) const {
    if (locked_) return bit_of(owner_, valid);
    const std::uint32_t waiting = valid & below_last_;
    if (waiting != 0) return highest(waiting);
    return valid != 0 ? highest(valid) : none;
  }
  /// The input that pick() named has sent a beat; `last` of its message.
  void sent(int input, bool last) {
    if (!locked_) below_last_ = (1u << input) - 1;
    owner_ = input;
    locked_ = !last;
  }

 private:
  static int highest(std::uint32_t set) { return 31 - __builtin_clz(set); }
  static int bit_of(int input, std::uint32_t valid) { return (valid >> input) & 1 ? input : none; }

  std::uint32_t below_last_ = 0;
  int owner_ = 0;
  bool locked_ = false;
};

}  // namespace castor::memory
