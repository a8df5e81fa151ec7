#include "castor/memory/mshr.h"

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
  const bool needs_tip = has_data(request_.opcode);
  line_ = line;
  planned_ = true;
  got_tip_ = false;
  execute_ = true;
  release_ = awaits_release_ack_ = !line.hit && line.entry.state != LineState::Invalid;
  acquire_ = !line.hit || (line.entry.state == LineState::Branch && needs_tip);
  grant_ack_ = awaits_grant_first_ = awaits_grant_ = awaits_grant_last_ = acquire_;
  writeback_ = acquire_ || (needs_tip && !line.entry.dirty);
}

void Mshr::schedule() {
  if (!awaits_grant_) execute_ = false;
  if (!awaits_grant_first_) grant_ack_ = false;
  if (complete()) writeback_ = planned_ = false;
  if (release_)
    release_ = false;
  else
    acquire_ = false;
}

// Data may flow through to SourceD behind its first beat if the request begins at the block's first byte.
void Mshr::receive_grant(bool last, bool writable) {
  awaits_grant_first_ = false;
  awaits_grant_last_ = !last;
  if (last || request_.offset == 0) awaits_grant_ = false;
  got_tip_ = writable;
}

DirectoryResult Mshr::final_line() const {
  const bool writes = has_data(request_.opcode);
  DirectoryResult line = line_;
  line.hit = true;
  line.entry.tag = request_.tag;
  line.entry.dirty = (line_.hit && line_.entry.dirty) || writes;
  line.entry.clients = line_.hit ? line_.entry.clients : 0;
  if (writes || (!line_.hit && got_tip_))
    line.entry.state = LineState::Tip;
  else if (!line_.hit)
    line.entry.state = LineState::Branch;
  return line;
}

}  // namespace castor::memory
