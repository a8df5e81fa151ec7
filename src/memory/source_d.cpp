#include "castor/memory/source_d.h"

#include <algorithm>
#include <cstring>

#include "castor/common/bits.h"

namespace castor::memory {

SourceD::SourceD(const config::BusParams& bus, BankedStore& store, PutBuffer& puts, PutBuffer& releases,
                 BackingStore& bytes, BankPort& port)
    : store_(store),
      puts_(puts),
      releases_(releases),
      bytes_(bytes),
      port_(port),
      beat_bytes_(bus.beat_bytes()),
      log2_beat_(log2_ceil(bus.beat_bytes())),
      log2_word_(log2_ceil(bus.beat_bytes() / store.words_of_inner_beat())) {}

void SourceD::start(const L2Request& request, std::uint8_t way, std::uint16_t mshr) {
  busy_ = true;
  last_beat_ = request.log2_size > log2_beat_ ? (1u << (request.log2_size - log2_beat_)) - 1 : 0;
  // A Put of whole words overwrites what it would read.
  reads_ = request.opcode != Opcode::PutFull || request.log2_size < log2_word_;
  s1_.payload = request.payload;
  s1_.tilelink = request.tilelink;
  s1_.set = request.set;
  s1_.way = way;
  s1_.beat = request.offset >> log2_beat_;
  s1_.response = 0;
  s1_.put = request.put;
  s1_.full = s1_.sends = true;
  s1_.last = last_beat_ == 0;
  s1_.has_data = s1_.fetches = has_data(request.opcode);
  s1_.words = words_of(request);
  s1_.released = false;
  s1_.retires = true;
  if (is_release(request.opcode)) start_release(request);
  if (is_acquire(request.opcode)) start_acquire(request, mshr);
}

void SourceD::start_release(const L2Request& request) {
  reads_ = false;
  s1_.released = true;
  if (request.moves_no_data()) start_without_data();
}

void SourceD::start_without_data() {
  reads_ = false;
  last_beat_ = 0;
  s1_.last = true;
  s1_.retires = false;
  s1_.words = 0;
}

void SourceD::start_acquire(const L2Request& request, std::uint16_t mshr) {
  s1_.tilelink->sink = mshr;
  s1_.tilelink->cap = request.grow == sim::Grow::NtoB ? sim::Cap::toB : sim::Cap::toT;
  if (request.moves_no_data()) start_without_data();
  s1_.tilelink->response_beats = last_beat_ + 1;
}

std::uint32_t SourceD::words_of(const L2Request& request) const {
  const unsigned all = store_.words_of_inner_beat();
  const unsigned covered = request.log2_size > log2_word_ ? 1u << (request.log2_size - log2_word_) : 1;
  if (covered >= all) return (1u << all) - 1;
  return ((1u << covered) - 1) << ((request.offset & (beat_bytes_ - 1)) >> log2_word_);
}

// Downstream first: each stage learns whether the next one takes its beat in this cycle.
void SourceD::step(Cycle now) {
  const std::uint32_t bypassed = busy_ ? bypassed_words() : 0;
  const bool s4_ready = step_write();
  const bool s3_ready = step_send(now, s4_ready);
  const bool s2_ready = step_fetch(now, s3_ready);
  if (busy_) {
    step_read(bypassed, s2_ready);
  } else {
    fresh_bypass_ = true;
  }
}

// s4: writes a Put's data. True if s3 may move up.
bool SourceD::step_write() {
  if (!s4_.full) return true;
  if (s4_.has_data && !store_.claim_inner(s4_.set, s4_.beat, s4_.written)) return false;
  s4_.full = false;
  return true;
}

// s3: sends the response. True if s2 may move up.
bool SourceD::step_send(Cycle now, bool s4_ready) {
  if (!s3_.full) return true;
  if (s3_.sends && port_.can_send()) {
    port_.send(now, {s3_.payload, s3_.tilelink, s3_.response, s3_.last || s3_.has_data});
    s3_.sends = false;
  }
  if (s3_.sends || !(s4_ready || !s3_.retires)) return false;
  if (s3_.retires) s4_ = s3_;
  s3_.full = false;
  return true;
}

// s2: fetches a Put's data. True if s1 may move up.
bool SourceD::step_fetch(Cycle now, bool s3_ready) {
  if (!s2_.full) return true;
  if (s2_.fetches && buffer_of(s2_).can_pop(now, s2_.put)) write_bytes(s2_, buffer_of(s2_).pop(s2_.put, s2_.last));
  if (s2_.fetches || !s3_ready) return false;
  if (!s2_.has_data) read_bytes(s2_);
  s3_ = s2_;
  s2_.full = false;
  return true;
}

// s1: reads the store, unless later stages hold all that the beat needs.
void SourceD::step_read(std::uint32_t bypassed, bool s2_ready) {
  if (fresh_bypass_) held_bypass_ = bypassed;
  fresh_bypass_ = s2_ready;
  const std::uint32_t words = s1_.words & ~held_bypass_;
  if (reads_ && words != 0 && !has_read_) {
    has_read_ = store_.claim_inner(s1_.set, s1_.beat, words);
    if (!has_read_) return;
  }
  if (!s2_ready) return;
  s2_ = s1_;
  has_read_ = false;
  busy_ = !s1_.last;
  ++s1_.beat;
  ++s1_.response;
  s1_.last = s1_.response == last_beat_;
  s1_.sends = !s1_.has_data;
}

std::uint32_t SourceD::bypassed_words() const {
  const auto words = [this](const Stage& stage) {
    const bool match = stage.full && stage.beat == s1_.beat && stage.set == s1_.set && stage.way == s1_.way;
    return match ? stage.words : 0;
  };
  return words(s2_) | words(s3_) | words(s4_);
}

void SourceD::read_bytes(const Stage& stage) {
  tlm::tlm_generic_payload& payload = *stage.payload;
  if (payload.get_data_ptr() == nullptr) return;
  const std::size_t offset = std::size_t{stage.response} * beat_bytes_;
  const std::size_t count = std::min<std::size_t>(beat_bytes_, payload.get_data_length() - offset);
  std::memcpy(payload.get_data_ptr() + offset, bytes_.at(PhysAddr{payload.get_address() + offset}), count);
}

void SourceD::write_bytes(Stage& stage, const PutBuffer::Beat& beat) {
  stage.fetches = false;
  stage.written = stage.words;
  if (beat.mask != ~std::uint64_t{0}) {
    stage.written = 0;
    for (unsigned i = 0; i < beat_bytes_; ++i)
      stage.written |= static_cast<std::uint32_t>(bit(beat.mask, i)) << (i >> log2_word_);
  }
  if (!beat.has_bytes) return;
  std::uint8_t* target = bytes_.at(beat.address);
  if (beat.mask == ~std::uint64_t{0}) {
    std::memcpy(target, beat.bytes, beat.count);
    return;
  }
  const unsigned lane = beat.address.value() & (beat_bytes_ - 1);
  for (unsigned i = 0; i < beat.count; ++i)
    if (bit(beat.mask, lane + i)) target[i] = beat.bytes[i];
}

}  // namespace castor::memory
