#include "castor/memory/source_c.h"

namespace castor::memory {

void SourceC::start(const Victim& victim) {
  victim_ = victim;
  (victim.dirty ? busy_ : started_) = true;
}

void SourceC::step(Cycle now, const SourceD& source_d) {
  if (s3_full_) releases_.push(now, s3_);
  s3_ = s2_;
  s3_full_ = s2_full_;
  s2_ = {victim_.address, victim_.mshr, beat_, victim_.dirty, !victim_.dirty || beat_ == last_beat_};
  s2_full_ = started_ || (busy_ && step_read(source_d));
  started_ = false;
}

// The first beat waits until SourceD has done with the line.
bool SourceC::step_read(const SourceD& source_d) {
  if (beat_ == 0 && !source_d.is_safe(victim_.set, victim_.way)) return false;
  if (!store_.claim_outer(victim_.set, beat_)) return false;
  busy_ = beat_ != last_beat_;
  beat_ = busy_ ? beat_ + 1 : 0;
  return true;
}

}  // namespace castor::memory
