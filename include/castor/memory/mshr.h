// One request under way in the L2: what is still to be scheduled for it and what it waits for.
//
// RTL twin: MSHR.scala, for channel A. The plan is made when the directory's result arrives (or at once when the next
// request of the same line follows) and can be scheduled from the next cycle on. Requests of a core's L1 (Acquire,
// Release, probes) need further steps of the same kind; DirectoryEntry already holds sharers and Trunk for them.
#pragma once

#include "castor/memory/directory.h"
#include "castor/memory/l2_request.h"

namespace castor::memory {

class Mshr {
 public:
  bool planned() const { return planned_; }
  const L2Request& request() const { return request_; }
  std::uint8_t way() const { return line_.way; }
  const DirectoryResult& line() const { return line_; }

  /// What it wants scheduled; the scheduler grants everything at once or nothing.
  bool wants_acquire() const { return acquire_ && !release_; }
  bool wants_release() const { return release_; }
  bool wants_response() const { return execute_ && !awaits_grant_; }
  bool wants_grant_ack() const { return grant_ack_ && !awaits_grant_first_; }
  bool wants_directory_write() const { return release_ || (writeback_ && complete()); }
  /// Nothing is awaited: what is scheduled now is the last of this request.
  bool complete() const { return planned_ && !awaits_release_ack_ && !awaits_grant_last_; }
  /// The permission is asked for without the block's data: a Put writes it all.
  bool acquires_without_data(unsigned log2_block) const {
    return request_.opcode == Opcode::PutFull && request_.log2_size == log2_block;
  }

  /// What the directory is to hold: the line evicted or the line as this request leaves it.
  DirectoryEntry directory_write() const { return release_ ? DirectoryEntry{} : final_line().entry; }

  /// A new request (its directory read has begun) ...
  void allocate(const L2Request& request);
  /// ... or one of the same line as the request that ends in this cycle.
  void repeat(const L2Request& request);
  /// The directory's result.
  void plan(const DirectoryResult& line);

  /// Everything wanted has been scheduled.
  void schedule();
  void receive_grant(bool last, bool writable);
  void receive_release_ack() { awaits_release_ack_ = false; }

 private:
  DirectoryResult final_line() const;

  L2Request request_;
  DirectoryResult line_;
  bool planned_ = false;
  bool release_ = false;    // evict the victim
  bool acquire_ = false;    // fetch the line, or the permission to write it
  bool grant_ack_ = false;  // answer the grant
  bool execute_ = false;    // answer the request, in SourceD
  bool writeback_ = false;  // the directory entry changes
  bool awaits_release_ack_ = false;
  bool awaits_grant_first_ = false;
  bool awaits_grant_ = false;  // first or last beat, whichever SourceD must have seen
  bool awaits_grant_last_ = false;
  bool got_tip_ = false;
};

}  // namespace castor::memory
