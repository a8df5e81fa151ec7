#include "castor/config/range.h"

#include <algorithm>

#include "castor/common/bits.h"
#include "castor/config/value_text.h"

namespace castor::config {

bool Range::holds(std::int64_t value) const {
  if (!choices_.empty()) return std::find(choices_.begin(), choices_.end(), value) != choices_.end();
  const bool shape = !power_of_two_ || (value > 0 && is_pow2(static_cast<std::uint64_t>(value)));
  return shape && value >= least_ && value <= most_;
}

std::string Range::text(std::string (*show)(std::int64_t)) const {
  if (!choices_.empty()) {
    std::string list;
    for (const std::int64_t choice : choices_) list += (list.empty() ? "" : ", ") + show(choice);
    return list;
  }
  const bool bounded = least_ != std::numeric_limits<std::int64_t>::min();
  if (!bounded && most_ == no_limit) return "";
  const std::string bounds = most_ == no_limit ? "at least " + show(least_) : show(least_) + " to " + show(most_);
  return (power_of_two_ ? "a power of two, " : "") + bounds;
}

std::string RealRange::text() const {
  if (least == std::numeric_limits<double>::lowest()) return "";
  return write_double(least) + " to " + write_double(most);
}

}  // namespace castor::config
