#include "castor/gemmini/accumulator_bank.h"

#include <algorithm>
#include <string>

#include "castor/common/error.h"

namespace castor::gemmini {

AccumulatorBank::AccumulatorBank(const sc_core::sc_module_name& name, const Shape& shape, const Arithmetic& arithmetic,
                                 SharedAdder& adder, sim::Probes& probes)
    : Module(name),
      shape_(shape),
      rows_(shape.rows, shape.row_bytes, shape.lanes),
      arithmetic_(arithmetic),
      adder_(adder),
      probes_(probes),
      pipeline_(shape.latency + 1),
      sub_banks_(shape.single_ported ? shape.sub_banks : 0) {}

// A write of cycle w sits in the pipeline in w+1 .. w+latency.
bool AccumulatorBank::under_way(Cycle now, std::uint32_t row) const {
  return std::any_of(pipeline_.begin(), pipeline_.end(), [&](const Underway& write) {
    return write.row == row && write.written < now && now <= write.written + shape_.latency;
  });
}

bool AccumulatorBank::can_write(Cycle now, std::uint32_t row, bool accumulate) const {
  if (written_at_ == now) return false;
  if (!accumulate) return true;
  return !under_way(now, row) && !(shape_.single_ported && queue_holds(row, now));
}

void AccumulatorBank::write(Cycle now, std::uint32_t row, const RowBytes& value, std::uint64_t lane_mask,
                            bool accumulate) {
  CASTOR_ASSERT(written_at_ != now);
  if (shape_.single_ported) {
    for (unsigned i = 0; i < sub_banks_.size(); ++i) settle(sub_banks_[i], i, now);  // before the pipeline forgets
    if (accumulate) sub_bank(row).accumulate_at = now;
    note_dma_block(now, row, accumulate);
  }
  written_at_ = now;
  if (accumulate) accumulated_at_ = now;
  if (accumulate && !adder_.claim(now)) ++stats_.adder_collisions;
  newest_ = newest_ + 1 == pipeline_.size() ? 0 : newest_ + 1;
  pipeline_[newest_] = {row, now};
  store(row, value, lane_mask, accumulate);
  if (probes_.watched()) probes_.emit(&sim::Observer::accumulator_write, now, shape_.bank, row, accumulate);
}

void AccumulatorBank::store(std::uint32_t row, const RowBytes& value, std::uint64_t lane_mask, bool accumulate) {
  accumulate ? ++stats_.accumulates : ++stats_.writes;
  if (!rows_.holds_values()) return;
  if (!accumulate) return rows_.write(row, value, lane_mask);
  RowBytes sum = rows_.read(row);
  arithmetic_.accumulate(sum, value);
  rows_.write(row, sum, lane_mask);
}

bool AccumulatorBank::can_read(Cycle now, std::uint32_t row) const {
  if (response_waits_ || read_at_ == now || accumulated_at_ == now || under_way(now, row)) return false;
  return !shape_.single_ported || !(queue_holds(row, now) || port_taken(row, now));
}

RowBytes AccumulatorBank::read(Cycle now, std::uint32_t row, Reader reader) {
  CASTOR_ASSERT(can_read(now, row));
  read_at_ = now;
  if (probes_.watched()) probes_.emit(&sim::Observer::accumulator_read, now, shape_.bank, row, reader == Reader::Dma);
  if (reader == Reader::Execute) {
    ++stats_.reads_execute;
    return rows_.read(row);
  }
  ++stats_.reads_dma;
  response_waits_ = true;
  response_at_ = now + 1;
  response_ = rows_.read(row);
  if (dma_consumer_ != nullptr) dma_consumer_->wake(response_at_);
  return response_;
}

void AccumulatorBank::pop_response(Cycle now) {
  CASTOR_ASSERT(has_response(now));
  response_waits_ = false;
}

// ---- Single-ported sub-banks

// Brings the queue to the start of cycle `now`: in each cycle before, the port belonged to an accumulate or took one
// queued write, and the write that left the pipeline joined the queue.
void AccumulatorBank::settle(SubBank& sub, unsigned index, Cycle now) const {
  const std::uint64_t memory = shape_.latency + queue_depth + 1;
  if (sub.queued == 0 && now.count() > memory && sub.settled + memory < now) sub.settled = Cycle{now.count() - memory};
  for (; sub.settled < now; ++sub.settled) {
    if (sub.queued != 0 && sub.accumulate_at != sub.settled) {
      std::copy(sub.queue.begin() + 1, sub.queue.end(), sub.queue.begin());
      --sub.queued;
    }
    for (const Underway& write : pipeline_)
      if (write.written != Cycle::never() && (write.row & (shape_.sub_banks - 1)) == index &&
          write.written + shape_.latency == sub.settled) {
        if (sub.queued == queue_depth) refuse_overflow(index);
        sub.queue[sub.queued++] = write.row;
      }
  }
}

// Where the RTL asserts: nothing holds the array back.
void AccumulatorBank::refuse_overflow(unsigned index) const {
  throw UserError("accumulator bank " + std::to_string(shape_.bank) + ": results come faster into sub-bank " +
                  std::to_string(index) +
                  " than its write queue empties; allowed: rows of a result in turn to every of "
                  "the " +
                  std::to_string(shape_.sub_banks) + " sub-banks (config_ex c_stride odd)");
}

bool AccumulatorBank::queue_holds(std::uint32_t row, Cycle now) const {
  SubBank& sub = sub_bank(row);
  settle(sub, row & (shape_.sub_banks - 1), now);
  return std::find(sub.queue.begin(), sub.queue.begin() + sub.queued, row) != sub.queue.begin() + sub.queued;
}

bool AccumulatorBank::port_taken(std::uint32_t row, Cycle now) const {
  const SubBank& sub = sub_bank(row);
  return sub.accumulate_at == now || sub.queued != 0;
}

// Scratchpad.scala, consecutive_write_block: compares with the sub-bank of the last accumulate of any age.
void AccumulatorBank::note_dma_block(Cycle now, std::uint32_t row, bool accumulate) {
  if (!accumulate) return;
  const unsigned index = row & (shape_.sub_banks - 1);
  if (index == last_sub_bank_) dma_blocked_at_ = now + 1;
  last_sub_bank_ = index;
}

}  // namespace castor::gemmini
