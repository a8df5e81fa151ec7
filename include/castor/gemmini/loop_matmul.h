// Unrolls LOOP_WS: a tiled matrix product (or, in later RTL, a residual addition) into mvins, preloads and computes,
// and mvouts. RTL twin: LoopMatmul.scala, WeightedArbiter.scala.
//
// Five address generators work side by side on two loop contexts; a fixed-priority arbiter lets out one command a
// cycle: store, execute, D, then A or B (and last, stores to an external scratchpad). Each holds back its commands
// while as many of that kind as the reservation station has entries are on their way, and keeps its place relative to
// the others: execute after the loads of its tiles, store after the execute of its tiles. Plain commands pass only
// while neither context is configured. Timing: run command at the head of `commands` in t -> context configured t+1,
// generators request t+1, first command leaves in t+2, one cycle a command. A plain command that enters in t leaves in
// t+1.
#pragma once

#include <array>
#include <cstdint>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/counters.h"
#include "castor/gemmini/loop_module.h"
#include "castor/gemmini/matmul_addresses.h"

namespace castor::gemmini {

class LoopMatmul : public LoopModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter loops{this, "loops", "loops", "LOOP_WS commands run"};
    sim::Counter emitted{this, "emitted", "commands", "commands unrolled"};
  };

  LoopMatmul(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
             CommandQueue& out, EventCounts& events);

  Cycle step(Cycle now) override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  /// The address generators, in the order of the completion flags; StoreCSpad shares StoreC's flags.
  enum Unit : unsigned { LoadA, LoadB, LoadD, Execute, StoreC, StoreCSpad, unit_count };
  static constexpr unsigned flag_count = 5;

  struct Generator {
    LoopUnroller unroller;
    MatmulRequest request;
  };

  /// A place in a nest of i, j, k, and whether all of it is behind.
  struct Progress {
    bool done;
    std::int32_t i, j, k;
  };

  // Commands in
  bool is_loop_command(const isa::Command& command) const override;
  bool runs(const isa::Command& command) const override { return command.function() == isa::Funct::LoopWs; }
  void configure(unsigned loop, const isa::Command& command) override;
  void configure_bounds(MatmulLoop& loop, const isa::LoopWsBounds& bounds) const;
  void run(unsigned loop, const isa::Command& command) override;

  // Requests to the generators
  LoopContexts::Units idle_units() const;
  bool start_units(const LoopContexts& was, LoopContexts::Units idle);
  bool may_start(Unit unit, unsigned loop, const LoopContexts& was) const;
  void start(Unit unit, unsigned loop);
  MatmulRequest request(Unit unit, unsigned loop) const;
  void request_spad_rows(Unit unit, MatmulRequest& request, const MatmulLoop& loop) const;
  void advance_accumulator_half(Unit unit, const MatmulLoop& loop);
  bool complete_units(LoopContexts::Units idle);
  bool abandon_empty();
  bool has_nothing_to_do(Unit unit) const;

  // Commands out
  bool emit(Cycle now);
  Unit choose(Cycle now) const;
  Unit choose_a_or_b(Cycle now) const;
  bool offers(Unit unit, Cycle now) const;
  bool loads_are_ahead() const;
  bool load_a_is_ahead() const;
  bool load_b_is_ahead() const;
  Progress progress_before(Unit store) const;
  bool may_store(Unit store) const;
  std::uint32_t store_blocks(Unit store, std::uint32_t j) const;
  bool done(Unit unit, Unit for_unit) const;
  void send(Unit unit, Cycle now);
  unsigned parts(Unit unit) const;
  isa::Command command(Unit unit) const;

  void count_state(Cycle now);

  UnrollerShape shape_;
  bool spad_ids_;  // operands may stay; a null operand is not loaded
  bool skips_;     // the run command may skip units; spad-only loops
  bool resadd_;    // LOOP_WS can add matrices
  EventCounts& events_;
  std::array<MatmulLoop, LoopContexts::count> loops_;
  std::array<Generator, unit_count> generators_;
  bool is_resadd_ = false;  // of the last run command
  std::uint32_t d_start_ = 0;
  std::uint32_t ex_c_start_ = 0;
  std::uint32_t st_c_start_ = 0;
  bool counted_busy_ = false;
  Stats stats_;
};

}  // namespace castor::gemmini
