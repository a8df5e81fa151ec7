// One request under way in the L2: what is still to be scheduled for it and what it waits for.
//
// RTL twin: MSHR.scala, for the last-level cache (no probes from outside) without the control port's flushes. The plan
// is made when the directory's result arrives (or at once when the next request of the same line follows) and can be
// scheduled from the next cycle on. A victim that L1s hold is probed first; so is a line whose other holders must give
// up what the request needs. While the last word is with a client or with memory, releases of the same set pass it.
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
  bool wants_probe() const { return evicting_probe_ || permission_probe_; }
  bool wants_acquire() const { return acquire_ && !release_ && !permission_probe_; }
  bool wants_release() const { return release_ && !awaits(evicting_ack_first); }
  bool wants_response() const { return execute_ && !awaits(grant | permission_ack); }
  bool wants_grant_ack() const { return grant_ack_ && !awaits(grant_first); }
  bool wants_directory_write() const { return wants_release() || (writeback_ && complete()); }
  /// Nothing is awaited: what is scheduled now is the last of this request.
  bool complete() const { return planned_ && !awaits(holding); }
  /// The permission is asked for without the block's data: a Put writes it all, or an L1 wants no more.
  bool acquires_without_data(unsigned log2_block) const {
    return request_.log2_size == log2_block &&
           (request_.opcode == Opcode::PutFull || request_.opcode == Opcode::AcquirePerm);
  }

  /// What a Release of the same set must do: wait for the plan, or be served by the MSHR reserved for it.
  bool blocks_releases() const { return !planned_; }
  bool nests_releases() const { return planned_ && awaits(evicting_ack_first | permission_ack_first | grant_first); }

  /// The probe: of which line, which clients, and what it leaves them.
  std::uint32_t probed_tag() const { return evicting_probe_ ? line_.entry.tag : request_.tag; }
  std::uint16_t probed_clients() const { return probed_; }
  sim::Cap probe_cap() const { return evicting_probe_ || request_.needs_tip() ? sim::Cap::toN : sim::Cap::toB; }
  /// The request with the permission that it is given: more than asked for if nobody else holds the line, no upgrade
  /// without data if its sender has lost the line meanwhile.
  L2Request response() const;
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
  void receive_release_ack() { arrived(release_ack); }
  /// The first or last beat of a client's answer to a probe in this set.
  struct ProbeAnswer {
    std::uint32_t tag = 0;
    std::uint16_t client = 0;
    bool to_none = false;
    bool data = false;
    bool last = true;
  };
  void receive_probe_ack(const ProbeAnswer& answer);
  void receive_client_grant_ack() { arrived(client_grant_ack); }
  /// A nested release has made this line dirty, if it is the MSHR's.
  void take_nested_data(std::uint32_t tag);

 private:
  // What it may wait for. Of the answers to probes and of grants the first beat, the last, and (grant, permission_ack)
  // the one behind which SourceD may follow.
  enum Await : std::uint16_t {
    release_ack = 1 << 0,
    grant_first = 1 << 1,
    grant = 1 << 2,
    grant_last = 1 << 3,
    evicting_ack_first = 1 << 4,
    evicting_ack_last = 1 << 5,
    permission_ack_first = 1 << 6,
    permission_ack = 1 << 7,
    permission_ack_last = 1 << 8,
    client_grant_ack = 1 << 9,
    holding = release_ack | grant_last | evicting_ack_last | permission_ack_last | client_grant_ack,
  };

  bool awaits(unsigned what) const { return (awaited_ & what) != 0; }
  void arrived(unsigned what) { awaited_ = static_cast<std::uint16_t>(awaited_ & ~what); }
  void plan_release();
  void plan_access();
  void plan_victim();
  void plan_permission_probe();
  DirectoryResult final_line() const { return is_release(request_.opcode) ? released_line() : accessed_line(); }
  DirectoryResult released_line() const;
  DirectoryResult accessed_line() const;
  LineState accessed_state() const;
  bool held_by_nobody() const { return line_.entry.clients == 0; }

  L2Request request_;
  DirectoryResult line_;
  std::uint16_t awaited_ = 0;
  std::uint16_t probed_ = 0;    // clients that the probe goes to
  std::uint16_t answered_ = 0;  // of them
  std::uint16_t gave_up_ = 0;   // of them, those that keep nothing
  bool planned_ = false;
  bool evicting_probe_ = false;    // the victim's holders
  bool permission_probe_ = false;  // the line's other holders
  bool release_ = false;           // evict the victim
  bool acquire_ = false;           // fetch the line, or the permission to write it
  bool grant_ack_ = false;         // answer the grant
  bool execute_ = false;           // answer the request, in SourceD
  bool writeback_ = false;         // the directory entry changes
  bool got_tip_ = false;
};

}  // namespace castor::memory
