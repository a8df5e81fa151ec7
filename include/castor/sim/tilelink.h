// TileLink requests as TLM-2.0 approximately-timed transactions.
//
// One transaction is one TileLink request of up to a cache block: Get (TLM_READ), PutFull / PutPartial (TLM_WRITE, byte
// enables for partial). All calls are made on a clock edge with zero delay; their phases mean
//   fw BEGIN_REQ   the first A beat of the message is offered in this cycle and accepted (it occupies the target's
//                  buffer); the next BEGIN_REQ of this initiator may come only after END_REQ.
//   bw END_REQ     (or TLM_UPDATED from BEGIN_REQ) the last A beat has left the initiator in this cycle, so the next
//                  message may begin in the next cycle. A Get has one A beat; a Put has size/beat_bytes. In between,
//                  the initiator's beats follow without a call; `extension.beats_gone` tells how far the target's
//                  ready reaches.
//   bw BEGIN_RESP  one D beat arrives at the initiator in this cycle: beat `extension.beats_delivered` of the response.
//                  A read response has size/beat_bytes beats (at least one), a write acknowledgement one.
//                  Returns TLM_UPDATED + END_RESP (TLM_COMPLETED for the last beat) if the initiator took the beat;
//                  TLM_ACCEPTED if it has no room: the beat stays in the target's buffer until
//   fw END_RESP    the initiator has room: the target offers the beat again in the next cycle.
// A beat's bytes are valid in the payload's data buffer from its BEGIN_RESP on. A payload without a data pointer
// carries timing only (--values off).
//
// An initiator that caches (an L1) also speaks the channels B, C and E; its messages carry no bytes. One transaction is
// one exchange, as above:
//   Acquire   A and D of a transaction as above: BEGIN_REQ; BEGIN_RESP once for a Grant, for each beat of a GrantData
//             (response_beats and cap say what came). In the cycle of its first D beat the initiator says
//   fw GRANT_ACK    channel E: the grant has been taken. Returns TLM_UPDATED; TLM_ACCEPTED if there is no room in this
//                   cycle: then it has to be said again.
//   Release   BEGIN_REQ to END_REQ lie on channel C, independent of A; one BEGIN_RESP, the ReleaseAck.
//   Probe     the target's transaction, on the initiator's socket:
//   bw BEGIN_PROBE  a B beat is offered in this cycle; returns TLM_UPDATED + END_PROBE if the initiator takes it, else
//                   TLM_ACCEPTED: it is offered again in every cycle until it is taken.
//                   Then the initiator makes the payload its answer (message, shrink, request_beats) and sends it on
//                   channel C: fw BEGIN_REQ, bw END_REQ (or TLM_UPDATED); the payload is the target's again after that.
#pragma once

#include <cstdint>
#include <systemc>
#include <tlm>

#include "castor/common/types.h"

namespace castor::sim {

TLM_DECLARE_EXTENDED_PHASE(BEGIN_PROBE);
TLM_DECLARE_EXTENDED_PHASE(END_PROBE);
TLM_DECLARE_EXTENDED_PHASE(GRANT_ACK);

/// What a transaction is; an Access is a Get or a Put, as the payload's command says. C messages come last.
enum class Message : std::uint8_t {
  Access,
  AcquireBlock,
  AcquirePerm,
  Probe,
  Release,
  ReleaseData,
  ProbeAck,
  ProbeAckData
};
constexpr bool on_channel_c(Message message) { return message >= Message::Release; }

/// Permissions of a block, numbered as on the wire: none, branch (to read), trunk (to write).
/// What an Acquire asks for ...
enum class Grow : std::uint8_t { NtoB, NtoT, BtoT };
/// ... what a Grant gives, or a Probe leaves ...
enum class Cap : std::uint8_t { toT, toB, toN };
/// ... and what a Release or the answer to a Probe reports.
enum class Shrink : std::uint8_t { TtoB, TtoN, BtoN, TtoT, BtoB, NtoN };
constexpr bool to_none(Shrink shrink) {
  return shrink == Shrink::TtoN || shrink == Shrink::BtoN || shrink == Shrink::NtoN;
}

/// Who sent a request, and how far its response has come.
struct TileLinkExtension : tlm::tlm_extension<TileLinkExtension> {
  std::uint16_t core = 0;
  std::uint16_t source = 0;           // TileLink source id of the agent
  std::uint16_t log2_size = 0;        // of the request, bytes
  std::uint16_t request_beats = 1;    // A beats
  std::uint16_t response_beats = 1;   // D beats
  std::uint16_t beats_delivered = 0;  // D beats the initiator has taken
  std::uint16_t beats_gone = 0;       // set by the target: A beats that have left when the coming cycle is over
  bool full_put = false;              // PutFull (every byte enabled) rather than PutPartial
  Message message = Message::Access;
  Grow grow = Grow::NtoB;        // of an Acquire
  Cap cap = Cap::toT;            // of its Grant, set by the L2; of a Probe
  Shrink shrink = Shrink::NtoN;  // of a Release or the answer to a Probe
  std::uint16_t sink = 0;        // of a Grant, set by the L2: who awaits the acknowledgement
  std::uint16_t client = 0;      // set by the system bus: the directory's bit of an initiator that caches
  Cycle begin_request{};         // time stamps, for latency statistics
  bool l2_hit = false;           // set by the L2
  std::uint16_t bus_port = 0;    // set by the system bus: the way back

  tlm_extension_base* clone() const override { return new TileLinkExtension(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const TileLinkExtension&>(other); }
};

/// A pool of payloads, each with its extension for life; payloads return by release().
class TransactionPool : public tlm::tlm_mm_interface {
 public:
  TransactionPool() = default;
  TransactionPool(const TransactionPool&) = delete;
  TransactionPool& operator=(const TransactionPool&) = delete;
  ~TransactionPool() override;
  /// A payload with reference count one and a reset extension.
  tlm::tlm_generic_payload& take();
  void free(tlm::tlm_generic_payload* payload) override;

 private:
  std::vector<tlm::tlm_generic_payload*> all_;
  std::vector<tlm::tlm_generic_payload*> idle_;
};

/// The extension of a payload from a TransactionPool.
inline TileLinkExtension& tilelink(tlm::tlm_generic_payload& payload) {
  return *payload.get_extension<TileLinkExtension>();
}

}  // namespace castor::sim
