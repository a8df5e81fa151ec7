#include "castor/config/param.h"

#include "castor/common/error.h"

namespace castor::config {

ParamBase::ParamBase(Group* group, const char* key, Unit unit, const char* doc)
    : unit_(unit), key_(key), doc_(doc), from_group_(group->distance_to(this)) {
  group->params_.push_back(from_group_);
}

std::string ParamBase::path() const { return group().path().empty() ? key_ : group().path() + "." + key_; }

void ParamBase::assign(const std::string& text, const Origin& origin) {
  try {
    read(text);
  } catch (const BadValue& bad) {
    const std::string allowed = bad.allowed.empty() ? range_text() : bad.allowed;
    throw UserError(origin.text() + ": " + path() + ": " + bad.wrong +
                    (allowed.empty() ? "" : "; allowed: " + allowed));
  }
  origin_ = origin;
  group().settle();
}

}  // namespace castor::config
