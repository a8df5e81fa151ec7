#include "castor/memory/mshr.h"

#include "castor/common/error.h"

namespace castor::memory {

void Mshr::allocate(const L2Request& request) {
  request_ = request;
  planned_ = false;
}

void Mshr::repeat(const L2Request& request) {
  const DirectoryResult line = final_line();
  request_ = request;
  plan(line);
}

void Mshr::plan(const DirectoryResult& line) {
  line_ = line;
  planned_ = execute_ = true;
  got_tip_ = evicting_probe_ = permission_probe_ = release_ = acquire_ = grant_ack_ = writeback_ = false;
  awaited_ = probed_ = answered_ = gave_up_ = 0;
  if (is_release(request_.opcode)) return plan_release();
  plan_access();
}

void Mshr::plan_release() {
  CASTOR_ASSERT(line_.hit);  // inclusion: what an L1 holds is here
  const bool to_branch = request_.shrink == sim::Shrink::TtoB;
  writeback_ = (request_.opcode == Opcode::ReleaseData && !line_.entry.dirty) ||
               (to_branch && line_.entry.state == LineState::Trunk) ||
               (to_none(request_.shrink) && (line_.entry.clients & request_.client) != 0);
}

void Mshr::plan_access() {
  if (!line_.hit && line_.entry.state != LineState::Invalid) plan_victim();
  acquire_ = !line_.hit || (line_.entry.state == LineState::Branch && request_.needs_tip());
  grant_ack_ = acquire_;
  writeback_ = acquire_ || (is_put(request_.opcode) && !line_.entry.dirty);
  if (acquire_) awaited_ |= grant_first | grant | grant_last;
  if (line_.hit && line_.entry.clients != 0) plan_permission_probe();
  if (!is_acquire(request_.opcode)) return;
  awaited_ |= client_grant_ack;
  writeback_ = true;
}

void Mshr::plan_victim() {
  release_ = true;
  awaited_ |= release_ack;
  if (held_by_nobody()) return;
  evicting_probe_ = true;
  probed_ = line_.entry.clients;
  awaited_ |= evicting_ack_first | evicting_ack_last;
}

// Who acquires or gets shows by it that it lacks what it asks for; who puts may hold the line.
void Mshr::plan_permission_probe() {
  probed_ = line_.entry.clients;
  if (!is_put(request_.opcode)) probed_ &= static_cast<std::uint16_t>(~request_.client);
  if (probed_ == 0 || !(request_.needs_tip() || line_.entry.state == LineState::Trunk)) return;
  permission_probe_ = writeback_ = true;
  awaited_ |= permission_ack_first | permission_ack | permission_ack_last;
}

void Mshr::schedule() {
  if (!awaits(grant | permission_ack)) execute_ = false;
  if (!awaits(grant_first)) grant_ack_ = false;
  if (complete()) writeback_ = planned_ = false;
  if (!release_ && !permission_probe_) acquire_ = false;
  if (!awaits(evicting_ack_first)) release_ = false;
  evicting_probe_ = permission_probe_ = false;
}

// Data may flow through to SourceD behind its first beat if the request begins at the block's first byte.
void Mshr::receive_grant(bool last, bool writable) {
  arrived(grant_first);
  if (last) arrived(grant_last);
  if (last || request_.offset == 0) arrived(grant);
  got_tip_ = writable;
}

void Mshr::receive_probe_ack(const ProbeAnswer& answer) {
  answered_ |= answer.client;
  if (answer.to_none) gave_up_ |= answer.client;
  if (answer.data && line_.entry.state != LineState::Invalid && answer.tag == line_.entry.tag) line_.entry.dirty = true;
  if (answered_ != probed_) return;
  arrived(evicting_ack_first | permission_ack_first);
  if (answer.last) arrived(evicting_ack_last | permission_ack_last);
  if (answer.last || request_.offset == 0) arrived(permission_ack);
}

void Mshr::take_nested_data(std::uint32_t tag) {
  if (planned_ && line_.entry.state != LineState::Invalid && line_.entry.tag == tag) line_.entry.dirty = true;
}

L2Request Mshr::response() const {
  L2Request response = request_;
  const bool alone = line_.hit ? held_by_nobody() && line_.entry.state == LineState::Tip : got_tip_;
  const bool still_holds = line_.hit && (line_.entry.clients & request_.client) != 0;
  if (request_.grow == sim::Grow::NtoB && alone) response.grow = sim::Grow::NtoT;
  if (request_.grow == sim::Grow::BtoT && !still_holds) response.grow = sim::Grow::NtoT;
  return response;
}

DirectoryResult Mshr::released_line() const {
  DirectoryResult line = line_;
  line.hit = true;
  line.entry.dirty = line_.entry.dirty || request_.opcode == Opcode::ReleaseData;
  if (request_.shrink != sim::Shrink::TtoT && line_.entry.state == LineState::Trunk) line.entry.state = LineState::Tip;
  if (to_none(request_.shrink)) line.entry.clients &= static_cast<std::uint16_t>(~request_.client);
  return line;
}

DirectoryResult Mshr::accessed_line() const {
  DirectoryResult line = line_;
  line.hit = true;
  line.entry.tag = request_.tag;
  line.entry.dirty = (line_.hit && line_.entry.dirty) || is_put(request_.opcode);
  line.entry.state = accessed_state();
  line.entry.clients = line_.hit ? line_.entry.clients & static_cast<std::uint16_t>(~gave_up_) : 0;
  if (is_acquire(request_.opcode)) line.entry.clients |= request_.client;
  return line;
}

LineState Mshr::accessed_state() const {
  const LineState owned = is_acquire(request_.opcode) ? LineState::Trunk : LineState::Tip;
  if (request_.needs_tip()) return owned;
  if (!line_.hit) return got_tip_ ? owned : LineState::Branch;
  if (line_.entry.state == LineState::Tip) return held_by_nobody() ? owned : LineState::Tip;
  return line_.entry.state == LineState::Trunk ? LineState::Tip : LineState::Branch;
}

}  // namespace castor::memory
