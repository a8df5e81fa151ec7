#include "castor/gemmini/mesh_tag_queue.h"

#include "castor/common/error.h"

namespace castor::gemmini {

void MeshTagQueue::push(Cycle now, const MeshTag& tag, unsigned result_pass, unsigned total_rows, unsigned this_pass) {
  if (!tags_.empty() && newest_pass_ == result_pass) refuse();
  newest_pass_ = result_pass;
  tags_.push(now, {tag, result_pass});
  total_rows_.push(now, {total_rows, this_pass});
}

// The tags of an output-stationary pass and of a weight-stationary one right behind it name the same pass.
void MeshTagQueue::refuse() const {
  throw UserError(
      "a weight-stationary preload follows an output-stationary one whose result nobody named (c=garbage): both "
      "wait for the same pass of the array, and the RTL loses the second result; name a destination in the last "
      "preload before the dataflow changes");
}

const MeshTag& MeshTagQueue::tag_of(Cycle now, unsigned pass) const {
  return tags_.can_pop(now) && tags_.front().pass == pass ? tags_.front().tag : garbage_;
}

unsigned MeshTagQueue::total_rows_of(Cycle now, unsigned pass, unsigned otherwise) const {
  return total_rows_.can_pop(now) && total_rows_.front().pass == pass ? total_rows_.front().total : otherwise;
}

bool MeshTagQueue::retire(Cycle now, unsigned pass) {
  if (total_rows_.can_pop(now) && total_rows_.front().pass == pass) total_rows_.drop(now);
  if (!tags_.can_pop(now) || tags_.front().pass != pass) return false;
  left_ = tags_.front().tag;
  left_at_ = now;
  tags_.drop(now);
  return true;
}

}  // namespace castor::gemmini
