// A group of parameters: the slice of the configuration that one module receives.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

namespace castor::config {

class ParamBase;
template <class T>
class Param;

/// Parameters and sub-groups are members; they enlist themselves on construction, in order of declaration.
/// A group may be copied: members are known by their distance from it.
class Group {
 public:
  /// A group that stands alone (a test's own slice, the root).
  Group(std::string path, const char* doc) : path_(std::move(path)), doc_(doc) {}
  /// A member of `parent`.
  Group(Group* parent, const char* key, const char* doc);
  virtual ~Group() = default;
  Group(const Group&) = default;
  Group& operator=(const Group&) = default;

  const std::string& path() const { return path_; }
  std::string key() const { return path_.substr(path_.rfind('.') + 1); }
  const char* doc() const { return doc_; }

  std::vector<const ParamBase*> params() const;
  std::vector<ParamBase*> params();
  std::vector<const Group*> groups() const;
  std::vector<Group*> groups();

  /// Every parameter, sub-groups included: `visit(const ParamBase&)`.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const ParamBase* param : params()) visit(*param);
    for (const Group* group : groups()) group->for_each(visit);
  }

  /// Every `require` of the RTL, sub-groups included; throws UserError naming the value at fault.
  void validate() const;

  /// Bring the defaults that follow another parameter up to date.
  void settle();

 protected:
  virtual void check() const {}

  /// Unless `legal`: a UserError at the origin of the first of `culprits` that is not a default.
  void require(bool legal, std::initializer_list<const ParamBase*> culprits, const std::string& wrong) const;

 private:
  friend class ParamBase;
  std::ptrdiff_t distance_to(const void* member) const;

  std::string path_;
  const char* doc_;
  std::vector<std::ptrdiff_t> params_, groups_;
};

}  // namespace castor::config
