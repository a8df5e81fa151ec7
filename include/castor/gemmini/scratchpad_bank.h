// One bank of the scratchpad: an SRAM with one port (or a read and a write port) and its buffered read path.
// RTL twin: ScratchpadBank and the two read pipes behind it (Scratchpad.scala).
//
// Timing contract
//   write@t   always accepted, once a cycle; a single-ported bank then refuses reads in t.
//   read@t    row as it is before any write of t. The answer enters its reader's pipe in t+1 (one entry waits there
//             while the pipe is full, and then the bank takes no further read) and can be popped from t+1+pipe latency.
//             The pipes have `depth` places; a full one takes an entry in the very cycle of a pop (pop before the reads
//             of the cycle).
// Two readers share the port: the execute controller first, then the DMA; who steps first wins the cycle.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "castor/common/row.h"
#include "castor/sim/clock_domain.h"
#include "castor/sim/module.h"
#include "castor/sim/probes.h"

namespace castor::gemmini {

/// Who asks a bank for a row.
enum class Reader : std::uint8_t { Execute = 0, Dma = 1 };

/// All lanes of a row.
inline constexpr std::uint64_t all_lanes = ~std::uint64_t{0};
/// The first `count` lanes of a row.
constexpr std::uint64_t first_lanes(unsigned count) { return count >= 64 ? all_lanes : (1ULL << count) - 1; }

/// The rows of one bank; nothing at all when values are not computed.
class RowStore {
 public:
  /// `row_bytes` 0: no values.
  RowStore(std::uint32_t rows, unsigned row_bytes, unsigned lanes);
  bool holds_values() const { return row_bytes_ != 0; }
  RowBytes read(std::uint32_t row) const;
  void read(std::uint32_t row, RowBytes& into) const {
    into.resize(row_bytes_);
    const std::uint8_t* source = bytes_.data() + std::size_t{row} * row_bytes_;
    if (row_bytes_ == 16)
      std::memcpy(into.data(), source, 16);  // the usual row, without a call
    else
      std::memcpy(into.data(), source, row_bytes_);
  }
  void write(std::uint32_t row, const RowBytes& value, std::uint64_t lane_mask);

 private:
  void write_lanes(std::uint8_t* target, const std::uint8_t* source, std::uint64_t lane_mask) const;

  unsigned row_bytes_;
  unsigned lanes_;
  std::vector<std::uint8_t> bytes_;
};

/// The way of a bank's answers to one of its readers: `depth` places, `latency` cycles, a full one takes an entry in
/// the cycle of a pop (a sim::Queue of mode Pipe whose rows are written in place). One more answer may wait at its
/// door.
class ResponsePipe {
 public:
  ResponsePipe(unsigned depth, unsigned latency) : depth_(depth), latency_(latency), slots_(depth + 1) {}
  bool full() const { return size_ == depth_; }
  bool can_pop(Cycle now) const { return size_ != 0 && slots_[head_].visible <= now; }
  Cycle head_visible() const { return size_ == 0 ? Cycle::never() : slots_[head_].visible; }
  const RowBytes& front() const { return slots_[head_].row; }
  /// The place of the next answer; enter() lets it in.
  RowBytes& at_door() {
    slots_[next()].visible = Cycle::never();
    return slots_[next()].row;
  }
  void enter(Cycle now) {
    Slot& slot = slots_[next()];
    ++size_;
    slot.visible = now + latency_;
    if (consumer_ != nullptr) consumer_->wake(slot.visible);
  }
  void drop() {
    head_ = head_ == depth_ ? 0 : head_ + 1;
    --size_;
  }
  void connect_consumer(sim::Clocked& consumer) { consumer_ = &consumer; }

 private:
  struct Slot {
    Cycle visible;
    RowBytes row;
  };
  unsigned next() const { return head_ + size_ <= depth_ ? head_ + size_ : head_ + size_ - depth_ - 1; }
  unsigned depth_;
  unsigned latency_;
  unsigned head_ = 0;
  unsigned size_ = 0;
  std::vector<Slot> slots_;
  sim::Clocked* consumer_ = nullptr;
};

class ScratchpadBank : public sim::Module {
 public:
  struct Shape {
    unsigned bank = 0;
    std::uint32_t rows = 4096;
    unsigned lanes = 16;
    unsigned row_bytes = 16;  ///< 0: values are not computed
    bool single_ported = true;
    unsigned pipe_depth = 4;    ///< spad_read_delay
    unsigned pipe_latency = 4;  ///< spad_read_delay, or 1 where the pipe only buffers
  };
  struct Stats : sim::StatGroup {
    sim::Counter reads_execute{this, "reads_execute", "rows", "rows read for the array"};
    sim::Counter reads_dma{this, "reads_dma", "rows", "rows read for mvout"};
    sim::Counter writes{this, "writes", "rows", "rows written"};
  };

  ScratchpadBank(const sc_core::sc_module_name& name, const Shape& shape, sim::Probes& probes);

  bool can_write(Cycle now) const { return written_at_ != now; }
  void write(Cycle now, std::uint32_t row, const RowBytes& value, std::uint64_t lane_mask);

  bool can_read(Cycle now) const {
    return !waiting_ && read_at_ != now && !(shape_.single_ported && written_at_ == now);
  }
  void read(Cycle now, std::uint32_t row, Reader reader) {
    CASTOR_ASSERT(can_read(now));
    read_at_ = now;
    ResponsePipe& target = pipe(reader);
    rows_.read(row, target.at_door());
    waiting_ = target.full();
    waiting_reader_ = reader;
    if (!waiting_) target.enter(now + 1);  // what has room now has room in now+1: nothing else can enter
    reader == Reader::Execute ? ++stats_.reads_execute : ++stats_.reads_dma;
    if (probes_.watched()) watch_read(now, row, reader);
  }

  bool has_response(Cycle now, Reader reader) const { return pipe(reader).can_pop(now); }
  Cycle response_visible(Reader reader) const { return pipe(reader).head_visible(); }
  const RowBytes& response(Reader reader) const { return pipe(reader).front(); }
  void pop_response(Cycle now, Reader reader) {
    CASTOR_ASSERT(has_response(now, reader));
    ResponsePipe& source = pipe(reader);
    source.drop();
    if (!waiting_ || waiting_reader_ != reader) return;
    waiting_ = false;
    source.enter(now > read_at_ ? now : read_at_ + 1);
  }

  /// Woken when an answer appears.
  void connect(Reader reader, sim::Clocked& consumer) { pipe(reader).connect_consumer(consumer); }

  /// Outside time: program loaders and checkers.
  RowBytes peek(std::uint32_t row) const { return rows_.read(row); }
  void poke(std::uint32_t row, const RowBytes& value) { rows_.write(row, value, all_lanes); }

  const sim::StatGroup* statistics() const override { return &stats_; }

 private:
  ResponsePipe& pipe(Reader reader) { return pipes_[static_cast<std::size_t>(reader)]; }
  const ResponsePipe& pipe(Reader reader) const { return pipes_[static_cast<std::size_t>(reader)]; }
  void watch_read(Cycle now, std::uint32_t row, Reader reader);

  Shape shape_;
  RowStore rows_;
  sim::Probes& probes_;
  Cycle written_at_ = Cycle::never();
  Cycle read_at_ = Cycle::never();
  bool waiting_ = false;  // an answer that finds its pipe full
  Reader waiting_reader_ = Reader::Execute;
  std::array<ResponsePipe, 2> pipes_;
  Stats stats_;
};

}  // namespace castor::gemmini
