// The two loop contexts of an unroller: one is unrolled while the other is configured or begins.
// RTL twin: `loops`, head_loop_id and the started / completed flags of LoopMatmul.scala and LoopConv.scala.
#pragma once

#include <array>
#include <cstdint>

namespace castor::gemmini {

/// Flags of both contexts; plain registers, to be copied at the start of a cycle and changed at its end.
/// A "unit" is one of the unroller's address generators, a small number.
class LoopContexts {
 public:
  static constexpr unsigned count = 2;
  using Units = std::uint8_t;  ///< a set of units, bit u for unit u

  explicit LoopContexts(unsigned units) : all_(static_cast<Units>((1U << units) - 1)) {}

  unsigned head() const { return head_; }
  unsigned tail() const { return head_ ^ 1U; }
  bool any_configured() const { return contexts_[0].configured || contexts_[1].configured; }
  bool configured(unsigned loop) const { return contexts_[loop].configured; }
  bool running(unsigned loop) const { return contexts_[loop].running; }
  bool started(unsigned loop, Units units) const { return (contexts_[loop].started & units) == units; }
  bool completed(unsigned loop, Units units) const { return (contexts_[loop].completed & units) == units; }

  /// Where configuration commands go; they wait while that context is in use.
  unsigned being_configured() const { return contexts_[head_].configured ? tail() : head_; }
  /// The context that `unit` would serve next.
  unsigned requesting(unsigned unit) const { return started(head_, unit_bit(unit)) ? tail() : head_; }
  bool head_is_done() const { return contexts_[head_].running && contexts_[head_].completed == all_; }

  /// The run command: `skipped` units count as started and completed.
  void configure(unsigned loop, Units skipped) { contexts_[loop] = {true, false, skipped, skipped}; }
  void start(unsigned loop, unsigned unit) {
    contexts_[loop].running = true;
    contexts_[loop].started |= unit_bit(unit);
  }
  /// `unit` is idle: what it had started in `loop` is complete. Returns whether that is news.
  bool complete(unsigned loop, unsigned unit) {
    Context& context = contexts_[loop];
    if (!context.running || (context.started & unit_bit(unit)) == 0) return false;
    const Units before = context.completed;
    context.completed |= unit_bit(unit);
    return context.completed != before;
  }
  void retire_head() {
    contexts_[head_] = {};
    head_ = tail();
  }

  static constexpr Units unit_bit(unsigned unit) { return static_cast<Units>(1U << unit); }

 private:
  struct Context {
    bool configured = false;
    bool running = false;
    Units started = 0;
    Units completed = 0;
  };

  Units all_;
  unsigned head_ = 0;
  std::array<Context, count> contexts_{};
};

}  // namespace castor::gemmini
