#include "castor/memory/cache_cork.h"

namespace castor::memory {

bool CacheCork::offers(Cycle now, MemoryBeat& beat) const {
  if (sent_acquire_ == now || sent_release_ == now) return false;
  if (outer_.releases.can_pop(now) && outer_.releases.front().dirty) {
    const ReleaseBeat& release = outer_.releases.front();
    beat = {release.address, release.mshr, 0, true, release.beat == 0, release.last};
    return true;
  }
  if (writing_ || !outer_.acquires.can_pop(now) || !outer_.acquires.front().with_data) return false;
  beat = {outer_.acquires.front().address, outer_.acquires.front().mshr, 0, false, true, true};
  return true;
}

void CacheCork::sent(Cycle now, const MemoryBeat& beat) {
  if (beat.write) {
    outer_.releases.drop(now);
    sent_release_ = now;
  } else {
    outer_.acquires.drop(now);
    sent_acquire_ = now;
  }
  writing_ = beat.write && !beat.last;
}

bool CacheCork::answer_requests(Cycle now) {
  bool moved = false;
  if (sent_release_ != now && outer_.releases.can_pop(now) && !outer_.releases.front().dirty &&
      release_acks_.can_push(now)) {
    release_acks_.push(now, outer_.releases.pop(now).mshr);
    moved = true;
  }
  if (sent_acquire_ != now && outer_.acquires.can_pop(now) && !outer_.acquires.front().with_data &&
      permissions_.can_push(now)) {
    permissions_.push(now, outer_.acquires.pop(now).mshr);
    moved = true;
  }
  return moved;
}

bool CacheCork::return_read_beat(Cycle now, std::uint16_t mshr, std::uint16_t beat) {
  if (!outer_.responses.can_push(now) || (beat == 0 && open_grants_ >= sink_ids)) return false;
  const bool last = beat == last_beat_;
  outer_.responses.push(now, {OuterResponse::Kind::GrantData, mshr, beat, last});
  if (beat == 0) ++open_grants_;
  in_burst_ = !last;
  return true;
}

bool CacheCork::return_write_ack(Cycle now, std::uint16_t mshr) {
  if (!outer_.responses.can_push(now)) return false;
  outer_.responses.push(now, {OuterResponse::Kind::ReleaseAck, mshr, 0, true});
  return true;
}

bool CacheCork::return_answers(Cycle now) {
  if (in_burst_ || !outer_.responses.can_push(now)) return false;
  if (release_acks_.can_pop(now)) {
    outer_.responses.push(now, {OuterResponse::Kind::ReleaseAck, release_acks_.pop(now), 0, true});
    return true;
  }
  if (!permissions_.can_pop(now) || open_grants_ >= sink_ids) return false;
  outer_.responses.push(now, {OuterResponse::Kind::Grant, permissions_.pop(now), 0, true});
  ++open_grants_;
  return true;
}

bool CacheCork::take_grant_ack(Cycle now) {
  if (!outer_.grant_acks.can_pop(now)) return false;
  outer_.grant_acks.drop(now);
  --open_grants_;
  return true;
}

}  // namespace castor::memory
