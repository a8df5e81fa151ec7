// The L2's answering pipeline: reads and writes the data store beat by beat and sends D.
//
// RTL twin: SourceD.scala. Four stages: s1 forms the beats and reads the store, s2 fetches a Put's data, s3 sends the
// response, s4 writes the store. One request at a time in s1, a beat a cycle; scheduled in t, its first D beat leaves
// in t+2. A Put's single acknowledgement goes with its first beat. Beats still in s2 to s4 are bypassed to s1 (no read
// of the store); evictions and refills wait while their line is anywhere in the pipeline. Bytes move in program order:
// a Put's when s2 fetches them, a Get's when its beat enters s3. An AcquireBlock is read like a Get, a ReleaseData
// written like a Put; a Grant without data and a ReleaseAck for none are one beat that ends in s3.
#pragma once

#include <cstdint>

#include "castor/memory/backing_store.h"
#include "castor/memory/banked_store.h"
#include "castor/memory/l2_request.h"
#include "castor/memory/put_buffer.h"
#include "castor/memory/system_bus.h"

namespace castor::memory {

class SourceD {
 public:
  SourceD(const config::BusParams& bus, BankedStore& store, PutBuffer& puts, PutBuffer& releases, BackingStore& bytes,
          BankPort& port);

  /// Whether a request can be scheduled in this cycle.
  bool ready() const { return !busy_; }
  /// Whether no beat of this line is in the pipeline, by the state at the beginning of the cycle.
  bool is_safe(std::uint32_t set, std::uint8_t way) const {
    const auto elsewhere = [=](const Stage& stage) { return !stage.full || stage.set != set || stage.way != way; };
    const bool s1 = !busy_ || s1_.set != set || s1_.way != way;
    return s1 && elsewhere(s2_) && elsewhere(s3_) && elsewhere(s4_);
  }
  /// Hands over the request scheduled in this cycle; `mshr` awaits the acknowledgement of a Grant.
  void start(const L2Request& request, std::uint8_t way, std::uint16_t mshr);
  /// After sourceC and sinkD have claimed their SRAMs.
  void step(Cycle now);
  /// The request whose D beat is offered in the next cycle, if any.
  const sim::TileLinkExtension* next_response() const { return s3_.full && s3_.sends ? s3_.tilelink : nullptr; }
  bool idle() const { return !busy_ && !s2_.full && !s3_.full && !s4_.full; }

 private:
  struct Stage {
    tlm::tlm_generic_payload* payload = nullptr;
    sim::TileLinkExtension* tilelink = nullptr;
    std::uint32_t set = 0;
    std::uint16_t beat = 0;      // of the block
    std::uint16_t response = 0;  // beat of the request
    std::uint16_t put = 0;
    std::uint8_t way = 0;
    bool full = false;
    bool last = false;          // beat of the request
    bool has_data = false;      // of a Put
    bool fetches = false;       // its data is still to come from the put buffer
    bool sends = false;         // its D beat is still to go
    bool released = false;      // its data comes from the release buffer
    bool retires = true;        // passes s4
    std::uint32_t words = 0;    // SRAM words of the beat that the request covers
    std::uint32_t written = 0;  // those that its data changes
  };

  bool step_write();
  bool step_send(Cycle now, bool s4_ready);
  bool step_fetch(Cycle now, bool s3_ready);
  void step_read(std::uint32_t bypassed, bool s2_ready);
  std::uint32_t bypassed_words() const;
  std::uint32_t words_of(const L2Request& request) const;
  void start_release(const L2Request& request);
  void start_without_data();
  void start_acquire(const L2Request& request, std::uint16_t mshr);
  PutBuffer& buffer_of(const Stage& stage) { return stage.released ? releases_ : puts_; }
  void read_bytes(const Stage& stage);
  void write_bytes(Stage& stage, const PutBuffer::Beat& beat);

  BankedStore& store_;
  PutBuffer& puts_;
  PutBuffer& releases_;
  BackingStore& bytes_;
  BankPort& port_;
  unsigned beat_bytes_, log2_beat_, log2_word_;

  // s1
  Stage s1_;  // the beat in turn
  std::uint16_t last_beat_ = 0;
  bool reads_ = false;  // needs what the store holds
  bool busy_ = false;
  bool has_read_ = false;
  bool fresh_bypass_ = true;  // else the match of the beat's first cycle holds
  std::uint32_t held_bypass_ = 0;

  Stage s2_, s3_, s4_;
};

}  // namespace castor::memory
