#include "castor/memory/memory_bus.h"

#include <algorithm>

namespace castor::memory {

MemoryBus::MemoryBus(const sc_core::sc_module_name& name, sim::ClockDomain& domain,
                     const config::MemoryBusParams& params, const config::L2Params& l2, BackingStore& store,
                     sim::Probes& probes, const std::vector<L2OuterPort*>& banks, Target target)
    : ClockedModule(name, domain, sim::level::memory_bus),
      target_(target),
      interleave_{params.channels, static_cast<unsigned>(l2.block_bytes().count())},
      banks_of_channel_(params.channels),
      channels_of_bank_(banks.size()),
      answers_(params.channels) {
  for (L2OuterPort* bank : banks) {
    corks_.emplace_back(*bank, static_cast<unsigned>(l2.block_bytes() / params.beat_bytes()));
    bank->acquires.connect_consumer(*this);
    bank->releases.connect_consumer(*this);
    bank->grant_acks.connect_consumer(*this);
    bank->responses.connect_producer(*this);
  }
  const MemoryChannel::Shared shared{domain, *this, params, l2,          store,
                                     probes, stats, target, interleave_, static_cast<unsigned>(banks.size())};
  for (unsigned channel = 0; channel < params.channels; ++channel) channels_.emplace_back(shared, channel);
}

Cycle MemoryBus::step(Cycle now) {
  if (must_meet_kernel(now)) return now;
  bool moved = return_responses(now);
  for (MemoryChannel& channel : channels_) {
    moved |= channel.pass_on(now);
    moved |= channel.pass_data(now);
  }
  for (unsigned channel = 0; channel < channels_.size(); ++channel) moved |= take_beat(now, channel);
  for (CacheCork& cork : corks_) moved |= cork.answer_requests(now);
  for (CacheCork& cork : corks_) moved |= cork.take_grant_ack(now);
  return moved || must_step(now) ? now + 1 : next_arrival(now);
}

// What is in registers; a wake that far ahead need not be kept (clock_domain.h).
Cycle MemoryBus::next_arrival(Cycle now) const {
  Cycle next = Cycle::never();
  const auto consider = [&](Cycle at) { next = at > now ? std::min(next, at) : next; };
  for (const MemoryChannel& channel : channels_) consider(channel.next_visible());
  for (const CacheCork& cork : corks_) {
    const L2OuterPort& bank = cork.outer();
    for (const Cycle at : {bank.acquires.head_visible(), bank.releases.head_visible(), bank.grant_acks.head_visible()})
      consider(at);
  }
  return next;
}

// An answer may wait for a grant of the L2's to end, which wakes nobody.
bool MemoryBus::must_step(Cycle now) const {
  return std::any_of(channels_.begin(), channels_.end(), [&](const auto& channel) { return channel.must_step(now); }) ||
         std::any_of(corks_.begin(), corks_.end(), [](const CacheCork& cork) { return cork.has_answers(); });
}

// Before any state changes: a request may leave the domain in this cycle only if both clocks agree.
bool MemoryBus::must_meet_kernel(Cycle now) {
  if (target_ == Target::InDomain) return false;
  MemoryBeat beat;
  for (unsigned channel = 0; channel < channels_.size(); ++channel)
    if (channels_[channel].has_request(now) || pick_beat(now, channel, beat)) return !domain().in_step_with_kernel();
  return false;
}

bool MemoryBus::return_responses(Cycle now) {
  for (unsigned channel = 0; channel < channels_.size(); ++channel)
    answers_[channel] = channels_[channel].answers_bank(now);
  bool moved = false;
  for (unsigned bank = 0; bank < corks_.size(); ++bank) moved |= return_to(now, bank);
  return moved;
}

bool MemoryBus::return_to(Cycle now, unsigned bank) {
  std::uint32_t valid = 0;
  for (unsigned channel = 0; channel < channels_.size(); ++channel)
    valid |= static_cast<std::uint32_t>(answers_[channel] == bank) << channel;
  if (valid == 0) return corks_[bank].has_answers() && corks_[bank].return_answers(now);
  const int turn = channels_of_bank_[bank].pick(valid);
  bool moved = false;
  for (int channel = 0; valid >> channel != 0; ++channel) {
    if ((valid >> channel & 1) == 0) continue;
    const bool last = channels_[channel].answers_last(now);
    if (!channels_[channel].answer(now, channel == turn ? &corks_[bank] : nullptr)) continue;
    channels_of_bank_[bank].sent(channel, last);
    moved = true;
  }
  return moved;
}

bool MemoryBus::offers(Cycle now, unsigned bank, unsigned channel, MemoryBeat& beat) const {
  return corks_[bank].offers(now, beat) && interleave_.channel_of(beat.address) == channel;
}

bool MemoryBus::pick_beat(Cycle now, unsigned channel, MemoryBeat& beat) const {
  std::uint32_t valid = 0;
  for (unsigned bank = 0; bank < corks_.size(); ++bank)
    valid |= static_cast<std::uint32_t>(offers(now, bank, channel, beat)) << bank;
  const int bank = valid != 0 ? banks_of_channel_[channel].pick(valid) : RoundRobinArbiter::none;
  if (bank == RoundRobinArbiter::none) return false;
  corks_[bank].offers(now, beat);
  beat.bank = static_cast<std::uint16_t>(bank);
  return true;
}

// The beat that the banks offer enters the channel's address and data queues, or passes through them.
bool MemoryBus::take_beat(Cycle now, unsigned channel) {
  MemoryBeat beat;
  if (!pick_beat(now, channel, beat) || !channels_[channel].can_take(now, beat)) return false;
  banks_of_channel_[channel].sent(beat.bank, beat.last);
  corks_[beat.bank].sent(now, beat);
  channels_[channel].take(now, beat);
  return true;
}

std::string MemoryBus::waiting_for() const {
  for (const MemoryChannel& channel : channels_)
    if (const std::string what = channel.waiting_for(); !what.empty()) return what;
  return {};
}

}  // namespace castor::memory
