// A level-triggered interrupt wire from a device to what it interrupts. It carries no register: a change is seen at
// once.
#pragma once

#include <functional>
#include <utility>

namespace castor::host {

class InterruptWire {
 public:
  using End = std::function<void(bool level)>;

  /// Connects the end, which is told the level of now and then every change.
  void connect(End end) {
    end_ = std::move(end);
    end_(level_);
  }
  void drive(bool level) {
    if (level == level_) return;
    level_ = level;
    if (end_) end_(level);
  }
  bool level() const { return level_; }

 private:
  bool level_ = false;
  End end_;
};

}  // namespace castor::host
