#include "castor/gemmini/transpose_preload_unroller.h"

namespace castor::gemmini {

namespace {

constexpr auto preload = static_cast<std::uint8_t>(isa::Funct::Preload);
constexpr auto compute_preloaded = static_cast<std::uint8_t>(isa::Funct::ComputePreloaded);
constexpr auto compute_accumulated = static_cast<std::uint8_t>(isa::Funct::ComputeAccumulated);
constexpr std::uint64_t garbage_addr = 0xFFFFFFFFU;

}  // namespace

TransposePreloadUnroller::TransposePreloadUnroller(const config::GemminiParams& params, IssuePort& in, IssuePort& out)
    : fixed_weight_stationary_(params.dataflow == config::Dataflow::WS), in_(in), out_(out) {}

void TransposePreloadUnroller::step(Cycle now) {
  if (!in_.can_pop(now) || !out_.can_push(now)) return;
  if (state_ != State::Idle || expands(now)) return expand(now);
  const bool lone_preload = in_.front().command.funct == preload && b_transposed_ && !in_.visible(1, now);
  if (!lone_preload) pass_through(now);
}

bool TransposePreloadUnroller::expands(Cycle now) const {
  return b_transposed_ && in_.front().command.funct == preload && in_.visible(1, now) &&
         in_.at(1).command.funct == compute_preloaded;
}

void TransposePreloadUnroller::pass_through(Cycle now) {
  const IssuedCommand command = in_.pop(now);
  if (command.command.is_config(isa::ConfigKind::Ex)) watch_config(command.command);
  out_.push(now, command);
}

void TransposePreloadUnroller::watch_config(const isa::Command& command) {
  const isa::ConfigEx config = isa::ConfigEx::decode(command);
  if (!config.set_only_strides)
    b_transposed_ = config.b_transpose && (fixed_weight_stationary_ || config.weight_stationary);
}

void TransposePreloadUnroller::expand(Cycle now) {
  IssuedCommand added = in_.at(state_ == State::FirstCompute ? 1 : 0);
  switch (state_) {
    case State::Idle:
      added.id_valid = false;
      added.command.rs2 |= garbage_addr;
      state_ = State::FirstCompute;
      break;
    case State::FirstCompute:  // its operands stay: the RTL means to suppress them and does not
      added.id_valid = false;
      added.command.funct = compute_accumulated;
      state_ = State::SecondPreload;
      break;
    case State::SecondPreload:
      added.command.rs1 |= garbage_addr;
      in_.drop(now);
      state_ = State::Idle;
      break;
  }
  out_.push(now, added);
}

}  // namespace castor::gemmini
