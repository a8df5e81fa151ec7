#include "castor/gemmini/mesh_with_delays.h"

namespace castor::gemmini {

MeshWithDelays::MeshWithDelays(const config::GemminiParams& params, SpatialArray& array)
    : dim_(params.dim()),
      element_bytes_(params.input_bytes()),
      passes_(params.mesh_tag_queue() - 1),
      array_(array),
      tags_(params.mesh_tag_queue()),
      transposer_(dim_, element_bytes_) {}

bool MeshWithDelays::begin(Cycle now) {
  written_before_ = written_;
  row_enters_ = request_valid_ && (written_ == all_operands || request_.flush);
  const bool last = row_enters_ && rows_entered_ + 1 == request_.total_rows;
  request_ready_ = (!request_valid_ || last) && tags_.can_push(now);
  if (row_enters_) enter_row(now);
  return row_enters_;
}

void MeshWithDelays::enter_row(Cycle now) {
  ArrayRow row;
  row.a = &registers_[0], row.b = &registers_[1], row.d = &registers_[2];
  pass_transposer(row);
  row.weight_stationary = request_.weight_stationary;
  row.propagate = propagate_;
  row.shift = requested_at_ + 1 == now ? shift_before_ : request_.shift;
  row.pass = pass_;
  row.last = rows_entered_ + 1 == request_.total_rows;
  array_.accept(now, row);
  written_ = 0;
  if (row.last)
    finish_pass();
  else
    ++rows_entered_;
}

void MeshWithDelays::finish_pass() {
  rows_entered_ = 0;
  request_valid_ = false;
}

// D enters the array last row first, hence mirrored around the transposer.
void MeshWithDelays::pass_transposer(ArrayRow& row) {
  if (request_.a_transpose == request_.weight_stationary) {
    transposed_ = transposer_.exchange(registers_[0]);
    row.a = &transposed_;
  } else if (request_.bd_transpose && request_.weight_stationary) {
    transposed_ = reversed(transposer_.exchange(reversed(registers_[2])));
    row.d = &transposed_;
  } else if (request_.bd_transpose) {
    transposed_ = transposer_.exchange(registers_[1]);
    row.b = &transposed_;
  }
}

RowBytes MeshWithDelays::reversed(const RowBytes& row) const {
  RowBytes mirrored(row.size());
  for (std::size_t i = 0; i < row.size(); i += element_bytes_)
    std::memcpy(mirrored.data() + row.size() - element_bytes_ - i, row.data() + i, element_bytes_);
  return mirrored;
}

void MeshWithDelays::request(Cycle now, const MeshRequest& request) {
  CASTOR_ASSERT(request_ready_);
  if (!request.flush)
    tags_.push(now, request.tag, pass_after(request.weight_stationary ? 2 : 3), request.total_rows, pass_after(1));
  shift_before_ = request_.shift;
  requested_at_ = now;
  request_ = request;
  request_valid_ = true;
  propagate_ = propagate_ != request.propagate;
  pass_ = pass_after(1);
}

}  // namespace castor::gemmini
