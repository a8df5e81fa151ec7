#include "castor/config/group.h"

#include <algorithm>

#include "castor/common/error.h"
#include "castor/config/param.h"

namespace castor::config {

Group::Group(Group* parent, const char* key, const char* doc)
    : path_(parent->path_.empty() ? key : parent->path_ + "." + key), doc_(doc) {
  parent->groups_.push_back(parent->distance_to(this));
}

std::ptrdiff_t Group::distance_to(const void* member) const {
  return static_cast<const char*>(member) - reinterpret_cast<const char*>(this);
}

std::vector<ParamBase*> Group::params() {
  std::vector<ParamBase*> members;
  for (const std::ptrdiff_t distance : params_) {
    members.push_back(reinterpret_cast<ParamBase*>(reinterpret_cast<char*>(this) + distance));
  }
  return members;
}

std::vector<const ParamBase*> Group::params() const {
  const auto members = const_cast<Group*>(this)->params();
  return {members.begin(), members.end()};
}

std::vector<Group*> Group::groups() {
  std::vector<Group*> members;
  for (const std::ptrdiff_t distance : groups_) {
    members.push_back(reinterpret_cast<Group*>(reinterpret_cast<char*>(this) + distance));
  }
  return members;
}

std::vector<const Group*> Group::groups() const {
  const auto members = const_cast<Group*>(this)->groups();
  return {members.begin(), members.end()};
}

void Group::validate() const {
  check();
  for (const Group* group : groups()) group->validate();
}

void Group::settle() {
  for (ParamBase* param : params()) param->settle(*this);
}

void Group::require(bool legal, std::initializer_list<const ParamBase*> culprits, const std::string& wrong) const {
  if (legal) return;
  const auto stated = [](const ParamBase* param) { return !param->origin().is_default(); };
  const auto found = std::find_if(culprits.begin(), culprits.end(), stated);
  const ParamBase* blamed = found == culprits.end() ? *culprits.begin() : *found;
  throw UserError(blamed->origin().text() + ": " + blamed->path() + ": " + wrong);
}

}  // namespace castor::config
