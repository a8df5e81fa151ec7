// Unrolls LOOP_CONV_WS: a convolution tile into mvins, preloads and computes, and mvouts.
// RTL twin: LoopConv.scala, Pipeline.scala.
//
// As LoopMatmul, with five address generators (store, execute, bias, weights, input: the priority of the arbiter), each
// followed by a command pipeline of two stages. Execute holds its commands back until all loaders of its loop have
// emitted theirs, the store until execute has; loaders of the next loop wait while that is so.
// Timing: run command at the head of `commands` in t -> configured and requested t+1, the generators feed their
// pipelines from t+2 on, the first command leaves in t+4.
#pragma once

#include <array>
#include <cstdint>

#include "castor/config/gemmini_params.h"
#include "castor/gemmini/conv_addresses.h"
#include "castor/gemmini/loop_module.h"

namespace castor::gemmini {

class LoopConv : public LoopModule {
 public:
  struct Stats : sim::StatGroup {
    sim::Counter loops{this, "loops", "loops", "LOOP_CONV_WS commands run"};
    sim::Counter emitted{this, "emitted", "commands", "commands unrolled"};
  };

  LoopConv(const sc_core::sc_module_name& name, sim::ClockDomain& domain, const config::GemminiParams& params,
           CommandQueue& out);

  Cycle step(Cycle now) override;
  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  /// In the order of the arbiter.
  enum Unit : unsigned { Store, Execute, LoadBias, LoadWeights, LoadInput, unit_count };
  static constexpr LoopContexts::Units load_units = 1U << LoadBias | 1U << LoadWeights | 1U << LoadInput;

  /// Commands on their way to the arbiter; a stage holds when the one behind it holds.
  struct Pipeline {
    static constexpr unsigned stages = 2;
    std::array<isa::Command, stages> command;
    std::array<bool, stages> valid{};
    bool empty() const { return !valid[0] && !valid[1]; }
    bool offers() const { return valid[1]; }
    bool accepts(bool last_leaves) const { return !valid[0] || !valid[1] || last_leaves; }
    /// One cycle; `in` is null when nothing enters.
    bool advance(bool last_leaves, const isa::Command* in);
  };

  struct Generator {
    LoopUnroller unroller;
    ConvRequest request;
    Pipeline pipeline;
    bool new_weights = false;  // execute: the next preload brings weights
    bool idle() const { return unroller.idle() && pipeline.empty(); }
  };

  // Commands in
  bool is_loop_command(const isa::Command& command) const override { return command.is_loop_conv(); }
  bool runs(const isa::Command& command) const override { return command.function() == isa::Funct::LoopConvWs; }
  void configure(unsigned loop, const isa::Command& command) override;
  void configure_layer(ConvLoop& loop, const isa::LoopConvConfig1& layer) const;
  void configure_pool(ConvLoop& loop, const isa::LoopConvConfig2& pool) const;
  void configure_kernel(ConvLoop& loop, const isa::LoopConvConfig3& kernel) const;
  void configure_output(ConvLoop& loop, const isa::LoopConvConfig4& output) const;
  bool square() const { return features_.encoding == isa::ConvEncoding::Square; }
  void run(unsigned loop, const isa::Command& command) override;

  // Requests to the generators
  LoopContexts::Units idle_units() const;
  bool start_units(const LoopContexts& was, LoopContexts::Units idle);
  bool may_start(Unit unit, unsigned loop, const LoopContexts& was) const;
  void start(Unit unit, unsigned loop);
  ConvRequest request(Unit unit, unsigned loop);
  std::uint32_t accumulator_half(std::uint32_t& start, const ConvLoop& loop) const;
  bool complete_units(LoopContexts::Units idle);

  // Commands through the pipelines
  bool advance(const LoopContexts& was, LoopContexts::Units idle, Cycle now);
  Unit choose(Cycle now) const;
  bool advance_generator(Unit unit, bool feeding, bool leaves);
  bool feeds(Unit unit, const LoopContexts& was, LoopContexts::Units idle) const;
  bool done(Unit unit, Unit for_unit, LoopContexts::Units idle) const;
  bool loads_done(LoopContexts::Units idle) const;
  bool waits_for_previous_loop(Unit unit, const LoopContexts& was) const;
  bool has_nothing_to_do(Unit unit) const;
  isa::Command command(Unit unit) const;
  isa::Command execute_command() const;
  void step_generator(Unit unit, bool skipped);
  void step_execute(bool skipped);
  void send(Unit unit, Cycle now);

  UnrollerShape shape_;
  ConvFeatures features_;
  std::array<ConvLoop, LoopContexts::count> loops_;
  std::array<Generator, unit_count> generators_;
  std::uint32_t bias_start_ = 0;
  std::uint32_t ex_c_start_ = 0;
  std::uint32_t st_c_start_ = 0;
  Stats stats_;
};

}  // namespace castor::gemmini
